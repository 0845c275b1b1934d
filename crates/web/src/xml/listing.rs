//! Rows of an answer in the form that was asked for: elements in the envelope, or the data alone.

use sidegate_engine::RowRef;
use sidegate_model::{Result, problem};

use super::face::Rows;
use super::writer::{Layout, Writer};

/// A row stands in `data`, which stands in `result`.
pub(super) const ROW_DEPTH: usize = 4;
/// Once so many bytes were written, nothing more is: each page is bounded, but neither the length of the
/// names that it asks for nor a hundred pages in one answer, which stands in memory.
pub(super) const MOST_ANSWER: usize = 32 << 20;

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Xml,
    /// A line of names, then a line for each row.
    Csv,
    /// An array with an object for each row; every value is a text.
    Json,
}

impl Form {
    /// The form of this name, in any case; elements where none is given.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "" | "xml" => Self::Xml,
            "csv" => Self::Csv,
            "json" => Self::Json,
            _ => return None,
        })
    }
}

/// An answer that is the data alone, without an envelope.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    /// What it is.
    pub(super) content_type: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// How names with dots are written as elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nesting {
    /// As they stand.
    Flat,
    /// As elements within elements.
    Nested,
}

/// Rows on their way into an answer.
pub(super) struct Listing {
    rows: Rows,
    nesting: Nesting,
    into: Into,
}

enum Into {
    Elements(Writer),
    Csv(Vec<u8>),
    Json(Vec<u8>),
}

impl Listing {
    pub(super) fn new(rows: Rows, form: Form, nesting: Nesting, layout: Layout) -> Self {
        let into = match form {
            Form::Xml => Into::Elements(Writer::piece(layout, ROW_DEPTH)),
            Form::Csv => {
                let mut line = Vec::new();
                let names: Vec<&str> = rows.names().collect();
                for (at, name) in names.into_iter().enumerate() {
                    cell(&mut line, at, name);
                }
                line.push(b'\n');
                Into::Csv(line)
            }
            Form::Json => Into::Json(b"[".to_vec()),
        };
        Self {
            rows,
            nesting,
            into,
        }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When the answer grows beyond its bound.
    pub(super) fn row(&mut self, row: &RowRef<'_>) -> Result<()> {
        self.row_with(row, &[])
    }

    /// Writes a row, as elements with further ones behind its fields.
    ///
    /// # Errors
    /// When the answer grows beyond its bound.
    pub(super) fn row_with(&mut self, row: &RowRef<'_>, further: &[u8]) -> Result<()> {
        let written = match &self.into {
            Into::Elements(out) => out.written(),
            Into::Csv(out) | Into::Json(out) => out.len(),
        };
        if written >= MOST_ANSWER {
            let large = problem::XML_ANSWER_LARGE.with("MOST", MOST_ANSWER.to_string());
            return Err(large.into());
        }
        match &mut self.into {
            Into::Elements(out) => match self.nesting {
                Nesting::Flat => self.rows.flat(out, row),
                Nesting::Nested => self.rows.nested(out, row, further),
            },
            Into::Csv(out) => {
                let mut at = 0;
                self.rows.each(row, &mut |_, text| {
                    cell(out, at, text);
                    at += 1;
                });
                out.push(b'\n');
            }
            Into::Json(out) => {
                if out.len() > 1 {
                    out.push(b',');
                }
                out.push(b'{');
                let mut first = true;
                self.rows.each(row, &mut |name, text| {
                    if !std::mem::take(&mut first) {
                        out.push(b',');
                    }
                    text_of(out, name);
                    out.push(b':');
                    text_of(out, text);
                });
                out.push(b'}');
            }
        }
        Ok(())
    }

    /// Puts the rows into `data`, or gives them back as an answer of their own.
    pub(super) fn finish(self, out: &mut Writer, attributes: &[(&str, &str)]) -> Option<Plain> {
        match self.into {
            Into::Elements(rows) => {
                out.open_with("data", attributes);
                out.insert(&rows.into_piece());
                out.close();
                None
            }
            Into::Csv(bytes) => Some(Plain {
                content_type: "text/csv; charset=utf-8",
                bytes,
            }),
            Into::Json(mut bytes) => {
                bytes.extend_from_slice(b"]\n");
                Some(Plain {
                    content_type: "application/json",
                    bytes,
                })
            }
        }
    }
}

/// Writes a value of a line, in quotes where it would be read as something else.
fn cell(out: &mut Vec<u8>, at: usize, text: &str) {
    if at > 0 {
        out.push(b',');
    }
    if text.contains([',', '"', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ') {
        out.push(b'"');
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Writes a text as JSON has it.
fn text_of(out: &mut Vec<u8>, text: &str) {
    // Nothing here fails: a text has a form, and memory takes what is written.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_line_are_quoted_where_they_need_it() {
        let mut line = Vec::new();
        for (at, text) in ["a", "b,c", "d\"e", "", "f\ng", " h"].iter().enumerate() {
            cell(&mut line, at, text);
        }
        let line = String::from_utf8(line).unwrap();
        assert_eq!(line, "a,\"b,c\",\"d\"\"e\",,\"f\ng\",\" h\"");
    }

    #[test]
    fn forms_are_named_in_any_case() {
        assert_eq!(Form::named(""), Some(Form::Xml));
        assert_eq!(Form::named(" CSV "), Some(Form::Csv));
        assert_eq!(Form::named("Json"), Some(Form::Json));
        assert_eq!(Form::named("pdf"), None);
    }
}
