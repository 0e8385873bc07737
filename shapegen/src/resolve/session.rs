//! The session's values: who the person is, and of which type each value is.

use shapegen_runtime::definition::ParamSource;

use crate::diagnostics::{Diagnostic, Report, codes};
use crate::manifest::{self, Manifest, Place, Writer};
use crate::model::{RustType, Session, SessionValue};

use super::filter::Resolved;
use super::generated::Decided;
use super::selection::Selection;
use super::types;

/// Without an identity all people would share one partition.
pub(super) fn check_identity(manifest: &Manifest, report: &mut Report) {
    if let Some(first) = manifest.session.first()
        && manifest.session.iter().all(|value| !value.identity)
    {
        let mark = match manifest.writer(first.name.span) {
            Writer::Manifest => "`{ claim = \"sub\", identity = true }`".to_owned(),
            Writer::Struct | Writer::StructOfManifest => format!("`session({}(identity))`", first.name.value),
        };
        report.push(
            Diagnostic::error(&codes::SESSION_IDENTITY, "no value of the session says who the person is")
                .at(first.name.span, "not an identity")
                .help(format!("mark the value that tells people apart: {mark}")),
        );
    }
}

/// The session, its types taken from what the shapes compare its values with.
pub(super) fn session(
    manifest: &Manifest,
    resolved: &[(Selection<'_>, Resolved)],
    decided: &Decided<'_>,
    report: &mut Report,
) -> Session {
    let values: Vec<SessionValue> =
        manifest.session.iter().map(|value| session_value(value, manifest, resolved, decided, report)).collect();
    let mut identities = values.iter().filter(|value| value.identity);
    let constructor = match (identities.next(), identities.next()) {
        (Some(only), None) if only.name == "user_id" => "user",
        _ => "new",
    };
    check_setters(manifest, constructor, report);
    Session { values, constructor: constructor.to_owned() }
}

/// A value that is no identity is set by a method of its name, beside the session's own methods.
fn check_setters(manifest: &Manifest, constructor: &str, report: &mut Report) {
    if manifest.place == Place::Struct {
        // None is generated beside a struct.
        return;
    }
    let own = ["token", "clone", constructor];
    for value in manifest.session.iter().filter(|value| !value.identity && own.contains(&value.name.value.as_str())) {
        let message = format!("the session value `{}` has a name that is taken", value.name.value);
        report.push(
            Diagnostic::error(&codes::SHAPE_NAME, message)
                .at(value.name.span, "the generated session has a method of this name")
                .help("choose another name; the claim can stay"),
        );
    }
}

fn session_value(
    value: &manifest::SessionValue,
    manifest: &Manifest,
    resolved: &[(Selection<'_>, Resolved)],
    decided: &Decided<'_>,
    report: &mut Report,
) -> SessionValue {
    let name = &value.name.value;
    let mut ty = RustType::STRING;
    let mut first: Option<(&Selection<'_>, &str)> = None;
    for (selection, filter) in resolved {
        for (param, _) in
            filter.params.iter().filter(|(param, from)| param.name == *name && *from != ParamSource::Caller)
        {
            // Whatever else a claim is compared with, a token holds its text.
            let own = Some(decided.types.param(param, &mut |name| decided.names.of(name)));
            let own = own.filter(is_plain).unwrap_or(RustType::STRING);
            match types::merged([ty.clone(), own.clone()]) {
                Some(merged) => {
                    if merged != ty {
                        first = Some((selection, &param.pg_type));
                    }
                    ty = merged;
                }
                None => {
                    let as_types = match (manifest.writer(value.name.span), first) {
                        (Writer::Manifest, _) | (_, None) => "with columns of different types".to_owned(),
                        (_, Some((_, earlier))) => {
                            format!("with a column of type `{earlier}` and with one of type `{}`", param.pg_type)
                        }
                    };
                    let message = format!("the session value `{name}` is compared {as_types}");
                    let mut diagnostic = Diagnostic::error(&codes::PARAMETER_TYPE, message)
                        .at(value.name.span, "of one type in every shape");
                    if let Some((earlier, pg_type)) = first {
                        diagnostic = diagnostic.see(earlier.entry.name.span, format!("compared with `{pg_type}`"));
                    }
                    diagnostic = diagnostic
                        .see(selection.entry.name.span, format!("compared with `{}`", param.pg_type))
                        .help("declare a session value for each type");
                    report.push(diagnostic);
                }
            }
        }
    }
    SessionValue { name: name.clone(), claim: value.claim.clone(), identity: value.identity, ty }
}

/// Whether a token holds such a value as itself.
fn is_plain(ty: &RustType) -> bool {
    match ty {
        RustType::Scalar(_) | RustType::Newtype { .. } => true,
        RustType::Array(element) => is_plain(element),
        _ => false,
    }
}
