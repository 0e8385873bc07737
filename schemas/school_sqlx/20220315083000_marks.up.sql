create domain mark as numeric(2,1) check (value between 1 and 6);
create table subjects (code varchar(8) primary key, name text not null unique);
create table marks (
    pupil_id bigint not null references pupils on delete cascade,
    subject varchar(8) not null references subjects,
    given_on date not null default current_date,
    mark mark not null,
    remark text,
    primary key (pupil_id, subject, given_on)
);
