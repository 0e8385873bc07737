//! The rows that the service starts with: two people, each with their own.

use jiff::Timestamp;
use shapegen_runtime::{Json, Numeric};
use shapegen_server::{MemoryError, MemorySource, MemoryTransaction};
use uuid::Uuid;

use crate::sync::{Livestream, LivestreamStatus, Notification, NotificationLevel, UserPreferences};

/// One person of the story.
pub struct Person {
    pub name: &'static str,
    pub id: Uuid,
}

pub const ANN: Person = Person { name: "Ann", id: Uuid::from_u128(0xa11) };
pub const BOB: Person = Person { name: "Bob", id: Uuid::from_u128(0xb0b) };

/// What stands in every row of a person, and in nobody else's.
pub fn mark(person: &Person) -> String {
    format!("{}'s", person.name)
}

pub fn fill(source: &MemorySource) -> Result<(), MemoryError> {
    source.transaction(|tx| {
        rows_of(&ANN, 40, tx);
        rows_of(&BOB, 3, tx);
    })?;
    Ok(())
}

fn rows_of(person: &Person, livestreams: u32, tx: &mut MemoryTransaction<'_>) {
    tx.insert(&UserPreferences {
        user_id: person.id,
        locale: "en".to_owned(),
        dark_mode: true,
        email_notifications: false,
        min_donation: "2.50".parse::<Numeric>().ok(),
        settings: Json::from_text(format!(r#"{{"greeting": "{} settings"}}"#, mark(person))),
        updated_at: Timestamp::UNIX_EPOCH,
    });
    for number in 0..livestreams {
        tx.insert(&livestream(person, number));
    }
    for number in 0..livestreams {
        tx.insert(&notification(person, number.into()));
    }
}

pub fn livestream(person: &Person, number: u32) -> Livestream {
    Livestream {
        id: Uuid::from_u128(person.id.as_u128() << 64 | u128::from(number)),
        user_id: person.id,
        title: format!("{} stream {number}", mark(person)),
        status: LivestreamStatus::Ended,
        viewer_peak: 100,
        tags: vec![Some("speedrun".to_owned())],
        meta: None,
        started_at: None,
        ended_at: None,
        archived_at: None,
    }
}

pub fn notification(person: &Person, number: i64) -> Notification {
    Notification {
        id: i64::from(person.id.as_u128() as u32) * 1000 + number,
        user_id: person.id,
        level: NotificationLevel::Info,
        body: format!("{} notification {number}", mark(person)),
        read_at: None,
        inserted_at: Timestamp::UNIX_EPOCH,
    }
}
