//! Random histories of DDL, judged by PostgreSQL: what a history leaves behind must be what shapegen reads from it.
//!
//! Each commit is judged by others, and one commit always by the same, so that what fails fails again;
//! `SHAPEGEN_SEED=random` takes others each time. The seed is printed, each failing history's with it; `SHAPEGEN_SEED=…`
//! runs that one history again. `SHAPEGEN_CI=1` runs more of them.

mod alter;
mod generate;
mod session;
mod style;
mod tables;
mod world;

use std::process::Command;

use serde_json::Value;

use crate::catalog_judge::{THEIRS, differences, ours, read, reset};
use crate::dependencies::workspace;
use crate::postgres::{Database, Postgres, Session};
use generate::Generator;

/// How many of the histories that went wrong are shrunk and printed.
const SHOWN: usize = 5;

/// A history that PostgreSQL took, and what it left behind.
struct Judged {
    statements: Vec<String>,
    catalog: Value,
}

/// What PostgreSQL knows after these statements, which it took.
fn judged(session: &mut Session, statements: Vec<String>) -> Judged {
    // As when psql leaves: what is open is undone, what is temporary goes.
    for statement in ["ROLLBACK", "DISCARD TEMP"] {
        session.run(statement).unwrap();
    }
    let catalog = session.run(THEIRS).unwrap();
    Judged { statements, catalog: serde_json::from_str(&catalog).unwrap() }
}

/// What shapegen has to say about a history that PostgreSQL took, and where they disagree.
fn disagreement(judged: &Judged) -> Option<String> {
    let (catalog, report) = read(&text(&judged.statements));
    let (mut theirs, mut ours) = (judged.catalog.clone(), ours(&catalog));
    // Which columns a view is over isn't read, so that CASCADE takes more views along than PostgreSQL's.
    if judged.statements.iter().any(|statement| statement.to_ascii_lowercase().contains("cascade")) {
        (theirs["views"], ours["views"]) = (Value::Null, Value::Null);
    }
    let differences = differences(&theirs, &ours);
    (!report.is_empty() || !differences.is_empty()).then(|| report + &differences)
}

/// The script; what is still open at its end is undone.
fn text(statements: &[String]) -> String {
    let statements = statements.iter().map(String::as_str).chain(["ROLLBACK"]);
    statements.map(|statement| format!("{statement}\n;\n")).collect()
}

/// Leaves out statements while PostgreSQL and shapegen still disagree.
fn shrunk(session: &mut Session, judged: Judged) -> Judged {
    let mut best = judged;
    let mut length = best.statements.len().div_ceil(2);
    loop {
        let mut at = 0;
        while at < best.statements.len() {
            let mut fewer = best.statements.clone();
            fewer.drain(at..(at + length).min(best.statements.len()));
            reset(session);
            fewer.retain(|statement| session.run(statement).is_some());
            let judged = self::judged(session, fewer);
            if disagreement(&judged).is_some() {
                best = judged;
            } else {
                at += length;
            }
        }
        if length == 1 {
            return best;
        }
        length = length.div_ceil(2);
    }
}

/// A seed of the commit's own; any where there is no commit.
fn seed_of_commit() -> u64 {
    let head = Command::new("git").args(["rev-parse", "--short=8", "HEAD"]).current_dir(workspace()).output();
    let head = head.ok().filter(|output| output.status.success());
    let seed =
        head.and_then(|output| u64::from_str_radix(String::from_utf8(output.stdout).ok()?.trim().get(..8)?, 16).ok());
    seed.unwrap_or_else(any_seed)
}

fn any_seed() -> u64 {
    fastrand::u64(..u64::from(u32::MAX))
}

#[test]
fn histories_end_as_postgresql_ends_them() {
    let Some(server) = Postgres::shared("nobody judged random histories") else { return };
    let asked = std::env::var("SHAPEGEN_SEED").ok();
    let seed: Option<u64> = asked.as_deref().and_then(|seed| seed.parse().ok());
    let count = match seed {
        Some(_) => 1,
        None if std::env::var_os("SHAPEGEN_CI").is_some() => 500,
        None => 40,
    };
    let first = match (seed, asked.as_deref()) {
        (Some(seed), _) => seed,
        (None, Some("random")) => any_seed(),
        (None, _) => seed_of_commit(),
    };
    println!("SHAPEGEN_SEED={first} and the {} after it", count - 1);
    let seeds: Vec<u64> = (first..).take(count).collect();
    let databases: Vec<Database<'_>> = (0..2).map(|at| server.database(&format!("histories_{at}"))).collect();
    let run = |at: usize| {
        let mut session = databases[at].session();
        let mut wrong = Vec::new();
        let (mut taken, mut refused) = (0, 0);
        for seed in seeds.iter().skip(at).step_by(databases.len()) {
            reset(&mut session);
            let history = Generator::write(*seed, |statement| session.run(statement).is_some());
            (taken, refused) = (taken + history.taken.len(), refused + history.refused);
            let judged = judged(&mut session, history.taken);
            if disagreement(&judged).is_some() {
                wrong.push((*seed, judged));
            }
        }
        // A generator whose statements mostly fail would show nothing.
        assert!(taken >= refused, "PostgreSQL took {taken} statements and refused {refused}");
        wrong
    };
    let mut wrong: Vec<(u64, Judged)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..databases.len()).map(|at| scope.spawn(move || run(at))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    wrong.sort_by_key(|(_, judged)| judged.statements.len());
    let all: Vec<u64> = wrong.iter().map(|(seed, _)| *seed).collect();
    let mut session = databases[0].session();
    let shown = wrong.into_iter().take(SHOWN).map(|(seed, judged)| {
        let judged = shrunk(&mut session, judged);
        let (text, said) = (text(&judged.statements), disagreement(&judged).unwrap_or_default());
        format!("SHAPEGEN_SEED={seed}\n{text}\n{said}")
    });
    let shown: Vec<String> = shown.collect();
    assert!(all.is_empty(), "{} of {} histories: {all:?}\n{}", all.len(), seeds.len(), shown.join("\n"));
}
