//! `docs/compatibility.md`: rules of the vendor, each with a grade and the test that shows it.
//!
//! A rule that a case file shows is said in its first lines, as `# compat: same | The rule`.
//! All others stand in `docs/compatibility.rows`, with the page's text: below a heading that begins
//! with `##`, a line `same | The rule | path/of/a/file.rs::a_test another/file.rs::another_test` is
//! a row, and `cases: rest/user rest/mail` stands for the rows of these folders of case files.
//! The page is made of both; with `SIDEGATE_WRITE` set it is written instead of compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::cases;

const PAGE: &str = "docs/compatibility.md";
const ROWS: &str = "docs/compatibility.rows";
const HEADER: &str = "# compat:";
const GRADES: [&str; 4] = ["same", "stricter", "different", "missing"];
const MISSING: &str = "missing";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever changes a row has the page written"
)]
fn the_page_is_made_of_its_rows_and_the_case_files() {
    let rows = std::fs::read_to_string(repository().join(ROWS)).expect("the rows");
    let (page, problems) = page(&rows, &headers());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let path = repository().join(PAGE);
    if std::env::var_os("SIDEGATE_WRITE").is_some() {
        std::fs::write(path, page).expect("a page");
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == page,
        "{PAGE} is out of date; run: SIDEGATE_WRITE=1 cargo test -p sidegate --test it -- compatibility"
    );
}

/// The rows of a folder of case files, by its name below `cases`.
type Headers = BTreeMap<String, Vec<Result<Row, String>>>;

/// One rule.
#[derive(Clone, Debug)]
struct Row {
    grade: String,
    rule: String,
    tests: Vec<Test>,
}

/// What shows a rule.
#[derive(Clone, Debug)]
struct Test {
    name: String,
    path: String,
}

impl Row {
    /// `grade | rule`, and nothing to show it yet.
    fn read(text: &str) -> Result<Self, String> {
        let (grade, rule) = text.split_once(" | ").unwrap_or((text, ""));
        let (grade, rule) = (grade.trim(), rule.trim());
        if !GRADES.contains(&grade) || rule.is_empty() {
            return Err(format!(
                "a row reads: one of {}, a bar, a rule; not: {text}",
                GRADES.join(", ")
            ));
        }
        Ok(Self {
            grade: grade.to_owned(),
            rule: rule.to_owned(),
            tests: Vec::new(),
        })
    }

    fn shown_by(mut self, tests: &str) -> Result<Self, String> {
        self.tests = tests
            .split_whitespace()
            .map(rust_test)
            .collect::<Result<_, _>>()?;
        if self.tests.is_empty() && self.grade != MISSING {
            return Err(format!("no test shows: {}", self.rule));
        }
        Ok(self)
    }

    fn write(&self, out: &mut String) {
        let tests: Vec<String> = self
            .tests
            .iter()
            .map(|test| format!("[{}](../{})", test.name, test.path))
            .collect();
        let rule = self.rule.replace('|', "\\|");
        let _ = writeln!(out, "| {rule} | {} | {} |", self.grade, tests.join(", "));
    }
}

/// Whether a source has a test of this name that every run runs: one that is left out shows nothing.
fn runs(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let begin = format!("fn {name}(");
    let Some(at) = lines.iter().position(|line| line.starts_with(&begin)) else {
        return false;
    };
    let attributes: Vec<&&str> = lines[..at]
        .iter()
        .rev()
        .take_while(|line| !line.is_empty() && !line.ends_with('}') && !line.ends_with('{'))
        .collect();
    let left_out = |line: &&&str| line.starts_with("#[ignore");
    attributes.iter().any(|line| **line == "#[test]") && !attributes.iter().any(left_out)
}

/// A test that the sources have under this name, `path/of/a/file.rs::name`.
fn rust_test(named: &str) -> Result<Test, String> {
    let absent = || format!("there is no test {named}");
    let (path, name) = named.split_once("::").ok_or_else(absent)?;
    let source = std::fs::read_to_string(repository().join(path)).map_err(|_| absent())?;
    if !runs(&source, name) {
        return Err(absent());
    }
    Ok(Test {
        name: name.to_owned(),
        path: path.to_owned(),
    })
}

/// The rows that stand in the first lines of case files.
fn headers() -> Headers {
    let mut found = Headers::new();
    for path in cases::all() {
        let below = path.strip_prefix(cases::root()).unwrap_or(&path);
        let name = below.with_extension("").to_string_lossy().into_owned();
        let folder = below.parent().unwrap_or(below).to_string_lossy();
        let text = std::fs::read_to_string(&path).expect("a case file is text");
        let head = text.lines().take_while(|line| line.starts_with('#'));
        let mut rows = Vec::new();
        for line in head {
            if let Some(row) = line.strip_prefix(HEADER) {
                rows.push(Row::read(row).map(|row| Row {
                    tests: vec![Test {
                        name: name.split_once('/').map_or(&*name, |(_, rest)| rest).to_owned(),
                        path: format!("crates/app/tests/it/cases/{}", below.display()),
                    }],
                    ..row
                }));
            }
        }
        if text.matches(HEADER).count() != rows.len() {
            rows.push(Err(format!(
                "{name}: {HEADER} stands in the first lines only"
            )));
        }
        found.entry(folder.into_owned()).or_default().extend(rows);
    }
    found.retain(|_, rows| !rows.is_empty());
    found
}

/// The page, and what is wrong with what it is made of.
fn page(text: &str, headers: &Headers) -> (String, Vec<String>) {
    let (mut out, mut problems) = (String::new(), Vec::new());
    let mut counts: BTreeMap<&str, usize> = GRADES.iter().map(|grade| (*grade, 0)).collect();
    let mut folders: Vec<&str> = Vec::new();
    let mut in_table = false;
    for (number, line) in text.lines().enumerate() {
        let rows: Vec<Result<Row, String>> = if let Some(named) = line.strip_prefix("cases:") {
            let named: Vec<&str> = named.split_whitespace().collect();
            folders.extend(&named);
            let of = |folder: &&str| headers.get(*folder).map(Vec::as_slice).unwrap_or_default();
            named.iter().flat_map(of).cloned().collect()
        } else if let Some((row, tests)) = line.rsplit_once(" |").filter(|_| in_table) {
            vec![Row::read(row).and_then(|row| row.shown_by(tests))]
        } else {
            in_table = line.starts_with("## ");
            out.push_str(line);
            out.push('\n');
            if in_table {
                out.push_str("\n| rule | grade | test |\n|---|---|---|\n");
            }
            continue;
        };
        for row in rows {
            match row {
                Ok(row) => {
                    for grade in GRADES.iter().filter(|grade| **grade == row.grade) {
                        *counts.entry(grade).or_default() += 1;
                    }
                    row.write(&mut out);
                }
                Err(problem) => problems.push(format!("{ROWS}:{}: {problem}", number + 1)),
            }
        }
    }
    for folder in headers.keys() {
        match folders.iter().filter(|named| *named == folder).count() {
            1 => {}
            0 => problems.push(format!("{ROWS}: the cases of {folder} stand nowhere")),
            _ => problems.push(format!("{ROWS}: the cases of {folder} stand twice")),
        }
    }
    let known = |folder: &&&str| !cases::root().join(folder).is_dir();
    problems.extend(
        folders
            .iter()
            .filter(known)
            .map(|folder| format!("{ROWS}: there is no folder {folder}")),
    );
    for (grade, count) in counts {
        out = out.replace(&format!("{{{grade}}}"), &count.to_string());
    }
    (out, problems)
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[cfg(test)]
mod tests {
    use super::*;

    const THIS: &str = "crates/app/tests/it/compatibility.rs";

    /// What is wrong with one row, or with a line in its place.
    fn wrong(line: &str) -> Vec<String> {
        page(&format!("## Rules\n{line}\n"), &Headers::new()).1
    }

    #[test]
    fn a_row_has_a_grade_a_rule_and_a_test_that_runs() {
        let named = format!("{THIS}::a_row_has_a_grade_a_rule_and_a_test_that_runs");
        assert_eq!(wrong(&format!("same | A rule | {named}")), [""; 0]);
        assert_eq!(wrong("missing | A rule |"), [""; 0]);
        for (line, told) in [
            (format!("alike | A rule | {named}"), "a row reads"),
            (format!("same | {named}"), "a row reads"),
            ("same | A rule |".to_owned(), "no test shows: A rule"),
            (
                "same | A rule | nowhere.rs::a_test".to_owned(),
                "there is no test nowhere.rs::a_test",
            ),
            (format!("same | A rule | {THIS}"), "there is no test"),
            (
                format!("same | A rule | {THIS}::absent"),
                "there is no test",
            ),
            // A function that is no test.
            (format!("same | A rule | {THIS}::wrong"), "there is no test"),
            (
                format!("missing | A rule | {named} {THIS}::absent"),
                "there is no test",
            ),
        ] {
            let problems = wrong(&line);
            assert_eq!(problems.len(), 1, "{line}: {problems:?}");
            assert!(problems[0].starts_with("docs/compatibility.rows:2: "));
            assert!(problems[0].contains(told), "{line}: {problems:?}");
        }
    }

    #[test]
    fn the_rows_of_a_folder_stand_in_one_place() {
        let row = Row::read("stricter | A bar | in it").expect("a row");
        let headers = Headers::from([("rest/user".to_owned(), vec![Ok(row)])]);
        let (text, problems) = page("{stricter}\n\n## Rules\ncases: rest/user\n", &headers);
        assert_eq!(problems, [""; 0]);
        assert_eq!(
            text,
            "1\n\n## Rules\n\n| rule | grade | test |\n|---|---|---|\n| A bar \\| in it | stricter |  |\n"
        );
        for (line, told) in [
            ("", "the cases of rest/user stand nowhere"),
            (
                "cases: rest/user rest/user",
                "the cases of rest/user stand twice",
            ),
            ("cases: rest/user rest/moon", "there is no folder rest/moon"),
        ] {
            let (_, problems) = page(&format!("## Rules\n{line}\n"), &headers);
            assert_eq!(problems, [format!("docs/compatibility.rows: {told}")]);
        }
    }
}

#[test]
fn a_test_that_is_left_out_or_none_at_all_shows_nothing() {
    let source =
        "#[test]\nfn one() {}\n\n#[test]\n#[ignore = \"slow\"]\nfn two() {}\n\nfn three() {}\n";
    let found = ["one", "two", "three", "four"].map(|name| runs(source, name));
    assert_eq!(found, [true, false, false, false]);
}
