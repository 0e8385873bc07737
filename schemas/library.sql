-- A public library's catalogue, with what PostgreSQL's own extensions bring.
CREATE SCHEMA ext;
CREATE SCHEMA holdings;

CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA ext;
CREATE EXTENSION ltree SCHEMA ext VERSION '1.2';
CREATE EXTENSION cube WITH SCHEMA ext CASCADE;
CREATE EXTENSION earthdistance SCHEMA ext;
CREATE EXTENSION isn WITH SCHEMA ext;
CREATE EXTENSION seg;
CREATE EXTENSION intarray;
CREATE EXTENSION lo WITH SCHEMA public;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION "uuid-ossp" WITH SCHEMA ext;
CREATE EXTENSION unaccent;
CREATE EXTENSION pg_stat_statements;
COMMENT ON EXTENSION citext IS 'text that does not care about case';

CREATE TABLE readers (
    id uuid PRIMARY KEY DEFAULT ext.uuid_generate_v4(),
    card citext NOT NULL UNIQUE,
    nick public.citext COLLATE "C",
    emails citext[] DEFAULT '{}'::citext[],
    preferences ext.hstore NOT NULL DEFAULT ''::ext.hstore,
    lives ext.earth,
    portrait lo
);
CREATE DOMAIN shelf_mark AS ext.ltree;
CREATE DOMAIN folded_name AS citext CHECK (VALUE <> '');
CREATE TYPE edition AS (isbn ext.isbn13, title citext, facts ext.hstore);
CREATE TABLE holdings.books (
    isbn ext.isbn PRIMARY KEY,
    isbn13 ext.isbn13 UNIQUE,
    ean ext.ean13,
    issn ext.issn,
    music ext.ismn,
    upc ext.upc,
    topic ext.ltree NOT NULL DEFAULT 'top',
    topics ext.ltree[],
    wanted ext.lquery,
    asked ext.ltxtquery,
    shelf shelf_mark,
    colour ext.cube,
    size_cm seg,
    tags integer[],
    author folded_name NOT NULL,
    editions edition[],
    counted query_int
);
CREATE INDEX books_topic ON holdings.books USING gist (topic ext.gist_ltree_ops);
CREATE INDEX books_author ON holdings.books USING gin ((author::text) gin_trgm_ops);
CREATE TABLE holdings.loans (
    id bigserial PRIMARY KEY,
    isbn ext.isbn NOT NULL REFERENCES holdings.books ON DELETE RESTRICT,
    reader uuid NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    during tstzrange NOT NULL,
    EXCLUDE USING gist (reader WITH =, during WITH &&)
);
SET search_path TO holdings, ext, public;
CREATE TABLE wishes (reader uuid REFERENCES readers, path ltree, text citext, extra hstore, PRIMARY KEY (reader, path));
ALTER TABLE wishes ALTER COLUMN text TYPE text, ALTER extra TYPE jsonb USING hstore_to_jsonb(extra);
ALTER TABLE readers ADD COLUMN card_history hstore[];
RESET search_path;
ALTER EXTENSION hstore SET SCHEMA public;
ALTER TABLE readers ADD COLUMN more hstore;
COMMENT ON COLUMN readers.card IS 'Printed under the bar code';
