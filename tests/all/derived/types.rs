//! The table with a column of every type, from a struct.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use shapegen_macros::Shape;
use shapegen_runtime::{Json, Numeric};
use uuid::Uuid;

use crate::sync::Mood;

/// A row of `every_type`.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "every_type", manifest = "shapes.toml", scope = "public", change_frequency = "low")]
pub struct EveryType {
    pub id: i32,
    pub a_bool: Option<bool>,
    pub an_int2: Option<i16>,
    pub an_int4: Option<i32>,
    pub an_int8: i64,
    pub a_float4: Option<f32>,
    pub a_float8: Option<f64>,
    pub a_numeric: Option<Numeric>,
    pub a_text: Option<String>,
    pub a_varchar: Option<String>,
    pub a_uuid: Option<Uuid>,
    pub a_timestamp: Option<DateTime>,
    pub a_timestamptz: Option<Timestamp>,
    pub a_date: Option<Date>,
    pub a_time: Option<Time>,
    pub a_json: Option<Json>,
    pub a_jsonb: Option<Json>,
    pub a_bytea: Option<Vec<u8>>,
    pub a_mood: Option<Mood>,
    pub bools: Option<Vec<Option<bool>>>,
    pub int2s: Option<Vec<Option<i16>>>,
    pub int4s: Option<Vec<Option<i32>>>,
    pub int8s: Option<Vec<Option<i64>>>,
    pub float4s: Option<Vec<Option<f32>>>,
    pub float8s: Option<Vec<Option<f64>>>,
    pub numerics: Option<Vec<Option<Numeric>>>,
    pub texts: Option<Vec<Option<String>>>,
    pub varchars: Option<Vec<Option<String>>>,
    pub uuids: Option<Vec<Option<Uuid>>>,
    pub timestamps: Option<Vec<Option<DateTime>>>,
    pub timestamptzs: Option<Vec<Option<Timestamp>>>,
    pub dates: Option<Vec<Option<Date>>>,
    pub times: Option<Vec<Option<Time>>>,
    pub jsons: Option<Vec<Option<Json>>>,
    pub jsonbs: Option<Vec<Option<Json>>>,
    pub byteas: Option<Vec<Option<Vec<u8>>>>,
    pub moods: Option<Vec<Option<Mood>>>,
}
