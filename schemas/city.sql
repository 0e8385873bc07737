/* A town hall: several schemas, one search_path after the other.
   /* Comments nest here. */ */
CREATE SCHEMA registry;
CREATE SCHEMA works AUTHORIZATION CURRENT_USER
    CREATE TABLE sites (id int PRIMARY KEY, label text)
    CREATE TABLE crews (id int PRIMARY KEY, site int REFERENCES sites);
CREATE SCHEMA IF NOT EXISTS registry;
CREATE SCHEMA "Old Archive";

SET search_path = registry;
CREATE TYPE status AS ENUM ('resident', 'gone', 'unknown');
CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL, status status DEFAULT 'resident');
CREATE TABLE houses (id bigint PRIMARY KEY, street text, number varchar(8));
CREATE TABLE households (
    house bigint REFERENCES houses ON DELETE CASCADE,
    person bigint REFERENCES registry.people,
    since date DEFAULT CURRENT_DATE,
    PRIMARY KEY (house, person)
);

SET search_path TO works, registry, public;
CREATE TYPE status AS ENUM ('planned', 'digging', 'done');
CREATE TABLE jobs (
    id serial PRIMARY KEY,
    site int NOT NULL REFERENCES sites,
    house bigint REFERENCES houses,
    status status NOT NULL DEFAULT 'planned',
    resident registry.status,
    foreman bigint REFERENCES people ON DELETE SET NULL
);
-- Found in registry, not in works.
ALTER TABLE people ADD COLUMN job int REFERENCES jobs ON DELETE SET DEFAULT;
COMMENT ON TABLE houses IS 'Found along the path';

SET SCHEMA 'Old Archive';
CREATE TABLE "people" (LIKE registry.people INCLUDING ALL);
CREATE TABLE papers (id int PRIMARY KEY, person bigint REFERENCES people, box "text", about registry.status[]);

BEGIN;
SET LOCAL search_path = public;
CREATE TABLE notices (id int PRIMARY KEY, text text, shown tstzrange);
CREATE TABLE mistakes (id int);
ROLLBACK;

BEGIN;
SET LOCAL search_path = public;
CREATE TABLE notices (id int PRIMARY KEY, body text, shown tstzrange NOT NULL DEFAULT 'empty');
COMMIT;
-- The path is the archive's again.
CREATE TABLE shelves (id smallint PRIMARY KEY, paper int REFERENCES papers ON UPDATE CASCADE ON DELETE RESTRICT);

START TRANSACTION;
CREATE TABLE drafts (id int PRIMARY KEY);
SAVEPOINT one;
DROP TABLE drafts;
CREATE TABLE wrong (id int);
ROLLBACK TO SAVEPOINT one;
ALTER TABLE drafts ADD COLUMN title text NOT NULL;
RELEASE one;
END;

SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.streets (name text CONSTRAINT streets_pkey PRIMARY KEY, "length" integer);
ALTER TABLE registry.houses ADD CONSTRAINT houses_street FOREIGN KEY (street) REFERENCES public.streets (name);
ALTER TABLE "Old Archive".drafts SET SCHEMA works;
ALTER TYPE registry.status RENAME TO residence;
ALTER SCHEMA registry RENAME TO citizens;
SET search_path = "$user", public;
CREATE TABLE IF NOT EXISTS streets (id uuid);
CREATE TABLE lamps (id int PRIMARY KEY, street text REFERENCES streets, lit citizens.residence);
ALTER TABLE lamps SET SCHEMA works;
SET search_path TO DEFAULT;
CREATE SCHEMA scrap CREATE TABLE a (id int PRIMARY KEY) CREATE VIEW v AS SELECT id FROM a;
CREATE TYPE scrap.kind AS ENUM ('iron', 'wood');
ALTER TABLE works.lamps ADD COLUMN made_of scrap.kind, ADD COLUMN a int REFERENCES scrap.a;
DROP SCHEMA scrap CASCADE;
