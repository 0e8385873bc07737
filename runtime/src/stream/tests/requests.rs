//! What requests look like.

use std::borrow::Cow;

use super::*;
use crate::captures::{Gone, Item};
use crate::definition::{Column, Filter, Load, LocalTable, Param, ParamSource, Policy, Replica, Table, Transport};
use crate::expr::Expr;

/// A shape with a filter of two parameters, in a table whose names need quotes.
static ODD: ShapeDefinition = ShapeDefinition {
    name: "odd shape",
    table: Table { schema: "My", name: "a\"b" },
    columns: &[odd_column("id"), odd_column("foo,bar"), odd_column("q\"x")],
    key: &[0],
    filter: Some(Filter { sql: "n > $1 AND title LIKE $2", expr: Expr::All(Cow::Borrowed(&[])) }),
    params: &[odd_param("least"), odd_param("like")],
    request: 0,
    load: Load::All,
    replica: Replica::Default,
    policy: Policy {
        kept: false,
        flush_within_ms: 0,
        stale_after_s: 0,
        max_age_s: None,
        transport: Transport::LongPoll,
    },
    local: LocalTable { table: "", create: "", indexes: &[], view: "", fingerprint: 0 },
};

const fn odd_column(name: &'static str) -> Column {
    Column { name, pg_type: "text", dims: 0, not_null: true, local: name, stored_as: "" }
}

const fn odd_param(name: &'static str) -> Param {
    Param { name, from: ParamSource::Caller, pg_type: "text" }
}

#[test]
fn c_001_c_015_the_first_request_reads_from_the_beginning() {
    let mut driver = Driver::<Item>::start(None);
    assert_eq!(driver.request().place(), [Some("-1"), None, None, None]);
    let Effect::Fetch(request) = &driver.effects[0] else { panic!() };
    let expected = "http://127.0.0.1:3000/v1/shape?columns=%22title%22%2C%22id%22%2C%22n%22%2C%22note%22%2C%22done%22\
                    &log=full&offset=-1&table=%22public%22.%22items%22";
    assert_eq!(request.url, expected);
}

#[test]
fn c_002_nothing_is_asked_before_the_start() {
    let address = Address::electric(ELECTRIC, Gone::DEFINITION, &[]).unwrap();
    let mut stream = Stream::new(Gone::DEFINITION, address, None, None, 0);
    for event in [Event::Timer, Event::Resume, Event::Refresh, Event::Pause, Event::Delivered(Outcome::More)] {
        assert_eq!(stream.on(event), []);
    }
}

#[test]
fn c_003_an_address_is_an_http_url() {
    for url in ["", "localhost:3000", "ftp://host/v1", "http://", "https:///v1", "http://?a=b"] {
        assert!(matches!(Address::electric(url, Gone::DEFINITION, &[]), Err(AddressError::Url(_))), "{url}");
        assert!(matches!(Address::gatekeeper(url, Gone::DEFINITION, []), Err(AddressError::Url(_))), "{url}");
    }
}

#[test]
fn c_006_a_stored_position_is_resumed_without_live() {
    for offset in ["0_inf", "0_0", "55753296_0"] {
        let mut driver = Driver::<Item>::start(position("h-1", offset));
        assert_eq!(driver.request().place(), [Some(offset), Some("h-1"), None, None]);
        assert_eq!(driver.stream.position(), position("h-1", offset));
    }
}

#[test]
fn c_007_names_of_the_protocol_are_refused() {
    for name in ["offset", "handle", "live", "cursor", "cache-buster", "expired_handle", "log", "subset__where"] {
        let refused = Err(AddressError::Reserved(name.to_owned()));
        assert_eq!(Address::gatekeeper("http://h/shapes", Gone::DEFINITION, [(name, "x")]), refused);
        assert_eq!(Address::gatekeeper(&format!("http://h/shapes?{name}=x"), Gone::DEFINITION, []), refused);
        assert_eq!(Address::electric(&format!("http://h/v1/shape?{name}"), Gone::DEFINITION, &[]), refused);
    }
    let refused = Err(AddressError::Reserved("table".to_owned()));
    assert_eq!(Address::electric("http://h/v1/shape?t%61ble=x", Gone::DEFINITION, &[]), refused);
}

#[test]
fn c_008_to_c_012_names_are_quoted_values_encoded_and_parameters_sorted() {
    let values = ["2".to_owned(), "%t% &=é".to_owned()];
    let address = Address::electric("https://h/v1/shape?secret=s%201&a=b#part", &ODD, &values).unwrap();
    let url = address.url(&[("offset", "-1"), ("log", "full")]);
    assert_eq!(
        url,
        "https://h/v1/shape?a=b&columns=%22id%22%2C%22foo%2Cbar%22%2C%22q%22%22x%22&log=full&offset=-1\
         &params%5B1%5D=2&params%5B2%5D=%25t%25%20%26%3D%C3%A9&secret=s%201&table=%22My%22.%22a%22%22b%22\
         &where=n%20%3E%20%241%20AND%20title%20LIKE%20%242"
    );
    let query = Query::of(&url);
    assert_eq!(query.get("params[2]"), Some("%t% &=é"));
    assert_eq!(query.get("columns"), Some(r#""id","foo,bar","q""x""#));
    let error = Address::electric(ELECTRIC, &ODD, &[]).unwrap_err();
    assert_eq!(error, AddressError::Values { shape: "odd shape", wanted: 2, given: 0 });
}

#[test]
fn a_gatekeeper_is_told_the_name_and_the_callers_values() {
    let caller = [("workspace", "w/1"), ("least", "2"), ("workspace", "w/1")];
    let address = Address::gatekeeper("https://h/shapes/?tenant=t", &ODD, caller).unwrap();
    assert_eq!(
        address.url(&[("offset", "-1")]),
        "https://h/shapes/odd%20shape?least=2&offset=-1&tenant=t&workspace=w%2F1"
    );
}
