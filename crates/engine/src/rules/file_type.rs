//! Which types of files are taken, and whether the bytes of one are what its name says.
//!
//! A table of its own and no crate for it: crates that guess a type from bytes answer another
//! question than whether bytes fit a name, and know formats by the hundred that are refused here
//! anyway.

/// What shows the format of a file.
enum Mark {
    /// It begins with these bytes.
    Begins(&'static [u8]),
    /// These bytes stand so far from the begin.
    At(usize, &'static [u8]),
    /// These bytes stand near the begin, where some writers put something before them.
    Near(&'static [u8]),
}

use Mark::{At, Begins, Near};

const ZIP: &[Mark] = &[Begins(b"PK\x03\x04"), Begins(b"PK\x05\x06")];
/// What office documents of the older sort and stored messages are.
const COMPOUND: &[Mark] = &[Begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")];
const JPEG: &[Mark] = &[Begins(b"\xff\xd8\xff")];
const TIFF: &[Mark] = &[Begins(b"II*\0"), Begins(b"MM\0*")];
/// Text has no mark.
const TEXT: &[Mark] = &[];

/// Types by extension, with the marks that their content has one of.
const TYPES: &[(&str, &[Mark])] = &[
    // Documents.
    ("pdf", &[Near(b"%PDF-")]),
    ("doc", COMPOUND),
    ("docx", ZIP),
    ("xls", COMPOUND),
    ("xlsx", ZIP),
    ("ppt", COMPOUND),
    ("pptx", ZIP),
    ("odt", ZIP),
    ("ods", ZIP),
    ("odp", ZIP),
    ("rtf", &[Begins(b"{\\rtf")]),
    // Pictures.
    ("png", &[Begins(b"\x89PNG\r\n\x1a\n")]),
    ("jpg", JPEG),
    ("jpeg", JPEG),
    ("gif", &[Begins(b"GIF87a"), Begins(b"GIF89a")]),
    ("bmp", &[Begins(b"BM")]),
    ("tif", TIFF),
    ("tiff", TIFF),
    ("webp", &[At(8, b"WEBP")]),
    ("heic", &[At(4, b"ftyp")]),
    // Archives.
    ("zip", ZIP),
    ("gz", &[Begins(b"\x1f\x8b")]),
    ("tar", &[At(257, b"ustar")]),
    ("7z", &[Begins(b"7z\xbc\xaf\x27\x1c")]),
    ("rar", &[Begins(b"Rar!\x1a\x07")]),
    // Text and data.
    ("txt", TEXT),
    ("csv", TEXT),
    ("tsv", TEXT),
    ("log", TEXT),
    ("md", TEXT),
    ("json", TEXT),
    ("xml", TEXT),
    ("yaml", TEXT),
    ("yml", TEXT),
    // Mail and calendar.
    ("eml", TEXT),
    ("msg", COMPOUND),
    ("ics", TEXT),
    ("vcf", TEXT),
];

/// So far from the begin a mark is near.
const NEAR: usize = 1024;

/// Whether a name and the bytes go together.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// They do.
    Fits,
    /// Files of this extension are not taken.
    NotTaken,
    /// The bytes are a program.
    Program,
    /// The bytes are not what this extension says.
    Other(&'static str),
}

/// Whether it is the name of a file with an extension, and no path.
pub(super) fn is_plain(name: &str) -> bool {
    let path = |c: char| c.is_control() || matches!(c, '/' | '\\');
    let parts = name.rsplit_once('.');
    !name.contains(path)
        && parts.is_some_and(|(stem, end)| !stem.trim().is_empty() && !end.is_empty())
}

/// Looks whether the bytes are what the name says.
pub(super) fn fit(name: &str, bytes: &[u8]) -> Fit {
    let extension = name.rsplit('.').next().unwrap_or_default();
    let known = TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension));
    let Some((extension, marks)) = known else {
        return Fit::NotTaken;
    };
    if is_program(bytes) {
        return Fit::Program;
    }
    if marks.is_empty() || marks.iter().any(|mark| mark.stands_in(bytes)) {
        Fit::Fits
    } else {
        Fit::Other(extension)
    }
}

/// The extensions that are taken, for a message.
pub(super) fn known() -> String {
    let known: Vec<&str> = TYPES.iter().map(|(extension, _)| *extension).collect();
    known.join(", ")
}

impl Mark {
    fn stands_in(&self, bytes: &[u8]) -> bool {
        match self {
            Begins(mark) => bytes.starts_with(mark),
            At(at, mark) => bytes.get(*at..).is_some_and(|rest| rest.starts_with(mark)),
            Near(mark) => bytes[..bytes.len().min(NEAR)]
                .windows(mark.len())
                .any(|window| window == *mark),
        }
    }
}

/// Whether the bytes are a program of Linux, Windows or macOS, or a script that names its shell.
fn is_program(bytes: &[u8]) -> bool {
    const BEGINS: &[&[u8]] = &[
        b"\x7fELF",
        b"#!/",
        b"#! /",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
    ];
    BEGINS.iter().any(|begin| bytes.starts_with(begin)) || is_windows_program(bytes)
}

/// Text may begin with MZ too; a program says at a fixed place where its header stands.
fn is_windows_program(bytes: &[u8]) -> bool {
    let at = bytes
        .get(0x3c..0x40)
        .and_then(|at| at.try_into().ok())
        .map(u32::from_le_bytes)
        .and_then(|at| usize::try_from(at).ok());
    let header = at.and_then(|at| bytes.get(at..)).unwrap_or_default();
    bytes.starts_with(b"MZ") && header.starts_with(b"PE\0\0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_fit_their_names_or_not() {
        let mut program = b"MZ".to_vec();
        program.resize(0x3c, 0);
        program.extend_from_slice(&0x40_u32.to_le_bytes());
        program.extend_from_slice(b"PE\0\0");
        let mut late = vec![b' '; 1000];
        late.extend_from_slice(b"%PDF-1.7");
        let mut tar = vec![0; 257];
        tar.extend_from_slice(b"ustar");
        let cases: &[(&str, &[u8], Fit)] = &[
            ("a.pdf", b"%PDF-1.7", Fit::Fits),
            ("a.PDF", &late, Fit::Fits),
            ("a.pdf", b"%PNG", Fit::Other("pdf")),
            ("a.pdf", b"", Fit::Other("pdf")),
            ("a.png", b"\x89PNG\r\n\x1a\n...", Fit::Fits),
            ("a.png", b"\xff\xd8\xff", Fit::Other("png")),
            ("a.webp", b"RIFF....WEBPVP8 ", Fit::Fits),
            ("a.xlsx", b"PK\x03\x04", Fit::Fits),
            (
                "a.xlsx",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                Fit::Other("xlsx"),
            ),
            ("a.tar", &tar, Fit::Fits),
            ("a.txt", b"", Fit::Fits),
            ("a.txt", b"MZ is a region code", Fit::Fits),
            ("a.txt", &program, Fit::Program),
            ("a.csv", b"#!/bin/sh\n", Fit::Program),
            ("a.log", b"\x7fELF", Fit::Program),
            ("a.pdf.exe", b"%PDF-1.7", Fit::NotTaken),
            ("a.html", b"<p>", Fit::NotTaken),
        ];
        for (name, bytes, wanted) in cases {
            assert_eq!(fit(name, bytes), *wanted, "{name}");
        }
    }

    #[test]
    fn a_name_is_plain() {
        for name in ["run.txt", "Rechnung 3.pdf", "a.b.c", ".a.txt"] {
            assert!(is_plain(name), "{name}");
        }
        for name in [
            "",
            "run",
            "run.",
            ".txt",
            " .txt",
            "../run.txt",
            "a\\b.txt",
            "a\n.txt",
        ] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
