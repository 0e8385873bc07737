ALTER TABLE vehicles RENAME plate TO registration;
ALTER TABLE vehicles RENAME CONSTRAINT vehicles_plate_key TO vehicles_registration_key;
DROP INDEX IF EXISTS nothing_of_the_sort;
ALTER TABLE IF EXISTS lorries ADD COLUMN axles int;
