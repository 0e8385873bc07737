alter table pupils rename column family_name to last_name;
alter table pupils add column class text;
alter table pupils drop column class_id;
drop table classes;
