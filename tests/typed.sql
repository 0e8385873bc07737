-- What `typed.toml` gives other types, names and attributes.

CREATE TYPE mood AS ENUM ('so-so', 'fine', 'Other');

CREATE TABLE people (
    id uuid PRIMARY KEY,
    full_name text NOT NULL,
    feels mood,
    born date,
    secret text
);

CREATE TABLE orders (
    id bigint PRIMARY KEY,
    buyer uuid NOT NULL REFERENCES people,
    type text NOT NULL,
    total numeric(12, 2) NOT NULL,
    placed_at timestamptz NOT NULL,
    until timestamptz,
    during tstzrange,
    meta jsonb NOT NULL,
    shade text NOT NULL UNIQUE,
    other_shade text,
    stamp xid8
);
