//! Types that well-known extensions bring: PostgreSQL knows them once `CREATE EXTENSION` ran, and no file declares them.
//!
//! PostgreSQL's text is the form in which their values travel.

/// A type of an extension.
#[derive(Debug)]
pub(crate) struct ExtensionType {
    /// `pg_type.typname`.
    pub(crate) typname: &'static str,
    /// The extension that it comes with.
    pub(crate) extension: &'static str,
    /// What it is over, if it is a domain.
    pub(crate) domain_base: Option<DomainBase>,
    modifiers: Modifiers,
}

/// What a domain of an extension is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DomainBase {
    /// A type of `pg_catalog`.
    BuiltIn(&'static str),
    /// A type of an extension that lies in the same schema.
    Extension(&'static str),
}

/// Which modifiers a type has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Modifiers {
    None,
    /// Numbers, with the values of those that aren't written.
    Numbers(&'static [i32]),
    /// PostGIS: a form, dimensions and a reference system.
    Geometry,
    /// As [`Modifiers::Geometry`], on WGS 84 unless another reference system is named.
    Geography,
}

const fn plain(typname: &'static str, extension: &'static str) -> ExtensionType {
    with(typname, extension, Modifiers::None)
}

const fn with(typname: &'static str, extension: &'static str, modifiers: Modifiers) -> ExtensionType {
    ExtensionType { typname, extension, domain_base: None, modifiers }
}

const fn domain(typname: &'static str, extension: &'static str, base: DomainBase) -> ExtensionType {
    ExtensionType { typname, extension, domain_base: Some(base), modifiers: Modifiers::None }
}

/// Sorted by name.
const TYPES: &[ExtensionType] = &[
    plain("agtype", "age"),
    plain("bfp", "rdkit"),
    plain("box2d", "postgis"),
    plain("box3d", "postgis"),
    plain("citext", "citext"),
    plain("cube", "cube"),
    plain("debversion", "debversion"),
    plain("ean13", "isn"),
    domain("earth", "earthdistance", DomainBase::Extension("cube")),
    with("geography", "postgis", Modifiers::Geography),
    with("geometry", "postgis", Modifiers::Geometry),
    plain("geomval", "postgis_raster"),
    plain("graphid", "age"),
    plain("h3index", "h3"),
    with("halfvec", "vector", Modifiers::Numbers(&[])),
    with("hll", "hll", Modifiers::Numbers(&[11, 5, -1, 1])),
    plain("hll_hashval", "hll"),
    plain("hstore", "hstore"),
    plain("ip4", "ip4r"),
    plain("ip4r", "ip4r"),
    plain("ip6", "ip4r"),
    plain("ip6r", "ip4r"),
    plain("ipaddress", "ip4r"),
    plain("iprange", "ip4r"),
    plain("isbn", "isn"),
    plain("isbn13", "isn"),
    plain("ismn", "isn"),
    plain("ismn13", "isn"),
    plain("issn", "isn"),
    plain("issn13", "isn"),
    domain("lo", "lo", DomainBase::BuiltIn("oid")),
    plain("lquery", "ltree"),
    plain("ltree", "ltree"),
    plain("ltxtquery", "ltree"),
    plain("mol", "rdkit"),
    plain("mpq", "pgmp"),
    plain("mpz", "pgmp"),
    with("nvarchar2", "orafce", Modifiers::Numbers(&[])),
    plain("prefix_range", "prefix"),
    plain("qmol", "rdkit"),
    plain("query_int", "intarray"),
    plain("raster", "postgis_raster"),
    plain("reaction", "rdkit"),
    plain("roaringbitmap", "roaringbitmap"),
    plain("roaringbitmap64", "roaringbitmap"),
    plain("sbox", "pg_sphere"),
    plain("scircle", "pg_sphere"),
    plain("seg", "seg"),
    plain("sellipse", "pg_sphere"),
    plain("semver", "semver"),
    plain("sfp", "rdkit"),
    plain("sline", "pg_sphere"),
    plain("smoc", "pg_sphere"),
    with("sparsevec", "vector", Modifiers::Numbers(&[])),
    plain("spath", "pg_sphere"),
    plain("spheroid", "postgis"),
    plain("spoint", "pg_sphere"),
    plain("spoly", "pg_sphere"),
    plain("strans", "pg_sphere"),
    plain("tdigest", "tdigest"),
    plain("topogeometry", "postgis_topology"),
    plain("uint1", "uint"),
    plain("uint2", "uint"),
    plain("uint4", "uint"),
    plain("uint8", "uint"),
    plain("ulid", "pgx_ulid"),
    plain("unit", "unit"),
    plain("upc", "isn"),
    plain("uri", "uri"),
    with("varchar2", "orafce", Modifiers::Numbers(&[])),
    with("vector", "vector", Modifiers::Numbers(&[])),
];

/// The forms that PostGIS knows, as it prints them.
const FORMS: &[&str] = &[
    "Geometry",
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
    "CircularString",
    "CompoundCurve",
    "CurvePolygon",
    "MultiCurve",
    "MultiSurface",
    "PolyhedralSurface",
    "Triangle",
    "Tin",
];

/// WGS 84, which PostGIS takes for a geography without a reference system.
const WGS_84: i32 = 4326;

/// A type of an extension by its name, in lower case.
pub(crate) fn extension_type(typname: &str) -> Option<&'static ExtensionType> {
    TYPES.binary_search_by(|known| known.typname.cmp(typname)).ok().map(|at| &TYPES[at])
}

/// The types that an extension brings.
pub(crate) fn types_of(extension: &str) -> impl Iterator<Item = &'static ExtensionType> {
    TYPES.iter().filter(move |known| known.extension == extension)
}

impl ExtensionType {
    /// Modifiers, word by word as they were written, as `format_type` prints them: `(Point,4326)`, or nothing. `None`
    /// when the type doesn't take them.
    pub(crate) fn modifiers(&self, words: &[String]) -> Option<String> {
        let words: Vec<&str> = words.iter().map(|word| word.trim_matches(['\'', '"']).trim()).collect();
        match self.modifiers {
            _ if words.is_empty() => Some(String::new()),
            Modifiers::None => None,
            Modifiers::Numbers(defaults) => {
                let written: Option<Vec<i32>> = words.iter().map(|word| word.parse().ok()).collect();
                let mut numbers = written.filter(|written| written.len() <= defaults.len().max(1))?;
                numbers.extend(defaults.iter().skip(numbers.len()));
                let numbers: Vec<String> = numbers.iter().map(i32::to_string).collect();
                Some(format!("({})", numbers.join(",")))
            }
            Modifiers::Geometry => geometry(&words, 0),
            Modifiers::Geography => geometry(&words, WGS_84),
        }
    }
}

fn geometry(words: &[&str], default_system: i32) -> Option<String> {
    let (written, system) = match words {
        [form] => (form, 0),
        [form, system] => (form, system.parse::<i32>().ok()?),
        _ => return None,
    };
    // `PointZM` and `POINT ZM` are the same.
    let compact: String = written.chars().filter(|character| !character.is_whitespace()).collect();
    let (form, dimensions) = FORMS.iter().find_map(|form| {
        let head = compact.get(..form.len()).filter(|head| head.eq_ignore_ascii_case(form))?;
        let dimensions = compact[head.len()..].to_ascii_uppercase();
        ["", "Z", "M", "ZM"].contains(&dimensions.as_str()).then_some((*form, dimensions))
    })?;
    let system = if system > 0 { system } else { default_system };
    // Any geometry at all is what the type without modifiers holds.
    if form == "Geometry" && dimensions.is_empty() && system == 0 {
        return Some(String::new());
    }
    let system = if system == 0 { String::new() } else { format!(",{system}") };
    Some(format!("({form}{dimensions}{system})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_closed() {
        assert!(TYPES.is_sorted_by(|one, other| one.typname < other.typname));
        for known in TYPES {
            assert!(types_of(known.extension).any(|found| found.typname == known.typname));
            assert!(crate::sql::types::built_in(known.typname).is_none(), "{}", known.typname);
            match known.domain_base {
                Some(DomainBase::BuiltIn(base)) => assert_eq!(crate::sql::types::built_in(base), Some(base)),
                Some(DomainBase::Extension(base)) => assert!(extension_type(base).is_some(), "{base}"),
                None => {}
            }
        }
        assert!(extension_type("text").is_none());
    }

    #[test]
    fn modifiers_are_printed_as_the_extensions_print_them() {
        for (typname, written, expected) in [
            ("citext", "", Some("")),
            ("citext", "3", None),
            ("vector", "1536", Some("(1536)")),
            ("vector", "a", None),
            ("halfvec", "3,4", None),
            ("hll", "10", Some("(10,5,-1,1)")),
            ("hll", "14,5,-1,0", Some("(14,5,-1,0)")),
            ("geometry", "", Some("")),
            ("geometry", "point,4326", Some("(Point,4326)")),
            ("geometry", "\"MultiPolygon\",0", Some("(MultiPolygon)")),
            ("geometry", "'LINESTRING Z',3857", Some("(LineStringZ,3857)")),
            ("geometry", "Geometry,4326", Some("(Geometry,4326)")),
            ("geometry", "geometryzm", Some("(GeometryZM)")),
            ("geometry", "Geometry,-1", Some("")),
            ("geometry", "GeometryCollectionM", Some("(GeometryCollectionM)")),
            ("geometry", "Pointless", None),
            ("geometry", "Point,x", None),
            ("geography", "PointZ,4326", Some("(PointZ,4326)")),
            ("geography", "Point", Some("(Point,4326)")),
            ("geography", "Geometry", Some("(Geometry,4326)")),
            ("geography", "é", None),
        ] {
            let words: Vec<String> = written.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
            let found = extension_type(typname).and_then(|known| known.modifiers(&words));
            assert_eq!(found.as_deref(), expected, "{typname} {written}");
        }
    }
}
