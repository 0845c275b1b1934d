//! One request of a browser: who asks, what for, and whether the request is hers.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use sidegate_engine::{By, Call, Door};
use sidegate_model::{Failure, Problem, Result, problem};
use subtle::ConstantTimeEq as _;

use super::Console;
use super::answer::Answer;
use super::frame::{Fault, Frame};
use super::guest::{self, Guest};
use super::page::told::Told;
use super::pairs::Pairs;
use super::preferred::Preferred;
use crate::gate::Secure;
use crate::rest::{Limit, body, request_id, status};

/// A request of a browser.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) method: Method,
    pub(super) path: String,
    /// What the address says behind its path.
    pub(super) asked: Pairs,
    /// What the form says, when there is one.
    pub(super) form: Pairs,
    pub(super) headers: HeaderMap,
    pub(super) is_secure: bool,
    pub(super) guest: Option<Guest>,
    pub(super) manner: Preferred,
    call: Call,
    at: Instant,
}

impl Visit {
    /// Reads the request. A form of another site is refused here, whoever sends it.
    pub(super) async fn begin(
        console: &Console,
        request: Request,
    ) -> std::result::Result<Self, Response> {
        let at = Instant::now();
        let address = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let is_secure = request.extensions().get::<Secure>().is_some_and(|s| s.0);
        let (parts, content) = request.into_parts();
        let mut visit = Self {
            path: parts.uri.path().to_owned(),
            asked: Pairs::parse(parts.uri.query().unwrap_or("").as_bytes()),
            form: Pairs::default(),
            headers: parts.headers,
            is_secure,
            guest: None,
            manner: Preferred::default(),
            call: Call {
                by: By::System(None),
                door: Door::Console,
                request: request_id(&console.engine),
                address: address.map(|a| a.to_string()).unwrap_or_default(),
            },
            method: match parts.method {
                Method::HEAD => Method::GET,
                other => other,
            },
            at,
        };
        let refused = match visit.method {
            Method::GET => None,
            Method::POST if !visit.is_own() => Some(problem::CONSOLE_FOREIGN.problem()),
            Method::POST => match body::read(content, Limit::CONSOLE).await {
                Ok(bytes) => {
                    visit.form = Pairs::parse(&bytes);
                    None
                }
                Err(problem) => Some(problem),
            },
            _ => Some(
                problem::METHOD_ABSENT
                    .with("METHOD", visit.method.as_str())
                    .with("PATH", &visit.path)
                    .with("ALLOWED", "GET, POST"),
            ),
        };
        match refused {
            None => Ok(visit),
            Some(problem) => Err(visit.answered(console, Err(problem.into())).await),
        }
    }

    /// Whether a page of this site sent the form. Browsers say so; what says nothing is no browser and
    /// has no cookie of somebody else.
    fn is_own(&self) -> bool {
        let word = |name: HeaderName| self.headers.get(name).and_then(|v| v.to_str().ok());
        if let Some(site) = word(HeaderName::from_static("sec-fetch-site")) {
            return matches!(site, "same-origin" | "none");
        }
        match (word(ORIGIN), word(HOST)) {
            (Some(origin), Some(host)) => {
                let named = origin.split_once("://").map(|(_, host)| host);
                named.is_some_and(|named| named.eq_ignore_ascii_case(host))
            }
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// Finds who is signed in. A form without the session's own word is refused.
    pub(super) async fn enter(&mut self, console: &Console) -> Result<()> {
        let Some(cookie) = guest::cookie(&self.headers, "session", self.is_secure) else {
            return Ok(());
        };
        let seen = console.engine.enter_console(&cookie, &self.call).await?;
        self.guest = seen.map(|seen| Guest { seen, cookie });
        if let Some(guest) = &self.guest {
            let user = guest.seen.user.key;
            let chosen = console
                .engine
                .read(self.call(), move |work| work.preferences(user))
                .await?;
            self.manner = Preferred::chosen(chosen);
        }
        if let Some(guest) = &self.guest
            && self.method == Method::POST
        {
            let told = self.form.get("csrf").as_bytes();
            if !bool::from(told.ct_eq(guest.seen.csrf.as_bytes())) {
                return Err(problem::CONSOLE_FOREIGN.problem().into());
            }
        }
        Ok(())
    }

    pub(super) fn is_post(&self) -> bool {
        self.method == Method::POST
    }

    /// A call on the guest's account.
    pub(super) fn call(&self) -> Call {
        Call {
            by: self.guest.as_ref().map_or(By::System(None), Guest::by),
            ..self.call.clone()
        }
    }

    /// The one who is signed in.
    ///
    /// # Errors
    /// When nobody is.
    pub(super) fn guest(&self) -> Result<&Guest> {
        let guest = self.guest.as_ref();
        guest.ok_or_else(|| problem::TOKEN_DEAD.problem().into())
    }

    /// The page and its place, to come back to after signing in.
    pub(super) fn address(&self) -> String {
        format!("{}{}", self.path, self.asked.query())
    }

    /// The answer on its way out. Failures become pages.
    pub(super) async fn answered(&self, console: &Console, done: Result<Answer>) -> Response {
        let answer = match done {
            Ok(answer) => answer,
            Err(failure) => self.failed(console, &failure).await,
        };
        let mut reply = answer.response();
        if let Ok(id) = HeaderValue::from_str(&self.call.request) {
            reply.headers_mut().insert("x-request-id", id);
        }
        let duration_us = u64::try_from(self.at.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(request = %self.call.request, address = %self.call.address, method = %self.method, path = %self.path, status = reply.status().as_u16(), duration_us, "answered");
        reply
    }

    async fn failed(&self, console: &Console, failure: &Failure) -> Answer {
        let (status, faults) = match failure {
            Failure::Refused(problems) => {
                let kind = problems.first().map(|problem| status(problem.code.kind));
                let status = kind.and_then(|code| StatusCode::from_u16(code).ok());
                (
                    status.unwrap_or(StatusCode::BAD_REQUEST),
                    problems.iter().map(Fault::of).collect(),
                )
            }
            Failure::Broken(error) => {
                tracing::error!(request = %self.call.request, %error, "a request failed");
                let fault = Fault {
                    at: String::new(),
                    text: format!(
                        "Something went wrong inside the server, and nothing was changed. Try again; if it stays so, give whoever runs the server the support id {}.",
                        self.call.request
                    ),
                    code: String::new(),
                };
                (StatusCode::INTERNAL_SERVER_ERROR, vec![fault])
            }
        };
        let title = match status.as_u16() {
            403 => "This is closed to you",
            404 => "There is no such page",
            500 => "Not now",
            _ => "This did not work",
        };
        let mut frame = match Frame::new(console, self, title).await {
            Ok(frame) => frame,
            Err(_) => Frame::bare(console, title),
        };
        frame.faults = faults;
        let (href, label) = if self.guest.is_some() {
            ("/overview", "Company overview")
        } else {
            ("/", "Sign in")
        };
        let page = Told {
            frame,
            lines: Vec::new(),
            href: href.to_owned(),
            label: label.to_owned(),
        };
        match Answer::page(&page) {
            Ok(answer) => answer.with_status(status),
            Err(_) => Answer::to("/"),
        }
    }
}

/// Whether the problems are the form's to tell: what the caller can change in it.
pub(super) fn is_for_form(problems: &[Problem]) -> bool {
    use sidegate_model::Kind;
    problems
        .iter()
        .all(|p| matches!(status(p.code.kind), 400 | 409 | 412 | 422) && p.code.kind != Kind::Busy)
}
