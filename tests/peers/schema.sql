-- What the peers sync.

CREATE TYPE status AS ENUM ('open', 'done');

CREATE TABLE lists (
    id int PRIMARY KEY,
    name text NOT NULL,
    shared boolean NOT NULL DEFAULT false
);

CREATE TABLE items (
    id int PRIMARY KEY,
    list_id int NOT NULL REFERENCES lists (id),
    title text NOT NULL,
    status status NOT NULL DEFAULT 'open',
    price numeric(10, 2),
    meta jsonb,
    tags text[] NOT NULL DEFAULT '{}',
    changed_at timestamptz
);

-- A row for each scenario, so that it can be seen when the service has what was written before.
CREATE TABLE rounds (
    id int PRIMARY KEY
);
