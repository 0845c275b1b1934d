//! `POST /services/core/export`.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use sidegate_engine::{Call, Engine};
use sidegate_model::{Failure, Problem, Result, problem};

use super::json::Node;
use super::problem::Found;
use super::query;
use super::reply::Reply;
use crate::export::{Asked, Format, Made, make};

/// The words that `fileType` takes.
const KNOWN: &str = "csv, xlsx, word, pdf";

/// The rows of a query as a file.
pub(super) async fn export(engine: &Engine, ours: bool, body: &Node, call: Call) -> Result<Reply> {
    let mut asked = asked(body).map_err(Failure::Refused)?;
    asked.query.ours = ours;
    let made = make(engine, call, asked)
        .await
        .map_err(|failure| match failure {
            Failure::Refused(problems) => Failure::Refused(below_query(problems)),
            broken @ Failure::Broken(_) => broken,
        })?;
    Ok(answer(&made))
}

fn asked(body: &Node) -> std::result::Result<Asked, Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let (mut format, mut asked) = (None, None);
    let mut missing = vec!["/fileType", "/query"];
    for (member, node) in members {
        let place = super::json::pointer("", member);
        match (member.as_str(), node) {
            ("fileType" | "query", Node::Null) => continue,
            ("fileType", Node::Text(word)) => {
                format =
                    Format::named(word).filter(|_| KNOWN.split(", ").any(|known| known == word));
                if format.is_none() {
                    let kind = problem::EXPORT_TYPE
                        .with("FIELD", &place)
                        .with("TYPE", word)
                        .with("KNOWN", KNOWN);
                    found.add(kind.at(&place));
                }
            }
            ("fileType", other) => found.add(other.misshapen(&place, "text")),
            ("query", node) => match query::parse(node) {
                Ok(query) => {
                    // Without a size all rows are meant, and a query would begin with a hundred.
                    let sized = matches!(node, Node::Object(members) if members.iter().any(
                        |(name, value)| name == "size" && *value != Node::Null
                    ));
                    asked = Some((query, sized));
                }
                Err(problems) => below_query(problems).into_iter().for_each(|p| found.add(p)),
            },
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
        missing.retain(|needed| *needed != place);
    }
    for place in missing {
        found.add(problem::REQUIRED_MISSING.with("FIELD", place).at(place));
    }
    let made = format.zip(asked).map(|(format, (query, one_page))| Asked {
        one_page,
        ..Asked::for_programs(query, format)
    });
    let made = found.or(made)?;
    Ok(made.expect("both members are there, or a problem is"))
}

/// The same problems, of a query that stands in the member `query`.
fn below_query(mut problems: Vec<Problem>) -> Vec<Problem> {
    for problem in &mut problems {
        let Some(place) = problem.place.take() else {
            continue;
        };
        let whole = format!("/query{place}");
        for (_, value) in &mut problem.placeholders {
            if *value == place {
                value.clone_from(&whole);
            }
        }
        problem.place = Some(whole);
    }
    problems
}

/// The file, under the content types that the vendor publishes.
fn answer(made: &Made) -> Reply {
    let kind = match made.format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Xlsx => "application/vnd.ms-excel",
        Format::Docx => "application/vnd.ms-word",
        Format::Pdf => "application/pdf",
    };
    let name = format!(
        "attachment; filename=\"export.{}\"",
        made.format.extension()
    );
    let mut reply = Response::new(made.body());
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(made.length));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    reply
}
