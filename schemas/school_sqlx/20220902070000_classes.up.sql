create table classes (
    id integer generated always as identity primary key,
    name text not null,
    year smallint not null,
    unique (name, year)
);
alter table pupils add column class_id integer;
insert into classes (name, year) select distinct class, 2022 from pupils where class is not null;
update pupils set class_id = classes.id from classes where classes.name = pupils.class;
alter table pupils drop column class;
alter table pupils add constraint pupils_class foreign key (class_id) references classes (id) on delete set null;
alter table pupils rename column last_name to family_name;
