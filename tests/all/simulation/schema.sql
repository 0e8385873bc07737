-- What the simulator syncs.

CREATE TABLE lists (
    id int PRIMARY KEY,
    shared boolean NOT NULL
);

CREATE TABLE items (
    id int PRIMARY KEY,
    list_id int NOT NULL,
    title text NOT NULL,
    n int
);
