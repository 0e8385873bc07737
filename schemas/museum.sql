-- A museum: LIKE, OF, CREATE TABLE AS, views, temporary and foreign tables, and DO blocks.
CREATE TYPE period AS (name text, from_year integer, to_year integer);
CREATE TYPE kind AS ENUM ('painting', 'coin', 'bone');

CREATE TABLE base (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    year integer,
    century integer GENERATED ALWAYS AS ((year + 99) / 100) STORED,
    label varchar(60) UNIQUE,
    CONSTRAINT year_known CHECK (year < 2100)
);
COMMENT ON TABLE base IS 'What all objects have';
COMMENT ON COLUMN base.year IS 'As estimated';
CREATE INDEX base_year ON base (year);
CREATE UNIQUE INDEX base_label ON base (label, year);

CREATE TABLE plain_copy (LIKE base);
ALTER TABLE plain_copy ADD PRIMARY KEY (id);
CREATE TABLE full_copy (LIKE base INCLUDING ALL, extra text);
CREATE TABLE some_copy (before int, LIKE base INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING COMMENTS EXCLUDING CONSTRAINTS, after int, PRIMARY KEY (id));
CREATE TABLE index_copy (LIKE base INCLUDING INDEXES);
CREATE TABLE identity_copy (LIKE base INCLUDING IDENTITY INCLUDING STORAGE, PRIMARY KEY (id));
CREATE TABLE all_but (LIKE base INCLUDING ALL EXCLUDING IDENTITY EXCLUDING COMMENTS, kind kind NOT NULL);

CREATE TABLE periods OF period (PRIMARY KEY (name), from_year WITH OPTIONS NOT NULL DEFAULT 0);
CREATE TABLE more_periods OF period;
ALTER TABLE more_periods ADD UNIQUE (name, from_year), ALTER name SET NOT NULL, ALTER from_year SET NOT NULL;
ALTER TABLE more_periods NOT OF;
ALTER TABLE more_periods ADD COLUMN note text;

CREATE TABLE exhibits (
    id bigint PRIMARY KEY REFERENCES full_copy,
    kind kind NOT NULL,
    period text REFERENCES periods ON UPDATE CASCADE ON DELETE SET DEFAULT DEFAULT 'unknown',
    details jsonb
);

CREATE TABLE kinds_seen AS SELECT DISTINCT kind FROM exhibits WITH NO DATA;
CREATE TABLE IF NOT EXISTS counts (kind, n) AS SELECT kind, count(*) FROM exhibits GROUP BY 1;
SELECT id, kind INTO loose_copy FROM exhibits;
CREATE VIEW bones AS SELECT * FROM exhibits WHERE kind = 'bone';
CREATE OR REPLACE TEMPORARY VIEW scratch AS SELECT 1 AS one;
CREATE RECURSIVE VIEW years (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM years WHERE n < 10;
CREATE MATERIALIZED VIEW by_period AS SELECT period, count(*) FROM exhibits GROUP BY period;
DROP VIEW bones;
DROP TABLE kinds_seen, loose_copy;

CREATE TEMP TABLE exhibits_import (LIKE exhibits) ON COMMIT PRESERVE ROWS;
CREATE TEMPORARY TABLE guides (id int);
CREATE UNLOGGED TABLE guides_today (id int PRIMARY KEY, name text);
CREATE TABLE pg_temp.nowhere (id int);
DROP TABLE guides;

CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE loans_file (id int, lender text) SERVER files OPTIONS (filename '/nowhere/loans.csv', format 'csv');

DO $$
BEGIN
    CREATE TABLE guides (id serial PRIMARY KEY, name text NOT NULL);
    ALTER TABLE guides ADD COLUMN speaks text[] DEFAULT '{}';
    COMMENT ON TABLE guides IS 'Made in a block';
END
$$;
DO LANGUAGE plpgsql $do$ BEGIN CREATE TYPE shift AS ENUM ('early', 'late'); EXCEPTION WHEN duplicate_object THEN NULL; END $do$;
ALTER TABLE guides ADD COLUMN shift shift;
DO $$ BEGIN RAISE NOTICE 'no DDL; at all'; END $$;

CREATE TABLE tours (id int, guide int REFERENCES guides, starts time with time zone, seats int2 DEFAULT 12);
CREATE UNIQUE INDEX CONCURRENTLY tours_id ON tours (id);
ALTER TABLE tours ADD CONSTRAINT tours_pkey PRIMARY KEY USING INDEX tours_id;
CREATE UNIQUE INDEX tours_slot ON tours (guide, starts) INCLUDE (seats);
ALTER TABLE tours ADD CONSTRAINT one_tour UNIQUE USING INDEX tours_slot DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE tour_guests (tour int REFERENCES tours ON DELETE CASCADE, guest text, PRIMARY KEY (tour, guest));
ALTER INDEX tours_pkey RENAME TO tours_key;
ALTER TABLE one_tour RENAME TO one_tour_each;
ALTER TABLE tours RENAME CONSTRAINT one_tour_each TO a_tour_each;
