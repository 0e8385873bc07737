//! The rows of a shape: its scope and its where joined, and the rules by which scopes fail closed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use shapegen_runtime::definition::ParamSource;
use shapegen_runtime::expr::{ArrayTest, Comparison, Expr, Function, Kind, Operand, Test};

use crate::diagnostics::{Diagnostic, Report, codes, listed, nearest};
use crate::fragment::{self, FragmentError, ParamUse, Params, Parsed, Subject};
use crate::manifest::{Manifest, Scope, Shape, Writer};
use crate::source::{SourceMap, Span, Spanned};

/// The scope that lets everybody see everything.
const PUBLIC: &str = "public";

/// A shape's condition and its positional parameters.
pub(super) struct Resolved {
    pub(super) expr: Option<Expr>,
    pub(super) params: Vec<(ParamUse, ParamSource)>,
    /// Where a struct lists what the program binds.
    pub(super) caller: Vec<Spanned<String>>,
}

/// The manifest's scopes, read once.
pub(super) struct Scopes<'m> {
    manifest: &'m Manifest,
    sources: &'m SourceMap,
    /// `None` where the fragment is wrong in itself.
    scopes: BTreeMap<&'m str, (&'m Scope, Option<Parsed<'m>>)>,
    /// Scopes that keep nobody out, reported once each.
    unguarded: BTreeSet<&'m str>,
    /// What is wrong with a scope for some table, by its place: other shapes with the same trouble join in.
    of_tables: BTreeMap<(usize, String), Diagnostic>,
}

impl<'m> Scopes<'m> {
    pub(super) fn new(manifest: &'m Manifest, sources: &'m SourceMap, report: &mut Report) -> Self {
        let mut this =
            Self { manifest, sources, scopes: BTreeMap::new(), unguarded: BTreeSet::new(), of_tables: BTreeMap::new() };
        for scope in &manifest.scopes {
            if scope.name.value == PUBLIC {
                report.push(
                    Diagnostic::error(&codes::SCOPE_RESERVED, "the scope `public` can't be declared")
                        .at(scope.name.span, "means: everybody may see all rows")
                        .help("give the rule another name"),
                );
            }
            let parsed = this.read(&scope.condition, &scope.caller, report);
            this.check_caller(scope, parsed.as_ref(), report);
            this.scopes.insert(&scope.name.value, (scope, parsed));
        }
        this
    }

    /// Parses a fragment and looks who binds its parameters.
    fn read(
        &self,
        condition: &'m Spanned<String>,
        caller: &[Spanned<String>],
        report: &mut Report,
    ) -> Option<Parsed<'m>> {
        let parsed = match fragment::parse(&condition.value) {
            Ok(parsed) => parsed,
            Err(error) => {
                report.push(self.diagnostic(condition, error));
                return None;
            }
        };
        let mut bound = true;
        let session = self.manifest.session.iter().map(|value| value.name.value.as_str());
        let known: Vec<&str> = session.chain(caller.iter().map(|name| name.value.as_str())).collect();
        for (name, at) in parsed.params().filter(|(name, _)| !known.contains(name)) {
            bound = false;
            let error = FragmentError {
                code: &codes::FRAGMENT_PARAMETER,
                message: format!("nobody binds `${name}`"),
                at,
                label: "neither a session value nor listed in `caller`".to_owned(),
                help: match nearest(name, known.iter().copied()) {
                    Some(near) => vec![format!("did you mean `${near}`?")],
                    None => self.ways_to_bind(name, condition),
                },
            };
            report.push(self.diagnostic(condition, error));
        }
        bound.then_some(parsed)
    }

    /// What to do about a parameter that nobody binds.
    fn ways_to_bind(&self, name: &str, condition: &Spanned<String>) -> Vec<String> {
        let of_session = match self.manifest.writer(condition.span) {
            Writer::Manifest => {
                return vec![
                    format!("a verified value is declared in `[session]`: `{name} = {{ claim = \"…\" }}`"),
                    format!("what the program binds is listed in the scope: `caller = [\"{name}\"]`"),
                ];
            }
            Writer::Struct if self.manifest.session.is_empty() => {
                format!("a verified value of who is asking is declared: `session({name}(identity))`")
            }
            Writer::Struct => format!("a verified value of who is asking is declared: `session(…, {name})`"),
            Writer::StructOfManifest => format!(
                "a verified value of who is asking is declared in `[session]` of the manifest: \
                 `{name} = {{ claim = \"…\" }}`"
            ),
        };
        let own_scope = self.manifest.scopes.iter().any(|scope| scope.name.span.file == condition.span.file);
        let of_caller = if own_scope {
            format!("what the program binds is listed: `caller({name})`")
        } else {
            format!("what the program binds goes with a condition as scope: `scope = \"…\", caller({name})`")
        };
        vec![of_session, of_caller]
    }

    /// How a scope is spoken of: that of a struct has no name of its own.
    fn called(&self, scope: &Scope) -> String {
        let of = if self.manifest.writer(scope.name.span) == Writer::Manifest { "" } else { "of " };
        format!("the scope {of}`{}`", scope.name.value)
    }

    fn check_caller(&self, scope: &Scope, parsed: Option<&Parsed<'_>>, report: &mut Report) {
        for name in &scope.caller {
            let session = self.manifest.session.iter().find(|value| value.name.value == name.value);
            if let Some(value) = session {
                let message = format!("`{}` is a value of the session, so the caller can't bind it", name.value);
                let diagnostic = Diagnostic::error(&codes::SCOPE_CALLER, message)
                    .at(name.span, "listed here")
                    .see(value.name.span, "declared here");
                report.push(diagnostic.help("give the caller's parameter another name"));
            } else if parsed.is_some_and(|parsed| parsed.params().all(|(used, _)| used != name.value)) {
                let message = format!("{} doesn't use its parameter `{}`", self.called(scope), name.value);
                let diagnostic = Diagnostic::error(&codes::SCOPE_CALLER, message)
                    .at(name.span, "not used")
                    .see(scope.condition.span, "in this fragment");
                report.push(diagnostic.help(format!("compare a column with `${}`, or remove it", name.value)));
            }
        }
    }

    /// The condition of a shape. `None` after an error, or where the manifest's reader reported one.
    pub(super) fn filter(&mut self, entry: &'m Shape, subject: Subject<'_>, report: &mut Report) -> Option<Resolved> {
        let mut params = Params::default();
        let mut conditions = Vec::new();
        // A shape without a scope was reported by the manifest's reader.
        let mut failed = entry.scope.is_none();
        let mut declared = None;
        if let Some(name) = entry.scope.as_ref().filter(|name| name.value != PUBLIC) {
            match self.scopes.get(name.value.as_str()) {
                Some((scope, parsed)) => {
                    declared = Some(*scope);
                    match parsed.as_ref().map(|parsed| fragment::check(parsed, subject, &mut params)) {
                        Some(Ok(checked)) => {
                            conditions.push(checked.expr);
                            let scope = *scope;
                            for warning in checked.warnings {
                                self.of_table(scope, name.span, warning);
                            }
                        }
                        Some(Err(errors)) => {
                            failed = true;
                            let scope = *scope;
                            for error in errors {
                                self.of_table(scope, name.span, error);
                            }
                        }
                        None => failed = true,
                    }
                }
                None => {
                    failed = true;
                    report.push(self.unknown(name));
                }
            }
        }
        if let Some(condition) = &entry.condition {
            let parsed = match declared {
                Some(scope) => self.read(condition, &scope.caller, report),
                // Any scope could have been meant, with what its caller binds.
                None if failed => {
                    let caller = self.manifest.scopes.iter().flat_map(|scope| &scope.caller).cloned();
                    self.read(condition, &caller.collect::<Vec<_>>(), report)
                }
                None => self.read(condition, &[], report),
            };
            match parsed.as_ref().map(|parsed| fragment::check(parsed, subject, &mut params)) {
                Some(Ok(checked)) => {
                    conditions.push(checked.expr);
                    for warning in checked.warnings {
                        report.push(self.diagnostic(condition, warning));
                    }
                }
                Some(Err(errors)) => {
                    failed = true;
                    for error in errors {
                        report.push(self.diagnostic(condition, error));
                    }
                }
                None => failed = true,
            }
        }
        if failed {
            return None;
        }
        let sourced = |param: ParamUse| {
            let from = self.source(&param.name);
            (param, from)
        };
        let params: Vec<(ParamUse, ParamSource)> = params.into_uses().into_iter().map(sourced).collect();
        let expr = (!conditions.is_empty()).then(|| fragment::every(conditions));
        if let (Some(condition), Some(expr)) = (&entry.condition, &expr)
            && !self.fits_together(condition, expr, report)
        {
            return None;
        }
        if let (Some(scope), Some(expr)) = (declared, &expr)
            && scope.unguarded.is_none()
            && !guarded(
                expr,
                &params.iter().map(|(param, _)| (&*param.name, self.word(&param.name))).collect::<Vec<_>>(),
            )
        {
            if self.unguarded.insert(&scope.name.value) {
                report.push(self.unguarded(scope, &params));
            }
            return None;
        }
        let own = declared.filter(|scope| self.manifest.writer(scope.name.span) != Writer::Manifest);
        let caller = own.map(|scope| scope.caller.clone()).unwrap_or_default();
        Some(Resolved { expr, params, caller })
    }

    /// What Electric refuses only where scope and where come together.
    fn fits_together(&self, condition: &Spanned<String>, expr: &Expr, report: &mut Report) -> bool {
        let message = if fragment::is_used_both_ways(expr) {
            "scope and where use the same subquery with `in` and with `not in`"
        } else if fragment::is_refused_beside_selects(expr) {
            "Electric can't have `coalesce`, `greatest`, `least` or an array's elements beside a subquery of the scope"
        } else {
            return true;
        };
        let diagnostic = Diagnostic::error(&codes::FRAGMENT_UNSUPPORTED, message).at(condition.span, "with this");
        report.push(diagnostic.help("write the condition otherwise, or keep what decides in a column"));
        false
    }

    fn unguarded(&self, scope: &Scope, params: &[(ParamUse, ParamSource)]) -> Diagnostic {
        let called = self.called(scope);
        let message = if !scope.caller.is_empty() {
            format!("what the caller binds is enough for {called}")
        } else if params.is_empty() {
            format!("{called} shows everybody the same rows")
        } else {
            format!("{called} doesn't hold people to a value of the session")
        };
        let diagnostic = Diagnostic::error(&codes::SCOPE_UNGUARDED, message)
            .at(scope.condition.span, "can be true without a value of the session");
        let say_why = "if anybody may see these rows, say why:";
        match self.manifest.writer(scope.name.span) {
            Writer::Manifest => {
                let why = format!("{say_why} `{} = {{ where = …, unguarded = \"…\" }}`", scope.name.value);
                diagnostic.help("compare a column with a value of `[session]`, joined by `and`").help(why)
            }
            Writer::Struct if self.manifest.session.is_empty() => diagnostic
                .help("compare a column with a value of the session, joined by `and`: `user_id = $user_id`")
                .help("declare the session: `session(user_id(identity))`")
                .help(format!("{say_why} `unguarded = \"…\"`")),
            Writer::Struct | Writer::StructOfManifest => {
                let names: Vec<String> =
                    self.manifest.session.iter().map(|value| format!("${}", value.name.value)).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let compare =
                    format!("compare a column with {} of the session by `=`, joined by `and`", listed(&names, "or"));
                diagnostic.help(compare).help(format!("{say_why} `unguarded = \"…\"`"))
            }
        }
    }

    fn word(&self, name: &str) -> Word {
        match self.manifest.session.iter().find(|value| value.name.value == name) {
            Some(value) if value.identity => Word::Identity,
            Some(_) => Word::Verified,
            None => Word::Anybodys,
        }
    }

    fn source(&self, name: &str) -> ParamSource {
        match self.word(name) {
            Word::Identity => ParamSource::Identity,
            Word::Verified => ParamSource::Session,
            Word::Anybodys => ParamSource::Caller,
        }
    }

    fn unknown(&self, name: &Spanned<String>) -> Diagnostic {
        let known = self.scopes.keys().copied().chain([PUBLIC]);
        let diagnostic = Diagnostic::error(&codes::SCOPE_UNKNOWN, format!("there is no scope `{}`", name.value))
            .at(name.span, "not declared")
            .suggest(&name.value, known);
        if !diagnostic.help.is_empty() {
            return diagnostic;
        }
        let rule = format!("`{} = \"user_id = $user_id\"`", name.value);
        let here = "write the rule itself: `scope = \"user_id = $user_id\"`";
        match self.manifest.writer(name.span) {
            Writer::Manifest => diagnostic.help(format!("declare the rule: {rule} in `[scope]`")),
            Writer::Struct => {
                diagnostic.help(here).help("scopes that have names stand in a manifest: `manifest = \"shapes.toml\"`")
            }
            Writer::StructOfManifest => {
                diagnostic.help(format!("declare the rule in `[scope]` of the manifest: {rule}")).help(here)
            }
        }
    }

    /// A scope that doesn't fit a table: one diagnostic for all shapes with the same trouble.
    fn of_table(&mut self, scope: &Scope, used: Span, error: FragmentError) {
        // One place can differ in several ways; what is wrong with it is much the same for every table.
        let differs = error.code.id == codes::FRAGMENT_DIFFERS.id;
        let trouble = if differs { error.message.clone() } else { error.code.id.to_owned() };
        let new = self.diagnostic(&scope.condition, error);
        let place = new.primary.as_ref().map_or(0, |(span, _)| span.start);
        match self.of_tables.get_mut(&(place, trouble.clone())) {
            Some(known) => known.secondary.push((used, "and here".to_owned())),
            None => {
                let new = new.see(used, "used here");
                self.of_tables.insert((place, trouble), new);
            }
        }
    }

    /// Reports what was gathered over all shapes.
    pub(super) fn finish(self, report: &mut Report) {
        for diagnostic in self.of_tables.into_values() {
            report.push(diagnostic);
        }
    }

    fn diagnostic(&self, condition: &Spanned<String>, error: FragmentError) -> Diagnostic {
        let span = self.place(condition, error.at);
        let diagnostic = if error.code.id == codes::FRAGMENT_DIFFERS.id {
            Diagnostic::warning(error.code, error.message)
        } else {
            Diagnostic::error(error.code, error.message)
        };
        let diagnostic = diagnostic.at(span, error.label);
        error.help.into_iter().fold(diagnostic, Diagnostic::help)
    }

    /// A place of a fragment in the manifest; the whole string where escapes hide which byte is which.
    fn place(&self, condition: &Spanned<String>, at: Range<usize>) -> Span {
        let written = self.sources.text(condition.span);
        let quotes = if written.starts_with("\"\"\"") || written.starts_with("'''") { 3 } else { 1 };
        let inside = written.get(quotes..written.len().saturating_sub(quotes)).unwrap_or_default();
        // The first newline of a long string is not part of it.
        let dropped = if inside.len() > condition.value.len() { inside.len() - condition.value.len() } else { 0 };
        if inside.get(dropped..) != Some(condition.value.as_str()) {
            return condition.span;
        }
        let start = condition.span.start + quotes + dropped;
        Span { start: start + at.start, end: start + at.end, ..condition.span }
    }
}

/// What a parameter says of who is asking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// It says who: only equality holds people apart.
    Identity,
    /// It is verified, such as a clearance, which may be compared by order.
    Verified,
    /// Anybody may say it.
    Anybodys,
}

/// What a guard leans on that could be half of a "whatever the value": a session value's name, and whether the guard
/// holds for its high values. Nothing for equality with a row's own value.
type Halves<'w> = BTreeSet<(&'w str, bool)>;

/// Whether no row passes without a comparison with a session value that holds; of a subquery's rows the same.
fn guarded(expr: &Expr, words: &[(&str, Word)]) -> bool {
    guard(expr, words).is_some()
}

/// What keeps people out; `None` where nothing does.
fn guard<'w>(expr: &Expr, words: &[(&'w str, Word)]) -> Option<Halves<'w>> {
    let said = |operand: &Operand| parameter(operand).and_then(|at| words.get(usize::from(at)).copied());
    let verified = |operand: &Operand| said(operand).filter(|(_, word)| *word != Word::Anybodys);
    let is_verified = |operand: &Operand| verified(operand).is_some();
    // A value that the caller has a say in, or that is equal to a parameter by itself, says nothing of a row.
    let of_row = |operand: &Operand| !holds_param(operand);
    // Of a session value and what it is held against, the first; and what it is held against.
    let held = |left: &'_ Operand, right: &'_ Operand| match (verified(left), verified(right)) {
        (Some(value), _) if of_row(right) => Some((value, false)),
        (_, Some(value)) if of_row(left) => Some((value, true)),
        _ => None,
    };
    let equal = |kind: Kind, left: &Operand, right: &Operand| {
        let ((name, word), turned) = held(left, right)?;
        if kind != Kind::Bool {
            return Some(Halves::new());
        }
        match if turned { left } else { right } {
            // Everybody's identity is one of two.
            _ if word == Word::Identity => None,
            Operand::Literal(truth) => Some(Halves::from([(name, truth.starts_with('t'))])),
            _ => Some(Halves::new()),
        }
    };
    let plain = |guards: bool| guards.then(Halves::new);
    match expr {
        Expr::Compare { op: Comparison::NotEqual, .. } | Expr::IsNull { .. } | Expr::Like { .. } => None,
        Expr::Compare { op: Comparison::Equal, kind, left, right } => equal(*kind, left, right),
        Expr::Compare { op, kind, left, right } => {
            let ((name, word), turned) = held(left, right)?;
            let above = matches!(op, Comparison::Greater | Comparison::GreaterOrEqual) != turned;
            let by_order = word == Word::Verified && has_rank(*kind) && holds_column(if turned { left } else { right });
            by_order.then(|| Halves::from([(name, above)]))
        }
        // A parameter is never NULL.
        Expr::Distinct { kind, left, right, negated: true } => equal(*kind, left, right),
        // Each of the list can make it true, and of a bool all would.
        Expr::In { operand, list, negated, kind } => {
            let by_operand = is_verified(operand) && list.iter().all(of_row);
            let by_list = of_row(operand) && list.iter().all(is_verified);
            plain(!negated && *kind != Kind::Bool && (by_operand || by_list))
        }
        // All of an empty array is true.
        Expr::Quantified { test: Test::Compare(Comparison::Equal), kind, left, array, every: false } => {
            plain(*kind != Kind::Bool && held(left, array).is_some())
        }
        Expr::Arrays { test, kind, left, right, negated: false } if *kind != Kind::Bool => {
            let holds = |array: &Operand, wanted: &Operand| of_row(array) && has_element(wanted, &is_verified);
            plain(match test {
                ArrayTest::Contains => holds(left, right),
                ArrayTest::ContainedBy => holds(right, left),
                ArrayTest::Overlaps => held(left, right).is_some(),
            })
        }
        Expr::Distinct { .. } | Expr::Quantified { .. } | Expr::Arrays { .. } => None,
        Expr::IsTruth { condition, truth: Some(true), negated: false } => strongest(condition, words),
        Expr::IsTruth { .. } => None,
        Expr::InSelect { operands, select, negated, .. } => match &select[..] {
            [select] if !negated && operands.iter().all(of_row) => guard(&select.condition, words),
            _ => None,
        },
        Expr::All(conditions) => strongest(conditions, words),
        Expr::Any(conditions) => {
            let guards = conditions.iter().map(|condition| guard(condition, words)).collect::<Option<Vec<_>>>()?;
            let halves: Halves<'w> = guards.into_iter().flatten().collect();
            // What holds for low values or for high ones holds for all.
            let whole = halves.iter().any(|(name, above)| *above && halves.contains(&(*name, false)));
            (!whole).then_some(halves)
        }
    }
}

/// Of conditions that all hold, the guard that leans on least.
fn strongest<'w>(conditions: &[Expr], words: &[(&'w str, Word)]) -> Option<Halves<'w>> {
    conditions.iter().filter_map(|condition| guard(condition, words)).min_by_key(BTreeSet::len)
}

/// Whether order says more or less of something, such as a clearance; that of ids and names says nothing.
fn has_rank(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Integer | Kind::Float | Kind::Numeric | Kind::Date | Kind::Time | Kind::Timestamp | Kind::Timestamptz
    )
}

/// The parameter that an operand is, also where its type is said: `$1::text`.
fn parameter(operand: &Operand) -> Option<u16> {
    match operand {
        Operand::Param(at) => Some(*at),
        Operand::Call { function: Function::Cast { .. }, args } => match &args[..] {
            [Operand::Param(at)] => Some(*at),
            _ => None,
        },
        _ => None,
    }
}

fn holds_param(operand: &Operand) -> bool {
    match operand {
        Operand::Param(_) | Operand::Condition(_) => true,
        Operand::Call { args, .. } => args.iter().any(holds_param),
        Operand::Column(_) | Operand::Literal(_) | Operand::Null => false,
    }
}

fn holds_column(operand: &Operand) -> bool {
    match operand {
        Operand::Column(_) => true,
        Operand::Call { args, .. } => args.iter().any(holds_column),
        Operand::Param(_) | Operand::Condition(_) | Operand::Literal(_) | Operand::Null => false,
    }
}

/// Whether an array that is written out has such an element: whatever contains the array contains it.
fn has_element(array: &Operand, wanted: &dyn Fn(&Operand) -> bool) -> bool {
    match array {
        Operand::Call { function: Function::Array(_), args } => args.iter().any(wanted),
        _ => false,
    }
}
