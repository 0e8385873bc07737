//! The schema takes every manifest of the repository, and knows the keys that the reader knows: no more, no fewer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::SCHEMA;
use crate::cli::Exit;
use crate::cli::tests::{Ran, shapegen};
use crate::diagnostics::{Report, codes};
use crate::manifest;
use crate::source::SourceMap;

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// Why a value doesn't fit a schema. Only the part of JSON Schema that the manifest's uses is known.
fn check(root: &Value, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    for (keyword, said) in schema.as_object().unwrap() {
        let fits = match keyword.as_str() {
            "$schema" | "title" | "description" | "default" | "definitions" | "pattern" => true,
            "$ref" => {
                let target = root.pointer(said.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                check(root, target, value, path)?;
                true
            }
            "type" => match said.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64() || value.is_u64(),
                other => panic!("the type `{other}` isn't known"),
            },
            "enum" => said.as_array().unwrap().contains(value),
            "minimum" => value.as_i64() >= said.as_i64(),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= said.as_u64().unwrap()),
            "uniqueItems" => value
                .as_array()
                .is_none_or(|items| items.iter().enumerate().all(|(at, one)| !items[..at].contains(one))),
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, said, item, &format!("{path}[{at}]"))?;
                }
                true
            }
            "anyOf" => said.as_array().unwrap().iter().any(|one| check(root, one, value, path).is_ok()),
            "required" => said
                .as_array()
                .unwrap()
                .iter()
                .all(|key| value.as_object().is_none_or(|o| o.contains_key(key.as_str().unwrap()))),
            "properties" | "additionalProperties" => {
                let declared = schema.get("properties").and_then(Value::as_object);
                for (key, inner) in value.as_object().into_iter().flatten() {
                    let inside = format!("{path}.{key}");
                    match (declared.and_then(|declared| declared.get(key)), keyword.as_str(), said) {
                        (Some(schema), "properties", _) => check(root, schema, inner, &inside)?,
                        (None, "additionalProperties", Value::Bool(false)) => {
                            return Err(format!("{inside} isn't known"));
                        }
                        (None, "additionalProperties", schema) => check(root, schema, inner, &inside)?,
                        _ => {}
                    }
                }
                true
            }
            other => panic!("the keyword `{other}` isn't known"),
        };
        if !fits {
            return Err(format!("{path} doesn't fit {keyword}: {said}"));
        }
    }
    Ok(())
}

fn checked(toml: &str) -> Result<(), String> {
    let value: Value = toml::from_str(toml).unwrap();
    check(&schema(), &schema(), &value, "")
}

/// The manifests of the repository.
fn manifests(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            if name != "target" && name != "templates" && !name.as_encoded_bytes().starts_with(b".") {
                manifests(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "toml")
            && fs::read_to_string(&path).unwrap().lines().any(|line| line.starts_with("[shape"))
        {
            found.push(path);
        }
    }
}

#[test]
fn every_manifest_of_the_repository_fits() {
    let mut found = Vec::new();
    manifests(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut found);
    assert!(found.len() >= 4, "{found:?}");
    for path in found {
        checked(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

#[test]
fn what_the_reader_refuses_for_its_form_doesnt_fit() {
    let shape = "a = { scope = \"public\", change_frequency = \"low\" }";
    for (toml, expected) in [
        (format!("schema = \"a.sql\"\n[shape]\n{shape}"), Ok(())),
        (format!("[shape]\n{shape}"), Err(" doesn't fit required")),
        (format!("schema = 1\n[shape]\n{shape}"), Err(".schema doesn't fit anyOf")),
        (format!("schema = [\"a\", \"a\"]\n[shape]\n{shape}"), Err(".schema doesn't fit anyOf")),
        (format!("schema = \"a\"\nsever = {{}}\n[shape]\n{shape}"), Err(".sever isn't known")),
        (format!("schema = \"a\"\n[server]\nmode = \"x\"\n[shape]\n{shape}"), Err(".server.mode doesn't fit enum")),
        (
            format!("schema = \"a\"\n[server]\npostgres = 0\n[shape]\n{shape}"),
            Err(".server.postgres doesn't fit minimum"),
        ),
        (format!("schema = \"a\"\n[session]\nu = {{}}\n[shape]\n{shape}"), Err(".session.u doesn't fit required")),
        (
            format!("schema = \"a\"\n[scope]\nu = {{ caller = [] }}\n[shape]\n{shape}"),
            Err(".scope.u doesn't fit anyOf"),
        ),
        ("schema = \"a\"\n[shape]\na = { scope = \"public\" }".to_owned(), Err(".shape.a doesn't fit required")),
        (format!("schema = \"a\"\n[shape]\n{}", shape.replace(" }", ", load = \"some\" }")), Err(".shape.a.load")),
    ] {
        match (checked(&toml), expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(start)) => assert!(error.starts_with(start), "{error}"),
            (found, expected) => panic!("{found:?}, not {expected:?}:\n{toml}"),
        }
        let mut sources = SourceMap::default();
        let file = sources.add("shapes.toml", toml);
        let mut report = Report::default();
        manifest::parse(&sources, file, &mut report);
        assert_eq!(report.has_errors(), expected.is_err(), "{}", report.render(&sources, false));
    }
}

/// Every object of the schema whose keys are known, and a manifest with an unknown key in that place.
const PLACES: &[(&str, &str)] = &[
    ("", "zzzzzzzzzz = 1"),
    ("/properties/server", "[server]\nzzzzzzzzzz = 1"),
    ("/properties/output", "[output]\nzzzzzzzzzz = 1"),
    ("/properties/rust", "[rust]\nzzzzzzzzzz = 1"),
    ("/definitions/type_rule", "[types]\na = { zzzzzzzzzz = 1 }"),
    ("/definitions/added", "[derive]\na = { zzzzzzzzzz = 1 }"),
    ("/definitions/session_value", "[session]\na = { zzzzzzzzzz = 1 }"),
    ("/definitions/scope", "[scope]\na = { zzzzzzzzzz = 1 }"),
    ("/definitions/shape", "[shape]\na = { zzzzzzzzzz = 1 }"),
    ("/definitions/newest", "[shape]\na = { load = { newest = 1, by = \"a\", zzzzzzzzzz = 1 } }"),
];

#[test]
fn the_reader_and_the_schema_know_the_same_keys() {
    let schema = schema();
    for (place, toml) in PLACES {
        let mut sources = SourceMap::default();
        let file = sources.add("shapes.toml", *toml);
        let mut report = Report::default();
        manifest::parse(&sources, file, &mut report);
        // The reader lists what it knows where nothing is near.
        let mut unknown = report.diagnostics().iter().filter(|found| *found.code == codes::MANIFEST_KEY);
        let help = unknown.next().unwrap().help.concat();
        let read: BTreeSet<&str> = help.split('`').skip(1).step_by(2).collect();
        let object = schema.pointer(place).unwrap();
        let described: BTreeSet<&str> = object["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(described, read, "{place}");
        assert_eq!(object["additionalProperties"], Value::Bool(false), "{place}");
    }
    assert_eq!(count_closed(&schema), PLACES.len(), "an object of the schema isn't held against the reader");
}

fn count_closed(schema: &Value) -> usize {
    let inside = |values: &mut dyn Iterator<Item = &Value>| values.map(count_closed).sum::<usize>();
    match schema {
        Value::Object(fields) => {
            let closed = fields.get("additionalProperties") == Some(&Value::Bool(false));
            usize::from(closed) + inside(&mut fields.values())
        }
        Value::Array(items) => inside(&mut items.iter()),
        _ => 0,
    }
}

#[test]
fn the_command_prints_it() {
    let Ran { exit, out, err } = shapegen(&["manifest-schema"]);
    assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Fine, SCHEMA, ""));
}
