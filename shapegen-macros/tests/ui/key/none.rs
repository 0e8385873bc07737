use jiff::Timestamp;
use shapegen_macros::Shape;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "heartbeats", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Heartbeat {
    sent_at: Timestamp,
    device: String,
}

fn main() {}
