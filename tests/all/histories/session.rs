//! The parts of a history that are about comments, schemas, sequences, views and transactions.

use super::generate::{Generator, NAMES};

impl Generator {
    pub(super) fn comment(&mut self) {
        let Some(table) = self.table() else { return };
        let text = self.pick(&["'what it is'", "''", "NULL", "'it''s; \"so\" */ --'", "$$a\nb$$", "U&'d\\0061ta'"]);
        let full = self.full(&table.name);
        let statement = match self.column(&table) {
            Some(column) if self.one_in(2) => format!("COMMENT ON COLUMN {full}.{} IS {text}", self.id(&column.name)),
            _ if self.one_in(4) && !self.world.enums.is_empty() => {
                let name = self.world.enums[0].0.clone();
                format!("COMMENT ON TYPE {} IS {text}", self.full(&name))
            }
            _ if self.one_in(4) && !self.world.domains.is_empty() => {
                let name = self.world.domains[0].0.clone();
                format!("COMMENT ON DOMAIN {} IS {text}", self.full(&name))
            }
            _ => format!("COMMENT ON TABLE {full} IS {text}"),
        };
        self.say(statement);
    }

    pub(super) fn schema(&mut self) {
        let schemas = self.world.schemas.clone();
        let one = schemas[self.random.usize(..schemas.len())].clone();
        let shown = self.id(&one);
        match self.random.u8(0..12) {
            0..=3 => {
                let fresh = self.fresh(&["app", "Other", "s", "über"]);
                let (new, exists) = (self.id(&fresh), self.maybe(4, "IF NOT EXISTS"));
                self.say(format!("CREATE SCHEMA {exists}{new}"));
                self.world.schemas.push(fresh);
            }
            4 if one != "public" => {
                let cascade = self.pick(&["", " CASCADE", " CASCADE"]);
                self.say(format!("DROP SCHEMA {shown}{cascade}"));
                self.world.drop_schema(&one);
            }
            5 if one != "public" => {
                let fresh = self.fresh(&["app", "Other", "s", "über"]);
                let new = self.id(&fresh);
                self.say(format!("ALTER SCHEMA {shown} RENAME TO {new}"));
                self.world.rename_schema(&one, &fresh);
            }
            6 => {
                let reset = self.pick(&["RESET search_path", "SET search_path TO DEFAULT", "RESET ALL"]);
                self.say(reset.to_owned());
                self.world.path = vec!["public".to_owned()];
            }
            7 => {
                let text = self.string(&one);
                self.say(format!("SET SCHEMA {text}"));
                self.world.path = vec![one];
            }
            8 => {
                let text = self.string(&format!("\"{one}\""));
                let local = self.pick(&["false", "true"]);
                self.say(format!("SELECT pg_catalog.set_config('search_path', {text}, {local})"));
                if local == "false" || !self.saved.is_empty() {
                    self.world.path = vec![one];
                }
            }
            9 => {
                self.say("SELECT pg_catalog.set_config('search_path', '', false)".to_owned());
                self.world.path.clear();
            }
            _ => {
                let how = self.pick(&["SET", "SET SESSION", "SET LOCAL"]);
                let (is, second) =
                    (self.pick(&[" =", " TO"]), self.pick(&["", ", public", ", nowhere, \"$user\", public"]));
                self.say(format!("{how} search_path{is} {shown}{second}"));
                if how != "SET LOCAL" || !self.saved.is_empty() {
                    self.world.path = vec![one];
                }
            }
        }
    }

    pub(super) fn transaction(&mut self) {
        if self.saved.is_empty() {
            let begin = self.pick(&["BEGIN", "START TRANSACTION", "BEGIN WORK", "BEGIN ISOLATION LEVEL SERIALIZABLE"]);
            self.say(begin.to_owned());
            return self.saved.push((String::new(), self.world.clone()));
        }
        match self.random.u8(0..6) {
            0 | 1 => {
                let end = self.pick(&["COMMIT", "END", "COMMIT WORK", "COMMIT AND CHAIN"]);
                self.say(end.to_owned());
                self.saved.clear();
                if end.ends_with("CHAIN") {
                    self.saved.push((String::new(), self.world.clone()));
                }
            }
            2 => {
                let end = self.pick(&["ROLLBACK", "ABORT", "ROLLBACK TRANSACTION"]);
                self.say(end.to_owned());
                self.world = self.saved[0].1.clone();
                self.saved.clear();
            }
            3 | 4 => {
                let name = self.fresh(&["one", "Two"]);
                let shown = self.id(&name);
                self.say(format!("SAVEPOINT {shown}"));
                self.saved.push((name, self.world.clone()));
            }
            _ if self.saved.len() > 1 => {
                let at = self.random.usize(1..self.saved.len());
                let (name, world) = self.saved[at].clone();
                let shown = self.id(&name);
                if self.one_in(3) {
                    let word = self.pick(&["SAVEPOINT ", ""]);
                    self.say(format!("RELEASE {word}{shown}"));
                    self.saved.truncate(at);
                } else {
                    let words = self.pick(&["TO", "TO SAVEPOINT", "WORK TO"]);
                    self.say(format!("ROLLBACK {words} {shown}"));
                    self.saved.truncate(at + 1);
                    self.world = world;
                }
            }
            _ => {}
        }
    }

    pub(super) fn sequence_or_view(&mut self) {
        let Some(table) = self.table() else { return };
        let full = self.full(&table.name);
        match self.random.u8(0..8) {
            0 | 1 => {
                let name = self.new_name(&["seq", "Numbers"]);
                let sequence = self.full(&name);
                self.say(format!("CREATE SEQUENCE {sequence}"));
                if let Some(column) = self.column(&table) {
                    let quoted = self.string(&format!("\"{}\".\"{}\"", name.0, name.1));
                    let column = self.id(&column.name);
                    let cast = self.pick(&["", "::regclass"]);
                    self.say(format!("ALTER TABLE {full} ALTER {column} SET DEFAULT nextval({quoted}{cast})"));
                    if self.one_in(2) {
                        self.say(format!("ALTER SEQUENCE {sequence} OWNED BY {full}.{column}"));
                    }
                }
                self.world.sequences.push(name);
            }
            2 if !self.world.sequences.is_empty() => {
                let at = self.random.usize(..self.world.sequences.len());
                let name = self.world.sequences[at].clone();
                let (full, fresh) = (self.full(&name), self.fresh(&["seq", "Numbers"]));
                if self.one_in(2) {
                    let cascade = self.pick(&["", " CASCADE"]);
                    self.say(format!("DROP SEQUENCE {full}{cascade}"));
                    self.world.sequences.remove(at);
                } else {
                    let new = self.id(&fresh);
                    self.say(format!("ALTER SEQUENCE {full} RENAME TO {new}"));
                    self.world.sequences[at].1 = fresh;
                }
            }
            3..=5 => {
                let name = self.new_name(&["v", "shown", "View"]);
                let view = self.full(&name);
                let how = self.pick(&["VIEW", "OR REPLACE VIEW", "MATERIALIZED VIEW", "TEMP VIEW"]);
                self.say(format!("CREATE {how} {view} AS SELECT * FROM {full}"));
                if !how.starts_with("TEMP") {
                    self.world.views.push(name);
                }
            }
            _ if !self.world.views.is_empty() => {
                let at = self.random.usize(..self.world.views.len());
                let name = self.world.views.remove(at);
                let full = self.full(&name);
                let kind = self.pick(&["VIEW", "MATERIALIZED VIEW"]);
                if self.one_in(2) {
                    self.say(format!("DROP {kind} {full}"));
                } else {
                    let fresh = self.fresh(NAMES);
                    let new = self.id(&fresh);
                    self.say(format!("ALTER {kind} {full} RENAME TO {new}"));
                    self.world.views.push((name.0, fresh));
                }
            }
            _ => {}
        }
    }

    /// Statements that change nothing the catalog holds.
    pub(super) fn pass_over(&mut self) {
        let Some(table) = self.table() else { return };
        let full = self.full(&table.name);
        let statement = match self.random.u8(0..13) {
            0 => format!("GRANT SELECT ON {full} TO PUBLIC"),
            1 => format!("INSERT INTO {full} DEFAULT VALUES"),
            2 => format!("DELETE FROM {full} WHERE '; DROP TABLE x' = '--'"),
            3 => "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2 $$".to_owned(),
            4 => {
                let exists = self.maybe(2, "IF NOT EXISTS");
                format!("DO $$ BEGIN CREATE TABLE {exists}block (a int); ALTER TABLE {full} ADD in_block text; END $$")
            }
            5 => format!("LOCK TABLE {full}"),
            6 => format!("ANALYZE {full}"),
            7 => format!("CREATE RULE r AS ON DELETE TO {full} DO INSTEAD NOTHING"),
            8 => {
                let key = self.id(&format!("{}_pkey", table.name.1));
                format!("COMMENT ON CONSTRAINT {key} ON {full} IS 'a key'")
            }
            9 => "SET CONSTRAINTS ALL IMMEDIATE".to_owned(),
            10 => "SET client_min_messages TO error".to_owned(),
            11 => format!("WITH gone AS (DELETE FROM {full} RETURNING 1) SELECT count(*) FROM gone"),
            _ => format!("TRUNCATE {full} CASCADE"),
        };
        self.say(statement);
    }
}
