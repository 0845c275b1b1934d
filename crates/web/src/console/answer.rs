//! What a page answers, before it gets its headers.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use sidegate_model::Result;

/// An answer of the console.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    body: Body,
    content_type: String,
    to: Option<String>,
    cookies: Vec<String>,
    file: Option<String>,
    /// Seconds after which a browser asks again.
    again: Option<u32>,
}

impl Answer {
    /// A page.
    pub(super) fn page(template: &impl askama::Template) -> Result<Self> {
        let html = template
            .render()
            .map_err(|error| sidegate_model::Failure::Broken(Box::new(error)))?;
        Ok(Self {
            status: StatusCode::OK,
            body: Body::from(html),
            content_type: "text/html; charset=utf-8".to_owned(),
            to: None,
            cookies: Vec::new(),
            file: None,
            again: None,
        })
    }

    /// The browser goes on to another page, which it gets.
    pub(super) fn to(address: impl Into<String>) -> Self {
        Self {
            status: StatusCode::SEE_OTHER,
            body: Body::empty(),
            content_type: "text/plain; charset=utf-8".to_owned(),
            to: Some(address.into()),
            cookies: Vec::new(),
            file: None,
            again: None,
        }
    }

    /// A file to keep.
    pub(super) fn file(body: Body, content_type: &str, name: &str) -> Self {
        Self {
            status: StatusCode::OK,
            body,
            content_type: content_type.to_owned(),
            to: None,
            cookies: Vec::new(),
            file: Some(name.to_owned()),
            again: None,
        }
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// A browser asks for the page again after some seconds.
    pub(super) fn again(mut self, seconds: u32) -> Self {
        self.again = Some(seconds);
        self
    }

    pub(super) fn with_cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    pub(super) fn response(self) -> Response<Body> {
        let mut reply = Response::new(self.body);
        *reply.status_mut() = self.status;
        let headers = reply.headers_mut();
        let fixed = [
            (CACHE_CONTROL, "no-store"),
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                 connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            ),
            (REFERRER_POLICY, "same-origin"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (X_FRAME_OPTIONS, "DENY"),
            (HeaderName::from_static("x-robots-tag"), "noindex"),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "same-origin",
            ),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(value) = HeaderValue::from_str(&self.content_type) {
            headers.insert(CONTENT_TYPE, value);
        }
        if let Some(Ok(value)) = self.to.map(|to| HeaderValue::from_str(&to)) {
            headers.insert(LOCATION, value);
        }
        for cookie in self.cookies {
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                headers.append(SET_COOKIE, value);
            }
        }
        if let Some(seconds) = self.again {
            let name = HeaderName::from_static("refresh");
            headers.insert(name, HeaderValue::from(seconds));
        }
        if let Some(name) = self.file {
            let plain: String = name
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
                .collect();
            let value = format!("attachment; filename=\"{plain}\"");
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(axum::http::header::CONTENT_DISPOSITION, value);
            }
        }
        reply
    }
}
