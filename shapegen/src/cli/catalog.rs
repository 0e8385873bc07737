//! `shapegen catalog`: prints what the SQL files declare.

use std::io;
use std::path::Path;

use clap::{Args, ValueEnum};

use super::{Exit, ManifestArg, Terminal, table};
use crate::catalog::{Catalog, Script, passed_over};
use crate::diagnostics::Report;
use crate::manifest;
use crate::schema::{self, Entry};
use crate::source::SourceMap;

/// Prints the tables, columns and keys that SQL files declare.
#[derive(Debug, Args)]
pub(super) struct PrintCatalog {
    /// Files, folders of migrations and globs of SQL, in the order in which they are applied; without any, the manifest's schema.
    paths: Vec<String>,
    #[command(flatten)]
    manifest: ManifestArg,
    /// For programs or for people.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Also list on standard error what was passed over on purpose.
    #[arg(long)]
    verbose: bool,
}

/// How the catalog is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One document with everything.
    Json,
    /// One line a column.
    Table,
}

impl PrintCatalog {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        let mut sources = SourceMap::default();
        let mut report = Report::default();
        let Some(scripts) = self.scripts(&mut sources, &mut report) else {
            terminal.report(&report, &sources)?;
            return Ok(Exit::Diagnostics);
        };
        let catalog = Catalog::read(&sources, &scripts, &mut report);
        if self.verbose {
            terminal.passed_over(&passed_over(&sources, &scripts), &sources)?;
        }
        terminal.report(&report, &sources)?;
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(&catalog.to_json()).map_err(io::Error::other)? + "\n",
            Format::Table => table::print(&catalog, &sources),
        };
        terminal.out.write_all(text.as_bytes())?;
        Ok(if report.has_errors() { Exit::Diagnostics } else { Exit::Fine })
    }

    /// `None` when there is nothing to read.
    fn scripts(&self, sources: &mut SourceMap, report: &mut Report) -> Option<Vec<Script>> {
        let schema = if self.paths.is_empty() {
            let manifest = manifest::read(sources, &self.manifest.manifest, report)?;
            schema::of_manifest(&manifest, sources, report)
        } else {
            let entries: Vec<Entry<'_>> = self.paths.iter().map(|path| Entry { path, named: None }).collect();
            schema::read(Path::new(""), &entries, None, sources, report)
        };
        (!schema.scripts.is_empty()).then_some(schema.scripts)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::cli::Exit;
    use crate::cli::tests::{Ran, shapegen};

    /// A folder with these files; arguments that start with `@` name one of them.
    fn catalog(files: &[(&str, &str)], args: &[&str]) -> Ran {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(root.path().join(name), text).unwrap();
        }
        let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
        let args: Vec<String> =
            args.iter().map(|arg| arg.strip_prefix('@').map_or_else(|| (*arg).to_owned(), path)).collect();
        let args: Vec<&str> = ["catalog"].into_iter().chain(args.iter().map(String::as_str)).collect();
        let mut ran = shapegen(&args);
        ran.err = ran.err.replace(&format!("{}/", root.path().display()), "");
        ran
    }

    const FIRST: &str = "\\connect shop
CREATE TYPE state AS ENUM ('open', 'sent');
CREATE TABLE customers (id bigserial PRIMARY KEY, \"E-Mail\" varchar(255) NOT NULL UNIQUE, name text DEFAULT
    'nobody');
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;
COPY customers (id) FROM stdin;
1
\\.
GRANT ALL ON customers TO somebody;
";
    const SECOND: &str = "CREATE TABLE orders (customer bigint REFERENCES customers, number smallint, state state[],
    made timestamptz(3) DEFAULT now() NOT NULL, \"\u{1b}[2J\" int, PRIMARY KEY (customer, number), UNIQUE (number, made));
CREATE TABLE lines (customer bigint, number smallint, FOREIGN KEY (customer, number) REFERENCES orders);
";

    #[test]
    fn the_catalog_is_printed_for_people_and_for_programs() {
        let files = [("1.sql", FIRST), ("2.sql", SECOND)];
        let Ran { exit, out, err } = catalog(&files, &["@1.sql", "@2.sql", "--format", "table", "--verbose"]);
        assert_eq!(exit, Exit::Fine);
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!("table", format!("{out}\n{err}")) });
        let Ran { exit, out, err } = catalog(&files, &["@*.sql"]);
        assert_eq!((exit, err.as_str()), (Exit::Fine, ""));
        let printed: serde_json::Value = serde_json::from_str(&out).unwrap();
        let tables: Vec<_> = printed["tables"].as_array().unwrap().iter().map(|table| &table["table"]).collect();
        assert_eq!(tables, ["customers", "lines", "orders"]);
        assert_eq!(printed["tables"][2]["columns"][3]["type"], "timestamp(3) with time zone");
    }

    #[test]
    fn without_a_path_it_is_the_manifests_schema() {
        // Whether the shapes fit it doesn't matter.
        let manifest = "schema = \"1.sql\"\n[shape]\ngone = { scope = \"public\", change_frequency = \"low\" }\n";
        let files = [("1.sql", FIRST), ("shapes.toml", manifest)];
        let Ran { exit, out, .. } = catalog(&files, &["--manifest", "@shapes.toml", "--format", "table"]);
        assert_eq!(exit, Exit::Fine);
        assert!(out.starts_with("public.customers\n  id "), "{out}");
    }

    #[test]
    fn the_rest_is_printed_when_a_statement_cant_be_read() {
        let files = [("1.sql", FIRST), ("2.sql", "CREATE TABLE broken (id int,);\nFROBNICATE customers;\n")];
        let Ran { exit, out, err } = catalog(&files, &["@1.sql", "@2.sql", "@gone.sql"]);
        assert_eq!(exit, Exit::Diagnostics);
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!("broken", err) });
        let printed: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(printed["tables"][0]["table"], "customers");
        let Ran { exit, out, .. } = catalog(&files, &["@gone.sql"]);
        assert_eq!((exit, out.as_str()), (Exit::Diagnostics, ""));
        let Ran { exit, out, .. } = catalog(&files, &["@1.sql", "--format", "yaml"]);
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
    }
}
