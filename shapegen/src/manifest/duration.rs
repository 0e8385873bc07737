//! Durations: a whole number and a unit, `10s`, `30m`, `1h`, `7d`.

/// Seconds; `None` for another form, zero, and more than 32 bits hold.
pub(super) fn seconds(text: &str) -> Option<u32> {
    let unit = text.chars().next_back()?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u32>().ok()?.checked_mul(factor).filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn units() {
        for (text, expected) in [
            ("10s", Some(10)),
            ("30m", Some(1_800)),
            ("1h", Some(3_600)),
            ("7d", Some(604_800)),
            ("0s", None),
            ("h", None),
            ("1", None),
            ("", None),
            ("-1h", None),
            ("+1h", None),
            ("1.5h", None),
            ("1é", None),
            ("99999999999s", None),
            ("4294967295d", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
