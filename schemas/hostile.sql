-- Names and comments that try to get out of whatever they are printed into.
CREATE SCHEMA "Schema.with ""dots"" and 'quotes'";
CREATE SCHEMA "schéma 🌍";
CREATE TYPE "enum; DROP TABLE x" AS ENUM ('', ' ', 'null', 'NULL', 'it''s', '"', '\', '{a,b}', 'a,b', 'ünï', '🦀', 'fn', 'Self', '1st', '-', '_', 'A', 'a', E'tab\there', E'line\nbreak');
CREATE TYPE "type" AS ("select" integer, "a""b" text, "🧨" text);
CREATE DOMAIN "do main" AS "enum; DROP TABLE x";

CREATE TABLE "table" (
    "column" integer PRIMARY KEY,
    "select" text NOT NULL DEFAULT 'a''b;c',
    "from" "enum; DROP TABLE x" DEFAULT '',
    "type" "type",
    "fn" boolean,
    "self" boolean,
    "Self" boolean,
    "crate" boolean,
    "super" boolean,
    "async" boolean,
    "_" integer,
    "__" integer,
    "1st" integer,
    "r#type" integer,
    "union" text,
    "where" text
);
CREATE TABLE "Table" ("Column" integer PRIMARY KEY REFERENCES "table" ("column"), "COLUMN" text, "column" text, "cOLUMN" text);
CREATE TABLE "TABLE" ("id" integer PRIMARY KEY, "ID" integer UNIQUE, "Id" integer, "iD" integer, UNIQUE ("Id", "iD"));
CREATE TABLE "semi;colon" ("a;b" integer PRIMARY KEY, "--" text, "/*" text, "*/" text, "$1" text, "$$" text, "?" text, "a.b" text, "a,b" text);
CREATE TABLE "quo""te" ("""" integer PRIMARY KEY, "'" text, "`" text, "\" text, "\n" text, "[]" text, "{}" text, "{{ }}" text, "{% %}" text, "<b>" text, "&amp;" text);
CREATE TABLE "with space" (" " integer PRIMARY KEY, "  " text, " leading" text, "trailing " text, "tab	inside" text, "new
line" text);
CREATE TABLE "Schema.with ""dots"" and 'quotes'"."dots.and.dots" ("public.x" integer PRIMARY KEY, "#" text, "#""" text, """#" text, "!" text, "@" text);
CREATE TABLE "schéma 🌍"."tablé 🚀" ("ключ" bigint PRIMARY KEY, "naïve" text, "日本" text, "🦀" text[], "e" text, "é" text, U&"e\0301" text);
CREATE TABLE größe (höhe integer PRIMARY KEY, "HÖHE" integer, Breite integer, "Breite" integer);
CREATE TABLE "a2345678901234567890123456789012345678901234567890123456789_63b" (
    "c2345678901234567890123456789012345678901234567890123456789_63b" integer PRIMARY KEY,
    "c2345678901234567890123456789012345678901234567890123456789_63B" integer UNIQUE,
    this_name_is_longer_than_sixty_three_bytes_and_so_postgresql_cuts_it_off_here text,
    "ééééééééééééééééééééééééééééééééééé" integer REFERENCES "TABLE" ("ID") DEFERRABLE
);
ALTER TABLE "a2345678901234567890123456789012345678901234567890123456789_63b" RENAME "c2345678901234567890123456789012345678901234567890123456789_63B" TO "C2345678901234567890123456789012345678901234567890123456789_63B";
CREATE TABLE U&"\0441\043B\043E\043D" (U&"d\0061t\+000061" integer PRIMARY KEY, U&"d!0062" UESCAPE '!' text);
CREATE TABLE null_like ("null" integer PRIMARY KEY, "NULL" text, "none" text, "None" text, "nil" text, "undefined" text, "true" boolean, "false" boolean, "default" text DEFAULT 'NULL', "oid" oid, "xmin_" text, "tableoid_" text);
CREATE TABLE "Row" ("Row" integer PRIMARY KEY, "Key" text, "Vec" text, "Option" text, "String" text, "Result" text, "Ok" text, "Some" text, "Default" text, "Clone" text);
CREATE TABLE "rowKey" ("key" integer PRIMARY KEY, "Row" integer REFERENCES "Row" ("Row"), "row" integer REFERENCES "table");
CREATE TABLE _ (_ integer PRIMARY KEY);
CREATE TABLE "1" ("1" integer PRIMARY KEY, "2" text, "1_2" text);
CREATE TABLE "sqlite_master" ("rowid" integer PRIMARY KEY, "_rowid_" integer, "oid_" integer, "sqlite_sequence" text, "_g" text);
CREATE TABLE std (core integer PRIMARY KEY);
CREATE TABLE shapegen_runtime (v1 integer PRIMARY KEY);
CREATE TABLE "_instance" ("key" text PRIMARY KEY, "fingerprint" text);

COMMENT ON SCHEMA "schéma 🌍" IS 'a schema''s';
COMMENT ON TABLE "table" IS '*/ pub fn injected() {} /*';
COMMENT ON COLUMN "table"."column" IS '"# "## """ r#"raw"# r##"raw"## \" \\ \u{202e} \';
COMMENT ON COLUMN "table"."select" IS 'first line
second line
/// third line
//! fourth
#[derive(Debug)]
*/ fifth';
COMMENT ON COLUMN "table"."from" IS E'tab\there, carriage\rreturn, quote\' and \\ backslash, bell \007';
COMMENT ON COLUMN "table"."type" IS '{{ template }} {% raw %} ${js} $(sh) `tick` %s %d <script>alert(1)</script>';
COMMENT ON COLUMN "table"."fn" IS '';
COMMENT ON COLUMN "table"."self" IS ' ';
COMMENT ON COLUMN "table"."Self" IS 'NULL';
COMMENT ON COLUMN "table"."crate" IS NULL;
COMMENT ON COLUMN "table"."super" IS $tag$dollar $$ quoted; 'text' -- with all$tag$;
COMMENT ON COLUMN "table"."async" IS U&'\0441\043B\043E\043D \+01F418';
COMMENT ON COLUMN "table"."_" IS 'ends with a backslash \';
COMMENT ON COLUMN "table"."__" IS E'``` \n ```rust\n panic!()\n```\n# heading\n<details>';
COMMENT ON COLUMN "table"."1st" IS 'a ''b'' "c" -- ; DROP TABLE "table"; --';
COMMENT ON TABLE "TABLE" IS E'right-to-left \u202e and a zero​width';
COMMENT ON TABLE "semi;colon" IS 'half; of it'
    ' and the other half';
COMMENT ON TYPE "enum; DROP TABLE x" IS '"#;';
COMMENT ON DOMAIN "do main" IS '///';
