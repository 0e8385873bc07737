//! What a statement is to the catalog, by its leading tokens.

use super::lex::Token;

/// What a statement is to the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It can change the catalog: it is read, or it is an error.
    Relevant(Subject),
    /// `DO`: what it runs stands in its body.
    Block,
    /// It can't change the catalog, whatever it says.
    PassedOver,
    /// Nobody knows: a warning.
    Unknown,
}

/// Which part of the grammar reads a relevant statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    CreateTable,
    /// Views, materialized views and foreign tables: only the name counts.
    CreateView,
    /// `SELECT … INTO t` makes a table.
    SelectInto,
    CreateType,
    CreateDomain,
    CreateSchema,
    CreateIndex,
    CreateSequence,
    CreateExtension,
    AlterTable,
    AlterView,
    AlterIndex,
    AlterSequence,
    AlterType,
    AlterDomain,
    AlterSchema,
    AlterExtension,
    DropTable,
    DropView,
    DropIndex,
    DropSequence,
    DropType,
    DropSchema,
    DropExtension,
    CommentOnTable,
    CommentOnColumn,
    CommentOnType,
    /// `SET search_path …`
    SearchPath,
    /// `SELECT set_config(…)`, as `pg_dump` writes it.
    SetConfig,
    /// `RESET search_path`, `RESET ALL`, `DISCARD ALL`
    ResetSearchPath,
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT` and the like.
    Transaction,
}

/// The longest rule that fits decides. `OR REPLACE` and the like are not looked at.
const RULES: &[(&str, Class)] = {
    use Class::{Block, PassedOver, Relevant, Unknown};
    use Subject::*;
    &[
        ("create table", Relevant(CreateTable)),
        ("create foreign table", Relevant(CreateView)),
        ("create view", Relevant(CreateView)),
        ("create materialized view", Relevant(CreateView)),
        ("create type", Relevant(CreateType)),
        ("create domain", Relevant(CreateDomain)),
        ("create schema", Relevant(CreateSchema)),
        ("alter table", Relevant(AlterTable)),
        ("alter foreign table", Relevant(AlterView)),
        ("alter view", Relevant(AlterView)),
        ("alter materialized view", Relevant(AlterView)),
        ("alter type", Relevant(AlterType)),
        ("alter schema", Relevant(AlterSchema)),
        ("drop table", Relevant(DropTable)),
        ("drop foreign table", Relevant(DropView)),
        ("drop view", Relevant(DropView)),
        ("drop materialized view", Relevant(DropView)),
        ("drop type", Relevant(DropType)),
        ("drop domain", Relevant(DropType)),
        ("drop schema", Relevant(DropSchema)),
        ("comment on table", Relevant(CommentOnTable)),
        ("comment on column", Relevant(CommentOnColumn)),
        ("comment on type", Relevant(CommentOnType)),
        ("comment on domain", Relevant(CommentOnType)),
        ("set search_path", Relevant(SearchPath)),
        ("set local search_path", Relevant(SearchPath)),
        ("set session search_path", Relevant(SearchPath)),
        ("set schema", Relevant(SearchPath)),
        ("set local schema", Relevant(SearchPath)),
        ("set session schema", Relevant(SearchPath)),
        ("reset search_path", Relevant(ResetSearchPath)),
        ("reset all", Relevant(ResetSearchPath)),
        ("discard all", Relevant(ResetSearchPath)),
        ("select pg_catalog . set_config", Relevant(SetConfig)),
        ("select set_config", Relevant(SetConfig)),
        ("do", Block),
        ("rollback", Relevant(Transaction)),
        ("abort", Relevant(Transaction)),
        // It hides what it changes.
        ("drop owned", Unknown),
        // They make what only the database knows.
        ("call", Unknown),
        ("import foreign schema", Unknown),
        ("select addgeometrycolumn", Unknown),
        ("select dropgeometrycolumn", Unknown),
        ("select public . addgeometrycolumn", Unknown),
        ("select public . dropgeometrycolumn", Unknown),
        ("(", PassedOver),
        ("comment on", PassedOver),
        ("set", PassedOver),
        ("reset", PassedOver),
        ("discard", PassedOver),
        ("select", PassedOver),
        ("create access method", PassedOver),
        ("create aggregate", PassedOver),
        ("create cast", PassedOver),
        ("create collation", PassedOver),
        ("create constraint trigger", PassedOver),
        ("create conversion", PassedOver),
        ("create database", PassedOver),
        ("create default conversion", PassedOver),
        ("create event trigger", PassedOver),
        ("create extension", Relevant(CreateExtension)),
        ("create foreign data wrapper", PassedOver),
        ("create function", PassedOver),
        ("create group", PassedOver),
        ("create index", Relevant(CreateIndex)),
        ("create language", PassedOver),
        ("create operator", PassedOver),
        ("create policy", PassedOver),
        ("create procedure", PassedOver),
        ("create publication", PassedOver),
        ("create role", PassedOver),
        ("create rule", PassedOver),
        ("create sequence", Relevant(CreateSequence)),
        ("create server", PassedOver),
        ("create statistics", PassedOver),
        ("create subscription", PassedOver),
        ("create tablespace", PassedOver),
        ("create text search", PassedOver),
        ("create transform", PassedOver),
        ("create trigger", PassedOver),
        ("create unique index", Relevant(CreateIndex)),
        ("create user", PassedOver),
        ("alter aggregate", PassedOver),
        ("alter collation", PassedOver),
        ("alter conversion", PassedOver),
        ("alter database", PassedOver),
        ("alter default privileges", PassedOver),
        ("alter domain", Relevant(AlterDomain)),
        ("alter event trigger", PassedOver),
        ("alter extension", Relevant(AlterExtension)),
        ("alter foreign data wrapper", PassedOver),
        ("alter function", PassedOver),
        ("alter group", PassedOver),
        ("alter index", Relevant(AlterIndex)),
        ("alter language", PassedOver),
        ("alter large object", PassedOver),
        ("alter operator", PassedOver),
        ("alter policy", PassedOver),
        ("alter procedural language", PassedOver),
        ("alter procedure", PassedOver),
        ("alter publication", PassedOver),
        ("alter role", PassedOver),
        ("alter routine", PassedOver),
        ("alter rule", PassedOver),
        ("alter sequence", Relevant(AlterSequence)),
        ("alter server", PassedOver),
        ("alter statistics", PassedOver),
        ("alter subscription", PassedOver),
        ("alter system", PassedOver),
        ("alter tablespace", PassedOver),
        ("alter text search", PassedOver),
        ("alter trigger", PassedOver),
        ("alter user", PassedOver),
        ("drop access method", PassedOver),
        ("drop aggregate", PassedOver),
        ("drop cast", PassedOver),
        ("drop collation", PassedOver),
        ("drop conversion", PassedOver),
        ("drop database", PassedOver),
        ("drop event trigger", PassedOver),
        ("drop extension", Relevant(DropExtension)),
        ("drop foreign data wrapper", PassedOver),
        ("drop function", PassedOver),
        ("drop group", PassedOver),
        ("drop index", Relevant(DropIndex)),
        ("drop language", PassedOver),
        ("drop operator", PassedOver),
        ("drop policy", PassedOver),
        ("drop procedural language", PassedOver),
        ("drop procedure", PassedOver),
        ("drop publication", PassedOver),
        ("drop role", PassedOver),
        ("drop routine", PassedOver),
        ("drop rule", PassedOver),
        ("drop sequence", Relevant(DropSequence)),
        ("drop server", PassedOver),
        ("drop statistics", PassedOver),
        ("drop subscription", PassedOver),
        ("drop tablespace", PassedOver),
        ("drop text search", PassedOver),
        ("drop transform", PassedOver),
        ("drop trigger", PassedOver),
        ("drop user", PassedOver),
        ("analyse", PassedOver),
        ("analyze", PassedOver),
        ("begin", Relevant(Transaction)),
        ("checkpoint", PassedOver),
        ("close", PassedOver),
        ("cluster", PassedOver),
        ("commit", Relevant(Transaction)),
        ("copy", PassedOver),
        ("deallocate", PassedOver),
        ("declare", PassedOver),
        ("delete", PassedOver),
        ("end", Relevant(Transaction)),
        ("execute", PassedOver),
        ("explain", PassedOver),
        ("fetch", PassedOver),
        ("grant", PassedOver),
        ("insert", PassedOver),
        ("listen", PassedOver),
        ("load", PassedOver),
        ("lock", PassedOver),
        ("merge", PassedOver),
        ("move", PassedOver),
        ("notify", PassedOver),
        ("prepare", PassedOver),
        ("reassign owned", PassedOver),
        ("refresh materialized view", PassedOver),
        ("reindex", PassedOver),
        ("release", Relevant(Transaction)),
        ("revoke", PassedOver),
        ("savepoint", Relevant(Transaction)),
        ("security label", PassedOver),
        ("show", PassedOver),
        ("start transaction", Relevant(Transaction)),
        ("table", PassedOver),
        ("truncate", PassedOver),
        ("unlisten", PassedOver),
        ("update", PassedOver),
        ("vacuum", PassedOver),
        ("values", PassedOver),
        ("with", PassedOver),
    ]
};

/// Words behind `CREATE` that don't change what kind of statement it is.
const NOISE: &[&str] =
    &["or", "replace", "temp", "temporary", "local", "global", "unlogged", "recursive", "trusted", "procedural"];

/// Classifies a statement of `text` by its tokens.
pub(crate) fn classify(text: &str, tokens: &[Token]) -> Class {
    match rule(text, tokens) {
        // `SELECT … INTO t` makes a table.
        Some(("select" | "with", Class::PassedOver)) if has_into(text, tokens) => Class::Relevant(Subject::SelectInto),
        Some((_, class)) => *class,
        None => Class::Unknown,
    }
}

/// What kind of statement it is, as PostgreSQL's manual calls it: `CREATE TRIGGER`.
pub(crate) fn kind(text: &str, tokens: &[Token]) -> Option<String> {
    rule(text, tokens).map(|(rule, _)| rule.to_uppercase())
}

fn rule(text: &str, tokens: &[Token]) -> Option<&'static (&'static str, Class)> {
    let word = |token: &Token| &text[token.start..token.end];
    let is_create = tokens.first().is_some_and(|token| word(token).eq_ignore_ascii_case("create"));
    let lead = tokens.iter().map(word).enumerate();
    let lead = lead.filter(|(at, word)| !(is_create && *at > 0 && NOISE.iter().any(|n| word.eq_ignore_ascii_case(n))));
    let lead: Vec<&str> = lead.map(|(_, word)| word).take(4).collect();
    let fits = |rule: &str| {
        let mut lead = lead.iter();
        rule.split(' ').all(|expected| lead.next().is_some_and(|word| word.eq_ignore_ascii_case(expected)))
    };
    RULES.iter().filter(|(rule, _)| fits(rule)).max_by_key(|(rule, _)| rule.len())
}

/// Whether the word `INTO` stands outside of parentheses, and not behind `INSERT` or `MERGE`.
fn has_into(text: &str, tokens: &[Token]) -> bool {
    let mut depth = 0usize;
    let mut before = "";
    tokens.iter().any(|token| {
        let word = &text[token.start..token.end];
        let before = std::mem::replace(&mut before, word);
        match word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            word => {
                let is_target = ["insert", "merge"].iter().any(|verb| before.eq_ignore_ascii_case(verb));
                return depth == 0 && !is_target && word.eq_ignore_ascii_case("into");
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::super::split::Splitter;
    use super::*;

    fn class(text: &str) -> Class {
        let mut splitter = Splitter::new(text);
        let piece = splitter.next_piece().expect("a statement");
        classify(text, piece.tokens)
    }

    #[test]
    fn leading_tokens_decide() {
        use Class::*;
        let cases = [
            ("CREATE TABLE t ()", Relevant(Subject::CreateTable)),
            ("create /* x */ Unlogged\n table t ()", Relevant(Subject::CreateTable)),
            ("CREATE OR REPLACE TEMP RECURSIVE VIEW v AS SELECT 1", Relevant(Subject::CreateView)),
            ("CREATE TABLESPACE t LOCATION 'x'", PassedOver),
            ("CREATE FOREIGN DATA WRAPPER w", PassedOver),
            ("CREATE FOREIGN TABLE t (a int) SERVER s", Relevant(Subject::CreateView)),
            ("CREATE UNIQUE INDEX i ON t (a)", Relevant(Subject::CreateIndex)),
            ("SET search_path = app", Relevant(Subject::SearchPath)),
            ("SET LOCAL search_path TO app", Relevant(Subject::SearchPath)),
            ("SET statement_timeout = 0", PassedOver),
            ("SELECT pg_catalog.set_config('search_path', '', false)", Relevant(Subject::SetConfig)),
            ("SELECT pg_catalog.setval('s', 1, true)", PassedOver),
            ("SELECT a INTO b FROM c", Relevant(Subject::SelectInto)),
            ("SELECT (SELECT a INTO b)", PassedOver),
            ("COMMENT ON INDEX i IS 'x'", PassedOver),
            ("COMMENT ON COLUMN t.a IS 'x'", Relevant(Subject::CommentOnColumn)),
            ("DO $$ CREATE TABLE t () $$", Block),
            ("ROLLBACK", Relevant(Subject::Transaction)),
            ("FROBNICATE t", Unknown),
            ("CALL migrate()", Unknown),
            ("IMPORT FOREIGN SCHEMA far FROM SERVER s INTO public", Unknown),
            ("SELECT AddGeometryColumn('t', 'g', 4326, 'POINT', 2)", Unknown),
            ("(SELECT 1)", PassedOver),
            ("EXECUTE plan(1)", PassedOver),
            ("WITH a AS (SELECT 1) INSERT INTO t SELECT 1", PassedOver),
            ("DROP PROCEDURAL LANGUAGE plperl", PassedOver),
            ("CREATE TALBE t ()", Unknown),
            ("'CREATE TABLE t ()'", Unknown),
            ("CREATE", Unknown),
        ];
        for (text, expected) in cases {
            assert_eq!(class(text), expected, "{text}");
        }
    }
}
