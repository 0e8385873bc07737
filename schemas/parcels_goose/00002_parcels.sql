-- +goose Up
-- +goose StatementBegin
CREATE TABLE parcels (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    depot       text NOT NULL REFERENCES depots (code),
    weight_kg   numeric(7, 3) NOT NULL,
    size_cm     integer[3],
    recipient   jsonb NOT NULL DEFAULT '{"name": null}',
    sent_at     timestamp with time zone,
    fragile     bool DEFAULT FALSE
);
CREATE TABLE scans (
    parcel uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    depot text,
    signature bytea
);
-- +goose StatementEnd
ALTER TABLE scans ADD PRIMARY KEY (parcel, at);
ALTER TABLE scans ADD FOREIGN KEY (parcel) REFERENCES parcels ON DELETE CASCADE;

-- +goose Down
-- +goose StatementBegin
DROP TABLE scans;
DROP TABLE parcels;
-- +goose StatementEnd
