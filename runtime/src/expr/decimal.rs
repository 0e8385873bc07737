//! Exact arithmetic on numerics as decimal text.

use std::cmp::Ordering;

use super::error::EvalError;
use super::number::Op;

/// Digits before the point that a numeric can have, and behind it.
const MOST_DIGITS: (usize, usize) = (131_072, 16_383);

/// A finite number: ± digits × 10^-scale, most significant digit first.
#[derive(Debug, Clone)]
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    scale: usize,
}

enum Value {
    NaN,
    Infinite { negative: bool },
    Finite(Decimal),
}

fn parse(text: &str) -> Result<Value, EvalError> {
    read(text).ok_or_else(|| EvalError::invalid(text, "numeric"))
}

fn read(text: &str) -> Option<Value> {
    match text {
        "NaN" => return Some(Value::NaN),
        "Infinity" => return Some(Value::Infinite { negative: false }),
        "-Infinity" => return Some(Value::Infinite { negative: true }),
        _ => {}
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0 || !mantissa.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    if fraction.contains('.') {
        return None;
    }
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
    let scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    if scale < 0 {
        let zeros = usize::try_from(-scale).ok().filter(|zeros| *zeros <= MOST_DIGITS.0)?;
        digits.extend(std::iter::repeat_n(0, zeros));
    }
    let scale = usize::try_from(scale.max(0)).ok().filter(|scale| *scale <= MOST_DIGITS.0)?;
    Some(Value::Finite(Decimal { negative, digits, scale }))
}

/// `left op right`, but for division.
pub(super) fn arithmetic(op: Op, left: &str, right: &str) -> Result<String, EvalError> {
    let (left, mut right) = (parse(left)?, parse(right)?);
    if op == Op::Subtract {
        match &mut right {
            Value::NaN => {}
            Value::Infinite { negative } => *negative = !*negative,
            Value::Finite(right) => right.negative = !right.negative,
        }
    }
    Ok(match (op, left, right) {
        (Op::Divide, ..) => return Err(EvalError::Failed("numerics aren't divided here")),
        (_, Value::NaN, _) | (_, _, Value::NaN) => "NaN".to_owned(),
        (Op::Multiply, Value::Finite(left), Value::Finite(right)) => multiply(&left, &right).print()?,
        (_, Value::Finite(left), Value::Finite(right)) => add(left, right).print()?,
        (Op::Multiply, left, right) => match left.sign() * right.sign() {
            0 => "NaN".to_owned(),
            sign => infinity(sign < 0),
        },
        (_, Value::Infinite { negative: left }, Value::Infinite { negative: right }) if left != right => {
            "NaN".to_owned()
        }
        (_, Value::Infinite { negative }, _) | (_, _, Value::Infinite { negative }) => infinity(negative),
    })
}

pub(super) fn negate(text: &str) -> Result<String, EvalError> {
    match parse(text)? {
        Value::NaN => Ok("NaN".to_owned()),
        Value::Infinite { negative } => Ok(infinity(!negative)),
        Value::Finite(mut value) => {
            value.negative = !value.negative;
            value.print()
        }
    }
}

/// PostgreSQL's text: no exponent, no leading zeros, the scale kept.
pub(super) fn canonical(text: &str) -> Result<String, EvalError> {
    match parse(text)? {
        Value::NaN => Ok("NaN".to_owned()),
        Value::Infinite { negative } => Ok(infinity(negative)),
        Value::Finite(value) => value.print(),
    }
}

fn infinity(negative: bool) -> String {
    if negative { "-Infinity" } else { "Infinity" }.to_owned()
}

impl Value {
    fn sign(&self) -> i8 {
        match self {
            Self::NaN => 0,
            Self::Infinite { negative } => {
                if *negative {
                    -1
                } else {
                    1
                }
            }
            Self::Finite(value) if value.digits.iter().all(|digit| *digit == 0) => 0,
            Self::Finite(value) => {
                if value.negative {
                    -1
                } else {
                    1
                }
            }
        }
    }
}

/// Both with the same scale and number of digits.
fn align(left: &mut Decimal, right: &mut Decimal) {
    let scale = left.scale.max(right.scale);
    for value in [&mut *left, &mut *right] {
        value.digits.extend(std::iter::repeat_n(0, scale - value.scale));
        value.scale = scale;
    }
    let length = left.digits.len().max(right.digits.len());
    for value in [left, right] {
        let zeros = length - value.digits.len();
        value.digits.splice(0..0, std::iter::repeat_n(0, zeros));
    }
}

fn add(mut left: Decimal, mut right: Decimal) -> Decimal {
    align(&mut left, &mut right);
    if left.negative == right.negative {
        let mut carry = 0;
        for (left, right) in left.digits.iter_mut().zip(&right.digits).rev() {
            let sum = *left + right + carry;
            (*left, carry) = (sum % 10, sum / 10);
        }
        left.digits.insert(0, carry);
        return left;
    }
    let (mut large, small) =
        if left.digits.cmp(&right.digits) == Ordering::Less { (right, left) } else { (left, right) };
    let mut borrow = 0;
    for (large, small) in large.digits.iter_mut().zip(&small.digits).rev() {
        let wanted = small + borrow;
        borrow = u8::from(*large < wanted);
        *large = *large + 10 * borrow - wanted;
    }
    large
}

fn multiply(left: &Decimal, right: &Decimal) -> Decimal {
    let mut columns = vec![0_u64; left.digits.len() + right.digits.len()];
    for (at, &one) in left.digits.iter().enumerate() {
        for (other_at, &other) in right.digits.iter().enumerate() {
            columns[at + other_at + 1] += u64::from(one) * u64::from(other);
        }
    }
    let mut carry = 0;
    let mut digits = vec![0; columns.len()];
    for (digit, column) in digits.iter_mut().zip(columns).rev() {
        let sum = column + carry;
        // A remainder of ten is a digit.
        *digit = u8::try_from(sum % 10).unwrap_or_default();
        carry = sum / 10;
    }
    Decimal { negative: left.negative != right.negative, digits, scale: left.scale + right.scale }
}

impl Decimal {
    fn print(&self) -> Result<String, EvalError> {
        let whole = self.digits.len().saturating_sub(self.scale);
        let leading = self.digits.iter().take(whole).take_while(|digit| **digit == 0).count();
        if whole - leading > MOST_DIGITS.0 {
            return Err(EvalError::Failed("the number is out of its type's range"));
        }
        let zero = self.digits.iter().all(|digit| *digit == 0);
        let mut out = String::with_capacity(self.digits.len() + 3);
        if self.negative && !zero {
            out.push('-');
        }
        let digit = |digit: &u8| char::from(b'0' + digit);
        if whole == leading {
            out.push('0');
        }
        out.extend(self.digits[leading..whole].iter().map(digit));
        if self.scale > 0 {
            out.push('.');
            // Digits may be fewer than the scale: 0.001 is 1 with the scale 3.
            out.extend(std::iter::repeat_n('0', self.scale.saturating_sub(self.digits.len())));
            out.extend(self.digits[whole..].iter().map(digit));
        }
        Ok(out)
    }
}
