//! `shapegen explain`: what was decided for a shape, and why.

use std::fmt::{self, Write as _};
use std::io;

use clap::Args;
use shapegen_runtime::definition::{ParamSource, Policy, Transport};

use super::message::Message;
use super::{Exit, ManifestArg, Terminal};
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::emit::ddl::LocalDdl;
use crate::model::{Field, Mode, Model, Shape};
use crate::naming::quoted;
use crate::source::SourceMap;

/// Above this many requests at once, browsers and proxies get into trouble.
const MANY_REQUESTS: usize = 50;

/// Shows what was decided and why: requests, parameters, policies, types and DDL.
#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    manifest: ManifestArg,
    /// One shape in full, or a diagnostic's code (`SG0302`); without it, all shapes in short.
    subject: Option<String>,
}

impl Explain {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        if let Some(id) = self.subject.as_deref().filter(|subject| is_code(subject)) {
            return code(id, terminal);
        }
        let Some(loaded) = self.manifest.load(terminal)? else {
            return Ok(Exit::Diagnostics);
        };
        let mut text = String::new();
        let written = match &self.subject {
            None => overview(&mut text, &loaded.model),
            Some(name) => match loaded.model.shapes.iter().find(|shape| shape.name == *name) {
                Some(shape) => in_full(&mut text, &loaded.model, shape),
                None => {
                    let known = loaded.model.shapes.iter().map(|shape| shape.name.as_str());
                    let mut report = Report::default();
                    report.push(
                        Diagnostic::error(&codes::UNKNOWN_SHAPE, format!("the manifest has no shape `{name}`"))
                            .suggest(name, known),
                    );
                    terminal.report(&report, &loaded.sources)?;
                    return Ok(Exit::Diagnostics);
                }
            },
        };
        written.map_err(io::Error::other)?;
        let text = printable(&text);
        terminal.say(&text, &Message::Explanation { text: &text })?;
        Ok(Exit::Fine)
    }
}

/// `SG` and digits, as people write it.
fn is_code(subject: &str) -> bool {
    let (letters, digits) = subject.split_at_checked(2).unwrap_or_default();
    letters.eq_ignore_ascii_case("SG") && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A diagnostic's long explanation; needs no manifest.
fn code(id: &str, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    if let Some(code) = codes::ALL.iter().find(|code| code.id.eq_ignore_ascii_case(id)) {
        let text = code.explained();
        terminal.say(&text, &Message::Explanation { text: &text })?;
        return Ok(Exit::Fine);
    }
    let mut report = Report::default();
    report.push(
        Diagnostic::error(&codes::UNKNOWN_CODE, format!("there is no code `{id}`"))
            .suggest(id, codes::ALL.iter().map(|code| code.id)),
    );
    terminal.report(&report, &SourceMap::default())?;
    Ok(Exit::Diagnostics)
}

/// Names and comments of a schema can hold what a terminal takes for commands: shown as escapes.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '"' | '\'' | '\\' => out.push(c),
            c => out.extend(c.escape_debug()),
        }
    }
    out
}

fn overview(out: &mut String, model: &Model) -> fmt::Result {
    let name_width = width(model.shapes.iter().map(|shape| shape.name.as_str()));
    let row_width = width(model.shapes.iter().map(|shape| shape.row.as_str()));
    for shape in &model.shapes {
        let kept = if shape.policy.kept { "kept" } else { "in memory" };
        writeln!(
            out,
            "{:name_width$}  {:row_width$}  scope {}, {kept}, {}, {}",
            shape.name,
            shape.row,
            shape.scope,
            flush(shape.policy),
            followed(shape.policy)
        )?;
    }
    writeln!(out)?;
    live_requests(out, model)
}

fn width<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

fn in_full(out: &mut String, model: &Model, shape: &Shape) -> fmt::Result {
    writeln!(out, "{}: rows of {}.{} as {}", shape.name, shape.table.schema, shape.table.name, shape.row)?;
    for line in &shape.docs {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "\nscope\n  {}", shape.scope)?;
    request(out, model, shape)?;
    parameters(out, model, shape)?;
    policy(out, shape)?;
    columns(out, shape)?;
    found_by(out, shape)?;
    let ddl = LocalDdl::new(shape);
    writeln!(out, "\nlocal database")?;
    for statement in [&ddl.table].into_iter().chain(&ddl.indexes).chain([&ddl.view]) {
        for line in format!("{statement};").lines() {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out)?;
    live_requests(out, model)
}

fn request(out: &mut String, model: &Model, shape: &Shape) -> fmt::Result {
    let default = |mode| if model.mode == mode { ", unless the program says otherwise" } else { "" };
    writeln!(out, "\nrequest by shape name{}", default(Mode::Gatekeeper))?;
    writeln!(out, "  GET URL/{}", shape.name)?;
    for name in caller_names(shape) {
        writeln!(out, "    {name}=<{name}>")?;
    }
    writeln!(out, "\nrequest to Electric itself{}", default(Mode::Electric))?;
    writeln!(out, "  GET URL, which ends with /v1/shape")?;
    writeln!(out, "    table={}.{}", quoted(&shape.table.schema), quoted(&shape.table.name))?;
    let names: Vec<String> = shape.fields.iter().map(|field| quoted(&field.column)).collect();
    writeln!(out, "    columns={}", names.join(","))?;
    if let Some(filter) = &shape.filter {
        writeln!(out, "    where={}", filter.sql)?;
    }
    for (at, param) in shape.params.iter().enumerate() {
        writeln!(out, "    params[{}]=<{}>", at + 1, param.name)?;
    }
    Ok(())
}

/// What the program binds, each name once: one that is compared as two types is two parameters.
fn caller_names(shape: &Shape) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for param in shape.params.iter().filter(|param| param.from == ParamSource::Caller) {
        if !names.contains(&param.name.as_str()) {
            names.push(&param.name);
        }
    }
    names
}

fn parameters(out: &mut String, model: &Model, shape: &Shape) -> fmt::Result {
    if shape.params.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nparameters")?;
    for (at, param) in shape.params.iter().enumerate() {
        let bound = match param.from {
            ParamSource::Caller => "bound by the program".to_owned(),
            ParamSource::Identity | ParamSource::Session => {
                match model.session.values.iter().find(|value| value.name == param.name) {
                    Some(value) => format!("bound by the session, verified from the claim `{}`", value.claim),
                    None => "bound by the session".to_owned(),
                }
            }
        };
        writeln!(out, "  ${} = {} ({}): {bound}", at + 1, param.name, param.pg_type)?;
    }
    Ok(())
}

fn policy(out: &mut String, shape: &Shape) -> fmt::Result {
    writeln!(out, "\npolicy")?;
    for reason in &shape.policy_reasons {
        writeln!(out, "  {reason}")?;
    }
    Ok(())
}

fn followed(policy: Policy) -> &'static str {
    match policy.transport {
        Transport::LongPoll => "long poll",
        Transport::Events => "server-sent events",
    }
}

pub(super) fn flush(policy: Policy) -> String {
    match policy {
        Policy { kept: false, .. } => "never written to disk".to_owned(),
        Policy { flush_within_ms: 0, .. } => "every batch written to disk at once".to_owned(),
        Policy { flush_within_ms, .. } => format!("batches joined and written within {flush_within_ms} ms"),
    }
}

fn columns(out: &mut String, shape: &Shape) -> fmt::Result {
    writeln!(out, "\ncolumns")?;
    let name_width = width(shape.fields.iter().map(|field| field.column.as_str()));
    let types: Vec<(String, String)> = shape.fields.iter().map(|field| (pg_type(field), rust_type(field))).collect();
    let pg_width = width(types.iter().map(|(pg_type, _)| pg_type.as_str()));
    let rust_width = width(types.iter().map(|(_, rust_type)| rust_type.as_str()));
    for (at, (field, (pg_type, rust_type))) in shape.fields.iter().zip(&types).enumerate() {
        let key = if shape.key.contains(&at) { ", key" } else { "" };
        let reason = field.type_reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
        writeln!(
            out,
            "  {:name_width$}  {pg_type:pg_width$}  {rust_type:rust_width$}  SQLite {}{key}{reason}",
            field.column, field.local_type
        )?;
    }
    Ok(())
}

pub(super) fn pg_type(field: &Field) -> String {
    let not_null = if field.not_null { " not null" } else { "" };
    format!("{}{}{not_null}", field.pg_type, "[]".repeat(usize::from(field.dims)))
}

pub(super) fn rust_type(field: &Field) -> String {
    let mut name = field.ty.to_string();
    if field.secret {
        name = format!("Secret<{name}>");
    }
    if field.not_null { name } else { format!("Option<{name}>") }
}

fn found_by(out: &mut String, shape: &Shape) -> fmt::Result {
    if shape.indexes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nfound by")?;
    for index in &shape.indexes {
        let field = &shape.fields[index.field];
        writeln!(out, "  {}::{} ({}: {})", shape.row, index.constant, field.column, index.reason)?;
    }
    Ok(())
}

fn live_requests(out: &mut String, model: &Model) -> fmt::Result {
    let (bound, fixed): (Vec<&Shape>, Vec<&Shape>) =
        model.shapes.iter().partition(|shape| !caller_names(shape).is_empty());
    let count = fixed.len();
    let plural = if count == 1 { "" } else { "s" };
    writeln!(out, "live requests of a signed-in user who has every collection open")?;
    writeln!(out, "  {count} long poll{plural}, one for each shape")?;
    for shape in bound {
        let names: Vec<String> = caller_names(shape).into_iter().map(|name| format!("${name}")).collect();
        writeln!(out, "  and one for each value of {} in {}", names.join(", "), shape.name)?;
    }
    if count > MANY_REQUESTS {
        writeln!(
            out,
            "  warning: more than {MANY_REQUESTS} at once. Open collections when they are needed, and join shapes of one \
             table: `company_id in (select …)` is one request where a parameter is one for each company."
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::fixture;

    #[test]
    fn shapes_in_short_and_in_full_are_as_reviewed() {
        let model = fixture::model();
        let mut text = String::new();
        overview(&mut text, &model).unwrap();
        for shape in &model.shapes {
            text.push_str("\n────\n\n");
            in_full(&mut text, &model, shape).unwrap();
        }
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(printable(&text)) });
    }

    #[test]
    fn too_many_live_requests_are_warned_of() {
        let mut model = fixture::model();
        let mut text = String::new();
        model.shapes = vec![fixture::notifications(); MANY_REQUESTS];
        live_requests(&mut text, &model).unwrap();
        assert!(!text.contains("warning"), "{text}");
        model.shapes.push(fixture::notifications());
        live_requests(&mut text, &model).unwrap();
        assert!(text.contains("warning"), "{text}");
    }
}
