//! The statements that the catalog needs, from tokens to [`Statement`].

mod alter;
mod constraint;
mod create;
mod drop;
mod session;
pub(crate) mod type_name;

use super::classify::Subject;
use super::cursor::Cursor;
use super::lex::Token;
use super::statement::{DropKind, Name, Statement};
use crate::diagnostics::Diagnostic;
use crate::source::FileId;

/// Reads a statement of a known subject; `text` is the whole file.
pub(crate) fn read(file: FileId, text: &str, tokens: &[Token], subject: Subject) -> Result<Statement, Box<Diagnostic>> {
    let mut cursor = Cursor::new(file, text, tokens);
    let cursor = &mut cursor;
    match subject {
        Subject::CreateTable => create::table(cursor),
        Subject::CreateView => create::view(cursor),
        Subject::CreateType => create::type_(cursor),
        Subject::CreateDomain => create::domain(cursor),
        Subject::CreateSchema => create::schema(cursor),
        Subject::AlterTable => alter::table(cursor),
        Subject::AlterView => alter::view(cursor),
        Subject::AlterType => alter::type_(cursor),
        Subject::AlterSchema => alter::schema(cursor),
        Subject::DropTable => drop::relations(cursor, DropKind::Table),
        Subject::DropView => drop::relations(cursor, DropKind::View),
        Subject::DropType => drop::relations(cursor, DropKind::Type),
        Subject::DropSchema => drop::schemas(cursor),
        Subject::CommentOnTable | Subject::CommentOnColumn | Subject::CommentOnType => {
            session::comment(cursor, subject)
        }
        Subject::SearchPath => session::search_path(cursor),
        Subject::SetConfig => session::set_config(cursor),
        Subject::ResetSearchPath => Ok(Statement::SearchPath(super::statement::SearchPath::Default)),
    }
}

/// The table that a statement creates, even if the rest of it can't be read.
pub(crate) fn created_table(file: FileId, text: &str, tokens: &[Token]) -> Option<Name> {
    let mut cursor = Cursor::new(file, text, tokens);
    create::table_name(&mut cursor).ok().map(|header| header.name)
}
