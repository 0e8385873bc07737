//! What is passed over on purpose, for those who want to check it.

use super::Script;
use crate::source::{SourceMap, Span};
use crate::sql::classify::{Class, classify, kind};
use crate::sql::split::{PieceKind, Splitter};

/// Something that can't change the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// `CREATE TRIGGER`, `\connect`
    pub kind: String,
    /// All of it.
    pub span: Span,
    /// The line that it starts in, from 1.
    pub line: usize,
}

/// Every statement and psql line of the scripts that is passed over on purpose, in order.
pub fn passed_over(sources: &SourceMap, scripts: &[Script]) -> Vec<PassedOver> {
    let mut found = Vec::new();
    for script in scripts {
        let text = &sources.file(script.file).text;
        let (mut line, mut counted) = (1, 0);
        for part in &script.parts {
            let mut splitter = Splitter::within(text, part.clone());
            while let Some(piece) = splitter.next_piece() {
                let kind = match piece.kind {
                    PieceKind::Statement if classify(text, piece.tokens) == Class::PassedOver => {
                        kind(text, piece.tokens)
                    }
                    PieceKind::PsqlLine => text[piece.range.clone()].split_ascii_whitespace().next().map(str::to_owned),
                    _ => None,
                };
                let Some(kind) = kind else { continue };
                line += text.as_bytes()[counted..piece.range.start].iter().filter(|byte| **byte == b'\n').count();
                counted = piece.range.start;
                found.push(PassedOver { kind, span: Span::new(script.file, piece.range), line });
            }
        }
    }
    found
}
