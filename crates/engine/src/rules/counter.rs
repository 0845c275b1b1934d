//! How document sequences count: the value after another one, how values compare, how they are
//! written. Knows nothing of records.

/// The most digits or letters of a fixed length, and the most digits of a number.
pub(super) const MOST_LENGTH: usize = 16;
/// The most letters of a value.
pub(super) const MOST_LETTERS: usize = 40;
/// The largest number.
const LARGEST: i64 = 9_999_999_999_999_999;

/// A value of a sequence without what is written around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A number.
    Number(i64),
    /// Letters, which count like digits and keep their case.
    Letters(String),
}

impl Mark {
    /// A number that a sequence can give.
    pub(super) fn number(number: i64) -> Option<Self> {
        (0..=LARGEST)
            .contains(&number)
            .then_some(Self::Number(number))
    }

    /// Letters that a sequence can give; of a fixed length they are filled up with the letter a.
    pub(super) fn letters(text: &str, length: Option<usize>) -> Option<Self> {
        let fits = !text.is_empty()
            && text.len() <= MOST_LETTERS
            && text.bytes().all(|b| b.is_ascii_alphabetic());
        fits.then(|| {
            let first = if text.starts_with(|c: char| c.is_ascii_lowercase()) {
                "a"
            } else {
                "A"
            };
            let lacking = length.unwrap_or_default().saturating_sub(text.len());
            Self::Letters(first.repeat(lacking) + text)
        })
    }

    /// The last value of this kind that a length has room for.
    pub(super) fn widest(&self, length: Option<usize>) -> Self {
        match self {
            Self::Number(_) => {
                let digits = length.unwrap_or(MOST_LENGTH).min(MOST_LENGTH);
                Self::Number("9".repeat(digits).parse().unwrap_or(LARGEST))
            }
            Self::Letters(_) => Self::Letters("Z".repeat(length.unwrap_or(MOST_LETTERS))),
        }
    }

    /// The value that follows.
    pub(super) fn next(&self) -> Self {
        match self {
            Self::Number(number) => Self::Number(number + 1),
            Self::Letters(text) => Self::Letters(letters_after(text)),
        }
    }

    /// Whether this comes after the other one.
    pub(super) fn is_after(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one > other,
            (Self::Letters(one), Self::Letters(other)) => {
                let place = |text: &str| (text.len(), text.to_ascii_uppercase());
                place(one) > place(other)
            }
            (Self::Number(_), Self::Letters(_)) | (Self::Letters(_), Self::Number(_)) => false,
        }
    }

    /// As it stands in an id.
    pub(super) fn written(&self, length: Option<usize>) -> String {
        match self {
            Self::Number(number) => {
                format!("{number:0>width$}", width = length.unwrap_or_default())
            }
            Self::Letters(text) => text.clone(),
        }
    }
}

/// `AAZ` is followed by `ABA`, and `ZZ` by `AAA`.
fn letters_after(text: &str) -> String {
    let mut letters: Vec<u8> = text.bytes().collect();
    for letter in letters.iter_mut().rev() {
        match letter {
            b'z' => *letter = b'a',
            b'Z' => *letter = b'A',
            other => {
                *other += 1;
                return String::from_utf8_lossy(&letters).into_owned();
            }
        }
    }
    let again = if text.starts_with('z') { 'a' } else { 'A' };
    letters.insert(0, again as u8);
    String::from_utf8_lossy(&letters).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str, length: Option<usize>) -> Mark {
        Mark::letters(text, length).expect("letters")
    }

    #[test]
    fn letters_count_like_digits() {
        for (text, next) in [
            ("A", "B"),
            ("Az", "Ba"),
            ("AAZ", "ABA"),
            ("Z", "AA"),
            ("zz", "aaa"),
            ("aZ", "bA"),
        ] {
            assert_eq!(letters(text, None).next(), letters(next, None), "{text}");
            assert!(letters(next, None).is_after(&letters(text, None)));
        }
        assert_eq!(letters("D", Some(3)), letters("AAD", None));
        assert_eq!(letters("z", Some(2)).next(), letters("ba", None));
        for text in ["", "A1", "Ä", &"A".repeat(41)] {
            assert_eq!(Mark::letters(text, None), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_filled_up_and_end() {
        let seven = Mark::number(7).expect("a number");
        assert_eq!(seven.written(Some(4)), "0007");
        assert_eq!(seven.written(None), "7");
        assert_eq!(Mark::Number(12_345).written(Some(4)), "12345");
        assert_eq!(seven.widest(Some(4)), Mark::Number(9999));
        assert_eq!(seven.widest(None), Mark::Number(LARGEST));
        assert_eq!(Mark::number(-1), None);
        assert_eq!(Mark::number(LARGEST + 1), None);
        assert!(Mark::Number(10_000).is_after(&seven.widest(Some(4))));
    }
}
