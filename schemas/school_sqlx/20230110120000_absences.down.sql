alter domain grade_value rename to mark;
alter table grades rename column grade to mark;
alter table grades rename to marks;
drop table absences;
