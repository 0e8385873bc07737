//! The statements that the catalog needs, from tokens to [`Statement`].

mod alter;
mod column;
mod constraint;
mod declared_type;
mod drop;
mod index;
mod object;
mod session;
mod table;
pub(crate) mod type_name;
mod view;

use super::classify::Subject;
use super::cursor::Cursor;
use super::lex::Token;
use super::statement::{DropKind, Name, SearchPath, Statement};
use crate::diagnostics::Diagnostic;
use crate::source::FileId;

/// Reads a statement of a known subject; `text` is the whole file.
pub(crate) fn read(file: FileId, text: &str, tokens: &[Token], subject: Subject) -> Result<Statement, Box<Diagnostic>> {
    let mut cursor = Cursor::new(file, text, tokens);
    let cursor = &mut cursor;
    match subject {
        Subject::CreateTable => table::create(cursor),
        Subject::CreateView => view::create(cursor),
        Subject::SelectInto => view::select_into(cursor),
        Subject::CreateType => declared_type::create_type(cursor),
        Subject::CreateDomain => declared_type::create_domain(cursor),
        Subject::CreateSchema => object::create_schema(cursor),
        Subject::CreateIndex => index::create(cursor),
        Subject::CreateSequence => object::create_sequence(cursor),
        Subject::CreateExtension => object::create_extension(cursor),
        Subject::AlterTable => alter::table(cursor),
        Subject::AlterView => object::alter_view(cursor),
        Subject::AlterIndex => object::alter_index(cursor),
        Subject::AlterSequence => object::alter_sequence(cursor),
        Subject::AlterType => declared_type::alter_type(cursor),
        Subject::AlterDomain => declared_type::alter_domain(cursor),
        Subject::AlterSchema => object::alter_schema(cursor),
        Subject::AlterExtension => object::alter_extension(cursor),
        Subject::DropTable => drop::relations(cursor, DropKind::Table),
        Subject::DropView => drop::relations(cursor, DropKind::View),
        Subject::DropIndex => drop::relations(cursor, DropKind::Index),
        Subject::DropSequence => drop::relations(cursor, DropKind::Sequence),
        Subject::DropType => drop::relations(cursor, DropKind::Type),
        Subject::DropSchema => drop::schemas(cursor),
        Subject::DropExtension => drop::extensions(cursor),
        Subject::CommentOnTable | Subject::CommentOnColumn | Subject::CommentOnType => {
            session::comment(cursor, subject)
        }
        Subject::SearchPath => session::search_path(cursor),
        Subject::SetConfig => session::set_config(cursor),
        Subject::ResetSearchPath => Ok(Statement::SearchPath { path: SearchPath::Default, local: false }),
        Subject::Transaction => session::transaction(cursor),
    }
}

/// What a statement that can't be read is about: later statements that refer to it are not reported again.
pub(crate) enum About {
    /// It would have made this relation.
    NewRelation(Name),
    /// It would have made this type.
    NewType(Name),
    /// It would have changed this table.
    Table(Name),
}

/// What a statement is about, even if the rest of it can't be read.
pub(crate) fn about(file: FileId, text: &str, tokens: &[Token], subject: Subject) -> Option<About> {
    let mut cursor = Cursor::new(file, text, tokens);
    match subject {
        Subject::CreateTable => table::table_name(&mut cursor).ok().map(|header| About::NewRelation(header.name)),
        Subject::CreateType | Subject::CreateDomain => {
            declared_type::created_name(&mut cursor).ok().map(About::NewType)
        }
        Subject::AlterTable => {
            cursor.eat("alter table");
            cursor.eat("if exists");
            cursor.eat("only");
            cursor.name("a table").ok().map(About::Table)
        }
        _ => None,
    }
}
