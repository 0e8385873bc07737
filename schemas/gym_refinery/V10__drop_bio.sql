ALTER TABLE trainers DROP COLUMN bio;
ALTER TABLE bookings RENAME TO reservations;
ALTER TABLE courses ALTER from_time TYPE TIMETZ USING from_time AT TIME ZONE 'UTC';
