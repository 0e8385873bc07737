CREATE TABLE bookings (course INT REFERENCES courses, member UUID, on_day DATE, PRIMARY KEY (course, member, on_day));
CREATE UNIQUE INDEX ON trainers (name);
