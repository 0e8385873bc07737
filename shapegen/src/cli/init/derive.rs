//! A guess as Rust: structs and enums that derive.

use askama::Template;

use super::guess::{Guess, LeftOut, Shape, Value};
use super::print::{inert, reason};
use crate::catalog::{Catalog, QualifiedName};
use crate::emit::rust::owned::{Imports, Row, Said, enumeration};
use crate::manifest::quoted;
use crate::model::{self, Enum, Model};

#[derive(Template)]
#[template(path = "shapes.rs", escape = "none")]
struct ShapesText {
    /// Of what isn't left out.
    imports: Vec<String>,
    items: Vec<String>,
    /// Of what is left out alone.
    other_imports: Vec<String>,
    /// As comments.
    left_out: Vec<String>,
}

/// The text of the file; `schema` as it is named from the crate's folder.
pub(super) fn shapes(
    guess: &Guess,
    model: &Model,
    catalog: &Catalog,
    schema: &[String],
) -> Result<String, askama::Error> {
    let printer = Printer { guess, model, catalog, schema };
    let drafts: Vec<&Shape> = guess.drafts().collect();
    let (enums, other_enums): (Vec<&Enum>, Vec<&Enum>) =
        model.enums.iter().partition(|item| guess.shapes.iter().any(|shape| printer.uses(shape, item)));
    let imports = printer.imports(guess.shapes.iter(), &enums);
    let other_imports = printer.imports(drafts.into_iter(), &other_enums).without(&imports);
    let rows = guess.shapes.iter().filter_map(|shape| printer.row(shape));
    let left_out = guess.left_out.iter().map(|(shape, why)| {
        let reason = format!("{}: {}.\n", inert(&format!("`{}`", shape.name)), reason(why));
        match why {
            LeftOut::Refused(_) => commented(&reason),
            _ => commented(&(reason + &printer.row(shape).unwrap_or_default())),
        }
    });
    let text = ShapesText {
        imports: imports.lines(),
        items: rows.chain(enums.into_iter().map(|item| printer.enumeration(item))).collect(),
        other_imports: other_imports.lines(),
        left_out: left_out.chain(other_enums.into_iter().map(|item| commented(&printer.enumeration(item)))).collect(),
    };
    text.render().map(|text| text + "\n")
}

/// A value of the session as an attribute says it.
fn session(value: &Value) -> String {
    let claim = (value.claim != value.name).then(|| format!("claim = {}", quoted(&value.claim)));
    let said: Vec<String> = value.identity.then(|| "identity".to_owned()).into_iter().chain(claim).collect();
    if said.is_empty() { value.name.clone() } else { format!("{}({})", value.name, said.join(", ")) }
}

/// Every line behind a comment sign, without a line break at the end.
fn commented(text: &str) -> String {
    text.lines().map(|line| format!("// {line}")).collect::<Vec<_>>().join("\n")
}

struct Printer<'p> {
    guess: &'p Guess,
    model: &'p Model,
    catalog: &'p Catalog,
    schema: &'p [String],
}

impl<'p> Printer<'p> {
    /// What a shape came to; `None` of one that was refused.
    fn model(&self, shape: &Shape) -> Option<&'p model::Shape> {
        self.model.shapes.iter().find(|one| one.name == shape.name)
    }

    fn uses(&self, shape: &Shape, item: &Enum) -> bool {
        let fields = self.model(shape).into_iter().flat_map(|shape| &shape.fields);
        fields.filter_map(|field| field.ty.generated()).any(|name| name == item.ident)
    }

    fn imports<'s>(&self, shapes: impl Iterator<Item = &'s Shape>, enums: &[&Enum]) -> Imports {
        let mut imports = Imports::default();
        for shape in shapes.filter_map(|shape| self.model(shape)) {
            imports.add("shapegen_macros", "Shape");
            shape.fields.iter().for_each(|field| imports.add_type(&field.ty));
        }
        if !enums.is_empty() {
            imports.add("shapegen_macros", "ShapeEnum");
        }
        imports
    }

    fn row(&self, shape: &Shape) -> Option<String> {
        let model = self.model(shape)?;
        let table = shown(&shape.of);
        let mut said = vec![Said::Text("table", &table)];
        if shape.name != table {
            said.push(Said::Text("name", &shape.name));
        }
        let scope = self.guess.scope(shape);
        let session = self.guess.used_values(&scope.into_iter().collect::<Vec<_>>());
        let session: Vec<String> = session.iter().map(|value| self::session(value)).collect();
        said.extend([
            Said::Words(format!("session({})", session.join(", "))),
            Said::Text("scope", scope.map_or("…", |scope| &scope.condition)),
            Said::Text("change_frequency", "medium"),
            Said::Texts("schema", self.schema),
        ]);
        let others =
            (!shape.others.is_empty()).then(|| format!("Its scope could be by {} as well.", shape.others.join(", ")));
        let says_key = !shape.key.is_empty();
        let without_field = self.without_field(shape, model);
        let row = Row { shape: model, said, says_key, remark: others.as_deref().map(inert), without_field };
        Some(row.print().trim_end().to_owned())
    }

    /// Why columns have no field.
    fn without_field(&self, shape: &Shape, model: &model::Shape) -> Vec<(usize, String)> {
        let columns = self.catalog.tables.get(&shape.of).map(|table| table.columns.as_slice()).unwrap_or_default();
        let mut before = 0;
        let mut out = Vec::new();
        for column in columns {
            if model.fields.get(before).is_some_and(|field| field.column == column.name) {
                before += 1;
                continue;
            }
            let why = if shape.except.contains(&column.name) {
                "never leaves the server: its name sounds like a secret"
            } else {
                "is generated, and Electric doesn't send it"
            };
            out.push((before, inert(&format!("`{}` {why}.", column.name))));
        }
        out
    }

    fn enumeration(&self, item: &Enum) -> String {
        let name = shown(&item.name);
        let said = [Said::Text("type", &name), Said::Texts("schema", self.schema)];
        enumeration(item, &said).trim_end().to_owned()
    }
}

/// A name as attributes name it.
fn shown(name: &QualifiedName) -> String {
    if name.schema == "public" { name.name.clone() } else { format!("{}.{}", name.schema, name.name) }
}
