//! `CREATE TABLE`.

use super::{column, constraint, view};
use crate::sql::cursor::{Cursor, Read};
use crate::sql::expression;
use crate::sql::statement::{CreateTable, Including, Name, Statement, TableElement, TableSource};

/// The part of `CREATE TABLE` up to the name.
pub(super) struct TableName {
    pub(super) name: Name,
    pub(super) temporary: bool,
    pub(super) if_not_exists: bool,
}

pub(super) fn table_name(cursor: &mut Cursor<'_>) -> Read<TableName> {
    cursor.expect("create")?;
    let mut temporary = false;
    while !cursor.eat("table") {
        temporary |= cursor.is("temp") || cursor.is("temporary");
        if cursor.at_end() {
            return Err(cursor.expected("`TABLE`"));
        }
        cursor.advance();
    }
    let if_not_exists = cursor.eat("if not exists");
    Ok(TableName { name: cursor.name("a table")?, temporary, if_not_exists })
}

pub(super) fn create(cursor: &mut Cursor<'_>) -> Read<Statement> {
    let header = table_name(cursor)?;
    if view::has_top_level_as(*cursor) {
        return Ok(view::of_table(cursor, header));
    }
    let TableName { name, temporary, if_not_exists } = header;
    let mut source = if cursor.eat("of") {
        TableSource::OfType(cursor.name("a type")?)
    } else if cursor.eat("partition of") {
        TableSource::PartitionOf(cursor.name("a table")?)
    } else {
        TableSource::Inherits(Vec::new())
    };
    let own_columns = matches!(source, TableSource::Inherits(_));
    let elements = if own_columns || cursor.is("(") { elements(cursor, own_columns)? } else { Vec::new() };
    match &mut source {
        TableSource::Inherits(parents) if cursor.eat("inherits") => {
            cursor.expect("(")?;
            parents.push(cursor.name("a table")?);
            while cursor.eat(",") {
                parents.push(cursor.name("a table")?);
            }
            cursor.expect(")")?;
        }
        TableSource::PartitionOf(_) => bound(cursor)?,
        _ => {}
    }
    let partition_by = tail(cursor)?;
    Ok(Statement::CreateTable(CreateTable { name, temporary, if_not_exists, source, elements, partition_by }))
}

/// PostgreSQL takes 1,600 columns; without a limit the replay, which looks each up among the others, wouldn't end.
pub(super) const MOST_ELEMENTS: usize = 10_000;

/// What stands between the parentheses.
fn elements(cursor: &mut Cursor<'_>, own_columns: bool) -> Read<Vec<TableElement>> {
    let mut elements = Vec::new();
    cursor.expect("(")?;
    if !cursor.is(")") {
        loop {
            if elements.len() == MOST_ELEMENTS {
                return Err(cursor.expected("`)` after ten thousand columns and constraints"));
            }
            elements.push(if constraint::is_next(cursor) {
                TableElement::Constraint(constraint::table_constraint(cursor)?)
            } else if !own_columns {
                TableElement::ColumnOptions(column::options(cursor)?)
            } else if cursor.eat("like") {
                like(cursor)?
            } else {
                TableElement::Column(column::column(cursor)?)
            });
            if !cursor.eat(",") {
                break;
            }
        }
    }
    if !cursor.eat(")") {
        return Err(cursor.expected("a comma or `)`"));
    }
    Ok(elements)
}

fn like(cursor: &mut Cursor<'_>) -> Read<TableElement> {
    let table = cursor.name("a table")?;
    let mut including = Including::default();
    loop {
        let include = cursor.eat("including");
        if !include && !cursor.eat("excluding") {
            break;
        }
        let Including { comments, constraints, defaults, generated, identity, indexes } = &mut including;
        let parts: &mut [&mut bool] = if cursor.eat("comments") {
            &mut [comments]
        } else if cursor.eat("constraints") {
            &mut [constraints]
        } else if cursor.eat("defaults") {
            &mut [defaults]
        } else if cursor.eat("generated") {
            &mut [generated]
        } else if cursor.eat("identity") {
            &mut [identity]
        } else if cursor.eat("indexes") {
            &mut [indexes]
        } else if cursor.eat("storage") || cursor.eat("compression") || cursor.eat("statistics") {
            &mut []
        } else if cursor.eat("all") {
            &mut [comments, constraints, defaults, generated, identity, indexes]
        } else {
            return Err(cursor.expected("what LIKE takes over, ALL say"));
        };
        for part in parts {
            **part = include;
        }
    }
    Ok(TableElement::Like { table, including })
}

/// `FOR VALUES …` or `DEFAULT`
pub(super) fn bound(cursor: &mut Cursor<'_>) -> Read<()> {
    if cursor.eat("default") {
        return Ok(());
    }
    cursor.expect("for values")?;
    if cursor.eat("from") {
        cursor.skip_parens()?;
        cursor.expect("to")?;
    } else if !cursor.eat("in") {
        cursor.expect("with")?;
    }
    cursor.skip_parens()
}

/// What follows the columns: how the table is stored. Gives the names in `PARTITION BY …`.
fn tail(cursor: &mut Cursor<'_>) -> Read<Option<Vec<String>>> {
    let mut partition_by = None;
    if cursor.eat("partition by") {
        cursor.ident("RANGE, LIST or HASH")?;
        let start = cursor.position();
        cursor.skip_parens()?;
        partition_by = Some(expression::words_since(cursor, start));
    }
    if cursor.eat("using") {
        cursor.ident("an access method")?;
    }
    if cursor.eat("with") {
        cursor.skip_parens()?;
    } else {
        cursor.eat("without oids");
    }
    if cursor.eat("on commit") {
        let _ = cursor.eat("preserve rows") || cursor.eat("delete rows") || cursor.eat("drop");
    }
    if cursor.eat("tablespace") {
        cursor.ident("a tablespace")?;
    }
    cursor.expect_end()?;
    Ok(partition_by)
}
