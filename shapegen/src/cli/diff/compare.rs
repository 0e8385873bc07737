//! Two models: what is different for the programs that use them, and for the rows that they keep.

use shapegen_runtime::definition::ParamSource;
use shapegen_runtime::stored::{Fit, Stored, StoredColumn};

use crate::cli::explain::{flush, pg_type, rust_type};
use crate::model::{Enum, Field, Load, Mode, Model, Param, Shape};

/// What becomes of a shape's rows on devices that run the new build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They stay.
    Keep,
    /// They are shown while they are fetched again.
    Widen,
    /// They are deleted and fetched again.
    Refetch,
    /// The shape wasn't there before.
    New,
    /// The shape isn't there any more.
    Gone,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Widen => "widen",
            Self::Refetch => "refetch",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// What it is about, as one of a few words.
    pub(super) subject: &'static str,
    /// In words.
    pub(super) text: String,
}

/// A shape of either model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShapeDifference {
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) changes: Vec<Change>,
}

/// All that is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// Every shape, in the new manifest's order, then those that are gone.
    pub(super) shapes: Vec<ShapeDifference>,
    /// What no single shape has: enums, the session, the mode.
    pub(super) client: Vec<Change>,
}

impl Difference {
    pub(super) fn is_empty(&self) -> bool {
        let same = |shape: &ShapeDifference| shape.verdict == Verdict::Keep && shape.changes.is_empty();
        self.client.is_empty() && self.shapes.iter().all(same)
    }
}

pub(super) fn compare(old: &Model, new: &Model) -> Difference {
    let find = |model: &Model, name: &str| model.shapes.iter().position(|shape| shape.name == name);
    let mut shapes: Vec<ShapeDifference> = Vec::new();
    for shape in &new.shapes {
        shapes.push(match find(old, &shape.name) {
            Some(at) => self::shape(&old.shapes[at], shape),
            None => alone(shape, Verdict::New),
        });
    }
    let gone = old.shapes.iter().filter(|shape| find(new, &shape.name).is_none());
    shapes.extend(gone.map(|shape| alone(shape, Verdict::Gone)));
    Difference { shapes, client: client(old, new) }
}

fn alone(shape: &Shape, verdict: Verdict) -> ShapeDifference {
    ShapeDifference { name: shape.name.clone(), verdict, changes: Vec::new() }
}

/// Changes in the order in which they are found.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn push(&mut self, subject: &'static str, text: String) {
        self.0.push(Change { subject, text });
    }

    /// Something that every shape has.
    fn compare(&mut self, subject: &'static str, what: &str, old: &str, new: &str) {
        if old != new {
            self.push(subject, format!("{what} is {new} now, was {old}"));
        }
    }

    /// Something that there may be several of, told apart by what they are called.
    fn lists(&mut self, subject: &'static str, what: &str, old: &[String], new: &[String]) {
        for one in old.iter().filter(|one| !new.contains(one)) {
            self.push(subject, format!("{what} {one} is gone"));
        }
        for one in new.iter().filter(|one| !old.contains(one)) {
            self.push(subject, format!("{what} {one} came"));
        }
    }
}

fn shape(old: &Shape, new: &Shape) -> ShapeDifference {
    let mut changes = Changes::default();
    let table = |shape: &Shape| format!("`{}.{}`", shape.table.schema, shape.table.name);
    changes.compare("request", "the table", &table(old), &table(new));
    let condition = |shape: &Shape| match &shape.filter {
        Some(filter) => format!("`{}`", filter.sql),
        None => "empty".to_owned(),
    };
    changes.compare("request", "the condition", &condition(old), &condition(new));
    let positional = |shape: &Shape| shape.params.iter().map(|param| param.pg_type.clone()).collect::<Vec<_>>();
    changes.compare("request", "the list of parameter types", &list(&positional(old)), &list(&positional(new)));
    changes.lists("parameter", "the caller's parameter", &callers(old), &callers(new));
    changes.compare("scope", "the scope", &format!("`{}`", old.scope), &format!("`{}`", new.scope));
    fields(&mut changes, &old.fields, &new.fields);
    changes.compare("key", "the key", &list(&key(old)), &list(&key(new)));
    changes.compare("name", "the row struct", &format!("`{}`", old.row), &format!("`{}`", new.row));
    changes.compare("name", "the client's method", &format!("`{}()`", old.ident), &format!("`{}()`", new.ident));
    let finders = |shape: &Shape| shape.indexes.iter().map(|index| format!("`{}`", index.constant)).collect::<Vec<_>>();
    changes.lists("finder", "the index", &finders(old), &finders(new));
    policy(&mut changes, old, new);
    let fit = stored(old).fit(&stored(new));
    let verdict = match fit {
        // Another request is another instance: the old one is deleted before anything of it can be read.
        _ if old.request != new.request => Verdict::Refetch,
        Fit::Keep => Verdict::Keep,
        Fit::Widen => Verdict::Widen,
        Fit::Refetch => Verdict::Refetch,
    };
    ShapeDifference { name: new.name.clone(), verdict, changes: changes.0 }
}

fn list(words: &[String]) -> String {
    format!("({})", words.join(", "))
}

fn key(shape: &Shape) -> Vec<String> {
    shape.key.iter().map(|&at| shape.fields[at].column.clone()).collect()
}

/// What the caller binds, each name once.
fn callers(shape: &Shape) -> Vec<String> {
    let shown = |param: &Param| format!("`{}: {}`", param.name, param.ty);
    let mut names: Vec<String> =
        shape.params.iter().filter(|param| param.from == ParamSource::Caller).map(shown).collect();
    names.dedup();
    names
}

fn fields(changes: &mut Changes, old: &[Field], new: &[Field]) {
    let shown = |field: &Field| format!("`{}: {}`", field.ident, rust_type(field));
    let find = |fields: &[Field], column: &str| fields.iter().position(|field| field.column == column);
    for field in old.iter().filter(|field| find(new, &field.column).is_none()) {
        changes.push("field", format!("the field {} is gone", shown(field)));
    }
    for field in new {
        let Some(before) = find(old, &field.column).map(|at| &old[at]) else {
            changes.push("field", format!("the field {} came", shown(field)));
            continue;
        };
        let (was, is) = (shown(before), shown(field));
        if was != is {
            changes.push("field", format!("the field {is} was {was}"));
        } else if pg_type(before) != pg_type(field) {
            let text = format!("the column `{}` is `{}` now, was `{}`", field.column, pg_type(field), pg_type(before));
            changes.push("column", text);
        }
    }
    let kept = |fields: &[Field], others: &[Field]| {
        let both = fields.iter().filter(|field| find(others, &field.column).is_some());
        both.map(|field| field.column.clone()).collect::<Vec<_>>()
    };
    if kept(old, new) != kept(new, old) {
        changes.push("field", "the fields are in another order".to_owned());
    }
}

fn policy(changes: &mut Changes, old: &Shape, new: &Shape) {
    if old.policy.kept != new.policy.kept {
        let text = if new.policy.kept { "rows are kept on the device now" } else { "rows are in memory alone now" };
        changes.push("policy", text.to_owned());
    } else {
        let (was, is) = (flush(old.policy), flush(new.policy));
        if was != is {
            changes.push("policy", format!("{is} now; was: {was}"));
        }
    }
    let seconds = |seconds: u32| format!("{seconds} s");
    let (was, is) = (old.policy, new.policy);
    changes.compare("policy", "`stale_after`", &seconds(was.stale_after_s), &seconds(is.stale_after_s));
    let max_age = |age: Option<u32>| age.map_or_else(|| "unlimited".to_owned(), seconds);
    changes.compare("policy", "`max_age`", &max_age(was.max_age_s), &max_age(is.max_age_s));
    changes.compare("policy", "`load`", &loaded(old), &loaded(new));
    let replica = |shape: &Shape| format!("{:?}", shape.replica).to_lowercase();
    changes.compare("policy", "`replica`", &replica(old), &replica(new));
}

/// What is loaded at the start, in words.
fn loaded(shape: &Shape) -> String {
    match &shape.load {
        Load::All => "all".to_owned(),
        Load::Newest(newest) => {
            let by = newest.order.first().and_then(|&at| shape.fields.get(at));
            format!("newest {} by {}", newest.count, by.map_or("", |field| &field.column))
        }
        Load::FromNow => "from_now".to_owned(),
    }
}

fn stored(shape: &Shape) -> Stored {
    let columns = shape.fields.iter().map(|field| StoredColumn {
        local: &field.local,
        pg_type: &field.pg_type,
        dims: field.dims,
        stored_as: field.stored_as.as_deref().unwrap_or_default(),
        not_null: field.not_null,
    });
    Stored::new(&columns.collect::<Vec<_>>(), shape.key.iter().copied(), shape.local.fingerprint)
}

fn client(old: &Model, new: &Model) -> Vec<Change> {
    let mut changes = Changes::default();
    for after in &new.enums {
        if let Some(before) = old.enums.iter().find(|one| one.ident == after.ident) {
            let labels = |one: &Enum| {
                let shown = |(variant, label): &(String, String)| format!("`{variant}` ({label:?})");
                one.variants.iter().map(shown).collect::<Vec<_>>()
            };
            changes.lists("enum", &format!("`{}`: the label", after.ident), &labels(before), &labels(after));
        }
    }
    let names = |model: &Model| model.enums.iter().map(|one| format!("`{}`", one.ident)).collect::<Vec<_>>();
    changes.lists("enum", "the enum", &names(old), &names(new));
    let values = |model: &Model| {
        let shown = model.session.values.iter().map(|value| {
            let identity = if value.identity { " (identity)" } else { "" };
            format!("`{}: {}` from the claim `{}`{identity}", value.name, value.ty, value.claim)
        });
        shown.collect::<Vec<_>>()
    };
    changes.lists("session", "the session value", &values(old), &values(new));
    let mode = |model: &Model| match model.mode {
        Mode::Gatekeeper => "`gatekeeper`",
        Mode::Electric => "`electric`",
    };
    changes.compare("mode", "the mode", mode(old), mode(new));
    changes.0
}
