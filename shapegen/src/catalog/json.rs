//! The catalog as the JSON that `shapegen catalog` prints.

use serde::Serialize;

use super::{BaseType, Catalog, Column, DataType, ForeignKey, Generated, Identity, OnDelete, QualifiedName, Table};
use crate::sql::extension_types::{DomainBase, extension_type};

/// Tables, columns and keys, in an order that doesn't depend on the statements'.
#[derive(Debug, Serialize)]
pub struct CatalogJson<'c> {
    tables: Vec<TableJson<'c>>,
}

#[derive(Debug, Serialize)]
struct TableJson<'c> {
    schema: &'c str,
    table: &'c str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition_of: Option<String>,
    columns: Vec<ColumnJson<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key: Option<&'c [String]>,
    unique: Vec<UniqueJson<'c>>,
    foreign_keys: Vec<ForeignKeyJson<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'c str>,
}

#[derive(Debug, Serialize)]
struct ColumnJson<'c> {
    name: &'c str,
    #[serde(rename = "type")]
    data_type: String,
    is_array: bool,
    not_null: bool,
    has_default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enum_labels: Option<&'c [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_base: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'c str>,
}

#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct UniqueJson<'c> {
    columns: &'c [String],
}

#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct ForeignKeyJson<'c> {
    columns: &'c [String],
    ref_schema: &'c str,
    ref_table: &'c str,
    ref_columns: &'c [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    on_delete: Option<&'static str>,
}

impl Catalog {
    /// What `shapegen catalog` prints.
    pub fn to_json(&self) -> CatalogJson<'_> {
        CatalogJson { tables: self.tables.iter().map(|(name, table)| self.table_json(name, table)).collect() }
    }

    fn table_json<'c>(&'c self, name: &'c QualifiedName, table: &'c Table) -> TableJson<'c> {
        let mut unique: Vec<_> = table.unique.iter().map(|columns| UniqueJson { columns }).collect();
        let mut foreign_keys: Vec<_> = table.foreign_keys.iter().map(foreign_key_json).collect();
        unique.sort_unstable();
        foreign_keys.sort_unstable();
        TableJson {
            schema: &name.schema,
            table: &name.name,
            kind: if table.partitioned { "partitioned" } else { "ordinary" },
            partition_of: table.partition_of.as_ref().map(|parent| format!("{}.{}", parent.schema, parent.name)),
            columns: table.columns.iter().map(|column| self.column_json(column)).collect(),
            primary_key: table.primary_key.as_deref(),
            unique,
            foreign_keys,
            comment: table.comment.as_deref(),
        }
    }

    fn column_json<'c>(&'c self, column: &'c Column) -> ColumnJson<'c> {
        ColumnJson {
            name: &column.name,
            data_type: column.data_type.formatted(),
            is_array: column.data_type.dims > 0,
            not_null: column.not_null,
            has_default: column.default.is_some() && column.identity.is_none() && column.generated.is_none(),
            identity: column.identity.map(|identity| match identity {
                Identity::Always => "ALWAYS",
                Identity::ByDefault => "BY DEFAULT",
            }),
            generated: column.generated.map(|generated| match generated {
                Generated::Stored => "STORED",
                Generated::Virtual => "VIRTUAL",
            }),
            enum_labels: self.enum_labels(&column.data_type.base),
            domain_base: self.shown_domain_base(&column.data_type.base),
            comment: column.comment.as_deref(),
        }
    }

    /// [`Catalog::domain_base`] as `format_type` spells it, also of the domains that extensions bring.
    pub(crate) fn shown_domain_base(&self, base: &BaseType) -> Option<String> {
        let found = self.domain_base(base);
        let base = found.map_or(base, |found| &found.base);
        match base {
            BaseType::Extension { name, .. } if found.is_none_or(|found| found.dims == 0) => {
                extension_type(&name.name).and_then(|known| known.domain_base).map(|base| {
                    match base {
                        DomainBase::BuiltIn(base) => BaseType::BuiltIn { name: base, modifiers: Vec::new() },
                        DomainBase::Extension(base) => BaseType::Extension {
                            name: QualifiedName { schema: name.schema.clone(), name: base.to_owned() },
                            modifiers: String::new(),
                        },
                    }
                    .formatted()
                })
            }
            _ => None,
        }
        .or_else(|| found.map(DataType::formatted))
    }

    /// What a domain is over, behind all domains over domains; `None` for any other type.
    pub fn domain_base(&self, base: &BaseType) -> Option<&DataType> {
        let mut found = None;
        let mut base = base;
        // A chain is no longer than there are domains.
        for _ in 0..self.domains.len() {
            let BaseType::Domain(name) = base else { break };
            let data_type = &self.domains.get(name)?.base;
            found = Some(data_type);
            if data_type.dims > 0 {
                break;
            }
            base = &data_type.base;
        }
        found
    }

    /// The labels of an enum, also behind domains and their arrays.
    fn enum_labels(&self, base: &BaseType) -> Option<&[String]> {
        let mut base = base;
        for _ in 0..=self.domains.len() {
            match base {
                BaseType::Enum(name) => return Some(&self.enums.get(name)?.labels),
                BaseType::Domain(name) => base = &self.domains.get(name)?.base.base,
                _ => break,
            }
        }
        None
    }
}

fn foreign_key_json(key: &ForeignKey) -> ForeignKeyJson<'_> {
    ForeignKeyJson {
        columns: &key.columns,
        ref_schema: &key.table.schema,
        ref_table: &key.table.name,
        ref_columns: &key.references,
        on_delete: key.on_delete.map(|action| match action {
            OnDelete::Restrict => "RESTRICT",
            OnDelete::Cascade => "CASCADE",
            OnDelete::SetNull => "SET NULL",
            OnDelete::SetDefault => "SET DEFAULT",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{DefaultValue, Domain, EnumType, Script};
    use crate::diagnostics::Report;
    use crate::source::SourceMap;

    fn named(schema: &str, name: &str) -> QualifiedName {
        QualifiedName { schema: schema.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let text = "CREATE TYPE mood AS ENUM ('sad', 'glad');
            CREATE TABLE b (id int PRIMARY KEY, name text UNIQUE DEFAULT 'b', a int, UNIQUE (a, id));
            CREATE TABLE \"B\" (m mood[] NOT NULL, b int REFERENCES b, name text REFERENCES b (name));
            COMMENT ON TABLE b IS 'all of them'; COMMENT ON COLUMN b.name IS 'it''s \"this\"';";
        let mut sources = SourceMap::default();
        let file = sources.add("schema.sql", text);
        let mut report = Report::default();
        let mut catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
        assert_eq!(report.render(&sources, false), "");
        let table = catalog.tables.get_mut(&named("public", "b")).unwrap();
        table.partitioned = true;
        table.partition_of = Some(named("app", "all"));
        table.columns[0].default = Some(DefaultValue::Counter);
        table.columns[0].identity = Some(Identity::ByDefault);
        table.columns[2].generated = Some(Generated::Stored);
        let keys = &mut catalog.tables.get_mut(&named("public", "B")).unwrap().foreign_keys;
        keys[0].on_delete = Some(OnDelete::SetNull);
        insta::assert_snapshot!(serde_json::to_string_pretty(&catalog.to_json()).unwrap());
    }

    #[test]
    fn domains_show_what_is_behind_them() {
        let mut catalog = Catalog::default();
        let table = Table {
            span: crate::source::Span::new(SourceMap::default().add("", ""), 0..0),
            partitioned: false,
            partition_of: None,
            columns: Vec::new(),
            primary_key: None,
            unique: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            comment: None,
        };
        let mood = EnumType { span: table.span, labels: vec!["sad".to_owned()], comment: None };
        catalog.enums.insert(named("app", "mood"), mood);
        let varchar = || BaseType::BuiltIn { name: "varchar", modifiers: vec![3] };
        let domain = |name: &str| BaseType::Domain(named("app", name));
        let earth = || BaseType::Extension { name: named("geo", "earth"), modifiers: String::new() };
        for (name, base, dims) in [
            ("short", varchar(), 0),
            ("shorter", domain("short"), 0),
            ("many", domain("shorter"), 1),
            ("feeling", BaseType::Enum(named("app", "mood")), 0),
            ("feelings", BaseType::Enum(named("app", "mood")), 2),
            ("circle", domain("circle"), 0),
            ("place", earth(), 0),
        ] {
            let base = DataType { base, dims };
            catalog
                .domains
                .insert(named("app", name), Domain { span: table.span, base, not_null: true, comment: None });
        }
        let shown = |base: BaseType| {
            (
                catalog.shown_domain_base(&base).unwrap_or_default(),
                catalog.enum_labels(&base).unwrap_or_default().join(" "),
            )
        };
        for (base, expected, labels) in [
            (varchar(), "", ""),
            (domain("short"), "character varying(3)", ""),
            (domain("shorter"), "character varying(3)", ""),
            (domain("many"), "app.shorter[]", ""),
            (domain("feeling"), "app.mood", "sad"),
            (domain("feelings"), "app.mood[]", "sad"),
            (BaseType::Enum(named("app", "mood")), "", "sad"),
            (domain("circle"), "app.circle", ""),
            (domain("gone"), "", ""),
            (earth(), "geo.cube", ""),
            (domain("place"), "geo.cube", ""),
        ] {
            assert_eq!(shown(base.clone()), (expected.to_owned(), labels.to_owned()), "{base:?}");
        }
    }
}
