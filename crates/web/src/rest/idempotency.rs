//! Writes that answer, carried out once where the client named the request.
//!
//! Without an `Idempotency-Key` the answer is made after the commit; with one it is made inside the
//! transaction, because it is kept there. Either way the bytes are the same.

use axum::http::HeaderValue;
use axum::http::header::HeaderName;
use sidegate_engine::idempotency::{Answer, Answered, Ticket};
use sidegate_engine::{Call, Engine, Work};
use sidegate_model::field_type::moment_text;
use sidegate_model::{Failure, Problem, Result};

use super::problem;
use super::reply::{self, Asked, Reply};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CACHED_DATE: HeaderName = HeaderName::from_static("x-ia-idempotency-cached-date");

/// One writing request on its way to the engine.
pub(super) struct Write<'a> {
    pub(super) engine: &'a Engine,
    pub(super) call: Call,
    pub(super) asked: &'a Asked,
    /// The request by the client's own name, if it has one.
    pub(super) ticket: Option<Ticket>,
}

impl Write<'_> {
    /// Carries out what was read from the request and answers. What cannot be read is refused without
    /// a look at the data, unless the client wants even that answer again.
    pub(super) async fn run<P, T>(
        self,
        read: std::result::Result<P, Vec<Problem>>,
        mut act: impl FnMut(&mut Work<'_>, &P) -> Result<T> + Send + 'static,
        answer: impl Fn(&Asked, &T) -> Answer + Send + 'static,
    ) -> Result<Reply>
    where
        P: Send + 'static,
        T: Send + 'static,
    {
        let Some(ticket) = self.ticket else {
            let read = read.map_err(Failure::Refused)?;
            let done = self.engine.write(self.call, move |work| act(work, &read));
            return Ok(reply::answer(answer(self.asked, &done.await?)));
        };
        let (asked, key) = (self.asked.clone(), ticket.key().to_owned());
        let answered = self.engine.write(self.call, move |work| {
            work.once(
                &ticket,
                |work| {
                    let read = read.as_ref();
                    let read = read.map_err(|problems| Failure::Refused(problems.clone()))?;
                    act(work, read).map(|done| answer(&asked, &done))
                },
                |problems| refused(&asked, problems),
            )
        });
        Ok(named(&key, answered.await?))
    }
}

fn refused(asked: &Asked, problems: &[Problem]) -> Answer {
    let refusal = problem::refusal(
        problems,
        &asked.method,
        asked.resource.as_deref(),
        &asked.request,
    );
    Answer {
        status: refusal.status,
        version: None,
        body: refusal.body,
    }
}

fn named(key: &str, answered: Answered) -> Reply {
    let mut reply = reply::answer(answered.answer);
    let headers = reply.headers_mut();
    if let Ok(key) = HeaderValue::from_str(key) {
        headers.insert(KEY, key);
    }
    if let Some(at) = answered.kept_at
        && let Ok(at) = HeaderValue::from_str(&moment_text(at))
    {
        headers.insert(CACHED_DATE, at);
    }
    reply
}
