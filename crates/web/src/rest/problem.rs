//! The bytes of an answer that says no.
//!
//! Where an error stands: under `ia::result` for objects and services, at the top for the gateway's
//! own errors and for dead tokens. Statuses and texts belong to the catalogue; this only lays out.

use std::collections::HashSet;

use serde::ser::{Serialize, SerializeMap, Serializer};
use sidegate_model::Kind;
use sidegate_model::problem::{self, Problem};

/// An answer lists at most so many problems; who mends those hears of the rest the next time.
pub const MOST_PROBLEMS: usize = 100;

/// The same for each record of a batch.
pub const MOST_OF_EACH: usize = 10;

/// An answer that says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// The HTTP status of a kind of problem.
#[must_use]
pub fn status(kind: Kind) -> u16 {
    match kind {
        Kind::Shape => 400,
        Kind::Credential => 401,
        Kind::Right => 403,
        Kind::Absent => 404,
        Kind::Method => 405,
        Kind::Conflict => 409,
        Kind::Stale => 412,
        Kind::Large => 413,
        Kind::Media => 415,
        Kind::Rule => 422,
        Kind::Rate => 429,
        Kind::Busy => 503,
    }
}

/// The answer of an object or a service to a request with problems.
///
/// `operation` is the HTTP method, `resource` the path below the version, such as
/// `objects/company-config/user`.
///
/// # Panics
/// When there is no problem: then there is nothing to refuse.
#[must_use]
pub fn refusal(
    problems: &[Problem],
    operation: &str,
    resource: Option<&str>,
    support_id: &str,
) -> Refusal {
    let sort = Sort::of(problems, operation, resource);
    Refusal {
        status: sort.status(),
        body: bytes(&Envelope::around(sort.error(support_id, MOST_PROBLEMS))),
    }
}

/// The same of one record among others: only its status and its `ia::error`.
///
/// # Panics
/// When there is no problem: then there is nothing to refuse.
#[must_use]
pub fn error(
    problems: &[Problem],
    operation: &str,
    resource: Option<&str>,
    support_id: &str,
) -> Refusal {
    let sort = Sort::of(problems, operation, resource);
    let error = sort.error(support_id, MOST_OF_EACH);
    Refusal {
        status: sort.status(),
        body: bytes(&Bare { error }),
    }
}

/// Problems, sorted out: which one leads, and what contains them all.
struct Sort<'a> {
    problems: &'a [Problem],
    lead: &'a Problem,
    container: Option<Problem>,
    /// There is one problem, and it is the error itself.
    alone: bool,
}

impl<'a> Sort<'a> {
    fn of(problems: &'a [Problem], operation: &str, resource: Option<&str>) -> Self {
        let lead = problems
            .iter()
            .min_by_key(|problem| precedence(problem.code.kind))
            .expect("a refusal has its problem");
        let single = problems.len() == 1 && lead.place.is_none();
        let container = match lead.code.kind {
            Kind::Shape if !single => Some(problem::PAYLOAD_HAS_ERRORS.problem()),
            // Clients know what was undone with the others by the code of the error itself.
            Kind::Rule if *lead.code == problem::BATCH_UNDONE => None,
            // Clients look for the sentence of a business rule in the details, also of a single one.
            Kind::Rule => Some(
                problem::OPERATION_FAILED
                    .with("OPERATION", operation)
                    .with("RESOURCE_NAME", resource.unwrap_or("this resource")),
            ),
            Kind::Shape
            | Kind::Credential
            | Kind::Right
            | Kind::Absent
            | Kind::Method
            | Kind::Conflict
            | Kind::Stale
            | Kind::Large
            | Kind::Media
            | Kind::Rate
            | Kind::Busy => None,
        };
        let alone = single && container.is_none();
        Self {
            problems,
            lead,
            container,
            alone,
        }
    }

    fn status(&self) -> u16 {
        status(self.lead.code.kind)
    }

    fn error(&'a self, support_id: &'a str, most: usize) -> ErrorBody<'a> {
        let details = if self.alone {
            &[]
        } else {
            &self.problems[..self.problems.len().min(most)]
        };
        ErrorBody {
            support_id: Some(support_id),
            details: Some(Details::List(details.iter().map(detail).collect()))
                .filter(|_| !details.is_empty()),
            ..ErrorBody::of(self.container.as_ref().unwrap_or(self.lead))
        }
    }
}

/// The gateway's answer: a bad header or content type, an unknown token path, a dead token.
#[must_use]
pub fn gateway(problem: &Problem, request_id: &str) -> Refusal {
    let error = if problem.code.code.starts_with("GW-") {
        ErrorBody {
            code: problem.code.code,
            message: problem.message(),
            error_id: None,
            target: None,
            additional_info: None,
            support_id: None,
            details: Some(Details::Request { request_id }),
        }
    } else {
        ErrorBody {
            support_id: Some(request_id),
            ..ErrorBody::of(problem)
        }
    };
    Refusal {
        status: status(problem.code.kind),
        body: bytes(&Bare { error }),
    }
}

/// The answer when the fault is ours; everything else about it is in the log.
#[must_use]
pub fn broken(support_id: &str) -> Refusal {
    let message = format!(
        "Something went wrong inside the server; it is not your request. \
         Contact whoever runs the server and give the support id {support_id}"
    );
    let error = ErrorBody {
        code: "internalError",
        message,
        error_id: Some("SG-5001"),
        target: None,
        additional_info: Some(Info {
            message_id: "SG.INTERNAL_ERROR",
            placeholders: Placeholders(&[]),
            property_set: Nothing {},
        }),
        support_id: Some(support_id),
        details: None,
    };
    Refusal {
        status: 500,
        body: bytes(&Envelope::around(error)),
    }
}

/// The problems of one request, as many as an answer lists.
#[derive(Default)]
pub(super) struct Found(Vec<Problem>);

impl Found {
    pub(super) fn add(&mut self, problem: Problem) {
        if self.0.len() < MOST_PROBLEMS {
            self.0.push(problem);
        }
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// What was made of the request, if nothing was wrong with it.
    pub(super) fn or<T>(self, made: T) -> Result<T, Vec<Problem>> {
        if self.0.is_empty() {
            Ok(made)
        } else {
            Err(self.0)
        }
    }
}

/// Which problem decides the answer when a request has several: the ones that no change of the
/// payload mends, then the payload's shape, then what it collides with, then the rules.
fn precedence(kind: Kind) -> u8 {
    match kind {
        Kind::Credential
        | Kind::Right
        | Kind::Absent
        | Kind::Method
        | Kind::Stale
        | Kind::Large
        | Kind::Media
        | Kind::Rate
        | Kind::Busy => 0,
        Kind::Shape => 1,
        Kind::Conflict => 2,
        Kind::Rule => 3,
    }
}

fn detail(problem: &Problem) -> ErrorBody<'_> {
    ErrorBody {
        target: problem.place.as_deref(),
        ..ErrorBody::of(problem)
    }
}

fn bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("texts and numbers can always be written")
}

// The members below stand in the order in which the vendor's answers show them.

#[derive(serde::Serialize)]
struct Envelope<'a> {
    #[serde(rename = "ia::result")]
    result: Bare<'a>,
    #[serde(rename = "ia::meta")]
    meta: Meta,
}

#[derive(serde::Serialize)]
struct Bare<'a> {
    #[serde(rename = "ia::error")]
    error: ErrorBody<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    total_count: u8,
    total_success: u8,
    total_error: u8,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_info: Option<Info<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    message_id: &'a str,
    placeholders: Placeholders<'a>,
    property_set: Nothing,
}

/// An object without members.
#[derive(serde::Serialize)]
struct Nothing {}

struct Placeholders<'a>(&'a [(&'static str, String)]);

#[derive(serde::Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Details<'a> {
    List(Vec<ErrorBody<'a>>),
    Request { request_id: &'a str },
}

impl<'a> Envelope<'a> {
    fn around(error: ErrorBody<'a>) -> Self {
        Self {
            result: Bare { error },
            meta: Meta {
                total_count: 1,
                total_success: 0,
                total_error: 1,
            },
        }
    }
}

impl<'a> ErrorBody<'a> {
    fn of(problem: &'a Problem) -> Self {
        Self {
            code: problem.code.code,
            message: problem.message(),
            error_id: Some(problem.code.rest),
            target: None,
            additional_info: Some(Info {
                message_id: problem.code.message_id,
                placeholders: Placeholders(&problem.placeholders),
                property_set: Nothing {},
            }),
            support_id: None,
            details: None,
        }
    }
}

impl Serialize for Placeholders<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        let mut seen = HashSet::new();
        for (name, value) in self.0.iter().filter(|(name, _)| seen.insert(*name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Option<&str> = Some("objects/company-config/user");

    fn shown(refusal: &Refusal) -> String {
        format!(
            "{} {}",
            refusal.status,
            std::str::from_utf8(&refusal.body).unwrap()
        )
    }

    fn unknown(place: &str) -> Problem {
        problem::UNKNOWN_FIELD.with("FIELD", place).at(place)
    }

    fn taken() -> Problem {
        let taken = problem::NOT_UNIQUE
            .with("FIELD", "/id")
            .with("OBJECT", "user")
            .with("VALUE", "ann");
        taken.at("/id")
    }

    #[test]
    fn a_problem_without_a_place_is_the_error_itself() {
        let missing = problem::PAYLOAD_MISSING.with("OPERATION", "POST");
        insta::assert_snapshot!(shown(&refusal(&[missing], "POST", USER, "S1")), @r#"400 {"ia::result":{"ia::error":{"code":"invalidRequest","message":"A POST request requires a payload","errorId":"REST-1028","additionalInfo":{"messageId":"IA.REQUEST_REQUIRES_A_PAYLOAD","placeholders":{"OPERATION":"POST"},"propertySet":{}},"supportId":"S1"}},"ia::meta":{"totalCount":1,"totalSuccess":0,"totalError":1}}"#);
    }

    #[test]
    fn problems_of_a_payload_stand_in_the_details() {
        let problems = [unknown("/colour"), unknown("/a\"b")];
        insta::assert_snapshot!(shown(&refusal(&problems, "POST", USER, "S1")), @r#"400 {"ia::result":{"ia::error":{"code":"invalidRequest","message":"Payload contains errors","errorId":"REST-1064","additionalInfo":{"messageId":"IA.PAYLOAD_CONTAINS_ERRORS","placeholders":{},"propertySet":{}},"supportId":"S1","details":[{"code":"invalidRequest","message":"/colour is not a valid field","errorId":"REST-1043","target":"/colour","additionalInfo":{"messageId":"IA.NOT_A_VALID_FIELD","placeholders":{"FIELD":"/colour"},"propertySet":{}}},{"code":"invalidRequest","message":"/a\"b is not a valid field","errorId":"REST-1043","target":"/a\"b","additionalInfo":{"messageId":"IA.NOT_A_VALID_FIELD","placeholders":{"FIELD":"/a\"b"},"propertySet":{}}}]}},"ia::meta":{"totalCount":1,"totalSuccess":0,"totalError":1}}"#);
    }

    #[test]
    fn a_rule_stands_in_a_container_also_alone() {
        let rule = problem::USER_WAS_ACTIVE.with("USER", "ann");
        insta::assert_snapshot!(shown(&refusal(&[rule], "DELETE", USER, "S1")), @r#"422 {"ia::result":{"ia::error":{"code":"operationFailed","message":"The DELETE request on objects/company-config/user was refused","errorId":"REST-7001","additionalInfo":{"messageId":"IA.REQUEST_ON_OBJECT_FAILED","placeholders":{"OPERATION":"DELETE","RESOURCE_NAME":"objects/company-config/user"},"propertySet":{}},"supportId":"S1","details":[{"code":"userWasActive","message":"The user ann has signed in and is kept for the audit trail; make it inactive instead","errorId":"SG-2104","additionalInfo":{"messageId":"SG.USER_HAS_SIGNED_IN","placeholders":{"USER":"ann"},"propertySet":{}}}]}},"ia::meta":{"totalCount":1,"totalSuccess":0,"totalError":1}}"#);
    }

    #[test]
    fn a_conflict_stands_at_the_top_and_its_place_in_the_details() {
        insta::assert_snapshot!(shown(&refusal(&[taken()], "POST", USER, "S1")), @r#"409 {"ia::result":{"ia::error":{"code":"duplicateId","message":"/id: another user with the value ann already exists","errorId":"SG-0901","additionalInfo":{"messageId":"SG.VALUE_TAKEN","placeholders":{"FIELD":"/id","OBJECT":"user","VALUE":"ann"},"propertySet":{}},"supportId":"S1","details":[{"code":"duplicateId","message":"/id: another user with the value ann already exists","errorId":"SG-0901","target":"/id","additionalInfo":{"messageId":"SG.VALUE_TAKEN","placeholders":{"FIELD":"/id","OBJECT":"user","VALUE":"ann"},"propertySet":{}}}]}},"ia::meta":{"totalCount":1,"totalSuccess":0,"totalError":1}}"#);
    }

    #[test]
    fn shape_decides_over_conflict_and_conflict_over_rule() {
        let rule = || problem::NEW_USER_INACTIVE.at("/status");
        for (problems, status, code, details) in [
            (
                vec![rule(), taken(), unknown("/x")],
                400,
                "invalidRequest",
                3,
            ),
            (vec![rule(), taken()], 409, "duplicateId", 2),
            (vec![rule(), rule()], 422, "operationFailed", 2),
            (
                vec![
                    unknown("/x"),
                    problem::NO_RIGHT
                        .with("OPERATION", "add")
                        .with("OBJECT", "users"),
                ],
                403,
                "unauthorizedUser",
                2,
            ),
        ] {
            let answer = refusal(&problems, "POST", USER, "S1");
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            let error = &body["ia::result"]["ia::error"];
            assert_eq!(
                (answer.status, error["code"].as_str()),
                (status, Some(code))
            );
            assert_eq!(error["details"].as_array().map(Vec::len), Some(details));
        }
    }

    #[test]
    fn an_answer_lists_a_bounded_number_of_problems() {
        let problems = vec![unknown("/x"); 5000];
        assert!(refusal(&problems, "POST", USER, "S1").body.len() < 40_000);
    }

    #[test]
    fn the_gateway_speaks_at_the_top() {
        insta::assert_snapshot!(shown(&gateway(&problem::BEARER_MISSING.problem(), "R1")), @r#"401 {"ia::error":{"code":"GW-0034","message":"The Authorization header must be of the form: Bearer, a blank, the access token","details":{"requestId":"R1"}}}"#);
        insta::assert_snapshot!(shown(&gateway(&problem::TOKEN_DEAD.problem(), "R1")), @r#"401 {"ia::error":{"code":"tokenInvalid","message":"The token is not valid","errorId":"REST-2102","additionalInfo":{"messageId":"IA.TOKEN_IS_INVALID","placeholders":{},"propertySet":{}},"supportId":"R1"}}"#);
    }

    #[test]
    fn a_fault_of_ours_gives_the_support_id() {
        insta::assert_snapshot!(shown(&broken("S1")), @r#"500 {"ia::result":{"ia::error":{"code":"internalError","message":"Something went wrong inside the server; it is not your request. Contact whoever runs the server and give the support id S1","errorId":"SG-5001","additionalInfo":{"messageId":"SG.INTERNAL_ERROR","placeholders":{},"propertySet":{}},"supportId":"S1"}},"ia::meta":{"totalCount":1,"totalSuccess":0,"totalError":1}}"#);
    }
}
