//! Requests that are answered later: what carries them out, and what they are answered with.

use axum::body::to_bytes;
use sidegate_engine::offline::{Gateway, Waiting};
use sidegate_engine::{By, Call, Door, Engine};

use super::gateway::{ANSWER, Answering, refused};
use super::reader::{Limits, read};
use crate::rest::Reply;

/// The gateway, for requests that were acknowledged.
pub(super) struct Later;

impl Gateway for Later {
    fn carry_out(&self, engine: &Engine, waiting: &Waiting) -> Vec<u8> {
        in_runtime(async {
            let answering = answering(engine, waiting);
            let done = match document(waiting) {
                Some(document) => answering.document(document.into()).await,
                None => Ok(answering.unreadable()),
            };
            done.unwrap_or_else(|failure| refused(&failure, &waiting.request))
        })
    }

    fn lost(&self, engine: &Engine, waiting: &Waiting) -> Vec<u8> {
        in_runtime(async {
            let answering = answering(engine, waiting);
            match document(waiting) {
                Some(document) => answering.lost(&document),
                None => answering.unreadable(),
            }
        })
    }

    fn media_type(&self) -> &'static str {
        ANSWER
    }
}

fn answering<'a>(engine: &'a Engine, waiting: &'a Waiting) -> Answering<'a> {
    Answering {
        engine,
        call: Call {
            by: By::System(None),
            door: Door::Xml,
            request: waiting.request.clone(),
            address: waiting.address.clone(),
        },
        support: &waiting.request,
        endpoint: waiting.endpoint.clone(),
        acknowledged: true,
    }
}

/// What was read before it was acknowledged can be read again.
fn document(waiting: &Waiting) -> Option<super::reader::Document> {
    read(waiting.body.clone().into_bytes(), None, &Limits::default()).ok()
}

/// The body of an answer, made on this thread.
fn in_runtime(answer: impl Future<Output = Reply>) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime without a network needs nothing of the system");
    runtime.block_on(async {
        let body = answer.await.into_body();
        // The body is whole already.
        to_bytes(body, usize::MAX)
            .await
            .map(Vec::from)
            .unwrap_or_default()
    })
}
