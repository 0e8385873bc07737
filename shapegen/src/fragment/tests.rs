//! Fragments in, expressions, SQL and errors out.

use std::fmt::Write;

use shapegen_runtime::expr::{Expr, RowText};

use super::{Checked, Params, Subject, check, parse, parse_where, print};
use crate::catalog::{BaseType, Catalog, Column, DataType, EnumType, QualifiedName, Table};
use crate::source::{SourceMap, Span};

fn public(name: &str) -> QualifiedName {
    QualifiedName { schema: "public".to_owned(), name: name.to_owned() }
}

fn catalog() -> Catalog {
    let file = SourceMap::default().add("schema.sql", "");
    let span = Span::new(file, 0..0);
    let column = |name: &str, base: BaseType, dims: u8| Column {
        name: name.to_owned(),
        span,
        data_type: DataType { base, dims },
        not_null: false,
        default: None,
        identity: None,
        generated: None,
        comment: None,
    };
    let built_in = |name: &'static str| BaseType::BuiltIn { name, modifiers: Vec::new() };
    let mut columns: Vec<Column> = [
        "bool",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "numeric",
        "text",
        "varchar",
        "uuid",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "jsonb",
        "bytea",
    ]
    .into_iter()
    .map(|name| column(&format!("c_{name}"), built_in(name), 0))
    .collect();
    columns.push(column("status", BaseType::Enum(public("livestream_status")), 0));
    columns.push(column("before", BaseType::Enum(public("livestream_status")), 0));
    columns.push(column("level", BaseType::Enum(public("level")), 0));
    columns.push(column("tags", built_in("text"), 1));
    columns.push(column("c_char", built_in("bpchar"), 0));
    columns.push(column("Odd\"Name", built_in("int4"), 0));
    columns.push(column("order", built_in("int4"), 0));
    let labels = |labels: &[&str]| EnumType {
        span,
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        comment: None,
    };
    let mut catalog = Catalog::default();
    catalog.enums.insert(public("livestream_status"), labels(&["scheduled", "live", "ended"]));
    catalog.enums.insert(public("level"), labels(&["info", "warning"]));
    let table = Table {
        span,
        partitioned: false,
        partition_of: None,
        columns,
        primary_key: None,
        unique: Vec::new(),
        foreign_keys: Vec::new(),
        indexes: Vec::new(),
        comment: None,
    };
    let people = vec![
        Column { not_null: true, ..column("id", built_in("uuid"), 0) },
        column("name", built_in("text"), 0),
        column("boss", built_in("uuid"), 0),
    ];
    catalog.tables.insert(public("people"), Table { columns: people, ..table.clone() });
    catalog.views.insert(public("people_view"), span);
    catalog.tables.insert(public("things"), table);
    catalog
}

fn subject(catalog: &Catalog) -> Subject<'_> {
    let (name, table) = catalog.tables.last_key_value().expect("two tables");
    Subject { name, table, catalog }
}

/// The SQL for Electric and its parameters, or the errors with the words that they point at.
fn shown(sql: &str) -> String {
    let catalog = catalog();
    let subject = subject(&catalog);
    let mut params = Params::default();
    let result = parse(sql).map_err(|error| vec![error]).and_then(|parsed| check(&parsed, subject, &mut params));
    match result {
        Ok(Checked { expr, warnings }) => {
            let uses = params.into_uses();
            let list: Vec<String> = uses.iter().map(|param| format!("{}: {}", param.name, param.pg_type)).collect();
            let list = if list.is_empty() { String::new() } else { format!("  [{}]", list.join(", ")) };
            let warnings: String = warnings.iter().map(|warning| format!("\n  warning: {}", warning.message)).collect();
            format!("{}{list}{warnings}", print(&expr))
        }
        Err(errors) => errors.iter().fold(String::new(), |mut out, error| {
            let separator = if out.is_empty() { "" } else { "; " };
            let _ = write!(out, "{separator}{} at `{}`", error.message, &sql[error.at.clone()]);
            for help in &error.help {
                let _ = write!(out, " ({help})");
            }
            out
        }),
    }
}

fn table(cases: &[&str]) -> String {
    cases.iter().fold(String::new(), |mut out, sql| {
        let _ = writeln!(out, "{sql}\n  {}", shown(sql));
        out
    })
}

#[test]
fn what_a_fragment_can_say() {
    let shown = table(&[
        "c_uuid = $user_id",
        "c_uuid = $user_id and c_text is null",
        "C_UUID = $user_id or c_text = $user_id or c_uuid = $user_id",
        "status = 'live'",
        "status = $status and status::text = 'gone'",
        "status <> before",
        "status in ('live', 'ended')",
        "not (status = 'live' and c_int4 > 5)",
        "not (c_int4 in (1, null, -3))",
        "c_int4 >= 1.50",
        "c_int4 = c_int8",
        "c_int8 > 99999999999999999999",
        "c_float8 < 1e3 and c_float4 = 'NaN'",
        "c_numeric > '12.50'",
        "c_bool",
        "not c_bool",
        "c_bool is true or c_bool is not true or c_bool is false or c_bool is not false",
        "c_bool = 'yes'",
        "true",
        "not true",
        "1 = 1 and 'a' <> 'b'",
        "c_uuid = '6F1C2D34-0000-4000-8000-000000000000'",
        "c_timestamptz >= '2024-01-02 03:04:05+02' and c_date < 'infinity'",
        "(c_int4 = 1 or c_int4 = 2) and (c_text = 'a' and c_text < 'b')",
        "c_text = 'it''s' or c_text = E'tab\\t'",
        "\"Odd\"\"Name\" = 1 and \"order\" = 2",
        "$level = level and $name in (c_text, 'x')",
        "tags is not null and c_jsonb is null",
        "c_text = null",
        "c_int4 + 1 = 2 and -c_int8 * 2 < 10 and @ c_int2 > 3 and c_int4 / 2 = 1",
        "c_int4 & 7 = 3 or ~c_int4 | 1 # 2 = 5",
        "(c_int4 = 1) = true and (c_text is null) is distinct from c_bool",
        "c_float8 * 2 > c_float4 and |/ c_float8 ^ 2 < 1.5 and c_numeric + 1 = c_float8",
        "lower(c_text) = 'a' and upper(c_varchar) || '!' <> concat(c_text, null, 'x')",
        "c_text like 'a%' and c_text not ilike '_b' and c_varchar ~~ $prefix and not c_text !~~* '\\%'",
        "like(c_text, 'a') or not ilike(c_text, 'b')",
        "c_int4 between 1 and 2 and c_int4 not between symmetric 5 and c_int2",
        "c_timestamptz between symmetric (interval '1 day' + c_timestamptz) and $since",
        "c_int4 = any('{1,2}') and c_int4 <> all($ids) and 'a' = any(tags) and c_text like any (tags)",
        "status = any($statuses) and not (c_text = any(array['a', $name::text]))",
        "tags @> '{a,\"b c\"}' and '{x}' <@ tags and not (tags && $tags) and tags = '{}' and tags <> array['a']",
        "tags[1] = 'a' and tags[2:] = '{b}' and (tags || array['x'])[1:2] @> tags and array_ndims(tags) = 1",
        "array_append(tags, 'x') = array_prepend('y', array_cat(tags, '{z}'))",
        "c_bool is unknown or (c_int4 > 5) is not unknown or (c_bool and c_int4 = 1) is not true",
        "c_int4 is distinct from 5 and c_text is not distinct from $name",
        "c_date + 7 > '2024-01-01' and c_date - c_date = 5 and c_timestamptz - interval '1 day 2 hours' > $since",
        "c_timestamp - c_timestamp = interval 'P1D' and c_date + c_time < c_timestamp and c_date < c_timestamp",
        "c_timestamptz at time zone 'Europe/Berlin' > '2024-01-01 00:00:00' and timezone('UTC', c_timestamp) < $since",
        "justify_hours(c_timestamp - '2024-01-01 00:00:00') <> interval '1 day' * 1.5",
        "coalesce(c_text, c_varchar, 'x') = 'y' and greatest(c_int4, 5) > least(c_int8, $max) and coalesce(c_bool, false)",
        "c_int4::text = '5' and c_text::int4 = 5 and $1::int4 = c_int4 and cast(c_date as timestamp) < c_timestamp",
        "c_varchar::text::uuid = c_uuid and '{1,2}'::int8[] @> array[c_int8] and c_bool::int4 = 1",
        "c_float4 = 0.1 and c_float4 = '0.1' and c_float4 < c_int4",
        "c_char = 'ab' and concat(c_char::text, 'x') = 'abx'",
        "c_uuid in (select id from people)",
        "c_uuid not in (select id from people where boss in (select id from people where name = $name))",
        "(c_text, c_uuid) in (select name, id from people where name like 'a%')",
        "c_int4 in (1, 2.5, $n) and c_int4 not in (c_int2, c_int8)",
        "c_int8 = -9223372036854775808",
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn what_a_fragment_cannot_say() {
    let shown = table(&[
        "c_int4 between symmetric (array[1])[1] and 3",
        "",
        "c_text =",
        "c_text = 'a' limit 1",
        "c_text = 'a'; drop table things",
        "c_text = 'open",
        "c_tekst = 'a'",
        "nothing_like_it = 1 and c_tekst = 2",
        "things.c_text = 'a'",
        "c_text = \"a\"",
        "c_text = 5",
        "c_int4 = 'five'",
        "c_int4 = '99999999999'",
        "c_uuid = 'user'",
        "c_uuid = 5",
        "c_bool = 1",
        "c_bool > false",
        "c_timestamptz > '2024-01-02'",
        "status = 'lvie'",
        "status = 'nothing'",
        "status = 5",
        "status > 'live'",
        "status = level",
        "status = c_text",
        "c_text = c_uuid",
        "c_jsonb = '{}'",
        "c_text",
        "c_text is true",
        "'a'",
        "$user_id",
        "$user_id = 5",
        "$user_id is null",
        "1 = 'a'",
        "c_text ~ 'a'",
        "c_text::varchar = 'a'",
        "c_uuid::text = 'a'",
        "c_uuid in (select id from users)",
        "exists (select 1)",
        "case when c_bool then true else false end",
        "c_int4 = 1 and größe = 2 and\n  c_tekst = 3",
        "c_uuid = :user_id",
        "c_int4 = 1_000",
        "1 = 1_000",
        "c_float8 < 1e400",
        "c_int4 < 1e99999999999",
        "c_text =\u{3000}",
        "c_text\u{3000}=",
        "c_float4 = 'NaN' or c_numeric = 'Infinity' or c_date < 'infinity' or c_date = '0044-03-15 BC'",
        "inserted_at > now() or c_date = current_date",
        "length(c_text) = 5",
        "lowr(c_text) = 'a'",
        "concat(c_text, coalesce((c_char), c_text)) = 'a'",
        "count(*) > 1",
        "nullif(c_int4, 1) = 2",
        "c_jsonb ->> 'a' = 'b'",
        "c_int4 % 2 = 0",
        "c_int4 << 2 = 8",
        "c_text similar to 'a'",
        "c_numeric / 2 > 1",
        "c_numeric ^ 2 = 4",
        "c_numeric::numeric = 1",
        "c_text::varchar(3) = 'a'",
        "c_int8::int4 = 1",
        "c_varchar::int4 = 1",
        "c_float8::text = '1'",
        "c_bool::text = 'true'",
        "c_timestamptz::date = '2024-01-01'",
        "c_date at time zone 'UTC' > c_timestamptz",
        "c_timestamp at time zone '+02' > c_timestamptz",
        "c_date + '1 day' > c_timestamp",
        "c_date + c_int8 > c_date",
        "tags || 'x' = '{}'",
        "tags < '{}'",
        "tags @> array[1]",
        "tags[c_text] = 'a'",
        "c_text[1] = 'a'",
        "array[] = tags",
        "array[status] = tags",
        "coalesce(status, 'live') = 'live'",
        "c_text || c_int4 = 'a'",
        "1 / 0 = c_int4",
        "c_int4 + 2147483648000000000000 = 'x'",
        "2147483647 + 1 = c_int4",
        "c_text like 'a' escape '!'",
        "c_int4 = any(select 1)",
        "c_int4 = any(c_int4)",
        "(c_text, c_int4) = ('a', 1)",
        "lower(c_text) in (select name from people)",
        "c_text in (select id from people)",
        "c_uuid in (select people.id from people)",
        "c_uuid in (select id from people p)",
        "c_uuid in (select id from people limit 1)",
        "c_uuid in (select distinct id from people)",
        "c_uuid in (select id from people order by id)",
        "c_uuid in (select id, name from people)",
        "c_uuid in (select id from people, things)",
        "c_uuid in (select id from peopel)",
        "c_uuid in (select id from people_view)",
        "c_uuid in (select id from people where boss = c_uuid)",
        "c_uuid in (select max(id) from people)",
        "c_uuid in (select id from people group by id)",
        "c_uuid in (select id from people union select id from people)",
        "c_uuid in (select id from people) or c_uuid not in (select id from people)",
        "c_uuid in (select id from people) and coalesce(c_int4, 1) = 2",
        "interval '1' day = c_timestamp - c_timestamp",
        "c_text collate \"C\" < 'a'",
        "'true'",
        "$name || c_text = $other",
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn positional_parameters_take_their_types_from_the_columns() {
    let catalog = catalog();
    let parsed = parse_where("c_uuid = $2 and c_int4 in ($1, 3) and status::text = $3", subject(&catalog)).unwrap();
    let types: Vec<(u16, &str)> = parsed.params.iter().map(|(number, ty)| (*number, ty.as_str())).collect();
    assert_eq!(types, [(1, "int4"), (2, "uuid"), (3, "text")]);

    let errors = parse_where("c_uuid = $1 and c_text = $1 and c_text = $name and c_text = $0", subject(&catalog));
    let messages: Vec<String> = errors.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "type conflict for `$1`: uuid and text",
            "`$name` is not a parameter: they are `$1`, `$2` and so on",
            "`$0` is not a parameter: they are `$1`, `$2` and so on",
        ]
    );
}

/// NOT at the top and NOT pushed down agree for every row, unknown included.
#[test]
fn negation_is_exact() {
    struct Row([Option<&'static str>; 3]);
    impl RowText for Row {
        fn column(&self, name: &str) -> Option<&str> {
            match name {
                "c_int4" => self.0[0],
                "c_bool" => self.0[1],
                "status" => self.0[2],
                _ => None,
            }
        }
    }
    let catalog = catalog();
    let read = |sql: &str| -> Expr { parse_where(sql, subject(&catalog)).unwrap().expr };
    for sql in [
        "c_int4 = 1",
        "c_int4 < 2 and c_bool",
        "c_int4 < 2 or not c_bool",
        "c_int4 in (1, null)",
        "c_int4 not in (1, 2)",
        "c_int4 is null or c_bool is not null",
        "c_bool is true and c_bool is not false or c_bool is not true and status = 'live'",
        "not (c_int4 >= 2 and (c_bool or status <> 'live'))",
        "true or c_bool",
        "false",
    ] {
        let (plain, negated) = (read(sql), read(&format!("not ({sql})")));
        for int in [None, Some("1"), Some("2")] {
            for boolean in [None, Some("t"), Some("f")] {
                for status in [None, Some("live"), Some("ended")] {
                    let row = Row([int, boolean, status]);
                    let (yes, no) = (plain.eval(&row, &[]).unwrap(), negated.eval(&row, &[]).unwrap());
                    assert_eq!(yes.map(|truth| !truth), no, "{sql} with {:?}", row.0);
                }
            }
        }
    }
}

/// What was printed reads as the same expression.
#[test]
fn printing_and_reading_agree() {
    let catalog = catalog();
    for sql in [
        "c_uuid = $1 and (c_text = 'it''s' or c_int4 <> -5) and not (c_bool or status = 'live')",
        "c_int4 in (1, 2, null) or c_float8 = 0.5 or c_numeric = 1.50 or c_float8 > 1e300",
        "c_bool is true and \"Odd\"\"Name\" = 1 and (c_date = '2024-02-29' or \"order\" is not null)",
        "true and false",
    ] {
        let subject = subject(&catalog);
        let first = parse_where(sql, subject).unwrap().expr;
        let printed = print(&first);
        assert_eq!(parse_where(&printed, subject).unwrap().expr, first, "{printed}");
    }
}

/// Text from a stranger: an answer each, on a test's small stack.
#[test]
fn long_and_deep_text_is_refused_not_fatal() {
    let catalog = catalog();
    let repeat = |text: &str, times: usize| text.repeat(times);
    for sql in [
        format!("c_int4 = 1{}", repeat(" and c_int4 = 1", 20_000)),
        format!("c_int4 = 1{}", repeat("+1", 20_000)),
        format!("c_int4 = 1{}", repeat("+1", super::syntax::MOST_WORDS - 10)),
        format!("c_text{} = ''", repeat("::text", super::syntax::MOST_WORDS / 2 - 10)),
        format!("lower(c_int4 = 1{})", repeat(" and c_bool", super::syntax::MOST_WORDS / 2 - 10)),
        format!("c_bool{}", repeat(" is null", super::syntax::MOST_WORDS / 2 - 10)),
        repeat("(", 10_000),
        repeat("not ", 10_000),
        repeat("- ", 400),
        repeat("$", 10_000),
        format!("{}c_bool{}", repeat("(", 400), repeat(")", 400)),
        "\u{0}\u{feff}'".to_owned(),
        format!("c_int4 in ('x'{})", repeat(", 'x'", 20_000)),
    ] {
        assert!(parse_where(&sql, subject(&catalog)).is_err(), "{}", &sql[..40.min(sql.len())]);
    }
    let many = format!("c_int4 = 1{}", repeat(" or c_bool", super::syntax::MOST_WORDS / 2 - 10));
    assert!(parse_where(&many, subject(&catalog)).is_ok());
    let list = format!("c_int4 in (1{})", repeat(", 2", 20_000));
    assert!(parse_where(&list, subject(&catalog)).is_ok());
}

/// As capture 85 has it, and by the column's own type: an int4 is no wider than int4.
#[test]
fn parameters_that_came_are_of_their_types() {
    let catalog = catalog();
    let name = public("things");
    let subject = Subject { name: &name, table: &catalog.tables[&name], catalog: &catalog };
    for (sql, values, said) in [
        ("c_int4 = $1", &["5"][..], Ok(())),
        ("c_int4 = $1", &["abc"], Err("invalid syntax for type int4: abc")),
        ("c_int4 = $1", &["99999999999"], Err("invalid syntax for type int4: 99999999999")),
        ("c_int8 = $1", &["99999999999"], Ok(())),
        ("c_int4 = $1", &[], Ok(())),
        ("c_bool = $2 and c_text = $1", &["abc", "tru"], Ok(())),
        ("c_bool = $2 and c_text = $1", &["tru", "abc"], Err("invalid syntax for type bool: abc")),
        ("c_int4 = any($1)", &["{1,2}"], Ok(())),
        ("c_int4 = any($1)", &["{1,x}"], Err("invalid syntax for type int4[]: {1,x}")),
        ("status = $1", &["whatever"], Ok(())),
        ("c_uuid = $1", &["' or true --"], Err("invalid syntax for type uuid: ' or true --")),
    ] {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let read = parse_where(sql, subject).unwrap();
        assert_eq!(read.check_values(&values), said.map_err(str::to_owned), "{sql} {values:?}");
    }
}
