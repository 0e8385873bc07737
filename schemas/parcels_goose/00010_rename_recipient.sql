-- +goose Up
ALTER TABLE parcels RENAME COLUMN recipient TO addressee;
ALTER TABLE parcels DROP COLUMN size_cm;
ALTER TABLE parcels ADD COLUMN status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'sent', 'lost'));
UPDATE parcels SET status = CASE WHEN sent_at IS NULL THEN 'new' ELSE 'sent' END;
ALTER TABLE scans ADD CONSTRAINT scans_depot_fkey FOREIGN KEY (depot) REFERENCES depots ON DELETE SET DEFAULT NOT VALID;
ALTER TABLE scans VALIDATE CONSTRAINT scans_depot_fkey;
-- +goose Down
ALTER TABLE scans DROP CONSTRAINT scans_depot_fkey;
ALTER TABLE parcels DROP COLUMN status;
ALTER TABLE parcels ADD COLUMN size_cm integer[3];
ALTER TABLE parcels RENAME COLUMN addressee TO recipient;
