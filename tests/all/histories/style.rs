//! How people and programs write the same statement: case, quotes, qualified names, white space, comments.

use fastrand::Rng;

/// The handwriting of one history.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Every name with its schema, as `pg_dump` writes them.
    pub qualified: bool,
    /// Every name in quotes, as most tools write them.
    pub quoted: bool,
    case: Case,
    /// Comments and line breaks in odd places.
    loose: bool,
}

#[derive(Debug, Clone, Copy)]
enum Case {
    Upper,
    Lower,
    Mixed,
}

impl Style {
    /// One of the usual dialects.
    pub fn any(random: &mut Rng) -> Self {
        let style = |qualified, quoted, case, loose| Self { qualified, quoted, case, loose };
        match random.u8(0..5) {
            0 => style(true, false, Case::Upper, false),
            1 => style(false, false, Case::Lower, true),
            2 => style(false, true, Case::Upper, false),
            3 => style(true, true, Case::Lower, false),
            _ => style(false, false, Case::Mixed, true),
        }
    }

    /// Rewrites a statement whose keywords are upper case and whose names need no case.
    pub fn written(self, statement: &str, random: &mut Rng) -> String {
        let mut out = String::new();
        let mut rest = statement;
        let mut lower = random.bool();
        while let Some(first) = rest.chars().next() {
            let quoted = match first {
                '\'' | '"' => rest[1..].find(first).map(|end| end + 2),
                '$' => rest.strip_prefix("$$").and_then(|body| body.find("$$")).map(|end| end + 4),
                _ => None,
            };
            if let Some(length) = quoted {
                out += &rest[..length];
                rest = &rest[length..];
                continue;
            }
            match first {
                ' ' => {
                    lower = random.bool();
                    out += if self.loose { space(random) } else { " " };
                }
                _ => out.push(match self.case {
                    Case::Lower => first.to_ascii_lowercase(),
                    Case::Mixed if lower => first.to_ascii_lowercase(),
                    Case::Mixed | Case::Upper => first,
                }),
            }
            rest = &rest[first.len_utf8()..];
        }
        out
    }
}

fn space(random: &mut Rng) -> &'static str {
    match random.u8(0..60) {
        0 => " /* ; ' */ ",
        1 => " -- \"; it's\n",
        2 | 3 => "\n    ",
        4 => "\t",
        5 => "  ",
        _ => " ",
    }
}
