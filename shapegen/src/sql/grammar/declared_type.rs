//! `CREATE` and `ALTER` of types and domains.

use super::alter::{behavior, move_action};
use super::constraint;
use super::type_name::type_name;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::expression::{self, Followed};
use crate::sql::statement::{
    AttributeAction, DomainAction, DomainConstraint, Ident, Name, Side, Statement, TypeAction, TypeDefinition, TypeName,
};

/// What `CREATE TYPE` or `CREATE DOMAIN` names.
pub(super) fn created_name(cursor: &mut Cursor<'_>) -> Read<Name> {
    cursor.expect("create")?;
    cursor.advance();
    cursor.name("a type")
}

pub(super) fn create_type(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("create type")?;
    let name = cursor.name("a type")?;
    let definition = if cursor.eat("as enum") {
        TypeDefinition::Enum(labels(cursor)?)
    } else if cursor.eat("as range") {
        range(cursor)?
    } else if cursor.eat("as (") {
        TypeDefinition::Composite(attributes(cursor)?)
    } else if cursor.at_end() || cursor.is("(") {
        return Ok(Statement::CreateType { name, definition: TypeDefinition::Base });
    } else {
        return Err(cursor.expected("`AS ENUM (…)`"));
    };
    cursor.expect_end()?;
    Ok(Statement::CreateType { name, definition })
}

fn labels(cursor: &mut Cursor<'_>) -> Read<Vec<Ident>> {
    cursor.expect("(")?;
    let mut labels = Vec::new();
    if !cursor.is(")") {
        labels.push(cursor.string("a label")?);
        while cursor.eat(",") {
            labels.push(cursor.string("a label")?);
        }
    }
    if !cursor.eat(")") {
        return Err(cursor.expected("a comma or `)`"));
    }
    Ok(labels)
}

fn attributes(cursor: &mut Cursor<'_>) -> Read<Vec<(Ident, TypeName)>> {
    let mut attributes = Vec::new();
    if !cursor.is(")") {
        loop {
            attributes.push(attribute(cursor)?);
            if !cursor.eat(",") {
                break;
            }
        }
    }
    if !cursor.eat(")") {
        return Err(cursor.expected("a comma or `)`"));
    }
    Ok(attributes)
}

fn attribute(cursor: &mut Cursor<'_>) -> Read<(Ident, TypeName)> {
    let name = cursor.ident("an attribute")?;
    let data_type = type_name(cursor)?;
    if cursor.eat("collate") {
        cursor.name("a collation")?;
    }
    Ok((name, data_type))
}

fn range(cursor: &mut Cursor<'_>) -> Read<TypeDefinition> {
    cursor.expect("(")?;
    let (mut subtype, mut multirange) = (None, None);
    loop {
        let option = cursor.label("an option of the range type")?;
        cursor.expect("=")?;
        match option.value.as_str() {
            "subtype" => subtype = Some(type_name(cursor)?),
            "multirange_type_name" => multirange = Some(cursor.name("a type")?),
            _ => cursor.skip_to_comma_or_close()?,
        }
        if !cursor.eat(",") {
            break;
        }
    }
    let subtype = subtype.ok_or_else(|| cursor.expected("`SUBTYPE = type`"))?;
    cursor.expect(")")?;
    Ok(TypeDefinition::Range { subtype: Box::new(subtype), multirange })
}

pub(super) fn create_domain(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("create domain")?;
    let name = cursor.name("a domain")?;
    cursor.eat("as");
    let base = type_name(cursor)?;
    let mut constraints = Vec::new();
    while !cursor.at_end() {
        if cursor.eat("collate") {
            cursor.name("a collation")?;
        } else if cursor.eat("default") {
            expression::default(cursor, Followed::ByConstraint)?;
        } else {
            constraints.push(domain_constraint(cursor)?);
        }
    }
    Ok(Statement::CreateDomain { name, base, constraints })
}

fn domain_constraint(cursor: &mut Cursor<'_>) -> Read<DomainConstraint> {
    let name = constraint::name(cursor)?;
    Ok(if cursor.eat("not null") {
        DomainConstraint::NotNull(name)
    } else if cursor.eat("null") {
        DomainConstraint::Null
    } else if cursor.eat("check") {
        cursor.skip_parens()?;
        while constraint::attribute(cursor, None)? {}
        DomainConstraint::Check(name)
    } else {
        return Err(cursor.expected("a constraint of the domain"));
    })
}

pub(super) fn alter_type(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter type")?;
    let name = cursor.name("a type")?;
    let action = if cursor.eat("add value") {
        let if_not_exists = cursor.eat("if not exists");
        let label = cursor.string("a label")?;
        let next_to = if cursor.eat("before") {
            Some((cursor.string("a label")?, Side::Before))
        } else if cursor.eat("after") {
            Some((cursor.string("a label")?, Side::After))
        } else {
            None
        };
        TypeAction::AddValue { label, if_not_exists, next_to }
    } else if cursor.eat("rename value") {
        let from = cursor.string("a label")?;
        cursor.expect("to")?;
        TypeAction::RenameValue { from, to: cursor.string("a label")? }
    } else if let Some(action) = move_action(cursor)? {
        TypeAction::Move(action)
    } else if cursor.is("owner to") || cursor.is("set (") {
        return Ok(Statement::Nothing);
    } else {
        TypeAction::Attributes { actions: attribute_actions(cursor)? }
    };
    cursor.expect_end()?;
    Ok(Statement::AlterType { name, action })
}

fn attribute_actions(cursor: &mut Cursor<'_>) -> Read<Vec<AttributeAction>> {
    let mut actions = Vec::new();
    loop {
        actions.push(if cursor.eat("add attribute") {
            let (name, data_type) = attribute(cursor)?;
            AttributeAction::Add { name, data_type }
        } else if cursor.eat("drop attribute") {
            let if_exists = cursor.eat("if exists");
            let name = cursor.ident("an attribute")?;
            AttributeAction::Drop { name, if_exists }
        } else if cursor.eat("alter attribute") {
            let name = cursor.ident("an attribute")?;
            cursor.eat("set data");
            cursor.expect("type")?;
            let data_type = type_name(cursor)?;
            if cursor.eat("collate") {
                cursor.name("a collation")?;
            }
            AttributeAction::Type { name, data_type }
        } else if cursor.eat("rename attribute") {
            let from = cursor.ident("an attribute")?;
            cursor.expect("to")?;
            AttributeAction::Rename { from, to: cursor.ident("an attribute's new name")? }
        } else {
            return Err(cursor.expected("an action of ALTER TYPE"));
        });
        // A typed table follows its type, which PostgreSQL does with CASCADE only.
        behavior(cursor);
        if !cursor.eat(",") {
            return Ok(actions);
        }
    }
}

pub(super) fn alter_domain(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter domain")?;
    let name = cursor.name("a domain")?;
    let action = if cursor.eat("set not null") {
        DomainAction::NotNull(true)
    } else if cursor.eat("drop not null") {
        DomainAction::NotNull(false)
    } else if cursor.eat("add") {
        DomainAction::AddConstraint(domain_constraint(cursor)?)
    } else if cursor.eat("drop constraint") {
        let if_exists = cursor.eat("if exists");
        let name = cursor.ident("a constraint")?;
        behavior(cursor);
        DomainAction::DropConstraint { name, if_exists }
    } else if cursor.eat("rename constraint") {
        let from = cursor.ident("a constraint")?;
        cursor.expect("to")?;
        DomainAction::RenameConstraint { from, to: cursor.ident("a constraint's new name")? }
    } else if let Some(action) = move_action(cursor)? {
        DomainAction::Move(action)
    } else if ["owner to", "set default", "drop default", "validate constraint"].iter().any(|words| cursor.is(words)) {
        return Ok(Statement::Nothing);
    } else {
        return Err(cursor.expected("an action of ALTER DOMAIN"));
    };
    cursor.expect_end()?;
    Ok(Statement::AlterDomain { name, action })
}
