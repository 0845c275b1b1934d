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
    /// What else is told to those who ask for more.
    pub(super) more: Option<Box<More>>,
}

/// What is told of a problem beyond its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct More {
    problem: Problem,
    doing: Doing,
}

impl Entry {
    pub(super) fn new(number: &str, description2: impl Into<String>) -> Self {
        Self {
            number: number.to_owned(),
            description: String::new(),
            description2: description2.into(),
            correction: String::new(),
            more: None,
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
        .map(|problem| Entry {
            more: Some(Box::new(More {
                problem: problem.clone(),
                doing: doing.clone(),
            })),
            ..entry(problem, doing)
        })
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
    if doing.operation == "GET_API_SESSION" {
        // Here too a phrase stands in place of the number.
        return Entry::new("Get API Session Failed", said);
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

/// How errors are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling<'a> {
    /// Stands at the end of what each entry says.
    pub(super) support: &'a str,
    /// Whether more is told than the four texts; clients break on it where they did not ask.
    pub(super) more: bool,
}

/// Writes an `errormessage`.
pub(super) fn write(out: &mut Writer, entries: &[Entry], telling: Telling<'_>) {
    let support = telling.support;
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
        if telling.more {
            additional(out, entry);
        }
        out.close();
    }
    out.close();
}

/// Writes what programs tell problems apart by: the ids that the REST API has, and what fills the texts.
fn additional(out: &mut Writer, entry: &Entry) {
    let more = entry.more.as_deref();
    let problem = more.map(|more| &more.problem);
    let operation = more.map_or("", |more| more.doing.operation);
    let object = more.map_or("", |more| more.doing.object.as_str());
    let field = problem.and_then(|problem| problem.place.as_deref());
    let field = field.unwrap_or_default();
    out.open("additionalinfo");
    let id = problem.map_or(entry.number.as_str(), |problem| problem.code.rest);
    out.leaf("errorid", id);
    let category = problem.map_or("", |problem| problem.code.code);
    out.leaf("category", category);
    let target = [
        ("domain", ""),
        ("requestinfo", operation),
        ("object", object),
        ("field", field),
        ("businessinfo", ""),
    ];
    out.empty_with("target", &target);
    // The sentence is the same for people and for customers of theirs; what to do has no id.
    for text in ["description", "cdescription", "correction"] {
        let said = problem.filter(|_| text != "correction");
        out.open(text);
        out.leaf("messageid", said.map_or("", |said| said.code.message_id));
        out.leaf("target", said.map_or("", |_| field));
        out.open("placeholders");
        for (name, value) in said.into_iter().flat_map(|said| &said.placeholders) {
            out.empty_with("placeholder", &[("name", name), ("value", value)]);
        }
        out.close();
        out.close();
    }
    out.close();
}
