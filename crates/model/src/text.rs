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
    fn control_characters_are_seen() {
        assert!(has_control("a\0b", false));
        assert!(has_control("a\u{85}b", true));
        assert!(has_control("a\nb", false));
        assert!(!has_control("a\nb", true));
        assert!(!has_control("Größe 50 %", false));
    }
}
