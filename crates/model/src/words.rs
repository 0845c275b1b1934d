//! Lists of words, as one value: each word stands between line breaks, which no word can hold.
//!
//! One text stores and compares the list; a word is in it when the text holds it with its breaks.

/// What stands around each word.
const BREAK: char = '\n';

/// The text of a list; an empty list has none.
#[must_use]
pub fn join<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let mut text = String::new();
    for word in words {
        if text.is_empty() {
            text.push(BREAK);
        }
        text.push_str(word);
        text.push(BREAK);
    }
    (!text.is_empty()).then_some(text)
}

/// The words of a text that [`join`] made.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(BREAK).filter(|word| !word.is_empty())
}

/// What the text of a list holds when this word is in it.
#[must_use]
pub fn needle(word: &str) -> String {
    format!("{BREAK}{word}{BREAK}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_round_trip_and_hold_whole_words_only() {
        let text = join(["list", "view"]).expect("a list with words");
        assert_eq!(split(&text).collect::<Vec<_>>(), ["list", "view"]);
        assert!(text.contains(&needle("view")));
        assert!(!text.contains(&needle("vie")));
        assert_eq!(join([]), None);
    }
}
