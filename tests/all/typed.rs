//! Types, names, derives and attributes that a manifest asks for: compiled, and values through them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use shapegen_runtime::cell::Cell;
use shapegen_runtime::columns::{Columns, Encoder, Form};
use shapegen_runtime::value::{JsonOf, OrInfinity, PgValue, Secret, ValueError};
use shapegen_runtime::{Shape, ShapeParams};
use uuid::Uuid;

use crate::typed_sync::{Client, Line, Lines, Mood, Order, OrderId, Person, PersonId, Session};

/// A document of `orders.meta`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Meta {
    pub parcels: u8,
}

/// A type of somebody else's, which `shade` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shade(pub u8);

pub mod shade {
    use super::{Cell, PgValue, Shade, ValueError};

    pub fn decode(cell: Cell<'_>) -> Result<Shade, ValueError> {
        if let Cell::Integer(shade) = cell {
            return Ok(Shade(u8::try_from(shade).unwrap()));
        }
        let text = String::decode(cell)?;
        u8::from_str_radix(&text, 16).map(Shade).map_err(|_| ValueError::invalid("a shade", &text))
    }

    pub fn local(shade: &Shade) -> Cell<'_> {
        Cell::Integer(shade.0.into())
    }

    pub fn text(shade: &Shade) -> Cell<'_> {
        Cell::Text(format!("{:02x}", shade.0).into())
    }
}

/// A type of the program that reads itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp(u64);

impl PgValue for Stamp {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        u64::decode(cell).map(Self)
    }

    fn local(&self) -> Cell<'_> {
        self.0.local()
    }

    fn text(&self) -> Cell<'_> {
        self.0.text()
    }
}

const BUYER: PersonId = PersonId(Uuid::from_u128(7));

/// A row's cells in PostgreSQL's text.
const CELLS: [&str; 11] = [
    "12",
    "00000000-0000-0000-0000-000000000007",
    "gift",
    "10.50",
    "2024-01-02 03:04:05.678+00",
    "infinity",
    "[\"2024-01-01 00:00:00+00\",)",
    "{\"parcels\": 2, \"more\": [1]}",
    "a0",
    "0b",
    "18446744073709551615",
];

fn order() -> Order {
    let mut columns = Columns::new(CELLS.len());
    CELLS.into_iter().enumerate().for_each(|(at, text)| columns.set(at, Cell::text(text)));
    Order::decode(&mut columns).unwrap()
}

/// What a row is stored as, or sent as.
fn cells(order: &Order, form: Form) -> Vec<Cell<'_>> {
    let mut out = Encoder::new(form);
    order.encode(&mut out);
    out.drain().collect()
}

#[test]
fn a_row_of_chosen_types_survives_the_wire_and_the_store() {
    let order = order();
    assert_eq!((order.id, order.buyer, order.kind.as_str()), (OrderId(12), BUYER, "gift"));
    assert_eq!(order.total, Decimal::new(1050, 2));
    assert_eq!(order.until, Some(OrInfinity::Infinity));
    assert_eq!((order.meta.parcels, order.shade, order.other_shade), (2, Shade(0xa0), Some(Shade(0x0b))));
    assert_eq!(cells(&order, Form::Postgres), CELLS.map(Cell::text));
    let local = cells(&order, Form::Local);
    assert_eq!(local[8], Cell::Integer(0xa0));
    let mut columns = Columns::new(local.len());
    local.iter().cloned().enumerate().for_each(|(at, cell)| columns.set(at, cell));
    assert_eq!(Order::decode(&mut columns).unwrap(), order);
}

#[test]
fn what_a_module_reads_can_be_merged_and_be_a_key() {
    let mut order = order();
    let mut columns = Columns::new(CELLS.len());
    columns.set(8, Cell::text("ff"));
    columns.set(9, Cell::Null);
    order.merge(&mut columns).unwrap();
    assert_eq!((order.shade, order.other_shade), (Shade(0xff), None));
    let mut columns = Columns::new(3);
    columns.set(2, Cell::text("no shade"));
    assert_eq!(Line::decode_key(&columns).unwrap_err().position, 2);
    columns.set(2, Cell::text("0c"));
    assert_eq!(Line::decode_key(&columns).unwrap(), Shade(12));
    let mut out = Encoder::new(Form::Local);
    Line::encode_key(&Shade(12), &mut out);
    assert_eq!(out.cells(), [Cell::Integer(12)]);
}

#[test]
fn parameters_are_of_their_columns_types() {
    let _ = Client::builder("http://localhost").session(Session::new(BUYER));
    let params = Lines { order: OrderId(12) };
    let mut out = Encoder::new(Form::Postgres);
    params.encode(&mut out);
    assert_eq!(out.cells(), [Cell::text("12")]);
}

#[test]
fn serde_reads_labels_and_renamed_fields_and_writes_no_secret() {
    let json = serde_json::to_string(&order()).unwrap();
    assert!(json.contains("\"sort\":\"gift\"") && json.contains("\"meta\":{\"parcels\":2}"), "{json}");
    let read: Order = serde_json::from_str(&json).unwrap();
    assert_eq!(read, Order { meta: read.meta.clone(), ..order() });
    let person =
        Person { feels: Some(Mood::Middling), secret: Some(Secret::new("hunter2".into())), ..Person::default() };
    let json = serde_json::to_string(&person).unwrap();
    assert_eq!(
        json,
        "{\"id\":\"00000000-0000-0000-0000-000000000000\",\"fullName\":\"\",\"feels\":\"so-so\",\"born\":null}"
    );
    let _: JsonOf<Meta> = JsonOf::new(Meta { parcels: 1 }).unwrap();
    assert_eq!(serde_json::from_str::<Mood>("\"Other\"").unwrap(), Mood::Else);
    assert_eq!(serde_json::from_str::<Mood>("\"new\"").unwrap(), Mood::Other("new".into()));
}
