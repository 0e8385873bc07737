//! Arrays in PostgreSQL's literal form: `{a,"b c",NULL}`, `{{1,2},{3,4}}`, `[0:1]={1,2}`.

use std::borrow::Cow;
use std::fmt::Write;

use super::quoted::{is_space, push_escaped, unescape};
use super::{PgValue, ValueError};
use crate::cell::Cell;

const ONE_DIMENSION: &str = "a one-dimensional array with lower bound 1";

/// As many as PostgreSQL allows.
const MOST_DIMENSIONS: usize = 6;

/// Elements may be NULL whatever the column says, so each is an `Option`.
///
/// More dimensions and other lower bounds are an error: a `Vec` can't hold them, an [`Array`] can.
impl<T: PgValue> PgValue for Vec<Option<T>> {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) => elements(text, T::DELIMITER)
                .ok_or_else(|| ValueError::invalid(ONE_DIMENSION, text))?
                .into_iter()
                .map(decode_element)
                .collect(),
            _ => Err(ValueError::unexpected(ONE_DIMENSION, &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    fn text(&self) -> Cell<'_> {
        let mut out = String::from("{");
        for (at, element) in self.iter().enumerate() {
            if at > 0 {
                out.push(T::DELIMITER);
            }
            push_element(element.as_ref(), &mut out);
        }
        out.push('}');
        Cell::Text(Cow::Owned(out))
    }
}

/// An array of any number of dimensions, with any lower bounds, and NULL where an element is.
///
/// PostgreSQL doesn't enforce the dimensions that a column declares, so they belong to the value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Array<T> {
    elements: Vec<Option<T>>,
    dimensions: Vec<Dimension>,
}

/// One dimension of an [`Array`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dimension {
    /// The first subscript, 1 unless something else was said.
    pub lower: i32,
    /// How many subscripts there are.
    pub length: usize,
}

impl<T> Array<T> {
    /// An array from its dimensions, outermost first, and its elements in the order in which PostgreSQL prints them.
    ///
    /// `None` when the elements are not as many as the dimensions ask for, when there are more than six dimensions, and
    /// when a dimension is empty or its last subscript is beyond `i32`. An empty array has no dimensions.
    pub fn new(dimensions: Vec<Dimension>, elements: Vec<Option<T>>) -> Option<Self> {
        let valid = |dimension: &Dimension| {
            let length = i32::try_from(dimension.length).ok();
            length.is_some_and(|length| length > 0 && dimension.lower.checked_add(length).is_some())
        };
        let count = dimensions.iter().try_fold(1, |count: usize, dimension| count.checked_mul(dimension.length))?;
        let count = if dimensions.is_empty() { 0 } else { count };
        let fits = count == elements.len() && dimensions.len() <= MOST_DIMENSIONS && dimensions.iter().all(valid);
        fits.then_some(Self { elements, dimensions })
    }

    /// The dimensions, outermost first; none when the array is empty.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The elements, the last subscript running fastest.
    pub fn elements(&self) -> &[Option<T>] {
        &self.elements
    }

    /// The elements by themselves.
    pub fn into_elements(self) -> Vec<Option<T>> {
        self.elements
    }

    /// The element at PostgreSQL's subscripts, `Some(None)` for NULL; `None` outside of the array.
    pub fn get(&self, subscripts: &[i32]) -> Option<Option<&T>> {
        if subscripts.len() != self.dimensions.len() {
            return None;
        }
        let mut at: usize = 0;
        for (subscript, dimension) in subscripts.iter().zip(&self.dimensions) {
            let offset = usize::try_from(i64::from(*subscript) - i64::from(dimension.lower)).ok()?;
            at = (offset < dimension.length).then_some(at * dimension.length + offset)?;
        }
        self.elements.get(at).map(Option::as_ref)
    }
}

impl<T> Default for Array<T> {
    fn default() -> Self {
        Self { elements: Vec::new(), dimensions: Vec::new() }
    }
}

/// One dimension with lower bound 1.
impl<T> From<Vec<Option<T>>> for Array<T> {
    fn from(elements: Vec<Option<T>>) -> Self {
        let dimensions =
            if elements.is_empty() { vec![] } else { vec![Dimension { lower: 1, length: elements.len() }] };
        Self { elements, dimensions }
    }
}

impl<T: PgValue> PgValue for Array<T> {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        let Cell::Text(text) = &cell else { return Err(ValueError::unexpected("an array", &cell)) };
        let (dimensions, elements) = scan(text, T::DELIMITER).ok_or_else(|| ValueError::invalid("an array", text))?;
        let elements = elements.into_iter().map(decode_element).collect::<Result<_, _>>()?;
        Self::new(dimensions, elements).ok_or_else(|| ValueError::invalid("an array", text))
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    fn text(&self) -> Cell<'_> {
        let mut out = String::new();
        if self.dimensions.iter().any(|dimension| dimension.lower != 1) {
            for Dimension { lower, length } in &self.dimensions {
                let last = i64::from(*lower) + i64::try_from(*length).unwrap_or(0) - 1;
                // Writing to a String can't fail.
                let _ = write!(out, "[{lower}:{last}]");
            }
            out.push('=');
        }
        if self.dimensions.is_empty() {
            out.push_str("{}");
        } else {
            push_nest(&self.dimensions, &self.elements, &mut out);
        }
        Cell::Text(Cow::Owned(out))
    }
}

fn decode_element<T: PgValue>(element: Option<Cow<'_, str>>) -> Result<Option<T>, ValueError> {
    element.map(|text| T::decode(Cell::Text(text))).transpose()
}

fn push_nest<T: PgValue>(dimensions: &[Dimension], elements: &[Option<T>], out: &mut String) {
    let Some((outermost, inner)) = dimensions.split_first() else {
        if let Some(element) = elements.first() {
            push_element(element.as_ref(), out);
        }
        return;
    };
    out.push('{');
    for (at, slice) in elements.chunks((elements.len() / outermost.length).max(1)).enumerate() {
        if at > 0 {
            out.push(T::DELIMITER);
        }
        push_nest(inner, slice, out);
    }
    out.push('}');
}

/// Quotes as array_out does: empty, NULL by any case, and whatever holds a delimiter, quote, backslash or space.
fn push_element<T: PgValue>(element: Option<&T>, out: &mut String) {
    let Some(Cell::Text(text)) = element.map(T::nested_text) else { return out.push_str("NULL") };
    let delimits = |byte: u8| char::from(byte) == T::DELIMITER;
    let special = |byte: u8| matches!(byte, b'{' | b'}' | b'"' | b'\\') || delimits(byte) || is_space(byte);
    if text.is_empty() || text.eq_ignore_ascii_case("null") || text.bytes().any(special) {
        push_escaped(&text, out);
    } else {
        out.push_str(&text);
    }
}

/// An element at the front, `Some(None)` for NULL, and what follows it.
fn scan_element(rest: &str, delimiter: char) -> Option<(Option<Cow<'_, str>>, &str)> {
    if let Some(quoted) = rest.strip_prefix('"') {
        let (element, after) = unescape(quoted)?;
        return Some((Some(Cow::Owned(element)), after));
    }
    let (element, after) = rest.split_at(rest.find([delimiter, '}']).unwrap_or(rest.len()));
    if element.is_empty() || element.contains(['{', '"', '\\']) {
        return None;
    }
    Some(((!element.eq_ignore_ascii_case("null")).then_some(Cow::Borrowed(element)), after))
}

/// The elements of a one-dimensional literal as PostgreSQL prints it; `None` for anything else.
fn elements(text: &str, delimiter: char) -> Option<Vec<Option<Cow<'_, str>>>> {
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    if rest.is_empty() {
        return Some(elements);
    }
    loop {
        let (element, after) = scan_element(rest, delimiter)?;
        elements.push(element);
        if after.is_empty() {
            return Some(elements);
        }
        rest = after.strip_prefix(delimiter)?;
    }
}

type Scanned<'t> = (Vec<Dimension>, Vec<Option<Cow<'t, str>>>);

/// Dimensions and elements of any literal as PostgreSQL prints it.
fn scan(text: &str, delimiter: char) -> Option<Scanned<'_>> {
    let (stated, mut rest) = scan_bounds(text)?;
    if rest == "{}" {
        return stated.is_empty().then(Default::default);
    }
    let depth = rest.bytes().take_while(|&byte| byte == b'{').count();
    if !(1..=MOST_DIMENSIONS).contains(&depth) {
        return None;
    }
    // Of each nesting: how many there are so far in the innermost open one, and how many there must be.
    let mut counts = [(0_usize, None::<usize>); MOST_DIMENSIONS];
    let mut elements = Vec::new();
    rest = &rest[depth..];
    let mut level = depth;
    loop {
        if level == depth {
            let (element, after) = scan_element(rest, delimiter)?;
            elements.push(element);
            counts[depth - 1].0 += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            level += 1;
            rest = after;
            continue;
        } else {
            return None;
        }
        while let Some(after) = rest.strip_prefix('}') {
            level = level.checked_sub(1)?;
            let (count, expected) = counts[level];
            if expected.is_some_and(|expected| expected != count) {
                return None;
            }
            counts[level] = (0, Some(count));
            if level == 0 {
                let lengths = counts[..depth].iter().filter_map(|(_, length)| *length);
                let dimensions = lengths.map(|length| Dimension { lower: 1, length }).collect();
                return (after.is_empty()).then_some((with_bounds(dimensions, &stated)?, elements));
            }
            counts[level - 1].0 += 1;
            rest = after;
        }
        rest = rest.strip_prefix(delimiter)?;
    }
}

/// `[0:1][2:3]=` at the front as lower bounds and lengths, and what follows it.
fn scan_bounds(text: &str) -> Option<(Vec<Dimension>, &str)> {
    let mut stated = Vec::new();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix('[') {
        let (bounds, after) = after.split_once(']')?;
        let (lower, upper) = bounds.split_once(':')?;
        let (lower, upper): (i32, i32) = (lower.parse().ok()?, upper.parse().ok()?);
        let length = usize::try_from(i64::from(upper) - i64::from(lower) + 1).ok()?;
        stated.push(Dimension { lower, length });
        rest = after;
    }
    Some(if stated.is_empty() { (stated, rest) } else { (stated, rest.strip_prefix('=')?) })
}

/// The dimensions as they were counted, with the lower bounds that were stated.
fn with_bounds(counted: Vec<Dimension>, stated: &[Dimension]) -> Option<Vec<Dimension>> {
    if stated.is_empty() {
        return Some(counted);
    }
    let lengths = |dimensions: &[Dimension]| dimensions.iter().map(|dimension| dimension.length).collect::<Vec<_>>();
    (lengths(&counted) == lengths(stated)).then(|| stated.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Rectangle;

    #[test]
    fn c_111_c_115_the_captured_literals_survive() {
        let text = r#"{a,"b \"q\"","c,d",NULL,"","NULL"}"#;
        let value = Vec::<Option<String>>::decode(Cell::text(text)).unwrap();
        let expected = ["a", "b \"q\"", "c,d", "", "", "NULL"];
        assert_eq!(value.len(), 6);
        assert_eq!(value[3], None);
        for (at, element) in value.iter().enumerate().filter(|(at, _)| *at != 3) {
            assert_eq!(element.as_deref(), Some(expected[at]));
        }
        assert_eq!(value.text(), Cell::text(text));
        assert_eq!(Vec::<Option<i32>>::decode(Cell::text("{1,2,NULL,-3}")), Ok(vec![Some(1), Some(2), None, Some(-3)]));
        assert_eq!(Vec::<Option<i32>>::decode(Cell::text("{}")), Ok(vec![]));
        assert_eq!(Vec::<Option<i32>>::new().text(), Cell::text("{}"));
        assert_eq!(vec![Some(true), None].text(), Cell::text("{t,NULL}"));
    }

    #[test]
    fn what_a_vec_cannot_hold_is_an_error() {
        for text in ["{{1,2},{3,4}}", "[0:1]={1,2}", "{1,}", "{", "", "{\"a}", "{1}x"] {
            assert!(Vec::<Option<String>>::decode(Cell::text(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn c_111_an_array_has_its_dimensions_bounds_and_delimiter() {
        for text in ["{}", "{1,NULL,3}", "{{1,2},{NULL,4}}", "[-1:0][3:4]={{1,2},{3,4}}", "{{{{{{1}}}}}}", "[0:0]={1}"]
        {
            let value = Array::<i32>::decode(Cell::text(text)).unwrap();
            assert_eq!(value.text(), Cell::text(text));
        }
        let value = Array::<i32>::decode(Cell::text("[-1:0][3:4]={{1,2},{3,NULL}}")).unwrap();
        assert_eq!(value.get(&[0, 3]), Some(Some(&3)));
        assert_eq!(value.get(&[0, 4]), Some(None));
        for outside in [&[0, 5][..], &[-2, 3], &[0], &[]] {
            assert_eq!(value.get(outside), None, "{outside:?}");
        }
        let text = "{{(1,1),(0,0);NULL}}";
        assert_eq!(Array::<Rectangle>::decode(Cell::text(text)).unwrap().text(), Cell::text(text));
    }

    #[test]
    fn a_malformed_literal_is_an_error() {
        for text in [
            "",
            "{",
            "}",
            "{{1},{2,3}}",
            "{{1,2},3}",
            "{1,{2}}",
            "{{}}",
            "{1}}",
            "{{1}",
            "[0:1]={1}",
            "[0:1]{1,2}",
            "[0:0]={}",
            "[1:0]={}",
            "[x:1]={1}",
            "[2147483647:2147483647]={1}",
            "{{{{{{{1}}}}}}}",
            "{1,}",
            "{{1},}",
            "{{1}{2}}",
            "{1} ",
        ] {
            assert!(Array::<String>::decode(Cell::text(text)).is_err(), "{text}");
        }
    }
}
