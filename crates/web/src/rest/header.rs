//! Headers of a request, as far as the door reads them.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use sidegate_model::{Problem, problem};

/// The entity header, in both spellings that the vendor's documents use.
const ENTITY: &[&str] = &["x-ia-api-param-entity", "x-ia-api-paramentity"];

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
    let unfit = |reason: &str| {
        problem::HEADER_UNFIT
            .with("HEADER", "X-IA-API-Param-Entity")
            .with("REASON", reason)
    };
    let mut found: Option<String> = None;
    for value in ENTITY.iter().flat_map(|name| headers.get_all(*name)) {
        let text = std::str::from_utf8(value.as_bytes())
            .map_err(|_| unfit("is not UTF-8"))?
            .trim();
        if found.as_ref().is_some_and(|known| known != text) {
            return Err(unfit("is given twice with different values"));
        }
        found = Some(text.to_owned());
    }
    Ok(found.filter(|text| !text.is_empty()))
}

/// The version that the caller believes a record to have.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else {
        return Ok(None);
    };
    let unfit = || {
        problem::HEADER_UNFIT.with("HEADER", "If-Match").with(
            "REASON",
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
