//! The bell of a streaming app: what a person has not read, as text; and how a team tests such a screen.

use jiff::Timestamp;
use shapegen_macros::Shape;
use shapegen_runtime::{Collection, Connection, Status};
use uuid::Uuid;

/// A notification that a person has not read.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notifications", schema = "../../schemas/streampai.sql", change_frequency = "medium")]
#[shape(session(user_id(identity)), scope = "user_id = $user_id", where = "read_at is null", stale_after = "1h")]
pub struct Notification {
    /// Which one.
    pub id: i64,
    /// Whose.
    pub user_id: Uuid,
    /// What it says.
    pub body: String,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

/// The bell as it stands on the screen.
#[must_use]
pub fn screen(bell: &Collection<Notification>) -> String {
    let rows = bell.snapshot();
    let mut screen = match bell.status() {
        Status::NeverSynced => "…\n".to_owned(),
        Status::Empty => "nothing new\n".to_owned(),
        _ => rows.iter().map(|row| format!("* {}\n", row.body)).collect(),
    };
    if bell.status() == Status::Stale {
        screen.push_str("(from a while ago)\n");
    }
    if matches!(bell.connection(), Connection::Offline(_)) {
        screen.push_str("(no connection)\n");
    }
    screen
}

#[cfg(test)]
mod tests;
