//! Hashes that tell one request, or one local table, from another: equal on every machine and in every version.

use shapegen_runtime::definition::ParamSource;

use crate::model::{Field, Filter, Load, Param};

use super::selection::Selection;

/// Texts, each behind its length, so that no two lists of texts are described alike.
struct Description(blake3::Hasher);

impl Description {
    fn new(subject: &str) -> Self {
        let mut this = Self(blake3::Hasher::new());
        this.text(subject);
        this
    }

    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    fn finish(self) -> u64 {
        let mut reader = self.0.finalize_xof();
        let mut first = [0; 8];
        reader.fill(&mut first);
        u64::from_be_bytes(first)
    }
}

/// Over table, key, filter, parameters and what is loaded: what a widened column list leaves as it was.
pub(super) fn request(selection: &Selection<'_>, filter: Option<&Filter>, params: &[Param], load: &Load) -> u64 {
    let mut description = Description::new("request");
    description.text(&selection.table_name.schema);
    description.text(&selection.table_name.name);
    description.count(selection.key.len());
    for column in selection.key.iter().filter_map(|at| selection.columns.get(*at)) {
        description.text(&column.name);
    }
    description.text(filter.map_or("", |filter| &filter.sql));
    description.count(params.len());
    for param in params {
        description.text(match param.from {
            ParamSource::Identity | ParamSource::Session => "session",
            ParamSource::Caller => "caller",
        });
        description.text(&param.name);
        description.text(&param.pg_type);
    }
    // How much of a row changes carry leaves the rows as they are; how many are loaded, those that are there.
    match load {
        Load::All => {}
        Load::Newest(newest) => {
            description.text("newest");
            description.text(&newest.order_by);
        }
        Load::FromNow => description.text("from now"),
    }
    description.finish()
}

/// Over the local columns, what they hold, and the key.
pub(super) fn fingerprint(fields: &[Field], key: &[usize]) -> u64 {
    let mut description = Description::new("local table");
    description.count(fields.len());
    for field in fields {
        description.text(&field.local);
        description.text(field.local_type);
        description.text(&field.ty.stored());
        description.text(&field.pg_type);
        description.count(usize::from(field.dims));
        description.text(if field.not_null { "not null" } else { "" });
    }
    description.count(key.len());
    for at in key {
        description.count(*at);
    }
    description.finish()
}

/// Over words that a name in PostgreSQL is made of.
pub(super) fn name(words: &[&str]) -> u64 {
    let mut description = Description::new("name");
    description.count(words.len());
    words.iter().for_each(|word| description.text(word));
    description.finish()
}
