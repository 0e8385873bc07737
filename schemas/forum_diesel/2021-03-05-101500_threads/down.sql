DROP TABLE threads, boards;
