//! PostgreSQL as judge of how types are spelt.

use shapegen::catalog::{BaseType, DataType, QualifiedName};

use crate::postgres::Postgres;

#[test]
fn types_are_spelt_as_format_type_spells_them() {
    let Some(server) = Postgres::shared("nobody judged how types are spelt") else { return };
    let database = server.database("format_type");
    const FULL: i32 = 0x7fff;
    let built_in: &[(&str, &str, &[i32])] = &[
        ("numeric(5)", "numeric", &[5]),
        ("numeric(5, -2)", "numeric", &[5, -2]),
        ("numeric", "numeric", &[]),
        ("varchar(255)", "varchar", &[255]),
        ("varchar", "varchar", &[]),
        ("char(3)", "bpchar", &[3]),
        ("bpchar", "bpchar", &[]),
        ("\"char\"", "char", &[]),
        ("bit", "bit", &[1]),
        ("pg_catalog.bit", "bit", &[]),
        ("bit varying(8)", "varbit", &[8]),
        ("bit varying", "varbit", &[]),
        ("time(3)", "time", &[3]),
        ("timetz(9)", "timetz", &[9]),
        ("timestamp", "timestamp", &[]),
        ("timestamptz(0)", "timestamptz", &[0]),
        ("interval", "interval", &[]),
        ("interval(2)", "interval", &[FULL, 2]),
        ("interval year", "interval", &[1 << 2]),
        ("interval month", "interval", &[1 << 1]),
        ("interval day", "interval", &[1 << 3]),
        ("interval hour", "interval", &[1 << 10]),
        ("interval minute", "interval", &[1 << 11]),
        ("interval second(3)", "interval", &[1 << 12, 3]),
        ("interval year to month", "interval", &[6]),
        ("interval day to hour", "interval", &[1032]),
        ("interval day to minute", "interval", &[3080]),
        ("interval day to second(9)", "interval", &[7176, 9]),
        ("interval hour to minute", "interval", &[3072]),
        ("interval hour to second", "interval", &[7168]),
        ("interval minute to second", "interval", &[6144]),
    ];
    let mut ours = String::new();
    let mut columns = Vec::new();
    for (at, (written, name, modifiers)) in built_in.iter().enumerate() {
        for (suffix, dims) in [("", 0), ("[]", 2)] {
            columns.push(format!("c{at}_{dims} {written}{suffix}"));
            let base = BaseType::BuiltIn { name, modifiers: modifiers.to_vec() };
            ours += &(DataType { base, dims }.formatted() + "\n");
        }
    }
    let plain = database.sql(
        "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
         AND typcategory NOT IN ('A', 'Z') AND typname <> 'bpchar';",
    );
    for name in plain.lines() {
        columns.push(format!("\"{name}\" pg_catalog.\"{name}\""));
        ours += &(BaseType::BuiltIn { name: name.to_owned().leak(), modifiers: Vec::new() }.formatted() + "\n");
    }
    let words = database.sql("SELECT word FROM pg_get_keywords();");
    let odd = ["1a", "a$", "_", "größe", "Größe", "say \"hi\"", "a b", "😀"];
    let mut domains = String::new();
    for word in words.lines().chain(odd) {
        let quoted = word.replace('"', "\"\"");
        domains += &format!("CREATE DOMAIN \"Odd\".\"{quoted}\" AS int;\n");
        columns.push(format!("\"d {quoted}\" \"Odd\".\"{quoted}\""));
        let name = QualifiedName { schema: "Odd".to_owned(), name: word.to_owned() };
        ours += &(BaseType::Domain(name).formatted() + "\n");
    }
    let theirs = database.sql(&format!(
        "SET client_min_messages = error; CREATE SCHEMA \"Odd\"; {domains} CREATE TABLE t ({}); SET search_path = pg_catalog;
         SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'public.t'::regclass AND attnum > 0
         ORDER BY attnum;",
        columns.join(", ")
    ));
    for ((theirs, ours), column) in theirs.lines().zip(ours.lines()).zip(&columns) {
        assert_eq!(ours, theirs, "{column}");
    }
    assert_eq!(theirs.lines().count(), columns.len());
}
