//! Serialize and Deserialize for the value types: PostgreSQL's text as a string, JSON as itself.

use serde::de::{Error as _, IntoDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{
    Array, Bits, Cidr, Circle, Hstore, Inet, Interval, Json, JsonOf, Line, MacAddr, MacAddr8, Money, Multirange,
    Numeric, OrInfinity, Path, PgValue, Point, Polygon, Range, Rectangle, Secret, Segment, TimeOfDay, TimeTz, Vector,
};
use crate::cell::Cell;

macro_rules! as_text {
    ($($rust:ty $(where $param:ident)?),* $(,)?) => {$(
        impl$(<$param: PgValue>)? Serialize for $rust {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.text() {
                    Cell::Text(text) => serializer.serialize_str(&text),
                    _ => serializer.serialize_none(),
                }
            }
        }

        impl<'de $(, $param: PgValue)?> Deserialize<'de> for $rust {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                <$rust>::decode(Cell::text(&text)).map_err(D::Error::custom)
            }
        }
    )*};
}

as_text!(
    Array<T> where T, Bits, Cidr, Circle, Hstore, Inet, Interval, Line, MacAddr, MacAddr8, Money, Multirange<T> where T,
    Numeric, Path, Point, Polygon, Range<T> where T, Rectangle, Segment, TimeOfDay, TimeTz, Vector,
);

impl<T: Serialize> Serialize for OrInfinity<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::NegInfinity => serializer.serialize_str("-infinity"),
            Self::Finite(value) => value.serialize(serializer),
            Self::Infinity => serializer.serialize_str("infinity"),
        }
    }
}

/// For a `T` that reads itself from a string, as dates and timestamps do.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrInfinity<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "-infinity" => Ok(Self::NegInfinity),
            "infinity" => Ok(Self::Infinity),
            _ => T::deserialize(text.into_deserializer()).map(Self::Finite),
        }
    }
}

/// As a document inside of the document, number for number as it was; only serde_json can do that.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.as_str().to_owned()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|raw| Self::from_text(raw.get()))
    }
}

/// As its value.
impl<T: Serialize> Serialize for JsonOf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize(self, serializer)
    }
}

impl<'de, T: Serialize + Deserialize<'de>> Deserialize<'de> for JsonOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(T::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Reading alone: whoever wants a secret written has to `expose` it, so that no serialised row shows one unasked.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use serde::de::DeserializeOwned;

    use super::*;

    #[track_caller]
    fn survives<T: PgValue + Serialize + DeserializeOwned + PartialEq + fmt::Debug>(text: &str, json: &str) {
        let value = T::decode(Cell::text(text)).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
    }

    #[test]
    fn values_survive_serde() {
        survives::<Numeric>("12345678901234567890.10", "\"12345678901234567890.10\"");
        survives::<Interval>("P1Y2M", "\"P1Y2M\"");
        survives::<Range<i32>>("[1,)", "\"[1,)\"");
        survives::<Array<i64>>("{{1},{NULL}}", "\"{{1},{NULL}}\"");
        survives::<OrInfinity<jiff::civil::Date>>("infinity", "\"infinity\"");
        survives::<OrInfinity<jiff::civil::Date>>("2024-02-29", "\"2024-02-29\"");
        survives::<jiff::Timestamp>("2024-02-29 00:00:00+00", "\"2024-02-29T00:00:00Z\"");
        survives::<Json>("{\"a\": [1e400, 0.10]}", "{\"a\": [1e400, 0.10]}");
        survives::<JsonOf<Vec<u8>>>("[1,2]", "[1,2]");
        assert_eq!(serde_json::from_str::<Secret<u8>>("7").unwrap().expose(), &7);
    }

    #[test]
    fn what_is_no_value_is_an_error() {
        assert!(serde_json::from_str::<Numeric>("\"1,5\"").is_err());
        assert!(serde_json::from_str::<OrInfinity<jiff::civil::Date>>("\"never\"").is_err());
    }

    #[test]
    fn a_typed_document_keeps_what_its_type_does_not_know() {
        #[derive(Debug, Deserialize, Serialize)]
        struct Meta {
            views: u32,
        }
        let text = "{\"views\": 3, \"new\": 1e400}";
        let value = JsonOf::<Meta>::decode(Cell::text(text)).unwrap();
        assert_eq!(value.views, 3);
        assert_eq!((value.text(), value.local()), (Cell::text(text), Cell::text(text)));
        let error = JsonOf::<Meta>::decode(Cell::text("{\"views\": -1}")).unwrap_err();
        assert!(error.to_string().contains("{\"views\": -1}"), "{error}");
        assert_eq!(JsonOf::new(Meta { views: 4 }).unwrap().as_str(), "{\"views\":4}");
    }
}
