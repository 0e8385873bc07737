//! Texts: patterns and letter case.

use super::error::EvalError;

/// `text like pattern`, in linear time but for patterns with several `%`.
pub(super) fn like(text: &str, pattern: &str, any_case: bool) -> Result<bool, EvalError> {
    if any_case {
        return matches(&lower(text), &lower(pattern));
    }
    matches(text, pattern)
}

fn matches(text: &str, pattern: &str) -> Result<bool, EvalError> {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut pat) = (0, 0);
    // Where to go on after the last `%`: one character later each time.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(pat) {
            Some('%') => {
                pat += 1;
                if pattern.get(pat..) == Some(&['\\']) {
                    return Err(EvalError::Failed("a pattern can't end with its escape character"));
                }
                retry = Some((at, pat));
                continue;
            }
            Some('_') if at < text.len() => Some(1),
            Some('\\') if at < text.len() || retry.is_none() => match pattern.get(pat + 1) {
                // PostgreSQL complains only when it gets there with text left.
                None if at < text.len() => {
                    return Err(EvalError::Failed("a pattern can't end with its escape character"));
                }
                None => None,
                Some(plain) => (text.get(at) == Some(plain)).then_some(2),
            },
            Some(plain) => (text.get(at) == Some(plain)).then_some(1),
            None if at == text.len() => return Ok(true),
            None => None,
        };
        match (step, retry) {
            (Some(step), _) => {
                at += 1;
                pat += step;
            }
            (None, Some((from, after))) if from < text.len() => {
                retry = Some((from + 1, after));
                (at, pat) = (from + 1, after);
            }
            (None, _) => return Ok(false),
        }
    }
}

/// Letter by letter, as PostgreSQL's: letters whose lower-case form is more than one letter stay.
pub(super) fn lower(text: &str) -> String {
    text.chars().map(|letter| single(letter, letter.to_lowercase())).collect()
}

/// As [`lower`].
pub(super) fn upper(text: &str) -> String {
    text.chars().map(|letter| single(letter, letter.to_uppercase())).collect()
}

fn single(letter: char, mut forms: impl Iterator<Item = char>) -> char {
    match (forms.next(), forms.next()) {
        (Some(form), None) => form,
        _ => letter,
    }
}
