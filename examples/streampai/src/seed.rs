//! The rows that the service starts with: two people, each with their own.

use jiff::Timestamp;
use jiff::civil::date;
use shapegen_runtime::definition::ShapeDefinition;
use shapegen_runtime::{Json, Numeric, Secret, Shape};
use uuid::Uuid;

use crate::backend::Writes;
use crate::sync::{
    ChatMessage, Livestream, LivestreamStatus, Notification, NotificationLevel, Platform, StreamEvent, StreamEventType,
    StreamingAccount, UserPreferences, UserRole, Viewer, WidgetConfig,
};

/// What the service serves.
pub static SHAPES: [&ShapeDefinition; 9] = [
    UserPreferences::DEFINITION,
    Livestream::DEFINITION,
    WidgetConfig::DEFINITION,
    Notification::DEFINITION,
    StreamingAccount::DEFINITION,
    StreamEvent::DEFINITION,
    ChatMessage::DEFINITION,
    Viewer::DEFINITION,
    UserRole::DEFINITION,
];

/// One person of the story.
pub struct Person {
    pub name: &'static str,
    pub id: Uuid,
}

/// The first person.
pub const ANN: Person = Person { name: "Ann", id: Uuid::from_u128(0xa11) };
/// The second one.
pub const BOB: Person = Person { name: "Bob", id: Uuid::from_u128(0xb0b) };

/// What stands in every row of a person, and in nobody else's.
pub fn mark(person: &Person) -> String {
    format!("{}'s", person.name)
}

/// The rows of both.
pub fn rows() -> Writes {
    let mut writes = Writes::default();
    rows_of(&ANN, 40, &mut writes);
    rows_of(&BOB, 3, &mut writes);
    writes
}

fn rows_of(person: &Person, livestreams: u32, writes: &mut Writes) {
    writes.insert(UserPreferences {
        user_id: person.id,
        locale: "en".to_owned(),
        dark_mode: true,
        email_notifications: false,
        min_donation: "2.50".parse::<Numeric>().ok(),
        settings: Json::from_text(format!(r#"{{"greeting": "{} settings"}}"#, mark(person))),
        updated_at: Timestamp::UNIX_EPOCH,
    });
    for number in 0..livestreams {
        writes.insert(livestream(person, number));
    }
    writes.insert(Viewer {
        id: id(person, 0),
        user_id: person.id,
        platform: Platform::Youtube,
        display_name: format!("{} viewer", mark(person)),
        avatar: Some(vec![0x89, 0x50, 0x4e, 0x47]),
        first_seen: date(2025, 12, 28),
        usual_hour: None,
        trust: 0.5,
        total_minutes: 90,
    });
    for number in 0..livestreams {
        writes.insert(notification(person, number.into()));
        writes.insert(chat_message(person, number));
    }
    writes.insert(WidgetConfig {
        id: id(person, 0),
        user_id: person.id,
        kind: "alert_box".to_owned(),
        config: Json::from_text(format!(r#"{{"text": "{} alert"}}"#, mark(person))),
        enabled: true,
    });
    writes.insert(StreamingAccount {
        user_id: person.id,
        platform: Platform::Twitch,
        account_name: format!("{} channel", mark(person)),
        refresh_token: Secret::new(format!("{} token", mark(person))),
        expires_at: None,
    });
    writes.insert(StreamEvent {
        id: id(person, 0),
        user_id: person.id,
        livestream_id: Some(id(person, 0)),
        r#type: StreamEventType::Donation,
        amount: "12.50".parse::<Numeric>().ok(),
        score: Some(0.75),
        payload: Some(Json::from_text(format!(r#"{{"from": "{} fan"}}"#, mark(person)))),
        inserted_at: Timestamp::UNIX_EPOCH,
    });
    writes.insert(UserRole {
        user_id: person.id,
        role: format!("{} owner", mark(person)),
        granted_at: Timestamp::UNIX_EPOCH,
    });
}

fn id(person: &Person, number: u32) -> Uuid {
    Uuid::from_u128((person.id.as_u128() << 64) | u128::from(number))
}

pub fn chat_message(person: &Person, number: u32) -> ChatMessage {
    ChatMessage {
        id: id(person, number),
        user_id: person.id,
        livestream_id: id(person, 0),
        viewer_id: Some(id(person, 0)),
        body: format!("{} message {number}", mark(person)),
        badge_months: Some(3),
        sent_local: None,
        inserted_at: Timestamp::UNIX_EPOCH,
    }
}

pub fn livestream(person: &Person, number: u32) -> Livestream {
    Livestream {
        id: id(person, number),
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
