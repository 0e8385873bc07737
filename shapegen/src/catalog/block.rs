//! `DO` blocks, applied.

use super::replay::Replay;
use crate::source::FileId;
use crate::sql::do_block::{self, Step};
use crate::sql::split::{Piece, PieceKind};

impl Replay<'_> {
    pub(super) fn do_block(&mut self, file: FileId, text: &str, piece: &Piece<'_>) {
        let block = do_block::read(file, text, piece.tokens);
        for diagnostic in block.diagnostics {
            self.report.push(diagnostic);
        }
        self.steps(file, &block.text, &block.steps);
    }

    fn steps(&mut self, file: FileId, text: &str, steps: &[Step]) {
        for step in steps {
            self.step(file, text, step);
        }
    }

    fn step(&mut self, file: FileId, text: &str, step: &Step) {
        let (steps, caught, undone) = match step {
            Step::Statement(tokens) => {
                let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return };
                let piece = Piece { kind: PieceKind::Statement, range: first.start..last.end, tokens };
                return self.statement(file, text, &piece);
            }
            Step::Attempt { steps, caught, undone } => (steps, caught, *undone),
        };
        let database = (undone && steps.len() > 1).then(|| self.db.clone());
        for step in steps {
            let before = std::mem::take(self.report);
            self.step(file, text, step);
            let said = std::mem::replace(self.report, before);
            let mut ended = false;
            for diagnostic in said.diagnostics() {
                if caught.catches(diagnostic.code) {
                    ended = true;
                } else {
                    self.report.push(diagnostic.clone());
                }
            }
            if ended {
                if let Some(database) = database {
                    self.db = database;
                }
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Catalog, Script};
    use crate::diagnostics::Report;
    use crate::source::SourceMap;

    /// Tables with their columns and enums with their labels, and what is said about it.
    fn read(text: &str) -> (String, String) {
        let mut sources = SourceMap::default();
        let file = sources.add("schema.sql", text);
        let mut report = Report::default();
        let catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
        let tables = catalog.tables.iter().map(|(name, table)| {
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            format!("{}({})", name.name, columns.join(" "))
        });
        let enums = catalog.enums.iter().map(|(name, found)| format!("{}{{{}}}", name.name, found.labels.join(" ")));
        (tables.chain(enums).collect::<Vec<_>>().join(" "), report.render(&sources, false))
    }

    #[test]
    fn what_runs_on_a_fresh_database_is_applied() {
        for (text, expected) in [
            ("DO $$ BEGIN CREATE TYPE e AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;", "e{a}"),
            (
                "CREATE TYPE e AS ENUM ('b'); DO $$ BEGIN CREATE TYPE e AS ENUM ('a'); CREATE TABLE never (id int);
                 EXCEPTION WHEN duplicate_object OR duplicate_table THEN RAISE NOTICE 'there'; END $$;",
                "e{b}",
            ),
            (
                "DO LANGUAGE plpgsql $body$ <<outer>> DECLARE n int := 1; c CURSOR FOR SELECT 1; BEGIN
                 CREATE TABLE t (a int); BEGIN ALTER TABLE t ADD b int; END; n := n + 1; NULL;
                 SELECT 1 INTO n; PERFORM f('CREATE TABLE no ()'); END outer $body$",
                "t(a b)",
            ),
            ("do 'begin create table t (a text default ''x''); end' language 'plpgsql'", "t(a)"),
            ("DO $$ BEGIN EXECUTE 'CREATE TYPE e AS ENUM (''a'', ''it''''s'')'; END $$", "e{a it's}"),
            ("DO $$ BEGIN EXECUTE $q$CREATE TABLE t (a int); CREATE TABLE u (b int)$q$; END $$", "t(a) u(b)"),
            ("DO $$ BEGIN EXECUTE E'CREATE TABLE t (a int)'; END; $$", "t(a)"),
            ("DO $$ BEGIN PERFORM set_config('search_path', 'app', false); END $$; CREATE TABLE t (a int)", "t(a)"),
            (
                "CREATE TABLE t (a int);
                 DO $$ BEGIN ALTER TABLE t ADD COLUMN a int; EXCEPTION WHEN duplicate_column THEN END $$;
                 DO $$ BEGIN ALTER TABLE gone ADD COLUMN a int; EXCEPTION WHEN OTHERS THEN NULL; END $$;
                 DO $$ BEGIN DROP TABLE gone; EXCEPTION WHEN SQLSTATE '42P01' THEN NULL; END $$;",
                "t(a)",
            ),
            (
                "CREATE TYPE e AS ENUM ('b'); DO $$ BEGIN CREATE TABLE undone (id int); CREATE TYPE e AS ENUM ('a');
                 EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
                "e{b}",
            ),
            // Nothing of this matters.
            (
                "DO $$ DECLARE r record; BEGIN IF EXISTS (SELECT 1) THEN GRANT ALL ON t TO a; ELSE INSERT INTO t
                 VALUES (CASE WHEN true THEN 1 END); END IF; FOR r IN SELECT 1 LOOP UPDATE t SET a = 1; END LOOP;
                 IF true THEN ALTER TABLE t OWNER TO a; END IF; EXECUTE format('GRANT %s', 'x'); COMMIT; END $$",
                "",
            ),
            ("DO $$ #variable_conflict use_column\n BEGIN CREATE TABLE t (a int); END $$", "t(a)"),
        ] {
            assert_eq!(read(text), (expected.to_owned(), String::new()), "{text}");
        }
    }

    #[test]
    fn what_may_or_may_not_run_is_said() {
        let text = "CREATE TABLE t (a int);
DO $$
DECLARE
    ddl text := 'ALTER TABLE t ADD COLUMN never int';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'mood') THEN
        CREATE TYPE mood AS ENUM ('sad', 'glad');
    END IF;
    IF to_regclass('public.u') IS NULL THEN
        EXECUTE 'CREATE TABLE u (a int)';
    ELSE
        ALTER TABLE u ADD COLUMN b int;
    END IF;
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_name = 't' AND column_name = 'a') THEN
        ALTER TABLE t RENAME COLUMN a TO b;
    END IF;
    FOR i IN 1..3 LOOP
        EXECUTE format('CREATE TABLE t_%s (a int)', i);
    END LOOP;
    CASE WHEN current_setting('x') = 'y' THEN DROP TABLE t; ELSE NULL; END CASE;
    EXECUTE ddl;
    BEGIN
        CREATE TABLE t (b int);
    EXCEPTION WHEN duplicate_table THEN
        CREATE TABLE handled (a int);
    END;
    IF now() > '2020-01-01' THEN
        RETURN;
    END IF;
    CREATE TABLE late (a int);
END
$$;
DO LANGUAGE plpython3u $$ plpy.execute('CREATE TABLE p (a int)') $$;
DO E'BEGIN\\n CREATE TABLE e (a int); END';
DO $$ BEGIN EXECUTE $q$DO 'BEGIN CREATE TABLE t (a int); END'$q$; END $$;
";
        let (found, said) = read(text);
        assert_eq!(found, "t(a) u(a) mood{sad glad}");
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(said) });
    }

    #[test]
    fn a_block_that_is_none_is_an_error() {
        let deep =
            |open: &str, close: &str| format!("DO $$ BEGIN {} {} END $$;", open.repeat(1000), close.repeat(1000));
        let mut said = String::new();
        for text in [
            "DO $$ BEGIN CREATE TABLE t (a int); $$;",
            "DO $$ BEGIN IF true THEN NULL; END $$;",
            "DO $$ SELECT 1; $$;",
            "DO $$ $$;",
            "DO;",
            "DO LANGUAGE plpgsql;",
            "DO $$ BEGIN CREATE TABLE t (a txt); END $$;",
        ] {
            said += &read(text).1;
        }
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(said) });
        for (open, close) in [("BEGIN ", "END; "), ("IF a THEN ", "END IF; "), ("LOOP ", "END LOOP; ")] {
            let (_, said) = read(&deep(open, close));
            assert!(said.contains("inside of each other"), "{said}");
        }
    }
}
