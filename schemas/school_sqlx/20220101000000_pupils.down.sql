drop table pupils;
