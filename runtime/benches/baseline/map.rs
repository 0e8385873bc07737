//! Bytes to a map by hand: serde_json per chunk into borrowed structs, then typed structs, then a `HashMap`.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use shapegen_runtime::cell::Cell;
use shapegen_runtime::value::{PgValue, parse_timestamptz};
use uuid::Uuid;

use crate::fixture::Row;

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    value: Option<Value<'a>>,
}

/// Without a struct of its own, serde copies the text within an `Option`.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Value<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    body: Cow<'a, str>,
    #[serde(borrow)]
    quantity: Cow<'a, str>,
    #[serde(borrow)]
    total: Cow<'a, str>,
    #[serde(borrow)]
    active: Cow<'a, str>,
    #[serde(borrow)]
    created_at: Cow<'a, str>,
    #[serde(borrow)]
    price: Cow<'a, str>,
    #[serde(borrow)]
    meta: Cow<'a, str>,
    #[serde(borrow)]
    note: Option<Text<'a>>,
}

/// Puts a body's rows into the map; `each` sees them before.
pub fn take(body: &[u8], rows: &mut HashMap<Uuid, Row>, mut each: impl FnMut(&Row)) {
    let text = std::str::from_utf8(body).unwrap();
    let messages: Vec<Message<'_>> = serde_json::from_str(text).unwrap();
    for value in messages.into_iter().filter_map(|message| message.value) {
        let row = Row {
            id: Uuid::try_parse(&value.id).unwrap(),
            name: value.name.into_owned(),
            body: value.body.into_owned(),
            quantity: value.quantity.parse().unwrap(),
            total: value.total.parse().unwrap(),
            active: value.active == "true",
            created_at: parse_timestamptz(&value.created_at).unwrap(),
            price: value.price.parse().unwrap(),
            meta: PgValue::decode(Cell::Text(value.meta)).unwrap(),
            note: value.note.map(|note| note.0.into_owned()),
        };
        each(&row);
        rows.insert(row.id, row);
    }
}
