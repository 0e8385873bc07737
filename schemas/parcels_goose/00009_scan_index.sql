-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY scans_depot ON scans (depot);
CREATE UNIQUE INDEX CONCURRENTLY parcels_once ON parcels (depot, sent_at);

-- +goose Down
DROP INDEX CONCURRENTLY parcels_once;
DROP INDEX CONCURRENTLY scans_depot;
DROP TABLE scans;
