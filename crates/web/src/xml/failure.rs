//! Problems as the gateway tells them: a number, and three texts of which clients read the second.

use sidegate_model::{Failure, Kind, Problem, problem};

use super::writer::Writer;

/// The most problems of one function that its answer tells.
const MOST_TOLD: usize = 50;

/// One entry of an `errormessage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// A code, or in some places a phrase.
    pub(super) number: String,
    /// What sort of thing is wrong; often empty.
    pub(super) description: String,
    /// What is wrong; clients break where the first entry says nothing here.
    pub(super) description2: String,
    /// What to do.
    pub(super) correction: String,
}

impl Entry {
    pub(super) fn new(number: &str, description2: impl Into<String>) -> Self {
        Self {
            number: number.to_owned(),
            description: String::new(),
            description2: description2.into(),
            correction: String::new(),
        }
    }
}

/// What was done to an object when a problem came up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doing {
    /// `READ_BY_QUERY`, `CREATE`, ...
    pub(super) operation: &'static str,
    /// The object as it was called; empty where none was.
    pub(super) object: String,
}

/// A query or a name in one that cannot be understood.
pub(super) fn bad_query(reason: impl Into<String>) -> Problem {
    problem::XML_QUERY.with("REASON", reason)
}

/// An operation that the gateway does not have for an object.
pub(super) fn cannot(doing: &Doing) -> Problem {
    problem::XML_CANNOT
        .with("OPERATION", doing.operation)
        .with("OBJECT", doing.object.to_lowercase())
}

/// What a failure says to the caller; what is ours to fix says no more than the support id.
pub(super) fn entries(failure: &Failure, doing: &Doing) -> Vec<Entry> {
    let Failure::Refused(problems) = failure else {
        return vec![Entry {
            correction:
                "Try again; if it fails again, give the support ID to whoever runs this server."
                    .to_owned(),
            ..Entry::new("DL02000001", "There was an error processing the request.")
        }];
    };
    let mut entries: Vec<Entry> = problems
        .iter()
        .take(MOST_TOLD)
        .map(|problem| entry(problem, doing))
        .collect();
    let writes = ["CREATE", "UPDATE", "DELETE"].contains(&doing.operation);
    let of_business = problems
        .iter()
        .any(|problem| is_of_business(problem.code.kind));
    if writes && of_business {
        entries.push(Entry::new(
            "BL01001973",
            format!(
                "Could not {} {} record.",
                doing.operation.to_lowercase(),
                doing.object.to_lowercase()
            ),
        ));
    }
    entries
}

/// Whether it is about what was asked for, not about who asks.
fn is_of_business(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Shape | Kind::Rule | Kind::Conflict | Kind::Stale | Kind::Absent
    )
}

fn entry(problem: &Problem, doing: &Doing) -> Entry {
    let said = problem.message();
    if std::ptr::eq(problem.code, &raw const problem::NO_RIGHT) {
        // Clients find out by the first words.
        let object = doing.object.to_lowercase();
        let operation = doing.operation;
        return Entry {
            correction: "Ask an administrator of the company for the permission.".to_owned(),
            ..Entry::new(
                "PL04000005",
                format!(
                    "You do not have permission for API operation {operation} on objects of type {object}"
                ),
            )
        };
    }
    if std::ptr::eq(problem.code, &raw const problem::XML_FIELDS) {
        // The vendor puts the whole sentence in place of the number.
        return Entry::new(&said, said.clone());
    }
    if std::ptr::eq(problem.code, &raw const problem::XML_OBJECT) {
        return Entry::new("Query Failed", said);
    }
    let correction = match problem.code.kind {
        Kind::Conflict => "Use a unique value instead.",
        _ => "",
    };
    Entry {
        correction: correction.to_owned(),
        ..Entry::new(problem.code.xml, said)
    }
}

/// Writes an `errormessage`; the support id stands at the end of what each entry says.
pub(super) fn write(out: &mut Writer, entries: &[Entry], support: &str) {
    out.open("errormessage");
    for entry in entries {
        out.open("error");
        out.leaf("errorno", &entry.number);
        out.leaf("description", &entry.description);
        let said = match entry.description2.as_str() {
            "" => format!("[Support ID: {support}]"),
            said => format!("{said} [Support ID: {support}]"),
        };
        out.leaf("description2", &said);
        out.leaf("correction", &entry.correction);
        out.close();
    }
    out.close();
}
