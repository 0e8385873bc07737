//! The shapes of the streaming app, from structs: the same rows as `shapes.toml` has, at the same schema.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use shapegen_macros::{Shape, ShapeEnum};
use shapegen_runtime::{Json, Numeric, Secret};
use uuid::Uuid;

/// How the app looks and behaves for one person.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "user_preferences", schema = "../schemas/streampai.sql", change_frequency = "rare")]
#[shape(session(user_id(identity)), scope = "user_id = $user_id")]
pub struct UserPreferences {
    pub user_id: Uuid,
    pub locale: String,
    pub dark_mode: bool,
    pub email_notifications: bool,
    /// Donations below this amount show no alert.
    pub min_donation: Option<Numeric>,
    pub settings: Json,
    pub updated_at: Timestamp,
}

/// One broadcast, its fields in an order of their own.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "livestreams", schema = "../schemas/streampai.sql", change_frequency = "low", finders = ["status"])]
#[shape(session(user_id(identity)), scope = "user_id = $user_id", where(archived_at is null))]
pub struct Livestream {
    #[shape(key)]
    pub id: Uuid,
    pub title: String,
    pub status: LivestreamStatus,
    #[shape(column = "user_id")]
    pub owner: Uuid,
    pub viewer_peak: i32,
    pub tags: Vec<Option<String>>,
    pub archived_at: Option<Timestamp>,
    pub meta: Option<Json>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "widget_configs", schema = "../schemas/streampai.sql", change_frequency = "low")]
#[shape(session(user_id(identity)), scope(user_id = $user_id))]
pub struct WidgetConfig {
    pub id: Uuid,
    pub user_id: Uuid,
    pub kind: String,
    pub config: Json,
    pub enabled: bool,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notifications", manifest = "shapes.toml", scope = "user")]
#[shape(change_frequency = "medium", stale_after = "1h")]
pub struct Notification {
    pub id: i64,
    pub user_id: Uuid,
    pub level: NotificationLevel,
    pub body: String,
    pub read_at: Option<Timestamp>,
    pub inserted_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "streaming_accounts", manifest = "shapes.toml", scope = "user", change_frequency = "rare")]
pub struct StreamingAccount {
    pub user_id: Uuid,
    pub platform: Platform,
    pub account_name: String,
    #[shape(secret)]
    pub refresh_token: Secret<String>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "stream_events", manifest = "shapes.toml", scope = "user", change_frequency = "high")]
#[shape(load(newest = 500, by = "inserted_at"))]
pub struct StreamEvent {
    pub id: Uuid,
    pub user_id: Uuid,
    pub livestream_id: Option<Uuid>,
    pub r#type: StreamEventType,
    pub amount: Option<Numeric>,
    pub score: Option<f64>,
    pub payload: Option<Json>,
    pub inserted_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(
    table = "chat_messages",
    manifest = "shapes.toml",
    scope = "user",
    change_frequency = "very_high",
    load(newest = 200, by = "inserted_at")
)]
pub struct ChatMessage {
    pub id: Uuid,
    pub user_id: Uuid,
    pub livestream_id: Uuid,
    pub viewer_id: Option<Uuid>,
    pub body: String,
    pub badge_months: Option<i16>,
    pub sent_local: Option<DateTime>,
    pub inserted_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "viewers", manifest = "shapes.toml", scope = "user", change_frequency = "medium")]
pub struct Viewer {
    pub id: Uuid,
    pub user_id: Uuid,
    // An enum that the manifest's module has.
    pub platform: crate::sync::Platform,
    pub display_name: String,
    pub avatar: Option<Vec<u8>>,
    pub first_seen: Date,
    pub usual_hour: Option<Time>,
    pub trust: f32,
    pub total_minutes: i64,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "user_roles", manifest = "shapes.toml", scope = "user", change_frequency = "rare", persist = "always")]
pub struct UserRole {
    pub user_id: Uuid,
    pub role: String,
    pub granted_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "livestream_status", schema = "../schemas/streampai.sql")]
pub enum LivestreamStatus {
    Ended,
    Live,
    #[shape(label = "scheduled")]
    Planned,
    #[shape(other)]
    Unknown(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "notification_level", schema = "../schemas/streampai.sql")]
pub enum NotificationLevel {
    Info,
    Success,
    Warning,
    Error,
    #[shape(other)]
    Other(Box<str>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "public.platform", manifest = "shapes.toml")]
pub enum Platform {
    Twitch,
    Youtube,
    Kick,
    Facebook,
    #[shape(other)]
    Other(Box<str>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "stream_event_type", manifest = "shapes.toml")]
pub enum StreamEventType {
    Follow,
    Subscription,
    Donation,
    Raid,
    Cheer,
    #[shape(other)]
    Other(Box<str>),
}
