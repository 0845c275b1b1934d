//! Headers of a request, as far as the door reads them.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use sidegate_model::{Problem, problem};

use super::batch::Together;

/// The entity header, in both spellings that the vendor's documents use.
const ENTITY: &[&str] = &["x-ia-api-param-entity", "x-ia-api-paramentity"];

/// The transaction header, in the same two spellings.
const TRANSACTION: &[&str] = &["x-ia-api-param-transaction", "x-ia-api-paramtransaction"];

/// The most characters of an idempotency key.
const MOST_KEY: usize = 256;

/// The access token of the Authorization header.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let wrong = || problem::BEARER_MISSING.problem();
    let value = headers
        .get(AUTHORIZATION)
        .ok_or_else(wrong)?
        .to_str()
        .map_err(|_| wrong())?;
    let (scheme, token) = value.split_once(' ').ok_or_else(wrong)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(wrong())
    }
}

/// The entity that the call works in, if it names one. Empty is the top level of the token.
pub(super) fn entity(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let found = only(headers, ENTITY, "X-IA-API-Param-Entity")?;
    Ok(found.filter(|text| !text.is_empty()).map(str::to_owned))
}

/// Whether the records of a batch stand or fall together; without the header they do not.
pub(super) fn together(headers: &HeaderMap) -> Result<Together, Problem> {
    const NAME: &str = "X-IA-API-Param-Transaction";
    match only(headers, TRANSACTION, NAME)? {
        None => Ok(Together::Apart),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Together::Apart),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Together::AllOrNone),
        Some(_) => Err(unfit(NAME, "must be true or false")),
    }
}

/// The name that the client gave its request, if it gave one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    const NAME: &str = "Idempotency-Key";
    let Some(key) = only(headers, &["idempotency-key"], NAME)? else {
        return Ok(None);
    };
    let fits = (1..=MOST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        return Ok(Some(key.to_owned()));
    }
    let reason = format!("must have from 1 to {MOST_KEY} visible ASCII characters, without blanks");
    Err(unfit(NAME, &reason))
}

/// The one value of a header that may be sent under several names.
fn only<'h>(
    headers: &'h HeaderMap,
    names: &[&'static str],
    name: &str,
) -> Result<Option<&'h str>, Problem> {
    let mut found = None;
    for value in names.iter().flat_map(|name| headers.get_all(*name)) {
        let text = std::str::from_utf8(value.as_bytes())
            .map_err(|_| unfit(name, "is not UTF-8"))?
            .trim();
        if found.is_some_and(|known| known != text) {
            return Err(unfit(name, "is given twice with different values"));
        }
        found = Some(text);
    }
    Ok(found)
}

fn unfit(name: &str, reason: &str) -> Problem {
    problem::HEADER_UNFIT
        .with("HEADER", name)
        .with("REASON", reason)
}

/// Refuses the version of one record where the call is about several.
pub(super) fn no_if_match(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(IF_MATCH) {
        let reason = "is about one record and this call about several; leave it out, or write the records one by one";
        return Err(unfit("If-Match", reason));
    }
    Ok(())
}

/// The version that the caller believes a record to have.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else {
        return Ok(None);
    };
    let unfit = || {
        unfit(
            "If-Match",
            "must be the ETag of an answer, such as \"3\", or *",
        )
    };
    let text = value.to_str().map_err(|_| unfit())?.trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|digits| digits.parse().ok());
    version.map(Some).ok_or_else(unfit)
}

/// Refuses a body that does not say it is JSON; one that says nothing is taken for JSON.
pub(super) fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(kind) = content_type(headers) else {
        return Ok(());
    };
    match kind.as_str() {
        "application/json" => Ok(()),
        "application/xml" | "text/xml" | "x-intacct-xml-request" => {
            Err(problem::BODY_IS_XML.problem())
        }
        _ if kind.ends_with("+json") => Ok(()),
        _ => Err(problem::MEDIA_UNKNOWN
            .with("WANTED", "application/json")
            .with("GOT", kind)),
    }
}

/// The content type without its parameters, in lower case.
pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    let text = value.to_str().unwrap_or("an unreadable one");
    Some(
        text.split(';')
            .next()
            .unwrap_or(text)
            .trim()
            .to_ascii_lowercase(),
    )
}
