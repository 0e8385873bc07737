create table absences (
    pupil_id bigint references pupils,
    during daterange not null,
    excused boolean,
    id uuid primary key default gen_random_uuid()
);
alter domain mark drop constraint mark_check;
alter domain mark set default 3;
alter table marks rename to grades;
alter table grades rename column mark to grade;
alter domain mark rename to grade_value;
