-- +goose Up
CREATE TABLE depots (
    code text PRIMARY KEY,
    name text NOT NULL,
    opened date
);

-- +goose StatementBegin
CREATE FUNCTION depot_code(town text) RETURNS text AS $$
BEGIN
    -- three letters; enough for now
    RETURN upper(left(town, 3));
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION depot_code;
DROP TABLE depots;
