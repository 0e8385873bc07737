//! Derived code in a crate that compiles only where it is hygienic: dependencies have other names, the prelude's names mean
//! something else, every public item is documented, and clippy is pedantic.

#![deny(missing_docs, warnings, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use derive_shapes::{Shape, ShapeEnum};

/// Names of the prelude and of derived code, taken.
pub mod taken {
    use super::{Shape, ShapeEnum};

    /// A type of the program with a name of ours.
    pub mod v1 {
        /// An id.
        pub type Id = ::uuid::Uuid;
    }

    /// No result.
    pub type Result = ();
    /// No vector.
    pub struct Vec;
    /// No string.
    pub struct String;
    /// No value.
    pub struct Some;
    /// No outcome.
    pub struct Ok;
    /// No definition.
    pub const DEFINITION: () = ();

    /// Traits that are not the ones everybody knows.
    pub mod traits {
        /// Not `core`'s.
        pub trait Clone {}
        /// Not `core`'s.
        pub trait Default {}
        /// Not `core`'s.
        pub trait Debug {}
    }
    pub use traits::{Clone, Debug, Default};

    /// A row that is called as the prelude's type is, with a key of two columns.
    #[derive(::core::fmt::Debug, ::core::clone::Clone, PartialEq, Shape)]
    #[shape(table = "streaming_accounts", schema = "../../schemas/streampai.sql", change_frequency = "rare")]
    #[shape(session(user_id(identity)), scope = "user_id = $user_id and platform = $platform", caller(platform))]
    pub struct Option {
        /// Whose.
        pub user_id: v1::Id,
        /// Where.
        pub platform: None,
        /// A field named like the runtime's module.
        #[shape(column = "account_name")]
        pub v1: ::std::string::String,
        /// No column.
        #[shape(skip)]
        pub columns: ::std::vec::Vec<u8>,
    }

    /// An enum that is called as a variant of the prelude is, with variants that are, too.
    #[derive(::core::fmt::Debug, ::core::clone::Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
    #[shape(type = "platform", schema = "../../schemas/streampai.sql")]
    pub enum None {
        /// `twitch`
        #[shape(label = "twitch")]
        Some,
        /// `youtube`
        #[shape(label = "youtube")]
        Ok,
        /// `kick`
        #[shape(label = "kick")]
        Result,
        /// `facebook`
        #[shape(label = "facebook")]
        Self_,
        /// One to come.
        #[shape(other)]
        Clone(::std::boxed::Box<str>),
    }
}

/// Nothing of a private struct's is public, and a function can have one of its own.
#[must_use]
pub fn inside_of_a_function() -> &'static str {
    use sync_runtime::Shape as _;

    #[derive(Debug, Clone, PartialEq, Shape)]
    #[shape(table = "users", schema = "../../schemas/streampai.sql", scope = "public", change_frequency = "low")]
    struct User {
        id: uuid::Uuid,
        #[shape(column = "email")]
        r#type: String,
        created_at: jiff::Timestamp,
    }

    User::DEFINITION.name
}

macro_rules! row {
    ($name:ident, $table:literal, $id:ty) => {
        /// A row that a macro makes.
        #[derive(Debug, Clone, PartialEq, Shape)]
        #[shape(table = $table, schema = "../../schemas/streampai.sql", scope = "public", change_frequency = "low")]
        pub struct $name {
            /// Which.
            pub id: $id,
            /// Whose.
            pub user_id: $id,
        }
    };
}

row!(Widget, "widget_configs", uuid::Uuid);
