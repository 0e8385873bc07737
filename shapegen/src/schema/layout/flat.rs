//! Files side by side: `VERSION_name.sql` of many tools, `.up.sql` and `.down.sql` of sqlx and golang-migrate, and plain
//! folders.

use std::collections::BTreeSet;

use super::super::version::{Number, leading_number};
use super::{Layout, several, stem};

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// `1_name.sql`
    Only,
    /// `1_name.up.sql`
    Up,
    /// `1_name.down.sql`
    Down,
}

/// The version and the way of `VERSION_name.sql`.
fn migration(name: &str) -> Option<(Number<'_>, Way)> {
    let (version, rest) = leading_number(stem(name)?)?;
    let rest = rest.strip_prefix('_')?;
    Some((version, way(rest)))
}

fn way(stem: &str) -> Way {
    if stem.ends_with(".up") {
        Way::Up
    } else if stem.ends_with(".down") {
        Way::Down
    } else {
        Way::Only
    }
}

/// Whether a script is the way back, by its name.
pub(in crate::schema) fn is_way_back(name: &str) -> bool {
    stem(name).is_some_and(|stem| stem == "down" || way(stem) == Way::Down)
}

pub(super) fn layout(names: &[&str]) -> Layout {
    let mut layout = Layout::default();
    let (here, below): (Vec<&str>, Vec<&str>) = names.iter().copied().partition(|name| !name.contains('/'));
    let folders: BTreeSet<&str> = below.iter().filter_map(|name| name.split('/').next()).collect();
    let folders: Vec<&str> = folders.into_iter().collect();
    if here.is_empty() {
        let message = match folders.as_slice() {
            [] => "there is no `.sql` file in the folder".to_owned(),
            folders => format!("there is no `.sql` file in the folder itself, only in {}", several(folders)),
        };
        layout.error(message, "name the folder that has them, or a glob such as `schema/**/*.sql`");
        return layout;
    }
    if !folders.is_empty() {
        layout.left_out(&folders, "folders below this one are not read");
    }
    if here.iter().any(|name| stem(name).is_some_and(|stem| way(stem) != Way::Only)) {
        two_ways(&here, &mut layout);
    } else if here.iter().any(|name| migration(name).is_some()) {
        numbered(&here, &mut layout);
    } else {
        plain(&here, &mut layout);
    }
    layout
}

/// The way up of each version, by value. A file without a way beside them is applied, as sqlx does. Where no name begins
/// with a version, names decide.
fn two_ways(names: &[&str], layout: &mut Layout) {
    if names.iter().all(|name| migration(name).is_none()) {
        layout.files = names.iter().filter(|name| !is_way_back(name)).map(|name| (*name).to_owned()).collect();
        return;
    }
    let (mut scripts, mut downs, mut only, mut others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for &name in names {
        match migration(name) {
            Some((version, Way::Down)) => downs.push((version, name)),
            Some((version, way)) => {
                scripts.push((version, name));
                only.extend((way == Way::Only).then_some(name));
            }
            None => others.push(name),
        }
    }
    scripts.sort();
    layout.twins("version", &scripts);
    layout.left_out(&others, "other names are of the form `VERSION_name.up.sql`");
    if !only.is_empty() {
        let message = format!("applied although the name has no `.up`: {}", several(&only));
        layout.warning(message, "sqlx applies it, golang-migrate doesn't");
    }
    let alone: Vec<&str> = downs
        .iter()
        .filter(|(version, _)| scripts.iter().all(|(up, _)| up != version))
        .map(|(_, name)| *name)
        .collect();
    if !alone.is_empty() {
        layout.warning(format!("a way back without its way up: {}", several(&alone)), "is the `.up.sql` file missing?");
    }
    layout.files = scripts.into_iter().map(|(_, name)| name.to_owned()).collect();
}

/// By value; what has no version is not a migration to any of the tools.
fn numbered(names: &[&str], layout: &mut Layout) {
    let mut scripts = Vec::new();
    let mut others = Vec::new();
    for &name in names {
        match leading_number(name) {
            Some((version, _)) => scripts.push((version, name)),
            None => others.push(name),
        }
    }
    scripts.sort();
    for same in scripts.chunk_by(|left, right| left.0 == right.0).filter(|same| same.len() > 1) {
        let same: Vec<&str> = same.iter().map(|(_, name)| *name).collect();
        let message = format!("{} have the same version", several(&same));
        layout.warning(message, "they are applied in the order of their names");
    }
    layout.left_out(&others, "other names begin with a version");
    layout.numbered = true;
    layout.files = scripts.into_iter().map(|(_, name)| name.to_owned()).collect();
}

/// By name; by value where every name begins with a number.
fn plain(names: &[&str], layout: &mut Layout) {
    let mut names = names.to_vec();
    if names.iter().all(|name| leading_number(name).is_some()) {
        names.sort_by_key(|name| (leading_number(name).map(|(number, _)| number), *name));
        layout.numbered = true;
    }
    layout.files = names.into_iter().map(str::to_owned).collect();
}
