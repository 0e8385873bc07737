//! json as it was written, and jsonb as PostgreSQL prints it.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::decimal::Decimal;

/// # Errors
/// When the text is not JSON.
pub(super) fn check(text: &str) -> Result<(), String> {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("invalid input syntax for type json: {error}")),
    }
}

/// jsonb's text: keys by length, then by bytes, the last of equal ones; numbers keep their digits, not their exponent.
///
/// # Errors
/// When the text is not JSON.
pub(super) fn normalised(text: &str) -> Result<String, String> {
    // Unlike `check` this has a limit for nesting, which the reader below needs.
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        return Err(format!("invalid input syntax for type jsonb: {error}"));
    }
    let mut out = String::with_capacity(text.len());
    let mut reader = Reader { text, at: 0 };
    // What was checked is read to its end.
    reader.value().ok_or("invalid input syntax for type jsonb")?.print(&mut out);
    Ok(out)
}

enum Json {
    /// A number or a word, as it is printed.
    Plain(String),
    Text(String),
    List(Vec<Json>),
    /// By length of the key, then by the key.
    Object(BTreeMap<(usize, String), Json>),
}

impl Json {
    fn print(&self, out: &mut String) {
        match self {
            Self::Plain(text) => out.push_str(text),
            Self::Text(text) => push_string(text, out),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    item.print(out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (at, ((_, key), value)) in fields.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    push_string(key, out);
                    out.push_str(": ");
                    value.print(out);
                }
                out.push('}');
            }
        }
    }
}

fn push_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Reads JSON that is known to be valid, and not nested too deeply.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&mut self) -> &str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.rest().starts_with(expected);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Option<Json> {
        match self.rest().chars().next()? {
            '{' => self.object(),
            '[' => self.list(),
            '"' => self.string().map(Json::Text),
            _ => {
                let rest = self.rest();
                let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
                let word = rest[..end].to_owned();
                self.at += end;
                Some(Json::Plain(Decimal::parse(&word).map_or(word, |number| number.to_string())))
            }
        }
    }

    fn object(&mut self) -> Option<Json> {
        let mut fields = BTreeMap::new();
        self.eat('{');
        while !self.eat('}') {
            let key = self.string()?;
            self.eat(':');
            fields.insert((key.len(), key), self.value()?);
            self.eat(',');
        }
        Some(Json::Object(fields))
    }

    fn list(&mut self) -> Option<Json> {
        let mut items = Vec::new();
        self.eat('[');
        while !self.eat(']') {
            items.push(self.value()?);
            self.eat(',');
        }
        Some(Json::List(items))
    }

    fn string(&mut self) -> Option<String> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, character)| {
            let ends = *character == '"' && !escaped;
            escaped = *character == '\\' && !escaped;
            ends
        });
        let length = end?.0 + 1;
        let text = serde_json::from_str(rest.get(..length)?).ok()?;
        self.at += length;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jsonb_prints_as_postgresql_prints_it() {
        for (text, printed) in [
            (r#"{"z":{"n":null,"f":1.50},"a":[true,false]}"#, r#"{"a": [true, false], "z": {"f": 1.50, "n": null}}"#),
            (r#"{"bb":1,"a":2,"bb":3, "aaa" : 4}"#, r#"{"a": 2, "bb": 3, "aaa": 4}"#),
            (r#" [ 1e3 , -0, 0.10 , "a\u00e9\n\/\"" ] "#, r#"[1000, 0, 0.10, "aé\n/\""]"#),
            ("{}", "{}"),
            ("[]", "[]"),
            ("null", "null"),
            ("\"x\"", "\"x\""),
        ] {
            assert_eq!(normalised(text).as_deref(), Ok(printed), "{text}");
        }
        for text in ["", "{", "{a:1}", "[1,]", "1 2", "nul", "'x'"] {
            assert!(normalised(text).is_err(), "{text}");
        }
        assert!(normalised(&"[".repeat(100_000)).is_err());
    }
}
