//! point, line, lseg, box, path, polygon and circle.

use std::borrow::Cow;

use super::{PgValue, ValueError, push_nested};
use crate::cell::Cell;

/// A point: `(1.5,-2)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The first coordinate.
    pub x: f64,
    /// The second coordinate.
    pub y: f64,
}

/// An infinite line, `a`x + `b`y + `c` = 0: `{1,-1,0}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The factor of x.
    pub a: f64,
    /// The factor of y.
    pub b: f64,
    /// The constant.
    pub c: f64,
}

/// A line segment (`lseg`): `[(0,0),(1,1)]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Where it begins.
    pub start: Point,
    /// Where it ends.
    pub end: Point,
}

/// PostgreSQL's `box`: `(3,3),(0,0)`. The server puts the upper right corner first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rectangle {
    /// The corner with the greater coordinates.
    pub upper_right: Point,
    /// The corner opposite.
    pub lower_left: Point,
}

/// A path: `[(0,0),(1,1)]` when open, `((0,0),(1,1))` when closed.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The last point leads back to the first.
    pub closed: bool,
    /// The points, one at least.
    pub points: Vec<Point>,
}

/// A polygon: `((0,0),(1,1),(1,0))`.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    /// The corners, one at least.
    pub points: Vec<Point>,
}

/// A circle: `<(0,0),1.5>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circle {
    /// The center.
    pub center: Point,
    /// The radius.
    pub radius: f64,
}

// The local form is the text: shortest floats read back to the same bits.
macro_rules! geometry {
    ($($rust:ty => $name:literal $($delimiter:literal)?),*) => {$(
        impl PgValue for $rust {
            $(const DELIMITER: char = $delimiter;)?

            fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
                let Cell::Text(text) = &cell else { return Err(ValueError::unexpected($name, &cell)) };
                let mut rest = Scanner(text);
                match <$rust>::scan(&mut rest) {
                    Some(value) if rest.0.is_empty() => Ok(value),
                    _ => Err(ValueError::invalid($name, text)),
                }
            }

            fn local(&self) -> Cell<'_> {
                self.text()
            }

            fn text(&self) -> Cell<'_> {
                let mut out = String::new();
                self.print(&mut out);
                Cell::Text(Cow::Owned(out))
            }
        }
    )*};
}

geometry!(
    Point => "point",
    Line => "line",
    Segment => "lseg",
    Rectangle => "box" ';',
    Path => "path",
    Polygon => "polygon",
    Circle => "circle"
);

/// Reads a shape off the front; `None` as soon as something is not as expected.
struct Scanner<'t>(&'t str);

impl Scanner<'_> {
    fn byte(&mut self, expected: char) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn number(&mut self) -> Option<f64> {
        let end = self.0.find([',', ')', ']', '}', '>']).unwrap_or(self.0.len());
        let (number, rest) = self.0.split_at(end);
        self.0 = rest;
        f64::decode(Cell::text(number)).ok()
    }

    /// `(1,2)`, `(3,4)`, …
    fn points(&mut self) -> Option<Vec<Point>> {
        let mut points = vec![Point::scan(self)?];
        while self.byte(',').is_some() {
            points.push(Point::scan(self)?);
        }
        Some(points)
    }
}

fn print_points(points: &[Point], out: &mut String) {
    for (at, point) in points.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        point.print(out);
    }
}

impl Point {
    fn scan(rest: &mut Scanner<'_>) -> Option<Self> {
        rest.byte('(')?;
        let x = rest.number()?;
        rest.byte(',')?;
        let y = rest.number()?;
        rest.byte(')')?;
        Some(Self { x, y })
    }

    fn print(&self, out: &mut String) {
        out.push('(');
        push_nested(&self.x, out);
        out.push(',');
        push_nested(&self.y, out);
        out.push(')');
    }
}

impl Line {
    fn scan(rest: &mut Scanner<'_>) -> Option<Self> {
        rest.byte('{')?;
        let a = rest.number()?;
        rest.byte(',')?;
        let b = rest.number()?;
        rest.byte(',')?;
        let c = rest.number()?;
        rest.byte('}')?;
        Some(Self { a, b, c })
    }

    fn print(&self, out: &mut String) {
        for (before, factor) in [('{', self.a), (',', self.b), (',', self.c)] {
            out.push(before);
            push_nested(&factor, out);
        }
        out.push('}');
    }
}

impl Segment {
    fn scan(rest: &mut Scanner<'_>) -> Option<Self> {
        rest.byte('[')?;
        let start = Point::scan(rest)?;
        rest.byte(',')?;
        let end = Point::scan(rest)?;
        rest.byte(']')?;
        Some(Self { start, end })
    }

    fn print(&self, out: &mut String) {
        out.push('[');
        print_points(&[self.start, self.end], out);
        out.push(']');
    }
}

impl Rectangle {
    fn scan(rest: &mut Scanner<'_>) -> Option<Self> {
        let upper_right = Point::scan(rest)?;
        rest.byte(',')?;
        let lower_left = Point::scan(rest)?;
        Some(Self { upper_right, lower_left })
    }

    fn print(&self, out: &mut String) {
        print_points(&[self.upper_right, self.lower_left], out);
    }
}

impl Path {
    fn scan(rest: &mut Scanner<'_>) -> Option<Self> {
        let closed = rest.byte('[').is_none();
        if closed {
            rest.byte('(')?;
        }
        let points = rest.points()?;
        rest.byte(if closed { ')' } else { ']' })?;
        Some(Self { closed, points })
    }

    fn print(&self, out: &mut String) {
        out.push(if self.closed { '(' } else { '[' });
        print_points(&self.points, out);
        out.push(if self.closed { ')' } else { ']' });
    }
}

impl Polygon {
    fn scan(rest: &mut Scanner<'_>) -> Option<Self> {
        rest.byte('(')?;
        let points = rest.points()?;
        rest.byte(')')?;
        Some(Self { points })
    }

    fn print(&self, out: &mut String) {
        out.push('(');
        print_points(&self.points, out);
        out.push(')');
    }
}

impl Circle {
    fn scan(rest: &mut Scanner<'_>) -> Option<Self> {
        rest.byte('<')?;
        let center = Point::scan(rest)?;
        rest.byte(',')?;
        let radius = rest.number()?;
        rest.byte('>')?;
        Some(Self { center, radius })
    }

    fn print(&self, out: &mut String) {
        out.push('<');
        self.center.print(out);
        out.push(',');
        push_nested(&self.radius, out);
        out.push('>');
    }
}
