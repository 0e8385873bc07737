drop table marks; drop table subjects; drop domain mark;
