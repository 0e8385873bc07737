//! Flyway and refinery: `V1_2__name.sql`, in the folder and in those below it.

use std::collections::BTreeSet;

use super::super::version::Dotted;
use super::{Layout, file_name, several, stem};

/// What a name says.
enum Script<'n> {
    /// `V1__name.sql`
    Versioned(Dotted<'n>),
    /// `U1__name.sql`: Flyway's way back from `V1`; to refinery, a migration whose number may be lower than the last
    /// one's.
    Undo(Dotted<'n>),
    /// `B1__name.sql`: what all versions up to this one come to.
    Baseline(Dotted<'n>),
    /// `R__name.sql`, by its description.
    Repeatable(String),
}

fn script(path: &str) -> Option<Script<'_>> {
    let (head, description) = stem(file_name(path))?.split_once("__")?;
    let kind = head.chars().next()?;
    let version = &head[kind.len_utf8()..];
    match kind {
        'V' => Dotted::parse(version).map(Script::Versioned),
        'U' => Dotted::parse(version).map(Script::Undo),
        'B' => Dotted::parse(version).map(Script::Baseline),
        'R' if version.is_empty() => Some(Script::Repeatable(description.replace('_', " "))),
        _ => None,
    }
}

pub(super) fn fits<N: AsRef<str>>(names: &[N]) -> bool {
    names.iter().any(|name| script(name.as_ref()).is_some())
}

/// Versions by value from the latest baseline on, then repeatable ones by description.
pub(super) fn layout(names: &[&str]) -> Layout {
    let mut layout = Layout::default();
    let (mut versioned, mut undos, mut baselines, mut repeatable) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut others = Vec::new();
    for &name in names {
        match script(name) {
            Some(Script::Versioned(version)) => versioned.push((version, name)),
            Some(Script::Undo(version)) => undos.push((version, name)),
            Some(Script::Baseline(version)) => baselines.push((version, name)),
            Some(Script::Repeatable(description)) => repeatable.push((description, name)),
            None => others.push(name),
        }
    }
    layout.left_out(&others, "other names begin with `V…__` as Flyway's and refinery's do");
    let versions: BTreeSet<_> = versioned.iter().map(|(version, _)| version.clone()).collect();
    let (undone, own): (Vec<_>, Vec<_>) = undos.into_iter().partition(|(version, _)| versions.contains(version));
    if undone.is_empty() {
        versioned.extend(own);
    } else if !own.is_empty() {
        let own: Vec<&str> = own.iter().map(|(_, name)| *name).collect();
        let message = format!("{} can be the way back, or a migration of its own", several(&own));
        layout.error(message, "other `U` files here undo a `V` file of the same version, and this has none: remove it");
    }
    for scripts in [&mut versioned, &mut baselines] {
        scripts.sort();
        layout.twins("version", scripts);
    }
    repeatable.sort();
    layout.twins("description", &repeatable);
    if let Some((baseline, name)) = baselines.pop() {
        versioned.retain(|(version, _)| *version > baseline);
        layout.files.push(name.to_owned());
    }
    layout.files.extend(versioned.into_iter().map(|(_, name)| name.to_owned()));
    layout.files.extend(repeatable.into_iter().map(|(_, name)| name.to_owned()));
    layout
}
