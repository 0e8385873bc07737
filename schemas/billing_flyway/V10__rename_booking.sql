ALTER TABLE booking RENAME TO posting;
ALTER TABLE posting RENAME COLUMN text TO purpose;
ALTER TABLE posting RENAME CONSTRAINT booking_pkey TO pk_posting;
ALTER TABLE posting ALTER COLUMN purpose SET DATA TYPE VARCHAR(140) USING left(purpose, 140);
DROP TABLE legacy_import;
