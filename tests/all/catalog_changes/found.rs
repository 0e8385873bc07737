//! What random histories found, each as small as it gets: what it is about, and the statements.

/// Each stands behind the judge's base, as the other changes do.
pub const FOUND: &[(&str, &str)] = &[
    (
        "a partition's key that takes NULLs for distinct is none of a parent's that doesn't",
        "CREATE TABLE p (k int) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p (UNIQUE (k)) FOR VALUES IN (1); \
         ALTER TABLE p ADD UNIQUE NULLS NOT DISTINCT (k);",
    ),
    (
        "SET LOCAL lasts as long as its transaction, and nothing outside of one",
        "SET LOCAL search_path = app; CREATE TABLE c (id int); BEGIN; SET LOCAL search_path = app; SET search_path = \
         public; COMMIT; CREATE TABLE d (id int); BEGIN; SET LOCAL search_path = app; COMMIT; CREATE TABLE e (id int);",
    ),
    (
        "NULL is no default through casts that change nothing",
        "CREATE TABLE c (i interval DEFAULT NULL, j interval(2) DEFAULT NULL, k interval(2)[] DEFAULT NULL, l text \
         DEFAULT CAST(NULL AS text), m varchar(3) DEFAULT (CAST((NULL) AS varchar)));",
    ),
    (
        "an index like another takes the names that columns had when that was made",
        "CREATE INDEX ON a (x) INCLUDE (y); ALTER TABLE a RENAME x TO z; ALTER TABLE a RENAME y TO w; CREATE TABLE c \
         (LIKE a INCLUDING INDEXES); DROP INDEX c_x_y_idx;",
    ),
    (
        "a NOT NULL constraint that has no name before PostgreSQL 18 may be missing",
        "ALTER TABLE a ALTER x SET NOT NULL, DROP CONSTRAINT IF EXISTS a_x_not_null; COMMENT ON TABLE a IS \
         U&'d!0061' UESCAPE '!';",
    ),
    (
        "a new table's columns are of types that were there before it",
        "CREATE TEMP TABLE a (a a, b a[]); CREATE TABLE c (LIKE a); SET search_path = app, public; CREATE TABLE b (b b);",
    ),
    (
        "a new composite type's attributes are of types that were there before it",
        "CREATE TYPE pair AS (x int); SET search_path = app, public; CREATE TYPE pair AS (y pair); CREATE TABLE t (LIKE \
         pair);",
    ),
    (
        "a typed table is of a type that was there before it",
        "CREATE TYPE pair AS (x int); SET search_path = app, public; CREATE TABLE pair OF pair; ALTER TYPE public.pair \
         ADD ATTRIBUTE y int CASCADE;",
    ),
    (
        "conditions of indexes are the same however their names are written",
        "CREATE TABLE p (k int) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE INDEX i ON p1 (k) \
         WHERE k IS NOT NULL; CREATE INDEX j ON p (k) WHERE (\"k\" is not null);",
    ),
    (
        "conditions and expressions of indexes follow renamed columns",
        "CREATE TABLE p (k int, l int) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE INDEX i ON \
         p1 ((l + 1)) WHERE l > 0; ALTER TABLE p RENAME l TO m; CREATE INDEX j ON p ((m + 1)) WHERE m > 0;",
    ),
    (
        "indexes are the same whatever their order, and other ones by another operator class",
        "CREATE TABLE p (k text) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE INDEX i ON p1 (k \
         DESC); CREATE INDEX j ON p1 (lower(k) DESC NULLS LAST); CREATE INDEX ON p (k); CREATE INDEX ON p (lower(k)); \
         CREATE INDEX ON p (k text_pattern_ops);",
    ),
    (
        "a column that is NOT NULL before the statement isn't made so in partitions again",
        "CREATE TABLE p (k int NOT NULL) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; ALTER TABLE p \
         ALTER k DROP NOT NULL, ALTER k SET NOT NULL; CREATE TABLE q (k int NOT NULL); CREATE TABLE q1 () INHERITS (q); \
         ALTER TABLE q ALTER k DROP NOT NULL, ALTER k SET NOT NULL;",
    ),
    (
        "another type of a column gives partitions new indexes, with new names",
        "CREATE TABLE p (k int, l text) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT PARTITION BY LIST \
         (k); CREATE TABLE p2 PARTITION OF p1 DEFAULT; CREATE INDEX own ON p1 (l); CREATE INDEX own2 ON p2 (l) WHERE k > \
         0; CREATE INDEX ON p (l); CREATE INDEX ON p (k); ALTER TABLE p ADD UNIQUE (k, l); ALTER INDEX p2_k_idx RENAME \
         TO kept; ALTER TABLE p1 RENAME TO q1; ALTER TABLE p ALTER l TYPE varchar; ALTER TABLE q1 DROP CONSTRAINT IF \
         EXISTS p1_k_l_key;",
    ),
    (
        "another type of a column gives an index for the table alone to partitions, too",
        "CREATE TABLE p (k int, l text) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE INDEX ON \
         ONLY p (l); CREATE INDEX own ON p1 (l); ALTER TABLE p ALTER l TYPE varchar;",
    ),
    (
        "another type of an attribute makes the indexes of typed tables again",
        "CREATE TYPE pair AS (x int, y text); CREATE TABLE t OF pair; CREATE INDEX ON t (x, y); ALTER TYPE pair RENAME \
         ATTRIBUTE x TO z CASCADE; ALTER TYPE pair ALTER ATTRIBUTE y TYPE varchar CASCADE; CREATE TABLE u (LIKE t \
         INCLUDING ALL);",
    ),
    (
        "no foreign key leans on a deferrable key",
        "CREATE TABLE t (x int UNIQUE DEFERRABLE, CONSTRAINT k UNIQUE (x)); CREATE TABLE u (x int REFERENCES t (x)); \
         ALTER TABLE t DROP CONSTRAINT t_x_key;",
    ),
    (
        "a foreign key leans on another index where a type changed",
        "CREATE TABLE t (x int CONSTRAINT one UNIQUE); CREATE UNIQUE INDEX two ON t (x); ALTER TABLE t DROP CONSTRAINT \
         one; ALTER TABLE t ADD CONSTRAINT three UNIQUE (x); CREATE TABLE u (x int REFERENCES t (x)); ALTER TABLE t \
         ALTER x TYPE bigint; DROP INDEX two;",
    ),
    (
        "an exclusion is no copy of a parent's index",
        "CREATE TABLE p (k int) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; ALTER TABLE p1 ADD \
         EXCLUDE USING btree (k WITH =); CREATE INDEX ON p (k);",
    ),
    (
        "a default from a second parent is made with the types that it is made with there",
        "CREATE TABLE p (x text); CREATE TABLE q (x text DEFAULT 'sad'::mood); CREATE TABLE c () INHERITS (p, q); DROP \
         TYPE mood CASCADE;",
    ),
    (
        "a view doesn't read a column that came after it",
        "CREATE VIEW v AS SELECT * FROM a; ALTER TABLE a ADD z int; ALTER TABLE a DROP z; CREATE MATERIALIZED VIEW w AS \
         SELECT x AS id FROM b, a; ALTER TABLE b DROP id;",
    ),
    (
        "ROLLBACK TO brings back what SET LOCAL changes until the end of the transaction",
        "BEGIN; SET LOCAL search_path = app; SAVEPOINT s; SET search_path = nowhere; ROLLBACK TO s; CREATE TABLE c (i int); \
         COMMIT; CREATE TABLE d (i int);",
    ),
    (
        "a range goes with the schema that it was made in, wherever it went",
        "CREATE TYPE app.span AS RANGE (subtype = time, multirange_type_name = spans); ALTER TYPE app.span SET SCHEMA public; \
         CREATE TABLE c (i int, s span, t spans); DROP SCHEMA app CASCADE;",
    ),
    (
        "a default keeps no domain where the column's type changes, but what that is over",
        "CREATE DOMAIN d AS int; CREATE DOMAIN e AS mood; CREATE DOMAIN f AS e; CREATE TABLE c (a d DEFAULT NULL, b f DEFAULT \
         'sad', c d[] DEFAULT '{}'); ALTER TABLE c ALTER a TYPE smallint, ALTER b TYPE text, ALTER c TYPE int[]; DROP \
         DOMAIN d CASCADE; DROP DOMAIN e CASCADE; CREATE TABLE c2 (LIKE c INCLUDING ALL); DROP TYPE mood CASCADE;",
    ),
    (
        "a check that is inherited can be declared again",
        "CREATE TABLE p (i int, CONSTRAINT k CHECK (i > 0)); CREATE TABLE c () INHERITS (p); ALTER TABLE c ADD CONSTRAINT k \
         CHECK (i > 0); ALTER TABLE p DROP CONSTRAINT k; ALTER TABLE c DROP CONSTRAINT k;",
    ),
    (
        "no check that a partition's parent has is the partition's own",
        "CREATE TABLE p (i int, CONSTRAINT k CHECK (i > 0)) PARTITION BY LIST (i); CREATE TABLE c PARTITION OF p (CONSTRAINT k \
         CHECK (i > 0), CONSTRAINT l CHECK (i > 1)) DEFAULT; ALTER TABLE p ADD CONSTRAINT l CHECK (i > 1); ALTER TABLE p \
         DROP CONSTRAINT k, DROP CONSTRAINT l; ALTER TABLE c ADD CONSTRAINT k UNIQUE (i), ADD CONSTRAINT l PRIMARY KEY (i);",
    ),
    (
        "DETACH PARTITION … CONCURRENTLY leaves the bounds behind as a check",
        "CREATE TABLE p (i int, j text) PARTITION BY LIST (i); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) PARTITION BY \
         RANGE (j); CREATE TABLE p2 PARTITION OF p1 FOR VALUES FROM ('a') TO ('b'); CREATE TABLE p3 PARTITION OF p FOR \
         VALUES IN (2); ALTER TABLE p DETACH PARTITION p3 CONCURRENTLY; ALTER TABLE p3 RENAME CONSTRAINT p3_i_check TO k; \
         ALTER TABLE p1 DETACH PARTITION p2 CONCURRENTLY; ALTER TABLE p2 DROP CONSTRAINT p2_check; ALTER TABLE p DETACH \
         PARTITION p1 CONCURRENTLY; ALTER TABLE p1 DROP CONSTRAINT p1_i_check;",
    ),
];
