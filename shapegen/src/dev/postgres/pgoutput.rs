//! The messages of PostgreSQL's output plugin `pgoutput`, protocol version 1, as its documentation lays them out
//! ("Logical Replication Message Formats").

/// One message; those that say nothing of rows are left out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Message {
    /// A transaction begins.
    Begin {
        /// 32 bits: without the epoch.
        xid: u32,
    },
    /// The transaction is complete.
    Commit {
        /// Where its commit record is.
        lsn: u64,
    },
    /// What the next rows of a table look like.
    Relation(Relation),
    /// A row of a table came, changed or went.
    Row {
        relation: u32,
        change: Tuples,
    },
    Truncate {
        relations: Vec<u32>,
    },
    Other,
}

/// A row before and after; `old` has all columns, and is `None` where the table's replica identity gives less.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tuples {
    Insert { new: Vec<Field> },
    Update { old: Option<Vec<Field>>, new: Vec<Field> },
    Delete { old: Option<Vec<Field>> },
}

/// A table as the following rows have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    pub(super) oid: u32,
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) columns: Vec<RelationColumn>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RelationColumn {
    pub(super) name: String,
    pub(super) type_oid: u32,
    pub(super) type_modifier: i32,
}

/// A column's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Null,
    /// A large value that the update left as it was.
    Unchanged,
    Text(Box<str>),
}

/// A message that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a message of the output plugin can't be read: {0}")]
pub(super) struct Unreadable(&'static str);

type Read<T> = Result<T, Unreadable>;

/// Reads one message.
pub(super) fn read(bytes: &[u8]) -> Read<Message> {
    let mut reader = Reader(bytes);
    Ok(match reader.byte()? {
        b'B' => {
            reader.skip(16)?;
            Message::Begin { xid: reader.u32()? }
        }
        b'C' => {
            reader.skip(1)?;
            Message::Commit { lsn: reader.u64()? }
        }
        b'R' => {
            let (oid, schema, name) = (reader.u32()?, reader.text()?, reader.text()?);
            reader.skip(1)?;
            let columns = reader.list(|reader| {
                reader.skip(1)?;
                let (name, type_oid) = (reader.text()?, reader.u32()?);
                Ok(RelationColumn { name, type_oid, type_modifier: reader.u32()?.cast_signed() })
            })?;
            Message::Relation(Relation { oid, schema, name, columns })
        }
        b'I' => {
            let relation = reader.u32()?;
            reader.skip(1)?;
            Message::Row { relation, change: Tuples::Insert { new: reader.tuple()? } }
        }
        b'U' => {
            let relation = reader.u32()?;
            let old = match reader.byte()? {
                b'N' => None,
                identity => {
                    let old = reader.tuple()?;
                    reader.skip(1)?;
                    (identity == b'O').then_some(old)
                }
            };
            Message::Row { relation, change: Tuples::Update { old, new: reader.tuple()? } }
        }
        b'D' => {
            let relation = reader.u32()?;
            let identity = reader.byte()?;
            let old = reader.tuple()?;
            Message::Row { relation, change: Tuples::Delete { old: (identity == b'O').then_some(old) } }
        }
        b'T' => {
            let count = reader.u32()?;
            reader.skip(1)?;
            Message::Truncate { relations: (0..count).map(|_| reader.u32()).collect::<Read<_>>()? }
        }
        // Origin, type, logical message.
        _ => Message::Other,
    })
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Read<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Unreadable("it is cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn skip(&mut self, count: usize) -> Read<()> {
        self.take(count).map(drop)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Unreadable("it is cut short"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Read<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Up to a zero byte.
    fn text(&mut self) -> Read<String> {
        let end = self.0.iter().position(|&byte| byte == 0).ok_or(Unreadable("a name has no end"))?;
        let text = self.take(end)?;
        self.skip(1)?;
        String::from_utf8(text.to_vec()).map_err(|_| Unreadable("a name is not UTF-8"))
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let count = u16::from_be_bytes(self.array()?);
        (0..count).map(|_| one(self)).collect()
    }

    fn tuple(&mut self) -> Read<Vec<Field>> {
        self.list(|reader| {
            Ok(match reader.byte()? {
                b'n' => Field::Null,
                b'u' => Field::Unchanged,
                b't' => {
                    let length = usize::try_from(reader.u32()?).map_err(|_| Unreadable("a value is too long"))?;
                    let text = std::str::from_utf8(reader.take(length)?);
                    Field::Text(text.map_err(|_| Unreadable("a value is not UTF-8"))?.into())
                }
                _ => return Err(Unreadable("a value is of an unknown kind")),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of numbers and texts, as the documentation writes messages down.
    fn bytes(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    fn row(change: Tuples) -> Message {
        Message::Row { relation: 7, change }
    }

    const ID: &[u8] = &7_u32.to_be_bytes();

    #[test]
    fn messages_are_read_as_documented() {
        let two: &[u8] = &2_u16.to_be_bytes();
        let tuple = [two, b"t", &3_u32.to_be_bytes(), "aé".as_bytes(), b"n"].concat();
        let fields = vec![Field::Text("aé".into()), Field::Null];
        let toasted = [two, b"u", b"n"].concat();
        let column = |name: &str, type_oid: u32, modifier: i32| {
            let (type_oid, modifier) = (type_oid.to_be_bytes(), modifier.to_be_bytes());
            bytes(&[&[1], name.as_bytes(), &[0], &type_oid, &modifier])
        };
        let columns = [column("id", 23, -1), column("t", 1043, 24)].concat();
        let cases = [
            (bytes(&[b"B", &[0; 16], ID]), Message::Begin { xid: 7 }),
            (bytes(&[b"C", &[0], &9_u64.to_be_bytes(), &[0; 16]]), Message::Commit { lsn: 9 }),
            (
                bytes(&[b"R", ID, b"public\0it\0f", two, &columns]),
                Message::Relation(Relation {
                    oid: 7,
                    schema: "public".to_owned(),
                    name: "it".to_owned(),
                    columns: vec![
                        RelationColumn { name: "id".to_owned(), type_oid: 23, type_modifier: -1 },
                        RelationColumn { name: "t".to_owned(), type_oid: 1043, type_modifier: 24 },
                    ],
                }),
            ),
            (bytes(&[b"I", ID, b"N", &tuple]), row(Tuples::Insert { new: fields.clone() })),
            (
                bytes(&[b"U", ID, b"O", &tuple, b"N", &toasted]),
                row(Tuples::Update { old: Some(fields.clone()), new: vec![Field::Unchanged, Field::Null] }),
            ),
            (bytes(&[b"U", ID, b"K", &tuple, b"N", &tuple]), row(Tuples::Update { old: None, new: fields.clone() })),
            (bytes(&[b"U", ID, b"N", &tuple]), row(Tuples::Update { old: None, new: fields.clone() })),
            (bytes(&[b"D", ID, b"O", &tuple]), row(Tuples::Delete { old: Some(fields) })),
            (bytes(&[b"D", ID, b"K", &tuple]), row(Tuples::Delete { old: None })),
            (
                bytes(&[b"T", &2_u32.to_be_bytes(), &[0], ID, &8_u32.to_be_bytes()]),
                Message::Truncate { relations: vec![7, 8] },
            ),
            (bytes(&[b"Y", ID, b"public\0mood\0"]), Message::Other),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(&bytes), Ok(expected.clone()), "{bytes:?}");
            for end in 0..bytes.len() {
                // A message that is cut short is said to be, or is one whose rest isn't looked at.
                if let Ok(message) = read(&bytes[..end]) {
                    assert!(message == expected && matches!(bytes[0], b'C' | b'Y'), "{:?}", &bytes[..end]);
                }
            }
        }
        let invalid = bytes(&[b"I", ID, b"N", &1_u16.to_be_bytes(), b"t", &1_u32.to_be_bytes(), &[0xff]]);
        assert_eq!(read(&invalid), Err(Unreadable("a value is not UTF-8")));
    }
}
