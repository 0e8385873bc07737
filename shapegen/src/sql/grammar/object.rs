//! Schemas, extensions and sequences, and `ALTER` of what is no table: views, indexes, sequences.

use super::alter::move_action;
use super::{index, table, view};
use crate::sql::cursor::{Cursor, Read};
use crate::sql::statement::{DropKind, Name, RelationAction, SequenceOwner, Statement};

/// `CREATE SCHEMA`, with the statements behind its name.
pub(super) fn create_schema(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("create schema")?;
    cursor.eat("if not exists");
    let mut name = if cursor.is("authorization") { None } else { Some(cursor.ident("a schema")?) };
    if cursor.eat("authorization") {
        let owner = cursor.label("a role")?;
        name = name.or(Some(owner));
    }
    let Some(name) = name else { return Err(cursor.expected("a schema")) };
    let mut elements = Vec::new();
    while !cursor.at_end() {
        let start = cursor.position();
        cursor.advance();
        while !cursor.at_end() && !cursor.is("create") && !cursor.is("grant") {
            if cursor.is("(") {
                cursor.skip_parens()?;
            } else {
                cursor.advance();
            }
        }
        let mut element = cursor.within(start);
        elements.extend(schema_element(&mut element)?);
    }
    Ok(Statement::CreateSchema { name, elements })
}

fn schema_element(element: &mut Cursor<'_>) -> Read<Option<Statement>> {
    if element.is("grant") {
        return Ok(None);
    }
    let start = *element;
    element.expect("create")?;
    // Other words can stand before these: `CREATE UNLOGGED TABLE`.
    for _ in 0..5 {
        let statement = match element.peek(0).to_ascii_lowercase().as_str() {
            "table" => table::create(&mut start.clone())?,
            "view" => view::create(&mut start.clone())?,
            "index" => index::create(&mut start.clone())?,
            "sequence" => create_sequence(&mut start.clone())?,
            "trigger" => return Ok(None),
            _ => {
                element.advance();
                continue;
            }
        };
        return Ok(Some(statement));
    }
    Err(start.expected("a table, view, index, sequence, trigger or grant inside of CREATE SCHEMA"))
}

pub(super) fn alter_schema(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter schema")?;
    let from = cursor.ident("a schema")?;
    if cursor.eat("owner to") {
        return Ok(Statement::Nothing);
    }
    cursor.expect("rename to")?;
    let to = cursor.ident("a new name")?;
    cursor.expect_end()?;
    Ok(Statement::RenameSchema { from, to })
}

pub(super) fn create_extension(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("create extension")?;
    let if_not_exists = cursor.eat("if not exists");
    let name = cursor.ident("an extension")?;
    cursor.eat("with");
    let mut schema = None;
    while !cursor.at_end() {
        if cursor.eat("schema") {
            schema = Some(cursor.ident("a schema")?);
        } else {
            cursor.advance();
        }
    }
    Ok(Statement::CreateExtension { name, if_not_exists, schema })
}

pub(super) fn alter_extension(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter extension")?;
    let name = cursor.ident("an extension")?;
    if !cursor.eat("set schema") {
        return Ok(Statement::Nothing);
    }
    let schema = cursor.ident("a schema")?;
    cursor.expect_end()?;
    Ok(Statement::AlterExtension { name, schema })
}

pub(super) fn create_sequence(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("create")?;
    let mut temporary = false;
    while !cursor.eat("sequence") {
        temporary |= cursor.is("temp") || cursor.is("temporary");
        if cursor.at_end() {
            return Err(cursor.expected("`SEQUENCE`"));
        }
        cursor.advance();
    }
    let if_not_exists = cursor.eat("if not exists");
    let name = cursor.name("a sequence")?;
    let owner = owner(cursor)?;
    Ok(Statement::CreateSequence { name, temporary, if_not_exists, owner })
}

/// Steps to `OWNED BY`, over what else a sequence can have.
fn owner(cursor: &mut Cursor<'_>) -> Read<Option<SequenceOwner>> {
    while !cursor.at_end() {
        if cursor.eat("owned by") {
            return Ok(Some(if cursor.eat("none") {
                SequenceOwner::None
            } else {
                let (table, column) = cursor.column_name()?;
                SequenceOwner::Column(table, column)
            }));
        }
        cursor.advance();
    }
    Ok(None)
}

pub(super) fn alter_sequence(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter sequence")?;
    let if_exists = cursor.eat("if exists");
    let name = cursor.name("a sequence")?;
    let action = match move_action(cursor)? {
        Some(action) => RelationAction::Move(action),
        None => match owner(cursor)? {
            Some(owner) => RelationAction::OwnedBy(owner),
            None => return Ok(Statement::Nothing),
        },
    };
    cursor.expect_end()?;
    Ok(Statement::AlterRelation { kind: DropKind::Sequence, name, if_exists, action })
}

pub(super) fn alter_index(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter index")?;
    if cursor.is("all in tablespace") {
        return Ok(Statement::Nothing);
    }
    let if_exists = cursor.eat("if exists");
    let name = cursor.name("an index")?;
    let action = if cursor.eat("attach partition") {
        RelationAction::AttachPartition(cursor.name("an index")?)
    } else {
        match move_action(cursor)? {
            Some(action) => RelationAction::Move(action),
            None => return Ok(Statement::Nothing),
        }
    };
    cursor.expect_end()?;
    Ok(Statement::AlterRelation { kind: DropKind::Index, name, if_exists, action })
}

/// Views, materialized views and foreign tables: nothing but their names is known.
pub(super) fn alter_view(cursor: &mut Cursor<'_>) -> Read<Statement> {
    while !cursor.eat("view") && !cursor.eat("foreign table") {
        if cursor.at_end() {
            return Err(cursor.expected("`VIEW`"));
        }
        cursor.advance();
    }
    if cursor.is("all in tablespace") {
        return Ok(Statement::Nothing);
    }
    let if_exists = cursor.eat("if exists");
    cursor.eat("only");
    let name: Name = cursor.name("a view")?;
    let Some(action) = move_action(cursor)? else { return Ok(Statement::Nothing) };
    let action = RelationAction::Move(action);
    Ok(Statement::AlterRelation { kind: DropKind::View, name, if_exists, action })
}
