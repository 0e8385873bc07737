ALTER TABLE trips DROP COLUMN driver_id;
DROP TABLE drivers;
