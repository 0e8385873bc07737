//! The dev service over PostgreSQL: what its clients have is what a query gives.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use shapegen::dev::{Database as Served, Dev};
use shapegen_server::Listening;

use crate::follower::{Follower, get};
use crate::postgres::{Database, Postgres};
use crate::stage::until_equal;

/// Starts the service over a database that has the schema.
async fn serve(database: &Database<'_>, schema: &str) -> Listening {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schema.sql"), schema).unwrap();
    let table = schema.split("CREATE TABLE ").nth(1).unwrap().split(' ').next().unwrap();
    let manifest = format!(
        "schema = \"schema.sql\"\n[shape]\nfirst = {{ table = \"{table}\", scope = \"public\", change_frequency = \"low\" }}\n"
    );
    std::fs::write(folder.path().join("shapes.toml"), manifest).unwrap();
    started(folder.path(), &database.url("")).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn started(folder: &Path, url: &str) -> Result<Listening, shapegen::dev::DevError> {
    let loaded = shapegen::load(&folder.join("shapes.toml")).unwrap_or_else(|failed| panic!("{failed}"));
    Dev::new(Served::Postgres(url.to_owned()), ([127, 0, 0, 1], 0).into()).start(loaded).await
}

/// A query's rows, as [`Follower::rows`] gives them: `columns` of `from`, whose bools are texts already.
fn selected(database: &Database<'_>, columns: &[&str], from: &str) -> Vec<String> {
    let fields: Vec<String> = columns.iter().map(|column| format!("'{column}', ({column})::text")).collect();
    let settings = "SET bytea_output = 'hex'; SET DateStyle = 'ISO, DMY'; SET TimeZone = 'UTC';
                    SET extra_float_digits = 1; SET IntervalStyle = 'iso_8601';";
    let rows = database.sql(&format!("{settings} SELECT jsonb_build_object({}) FROM {from};", fields.join(", ")));
    let row = |line: &str| serde_json::from_str::<Value>(line).unwrap().to_string();
    let mut rows: Vec<String> = rows.lines().map(row).collect();
    rows.sort();
    rows
}

/// Waits until the follower has what the query gives.
async fn until_same(follower: &mut Follower, database: &Database<'_>, columns: &[&str], from: &str) {
    until_equal(from, async || {
        follower.catch_up().await;
        (follower.rows(), selected(database, columns, from))
    })
    .await;
}

/// Waits until asking for the table is answered so.
async fn until_answered(service: &Listening, table: &str, status: u16) {
    let path = format!("/v1/shape?table={table}&offset=-1");
    until_equal(table, async || (get(service.local_addr(), &path).await.status, status)).await;
}

const ITEMS: &str = "
CREATE TABLE items (id int PRIMARY KEY, list_id int NOT NULL, title text, pad text);
CREATE TABLE lists (id int PRIMARY KEY, owner text);
CREATE TABLE bare (a int, b text);
CREATE TABLE parts (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_follow_what_is_committed() {
    let Some(server) = Postgres::shared("that clients follow PostgreSQL") else { return };
    let database = server.database("followed");
    database.sql(ITEMS);
    database.sql(
        "INSERT INTO items SELECT g, g % 3, 'item ' || g, (SELECT string_agg(md5(g || '.' || i), '') FROM generate_series(1, 300) i) FROM generate_series(1, 40) g;
         INSERT INTO lists VALUES (0, 'ann'), (1, 'bob'), (2, 'ann');
         INSERT INTO bare VALUES (1, 'x'), (2, NULL);
         INSERT INTO parts VALUES (1, 1, 'a'), (2, 11, 'b');",
    );
    let service = serve(&database, ITEMS).await;
    let all = ["id", "list_id", "title", "pad"];
    let shapes: [(&str, &[&str], &str); 5] = [
        ("table=items", &all, "items"),
        ("table=items&columns=id,title&where=list_id%3D$1&params[1]=1", &["id", "title"], "items WHERE list_id = 1"),
        (
            "table=items&columns=id,list_id&where=list_id+in+(select+id+from+lists+where+owner%3D'ann')",
            &["id", "list_id"],
            "items WHERE list_id IN (SELECT id FROM lists WHERE owner = 'ann')",
        ),
        ("table=bare", &["a", "b"], "bare"),
        ("table=parts", &["id", "at", "v"], "parts"),
    ];
    let mut followers: Vec<Follower> =
        shapes.iter().map(|(shape, ..)| Follower::new(service.local_addr(), *shape)).collect();
    for follower in &mut followers {
        follower.catch_up().await;
    }
    let toasted = "SELECT count(*) FROM items WHERE pg_column_size(pad) > 2000;";
    assert_ne!(database.sql(toasted), "0\n", "some values are kept outside of their rows");
    for sql in [
        "INSERT INTO items VALUES (100, 1, 'new', NULL); DELETE FROM items WHERE id = 3;",
        "UPDATE items SET title = title || '!' WHERE id < 10;",
        "UPDATE items SET id = id + 1000 WHERE id > 20;",
        "BEGIN; INSERT INTO items VALUES (7000, 1, 'kept', NULL); SAVEPOINT s; INSERT INTO items VALUES (7001, 1, 'not', NULL);
         UPDATE items SET title = 'not' WHERE id = 1; ROLLBACK TO s; INSERT INTO items VALUES (7002, 2, 'kept', NULL); COMMIT;",
        "BEGIN; DELETE FROM items; ROLLBACK;",
        "UPDATE lists SET owner = 'ann' WHERE id = 1;",
        "UPDATE lists SET owner = 'bob' WHERE id = 0; UPDATE items SET list_id = 0 WHERE id = 7002;",
        "BEGIN; UPDATE lists SET owner = 'zoe'; UPDATE items SET list_id = list_id + 1; UPDATE lists SET owner = 'ann' WHERE id = 2; COMMIT;",
        "UPDATE bare SET b = 'y' WHERE a = 2; DELETE FROM bare WHERE a = 1; INSERT INTO bare VALUES (NULL, NULL);",
        "INSERT INTO parts VALUES (3, 12, 'c'); UPDATE parts SET at = 5 WHERE id = 2; DELETE FROM parts WHERE id = 1;",
        "INSERT INTO items SELECT g, 1, 'many', NULL FROM generate_series(20000, 32000) g;",
        "TRUNCATE items;",
        "INSERT INTO items VALUES (1, 2, 'after', NULL);",
    ] {
        database.sql(sql);
        for (follower, (_, columns, from)) in followers.iter_mut().zip(shapes) {
            until_same(follower, &database, columns, from).await;
        }
    }
    let refetched: Vec<usize> = followers.iter().map(|follower| follower.refetched).collect();
    assert_eq!(refetched, [1, 1, 1, 0, 0], "for the truncate, and for nothing else");

    // A live request hears of a commit by itself.
    let (first, _) = followers.split_at_mut(1);
    let held = service.held();
    let write = async {
        let mut held = held;
        held.wait_for(|held| *held > 0).await.unwrap();
        database.sql("INSERT INTO items VALUES (2, 2, 'live', NULL);");
    };
    tokio::join!(first[0].wait(), write);
    assert_eq!(first[0].rows(), selected(&database, &all, "items"));

    service.shutdown().await;
    let left = database.sql("SELECT count(*) FROM pg_publication; SELECT count(*) FROM pg_replication_slots WHERE database = current_database();");
    assert_eq!(left, "0\n0\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_047_tables_that_change_are_fetched_afresh() {
    let Some(server) = Postgres::shared("that DDL in PostgreSQL ends shapes") else { return };
    let database = server.database("altered");
    let schema = "CREATE TABLE t (id int PRIMARY KEY, v text);";
    database.sql(schema);
    database.sql("INSERT INTO t VALUES (1, 'a');");
    let service = serve(&database, schema).await;
    let mut follower = Follower::new(service.local_addr(), "table=t");
    follower.catch_up().await;
    for (sql, columns) in [
        ("ALTER TABLE t ADD COLUMN w int DEFAULT 7;", &["id", "v", "w"][..]),
        ("ALTER TABLE t RENAME COLUMN v TO u;", &["id", "u", "w"]),
        ("ALTER TABLE t ALTER COLUMN w TYPE text USING 'w' || w;", &["id", "u", "w"]),
        ("BEGIN; ALTER TABLE t DROP COLUMN w; INSERT INTO t VALUES (2, 'b'); COMMIT;", &["id", "u"]),
        ("ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (u);", &["id", "u"]),
        (
            "BEGIN; DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, u text); INSERT INTO t VALUES (3, 'c'); COMMIT;",
            &["id", "u"],
        ),
    ] {
        let (before, handle) = (follower.refetched, follower.handle().to_owned());
        database.sql(sql);
        until_equal(sql, async || {
            follower.catch_up().await;
            (follower.refetched > before, true)
        })
        .await;
        assert_ne!(follower.handle(), handle, "{sql}");
        until_same(&mut follower, &database, columns, "t").await;
        database.sql("UPDATE t SET u = u || '.' WHERE id = 1;".replace('u', columns[1]).as_str());
        until_same(&mut follower, &database, columns, "t").await;
    }
    // Only NOT NULL: the handle stays, the schema is another one (S-048).
    let handle = follower.handle().to_owned();
    database.sql("ALTER TABLE t ALTER COLUMN u SET NOT NULL;");
    let schema = r#"{"id":{"not_null":true,"pk_index":0,"type":"int4"},"u":{"not_null":true,"type":"text"}}"#;
    until_equal("the schema", async || {
        let answer = get(service.local_addr(), "/v1/shape?table=t&offset=-1").await;
        assert_eq!(answer.header("electric-handle"), handle);
        (answer.header("electric-schema").to_owned(), schema.to_owned())
    })
    .await;
    database.sql("DROP TABLE t;");
    until_answered(&service, "t", 400).await;
    service.shutdown().await;
}

/// A table of types whose text depends on settings, or is long, or odd.
const TYPES: &str = "
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE types (
    id int PRIMARY KEY, f4 real, f8 float8, num numeric, num102 numeric(10, 2), neg numeric(3, -2), b bool, bs bool[], t text,
    vc varchar(20), bp char(5), u uuid, ts timestamp, ts3 timestamp(3), tstz timestamptz, d date, tm time, tmtz timetz(2),
    iv interval, ivs interval(3), ivd interval day to second, j json, jb jsonb, ba bytea, ta text[], i4aa int[][], m mood, ma mood[], dom posint,
    ip inet, b8 bit(8), vb varbit, vb9 varbit(9), mo money, x xml, p pair, r int4range, tsv tsvector, pt point, c \"char\", nm name
);
";

const VALUES: [&str; 5] = [
    "1.5, 0.1, 12345678901234567890.123456789, 99999999.99, 12300, true, '{t,f,NULL}', E'h\u{e9}llo \"q\" \\\\ / \\n \u{65e5}\u{672c}',
     'varchar', 'ab', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-01-02 03:04:05.678901', '2024-01-02 03:04:05.6789',
     '2024-01-02 03:04:05.678901+02', '2024-02-29', '13:14:15.5', '13:14:15.123+02', '1 year 2 mons 3 days 04:05:06.789',
     '04:05:06.78999', '3 04:05:06', '{\"a\": 1,  \"b\":[1,2]}', '{\"z\":{\"n\":null,\"f\":1.50},\"a\":[true,false]}', '\\xdeadbeef00ff',
     array['a', 'b \"q\"', 'c,d', NULL, '', 'NULL'], '{{1,2},{3,4}}', 'happy', '{sad,ok}', 5, '10.0.0.1/24', B'10101010',
     B'101', B'1', '$1,234.56', '<a>1</a>', row(1, 'x y'), '[1,10)', to_tsvector('simple', 'a fat cat'), '(1.5,2)', 'z', 'nm'",
    "'NaN', '-Infinity', 'NaN', 0, 0, false, '{}', '', '', '', NULL, 'infinity', NULL, '-infinity', 'infinity', '24:00',
     '24:00+00', '-00:00:01', '0', '0', 'null', 'null', '', '{}', '{}', NULL, '{}', NULL, '::1', B'00000000', B'', NULL, NULL,
     NULL, row(NULL, ''), 'empty', '', NULL, '', ''",
    "1e-20, 1e300, 1e-10, -0.01, -100, NULL, NULL, NULL, NULL, NULL, NULL, '0044-03-15 00:00:00 BC', NULL,
     '1900-01-01 00:00:00+00', '0044-03-15 BC', NULL, NULL, '-1 mons +2 days', NULL, NULL, NULL, NULL, NULL, '[2:3]={x,y}',
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '(,5]', NULL, NULL, NULL, NULL",
    "'-0', '-0', 0.000, NULL, NULL, true, NULL, NULL, NULL, NULL, NULL, '12024-01-01', NULL, '9999-12-31 23:59:59.999999+00',
     '5874897-12-31', NULL, NULL, '178000000 years', NULL, NULL, NULL, '1e400', NULL, '{\"\"}', NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "16777217, 123456789.123456789, 1e100, NULL, NULL, true, NULL, repeat('x', 100000), NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, '1 mon -1 day', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_035_s_036_snapshot_and_log_have_the_same_texts() {
    let Some(server) = Postgres::shared("that PostgreSQL's texts are the same in snapshot and log") else { return };
    let database = server.database("types");
    database.sql(TYPES);
    // What the role or the database says must not matter.
    database.sql(
        "ALTER DATABASE types SET DateStyle = 'German'; ALTER DATABASE types SET TimeZone = 'Asia/Tokyo';
         ALTER DATABASE types SET IntervalStyle = 'sql_standard'; ALTER DATABASE types SET bytea_output = 'escape';
         ALTER DATABASE types SET extra_float_digits = 0;",
    );
    let service = serve(&database, TYPES).await;
    let mut live = Follower::new(service.local_addr(), "table=types");
    live.catch_up().await;
    let rows: Vec<String> = (1..).zip(VALUES).map(|(id, values)| format!("({id}, {values})")).collect();
    database.sql(&format!("SET TimeZone = 'UTC'; INSERT INTO types VALUES {};", rows.join(", ")));
    while live.rows().len() < VALUES.len() {
        live.wait().await;
    }
    let mut snapshot = Follower::new(service.local_addr(), "table=types&replica=full");
    snapshot.catch_up().await;
    let letters = |row: &String| row.replace(r#""b":"true""#, r#""b":"t""#).replace(r#""b":"false""#, r#""b":"f""#);
    let found: Vec<String> = snapshot.rows().iter().map(letters).collect();
    assert_eq!(live.rows(), found);
    let rows = found.iter().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let first = rows.into_iter().find(|row| row["id"] == "1").unwrap();
    for (column, text) in [
        ("tstz", "2024-01-02 01:04:05.678901+00"),
        ("iv", "P1Y2M3DT4H5M6.789S"),
        ("ba", "\\xdeadbeef00ff"),
        ("f8", "0.1"),
        ("bs", "{t,f,NULL}"),
        ("bp", "ab   "),
    ] {
        assert_eq!(first[column], text, "{column}");
    }
    let answer = get(service.local_addr(), "/v1/shape?table=types&offset=-1").await;
    insta::assert_snapshot!(answer.headers["electric-schema"].replace("},", "},\n"));
    service.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_postgresql_lacks_is_said_with_what_to_do() {
    let Some(server) = Postgres::shared("what PostgreSQL must allow") else { return };
    let database = server.database("unfit");
    let schema = "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE others (id int PRIMARY KEY);
                  CREATE TABLE wider (id int PRIMARY KEY);";
    database.sql(schema);
    database.sql("CREATE ROLE reader LOGIN; GRANT SELECT ON t, others TO reader; ALTER TABLE wider OWNER TO reader;");
    let folder = tempfile::tempdir().unwrap();
    // The files are ahead of the database.
    let ahead = "CREATE TABLE newer (id int PRIMARY KEY); ALTER TABLE wider ADD a int, ADD b int;";
    std::fs::write(folder.path().join("schema.sql"), format!("{schema} {ahead}")).unwrap();
    let shape = "{ scope = \"public\", change_frequency = \"low\" }";
    let manifest =
        format!("schema = \"schema.sql\"\n[shape]\nt = {shape}\nothers = {shape}\nnewer = {shape}\nwider = {shape}\n");
    std::fs::write(folder.path().join("shapes.toml"), manifest).unwrap();
    let refused = async |url: &str| match started(folder.path(), url).await {
        Ok(_) => panic!("{url} was taken"),
        Err(error) => error.to_string(),
    };
    let as_reader = database.url("").replace("user=judge", "user=reader");
    insta::assert_snapshot!(refused(&as_reader).await, @r#"
    PostgreSQL can't be followed yet:
    - the role "reader" may not follow changes: run `ALTER ROLE "reader" REPLICATION;`
    - the role "reader" may not create a publication: run `GRANT CREATE ON DATABASE "unfit" TO "reader";`
    "#);
    insta::assert_snapshot!(refused(&database.url("").replace("unfit", "nowhere")).await, @r#"database "nowhere" does not exist"#);
    insta::assert_snapshot!(refused("nonsense").await, @"the URL can't be read: invalid connection string");

    // As the advice says; the table that it doesn't own is not served.
    database
        .sql("ALTER ROLE reader REPLICATION; GRANT CREATE ON DATABASE unfit TO reader; ALTER TABLE t OWNER TO reader;");
    let said = Arc::new(Mutex::new(Vec::new()));
    let saying = Arc::clone(&said);
    let loaded = shapegen::load(&folder.path().join("shapes.toml")).unwrap();
    let service = Dev::new(Served::Postgres(as_reader), ([127, 0, 0, 1], 0).into());
    let service = service.log(move |event| saying.lock().unwrap().push(format!("{}: {}", event.subject, event.text)));
    let service = service.start(loaded).await.unwrap();
    insta::assert_snapshot!(said.lock().unwrap().join("\n"), @r#"
    "public"."others": not served: the role doesn't own it, and can't set REPLICA IDENTITY FULL
    "public"."t": set REPLICA IDENTITY FULL, as Electric does
    "public"."wider": set REPLICA IDENTITY FULL, as Electric does
    others: not served: the database has no table "public"."others" that can be followed
    newer: not served: the database has no table "public"."newer" that can be followed
    wider: not served: the database's table "public"."wider" has no column a, b
    "#);
    assert_eq!(get(service.local_addr(), "/v1/shape?table=t&offset=-1").await.messages(), ["snapshot-end"]);
    assert_eq!(get(service.local_addr(), "/v1/shape?table=others&offset=-1").await.status, 400);
    database.sql("ALTER TABLE others OWNER TO reader;");
    let mut others = Follower::new(service.local_addr(), "table=others");
    until_answered(&service, "others", 200).await;
    database.sql("INSERT INTO others VALUES (1); UPDATE others SET id = 2;");
    until_same(&mut others, &database, &["id"], "others").await;
    service.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_065_a_broken_connection_is_made_again_and_nothing_is_lost() {
    let Some(server) = Postgres::shared("what happens when PostgreSQL goes away") else { return };
    let database = server.database("broken");
    let schema = "CREATE TABLE t (id int PRIMARY KEY, v text);";
    database.sql(schema);
    // A service that was killed has left this; its lock went with its connection.
    database.sql("CREATE PUBLICATION shapegen_dev_0123456789abcdef; INSERT INTO t VALUES (1, 'a');");
    let service = serve(&database, schema).await;
    let publications = "SELECT count(*), bool_or(pubname LIKE '%0123456789abcdef') FROM pg_publication;";
    assert_eq!(database.sql(publications), "1|f\n");
    let second = serve(&database, schema).await;
    assert_eq!(database.sql(publications), "2|f\n", "a service that is alive keeps its own");
    second.shutdown().await;

    let mut follower = Follower::new(service.local_addr(), "table=t");
    follower.catch_up().await;
    for round in 0..5 {
        database.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = 'shapegen dev' AND datname = current_database();",
        );
        database.sql(&format!(
            "INSERT INTO t VALUES ({}, 'while away'); UPDATE t SET v = '{round}' WHERE id = 1;",
            10 + round
        ));
        until_same(&mut follower, &database, &["id", "v"], "t").await;
    }
    assert!(follower.refetched > 0, "what the slot had is not known any more");
    service.shutdown().await;
    assert_eq!(database.sql("SELECT count(*) FROM pg_publication;"), "0\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_068_s_070_views_are_no_tables_and_generated_columns_are_in_no_shape() {
    let Some(server) = Postgres::shared("what of PostgreSQL is no table") else { return };
    let database = server.database("no_tables");
    let schema = "CREATE TABLE g (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED);
                  CREATE VIEW v AS SELECT 1 AS id; CREATE MATERIALIZED VIEW m AS SELECT 1 AS id;
                  CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
                  CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (10);";
    database.sql(schema);
    let service = serve(&database, schema).await;
    for (query, status, said) in [
        ("table=v", 400, "does not exist"),
        ("table=m", 400, "does not exist"),
        ("table=pg_catalog.pg_class", 400, "does not exist"),
        ("table=g", 400, "generated and cannot be included in the shape: b."),
        ("table=g&columns=id,b", 400, "generated and cannot be included in the shape: b."),
        ("table=g&columns=id,a", 200, ""),
        ("table=parts", 200, ""),
        // Its rows are told as its parent's.
        ("table=part", 400, "does not exist"),
    ] {
        let answer = get(service.local_addr(), &format!("/v1/shape?{query}&offset=-1")).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
        assert!(answer.text.contains(said), "{query}: {}", answer.text);
    }
    let mut follower = Follower::new(service.local_addr(), "table=g&columns=id,a");
    follower.catch_up().await;
    database.sql("INSERT INTO g (id, a) VALUES (1, 2); UPDATE g SET a = 3;");
    until_same(&mut follower, &database, &["id", "a"], "g").await;
    service.shutdown().await;
}
