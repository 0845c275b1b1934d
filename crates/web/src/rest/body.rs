//! Bodies of requests: how large they may be, how long they may take.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use sidegate_model::{Definition, Problem, Registry, problem};

/// The most bytes of a request's body.
pub const MOST_BODY: usize = 4 * 1024 * 1024;
/// The most bytes of a body that brings files: six of the largest, in base64.
pub const MOST_FILES_BODY: usize = 64 * 1024 * 1024;

/// The most bytes of a body of the XML gateway.
const MOST_XML_BODY: usize = 10 * 1024 * 1024;

/// What a body may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    bytes: usize,
    time: Duration,
}

impl Limit {
    /// Of most bodies.
    pub(super) const USUAL: Self = Self {
        bytes: MOST_BODY,
        time: Duration::from_secs(30),
    };
    /// Of requests for tokens, which are read before anybody has said who asks.
    pub(super) const GRANT: Self = Self {
        bytes: 64 * 1024,
        time: Duration::from_secs(30),
    };
    /// Of forms of the console.
    pub(crate) const CONSOLE: Self = Self {
        bytes: 1024 * 1024,
        time: Duration::from_secs(30),
    };
    /// Of the XML gateway.
    pub(crate) const XML: Self = Self {
        bytes: MOST_XML_BODY,
        time: Duration::from_secs(30),
    };
    /// Of bodies that bring files.
    const FILES: Self = Self {
        bytes: MOST_FILES_BODY,
        time: Duration::from_secs(120),
    };

    /// Whether more is taken than usual.
    pub(super) fn is_large(self) -> bool {
        self.bytes > Self::USUAL.bytes
    }

    /// Of bodies with records of an object.
    pub(super) fn of(registry: &Registry, definition: &Definition) -> Self {
        if registry.holds_files(definition) {
            Self::FILES
        } else {
            Self::USUAL
        }
    }
}

/// The bytes of a small body that somebody sends whom nobody knows yet.
pub(crate) async fn form(body: Body) -> Result<Vec<u8>, Problem> {
    read(body, Limit::GRANT).await
}

/// The bytes of a body, unless there are too many or they take too long.
pub(crate) async fn read(mut body: Body, limit: Limit) -> Result<Vec<u8>, Problem> {
    let large = || problem::BODY_LARGE.with("LIMIT", limit.bytes.to_string());
    let slow = || problem::BODY_SLOW.with("SECONDS", limit.time.as_secs().to_string());
    // What the body says of its length saves growing, and a body that is too large from being read.
    let told = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if told > limit.bytes {
        return Err(large());
    }
    let whole = async {
        let mut bytes = Vec::with_capacity(told);
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let Ok(data) = frame.map_err(|_| slow())?.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > limit.bytes {
                return Err(large());
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    };
    let done = tokio::time::timeout(limit.time, whole).await;
    done.unwrap_or_else(|_| Err(slow()))
}
