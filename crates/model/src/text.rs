//! The two rules about text that every database and door share.

/// Text without regard to case: Unicode lower case, character by character.
///
/// Context-free on purpose (no final sigma), so that a part folds like the whole.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether text has the form of a pattern, in which `%` stands for any characters and `_` for one.
/// Nothing escapes them. Takes time in proportion to the lengths multiplied, at most.
#[must_use]
pub fn is_like(text: &str, pattern: &str) -> bool {
    let (mut text, mut pattern) = (text.chars(), pattern.chars());
    // Where to go on when the text does not fit: behind the last `%`, one character later.
    let mut again = None;
    loop {
        let rest = text.clone();
        match (text.next(), pattern.next()) {
            (None, None) => return true,
            (_, Some('%')) => {
                text = rest;
                again = Some((text.clone(), pattern.clone()));
            }
            (Some(_), Some('_')) => {}
            (Some(found), Some(wanted)) if found == wanted => {}
            (None, Some(_)) => return false,
            (Some(_), _) => {
                let Some((mut from, behind)) = again.take() else {
                    return false;
                };
                from.next();
                text = from.clone();
                pattern = behind.clone();
                again = Some((from, behind));
            }
        }
    }
}

/// Whether text holds a character that no field takes: NUL and the other control characters,
/// except tab and line breaks where `multiline` allows them.
#[must_use]
pub fn has_control(text: &str, multiline: bool) -> bool {
    text.chars()
        .any(|c| c.is_control() && !(multiline && matches!(c, '\t' | '\n' | '\r')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_folds_like_the_whole() {
        let word = "ΟΔΥΣΣΕΥΣ Straße ÉCOLE İ";
        let parts: String = word.chars().map(|c| fold(&c.to_string())).collect();
        assert_eq!(fold(word), parts);
    }

    #[test]
    fn patterns_fit_as_in_sql() {
        for (text, pattern, fits) in [
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("ws-sync", "ws%", true),
            ("ws-sync", "%sync", true),
            ("ws-sync", "%-%", true),
            ("ws-sync", "ws", false),
            ("ws-sync", "w_-s%c", true),
            ("abcabd", "%ab_", true),
            ("abcabd", "%abc", false),
            ("größe", "gr__e", true),
            ("a%b", "a%b", true),
            ("a\\%", "a\\%", true),
            ("aaaaaaaaaa", "%a%a%a%b", false),
            ("Ab", "ab", false),
        ] {
            assert_eq!(is_like(text, pattern), fits, "{text:?} like {pattern:?}");
        }
    }

    #[test]
    fn control_characters_are_seen() {
        assert!(has_control("a\0b", false));
        assert!(has_control("a\u{85}b", true));
        assert!(has_control("a\nb", false));
        assert!(!has_control("a\nb", true));
        assert!(!has_control("Größe 50 %", false));
    }
}
