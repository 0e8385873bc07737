//! What generated types derive and are marked with: our own derives, serde's, `[derive]` and `[attribute]`.

use crate::catalog::QualifiedName;
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::manifest::{Added, Manifest, Selected};
use crate::model::{self, RustType};
use crate::source::Spanned;

use super::selector::{Kind, Selectors, Target};

/// What every generated type derives.
const DATA: &[&str] = &["Debug", "Clone", "PartialEq"];

/// What those derive that tell rows apart.
const KEY: &[&str] = &["Eq", "Hash", "PartialOrd", "Ord"];

const SERDE: [&str; 2] = ["serde::Serialize", "serde::Deserialize"];

/// `[derive]` and `[attribute]`, and whether serde is asked for.
pub(super) struct Marks<'m> {
    pub(super) serde: bool,
    derives: Vec<Mark<'m>>,
    attributes: Vec<Mark<'m>>,
}

/// One entry.
struct Mark<'m> {
    target: Target,
    except: Vec<Target>,
    add: &'m [Spanned<String>],
}

impl<'m> Marks<'m> {
    pub(super) fn new(manifest: &'m Manifest, selectors: &Selectors<'_>, report: &mut Report) -> Self {
        let types = [Kind::All, Kind::Table, Kind::Type, Kind::Newtype];
        let with_columns = [Kind::All, Kind::Table, Kind::Column, Kind::Type, Kind::Newtype];
        Self {
            serde: manifest.rust.serde,
            derives: marks(&manifest.derives, selectors, &types, "derive", report),
            attributes: marks(&manifest.attributes, selectors, &with_columns, "attribute", report),
        }
    }

    /// What an enum has. Serde reads and writes its labels, which no derive does.
    pub(super) fn of_enum(&self, name: &QualifiedName) -> model::Marks {
        self.marks(&Target::Type(name.clone()), [DATA, KEY].concat())
    }

    /// What a row has.
    pub(super) fn of_row(&self, table: &QualifiedName) -> model::Marks {
        self.marks(&Target::Table(table.clone()), self.with_serde(DATA))
    }

    /// What a composite type has.
    pub(super) fn of_composite(&self, name: &QualifiedName) -> model::Marks {
        self.marks(&Target::Type(name.clone()), self.with_serde(DATA))
    }

    /// What a newtype has: as much as what it is around.
    pub(super) fn of_newtype(&self, ident: &str, inner: &RustType) -> model::Marks {
        let mut own = vec!["Debug", "Clone"];
        own.extend(inner.is_copy().then_some("Copy"));
        own.push("PartialEq");
        own.extend(inner.is_key().then_some(KEY).into_iter().flatten());
        self.marks(&Target::Newtype(ident.to_owned()), self.with_serde(&own))
    }

    fn with_serde<'d>(&self, own: &[&'d str]) -> Vec<&'d str> {
        let serde: &[&str] = if self.serde { &SERDE } else { &[] };
        [own, serde].concat()
    }

    fn marks(&self, target: &Target, own: Vec<&str>) -> model::Marks {
        let mut derives: Vec<String> = own.into_iter().map(str::to_owned).collect();
        for path in added(&self.derives, target) {
            if !derives.contains(path) {
                derives.push(path.clone());
            }
        }
        model::Marks { derives, attributes: added(&self.attributes, target).cloned().collect() }
    }

    /// The attributes of a column's field.
    pub(super) fn of_field(&self, table: &QualifiedName, column: &str, secret: bool) -> Vec<String> {
        let target = Target::Column(table.clone(), column.to_owned());
        let named = self.attributes.iter().filter(|mark| mark.target == target);
        let named = named.flat_map(|mark| mark.add).map(|text| text.value.clone());
        let hidden = (self.serde && secret).then(|| "serde(skip_serializing)".to_owned());
        hidden.into_iter().chain(named).collect()
    }
}

/// What is added to a generated type, in the manifest's order.
fn added<'a>(marks: &'a [Mark<'_>], target: &'a Target) -> impl Iterator<Item = &'a String> {
    let fits =
        move |mark: &&Mark<'_>| (mark.target == Target::All || mark.target == *target) && !mark.except.contains(target);
    marks.iter().filter(fits).flat_map(|mark| mark.add).map(|text| &text.value)
}

fn marks<'m>(
    entries: &'m [Selected<Added>],
    selectors: &Selectors<'_>,
    kinds: &[Kind],
    section: &str,
    report: &mut Report,
) -> Vec<Mark<'m>> {
    let mut marks: Vec<Mark<'m>> = Vec::new();
    for Selected { selector, value } in entries {
        let Some(target) = selectors.find(selector, kinds, section, report) else { continue };
        if marks.iter().any(|mark| mark.target == target) {
            let message = format!("`{}` is in `[{section}]` twice", target.spelt());
            let diagnostic = Diagnostic::error(&codes::MANIFEST_DUPLICATE, message).at(selector.span, "again here");
            report.push(diagnostic.help("write one list"));
            continue;
        }
        if let (false, Some(first)) = (target == Target::All, value.except.first()) {
            let message = format!("`except` goes with `\"*\"` alone, not with `{}`", selector.value);
            report.push(Diagnostic::error(&codes::SELECTOR, message).at(first.span, "excepted from one thing"));
        }
        let types = [Kind::Table, Kind::Type, Kind::Newtype];
        let except = value.except.iter().filter_map(|name| selectors.find(name, &types, section, report));
        marks.push(Mark { target, except: except.collect(), add: &value.add });
    }
    marks
}
