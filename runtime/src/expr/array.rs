//! Arrays of any dimension in PostgreSQL's literal form, `[0:1]={a,"b c"}`, and what is done with them.

use std::borrow::Cow;

use super::error::EvalError;
use super::tree::Kind;

/// PostgreSQL's own limit.
const MOST_DIMENSIONS: usize = 6;

/// An array: elements row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Array<'t> {
    /// Lower bound and length of each dimension; none for an empty array.
    pub(super) dims: Vec<(i64, usize)>,
    pub(super) elements: Vec<Option<Cow<'t, str>>>,
}

impl<'t> Array<'t> {
    pub(super) fn empty() -> Self {
        Self { dims: Vec::new(), elements: Vec::new() }
    }

    /// One dimension.
    pub(super) fn of(elements: Vec<Option<Cow<'t, str>>>) -> Self {
        let dims = if elements.is_empty() { Vec::new() } else { vec![(1, elements.len())] };
        Self { dims, elements }
    }

    /// Arrays of one shape as one array with a dimension more; NULL ones count as empty.
    pub(super) fn of_arrays(texts: &'t [Option<Cow<'_, str>>]) -> Result<Self, EvalError> {
        let arrays = texts.iter().flatten().map(|text| Self::read(text)).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = arrays.first() else { return Ok(Self::empty()) };
        // Bounds count, too.
        if arrays.len() != texts.len() || arrays.iter().any(|array| array.dims != first.dims) {
            if arrays.iter().all(|array| array.elements.is_empty()) {
                return Ok(Self::empty());
            }
            return Err(EvalError::Failed("an array's parts must be of the same dimensions"));
        }
        if first.elements.is_empty() {
            return Ok(Self::empty());
        }
        let mut dims = vec![(1, arrays.len())];
        dims.extend(&first.dims);
        if dims.len() > MOST_DIMENSIONS {
            return Err(EvalError::Failed("an array has at most six dimensions"));
        }
        Ok(Self { dims, elements: arrays.into_iter().flat_map(|array| array.elements).collect() })
    }

    pub(super) fn read(text: &'t str) -> Result<Self, EvalError> {
        Self::parse(text).ok_or_else(|| EvalError::invalid(text, "an array"))
    }

    pub(super) fn or_empty(text: Option<&'t Option<Cow<'_, str>>>) -> Result<Self, EvalError> {
        match text {
            Some(Some(text)) => Self::read(text),
            _ => Ok(Self::empty()),
        }
    }

    /// Reads what PostgreSQL prints, and what people write with spaces between elements.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim();
        let (lower, body) = match text.split_once('=') {
            Some((bounds, body)) if text.starts_with('[') => (Some(parse_bounds(bounds)?), body),
            _ => (None, text),
        };
        let mut parser = Parser { rest: body, elements: Vec::new(), lengths: Vec::new() };
        parser.level(0)?;
        if !parser.rest.trim().is_empty() {
            return None;
        }
        if parser.elements.is_empty() {
            return Some(Self::empty());
        }
        let lengths: Vec<usize> = parser.lengths.into_iter().collect::<Option<_>>()?;
        let dims: Vec<(i64, usize)> = match lower {
            None => lengths.into_iter().map(|length| (1, length)).collect(),
            Some(bounds) if bounds.iter().map(|(_, length)| *length).eq(lengths.iter().copied()) => bounds,
            Some(_) => return None,
        };
        Some(Self { dims, elements: parser.elements })
    }

    /// PostgreSQL's text.
    pub(super) fn print(&self) -> String {
        let mut out = String::new();
        if self.dims.iter().any(|(lower, _)| *lower != 1) {
            for (lower, length) in &self.dims {
                out.push_str(&format!("[{lower}:{}]", lower + *length as i64 - 1));
            }
            out.push('=');
        }
        if self.elements.is_empty() {
            out.push_str("{}");
        } else {
            self.print_level(&self.dims, &self.elements, &mut out);
        }
        out
    }

    fn print_level(&self, dims: &[(i64, usize)], elements: &[Option<Cow<'_, str>>], out: &mut String) {
        let part = dims.first().map_or(1, |(_, length)| elements.len() / (*length).max(1)).max(1);
        out.push('{');
        for (at, elements) in elements.chunks(part).enumerate() {
            if at > 0 {
                out.push(',');
            }
            match (dims.len(), elements) {
                (0 | 1, [Some(element)]) => print_element(element, out),
                (0 | 1, _) => out.push_str("NULL"),
                _ => self.print_level(&dims[1..], elements, out),
            }
        }
        out.push('}');
    }

    /// Turns each element that is not NULL into another text.
    pub(super) fn map<E>(&mut self, change: impl Fn(&str) -> Result<String, E>) -> Result<(), E> {
        for element in self.elements.iter_mut().flatten() {
            *element = Cow::Owned(change(element)?);
        }
        Ok(())
    }

    pub(super) fn contains(&self, other: &Array<'_>, kind: Kind) -> Result<bool, EvalError> {
        for wanted in &other.elements {
            if !self.has(wanted.as_deref(), kind)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn overlaps(&self, other: &Array<'_>, kind: Kind) -> Result<bool, EvalError> {
        for wanted in &other.elements {
            if self.has(wanted.as_deref(), kind)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has(&self, wanted: Option<&str>, kind: Kind) -> Result<bool, EvalError> {
        let Some(wanted) = wanted else { return Ok(false) };
        for element in self.elements.iter().flatten() {
            if kind.compare(element, wanted)?.is_eq() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `a || b`: of the same number of dimensions, or one is an element of the other's outermost dimension.
    pub(super) fn cat(mut self, other: Self) -> Result<Self, EvalError> {
        if self.elements.is_empty() && self.dims.is_empty() {
            return Ok(other);
        }
        if other.elements.is_empty() && other.dims.is_empty() {
            return Ok(self);
        }
        let (mine, theirs) = (&self.dims[..], &other.dims[..]);
        // Bounds count, too, but for the outermost dimension.
        let (mut dims, more) = if mine.len() == theirs.len() && mine.get(1..) == theirs.get(1..) {
            (mine.to_vec(), theirs.first().map_or(0, |(_, length)| *length))
        } else if mine.get(1..) == Some(theirs) {
            (mine.to_vec(), 1)
        } else if theirs.get(1..) == Some(mine) {
            (theirs.to_vec(), 1)
        } else {
            return Err(EvalError::Failed("arrays of these dimensions can't be joined"));
        };
        if let Some((_, length)) = dims.first_mut() {
            *length += more;
        }
        self.elements.extend(other.elements);
        Ok(Self { dims, elements: self.elements })
    }

    pub(super) fn append(mut self, element: Option<Cow<'t, str>>) -> Result<Self, EvalError> {
        match &mut self.dims[..] {
            [] => self.dims.push((1, 1)),
            [(_, length)] => *length += 1,
            _ => return Err(EvalError::Failed("an element is appended to an array of one dimension")),
        }
        self.elements.push(element);
        Ok(self)
    }

    /// The lower bound stays.
    pub(super) fn prepend(mut self, element: Option<Cow<'t, str>>) -> Result<Self, EvalError> {
        match &mut self.dims[..] {
            [] => self.dims.push((1, 1)),
            [(_, length)] => *length += 1,
            _ => return Err(EvalError::Failed("an element is put before an array of one dimension")),
        }
        self.elements.insert(0, element);
        Ok(self)
    }

    /// One element; NULL outside of the bounds, and with fewer or more indexes than dimensions.
    pub(super) fn index(&self, indexes: &[i64]) -> Option<String> {
        if indexes.len() != self.dims.len() {
            return None;
        }
        let mut at = 0;
        for (index, (lower, length)) in indexes.iter().zip(&self.dims) {
            let offset = usize::try_from(index.checked_sub(*lower)?).ok().filter(|offset| offset < length)?;
            at = at * length + offset;
        }
        self.elements.get(at)?.as_ref().map(|element| element.clone().into_owned())
    }

    /// A part: pairs of bounds, `None` for one left out; without elements where nothing is in it.
    pub(super) fn slice(&self, bounds: &[Option<i64>]) -> Self {
        let given = bounds.chunks(2).map(|pair| (pair.first().copied().flatten(), pair.get(1).copied().flatten()));
        let given: Vec<(Option<i64>, Option<i64>)> = given.collect();
        if given.len() > self.dims.len() || self.elements.is_empty() {
            return Self::empty();
        }
        let mut ranges = Vec::with_capacity(self.dims.len());
        for (at, (lower, length)) in self.dims.iter().enumerate() {
            let upper = lower + *length as i64 - 1;
            let (from, to) = given.get(at).copied().unwrap_or((None, None));
            let (from, to) = (from.unwrap_or(*lower).max(*lower), to.unwrap_or(upper).min(upper));
            if from > to {
                return Self::empty();
            }
            ranges.push((from - lower) as usize..(to - lower) as usize + 1);
        }
        let mut elements = Vec::new();
        self.pick(&ranges, 0, &self.elements, &mut elements);
        Self { dims: ranges.into_iter().map(|range| (1, range.len())).collect(), elements }
    }

    fn pick(
        &self,
        ranges: &[std::ops::Range<usize>],
        depth: usize,
        elements: &[Option<Cow<'t, str>>],
        out: &mut Vec<Option<Cow<'t, str>>>,
    ) {
        let Some(range) = ranges.get(depth) else { return out.extend_from_slice(elements) };
        let part = elements.len() / self.dims[depth].1.max(1);
        for at in range.clone() {
            if let Some(part) = elements.get(at * part..(at + 1) * part) {
                self.pick(ranges, depth + 1, part, out);
            }
        }
    }
}

/// `[0:1][1:3]`
fn parse_bounds(text: &str) -> Option<Vec<(i64, usize)>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    inner
        .split("][")
        .map(|pair| {
            let (lower, upper) = pair.split_once(':')?;
            let (lower, upper): (i32, i32) = (lower.parse().ok()?, upper.parse().ok()?);
            Some((i64::from(lower), usize::try_from(i64::from(upper) - i64::from(lower) + 1).ok()?))
        })
        .collect()
}

/// Quotes as array_out does: empty, NULL by any case, and whatever holds a delimiter, quote, backslash or space.
fn print_element(text: &str, out: &mut String) {
    let special = |byte: u8| matches!(byte, b'{' | b'}' | b',' | b'"' | b'\\' | 0x0b) || byte.is_ascii_whitespace();
    if !text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.bytes().any(special) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}

struct Parser<'t> {
    rest: &'t str,
    elements: Vec<Option<Cow<'t, str>>>,
    /// By depth, once the first list there is complete.
    lengths: Vec<Option<usize>>,
}

impl<'t> Parser<'t> {
    /// One `{…}`.
    fn level(&mut self, depth: usize) -> Option<()> {
        if depth >= MOST_DIMENSIONS {
            return None;
        }
        if self.lengths.len() == depth {
            self.lengths.push(None);
        }
        self.rest = self.rest.trim_start().strip_prefix('{')?;
        let mut length = 0;
        if let Some(rest) = self.rest.trim_start().strip_prefix('}') {
            // Only the whole array is written empty.
            self.rest = rest;
            return (depth == 0).then_some(());
        }
        loop {
            self.rest = self.rest.trim_start();
            let nested = self.rest.starts_with('{');
            if nested {
                self.level(depth + 1)?;
            } else {
                self.element()?;
            }
            // All elements are equally deep.
            if nested != (self.lengths.len() > depth + 1) {
                return None;
            }
            length += 1;
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
                continue;
            }
            self.rest = self.rest.strip_prefix('}')?;
            let known = self.lengths.get_mut(depth)?;
            return match known {
                None => {
                    *known = Some(length);
                    Some(())
                }
                Some(known) => (*known == length).then_some(()),
            };
        }
    }

    fn element(&mut self) -> Option<()> {
        if let Some(quoted) = self.rest.strip_prefix('"') {
            let mut element = String::new();
            let mut characters = quoted.char_indices();
            while let Some((at, character)) = characters.next() {
                match character {
                    '"' => {
                        self.rest = &quoted[at + 1..];
                        self.elements.push(Some(Cow::Owned(element)));
                        return Some(());
                    }
                    '\\' => element.push(characters.next()?.1),
                    other => element.push(other),
                }
            }
            return None;
        }
        let mut end = 0;
        let mut escaped = false;
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                ',' | '}' => break,
                '{' | '"' => return None,
                '\\' => {
                    escaped = true;
                    characters.next()?;
                }
                _ => {}
            }
            end = at + character.len_utf8();
        }
        let (element, rest) = self.rest.split_at(end);
        let element = element.trim_end();
        if element.is_empty() || escaped {
            return None;
        }
        self.rest = rest;
        self.elements.push((!element.eq_ignore_ascii_case("null")).then_some(Cow::Borrowed(element)));
        Some(())
    }
}
