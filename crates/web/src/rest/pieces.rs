//! An answer in pieces, so that a large one is never copied to grow, and is given back piece by piece
//! while it is sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};

/// A piece of so many bytes is closed.
const PIECE: usize = 256 * 1024;

/// The bytes of an answer in the making.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    closed: VecDeque<Bytes>,
    open: Vec<u8>,
}

impl Pieces {
    /// Where the next bytes go.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        if self.open.len() >= PIECE {
            self.close();
        }
        &mut self.open
    }

    /// All bytes in one piece, for answers that are small enough to be copied.
    pub(super) fn joined(self) -> Vec<u8> {
        if self.closed.is_empty() {
            return self.open;
        }
        let mut bytes = Vec::new();
        for piece in &self.closed {
            bytes.extend_from_slice(piece);
        }
        bytes.extend_from_slice(&self.open);
        bytes
    }

    fn close(&mut self) {
        self.closed.push_back(std::mem::take(&mut self.open).into());
    }
}

impl From<Pieces> for Body {
    fn from(mut pieces: Pieces) -> Self {
        if pieces.closed.is_empty() {
            return Self::from(pieces.open);
        }
        pieces.close();
        Self::new(Sending(pieces.closed))
    }
}

/// The pieces that are still to be sent.
struct Sending(VecDeque<Bytes>);

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let bytes: usize = self.0.iter().map(Bytes::len).sum();
        SizeHint::with_exact(bytes as u64)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[test]
    fn pieces_come_out_as_they_went_in() {
        let mut pieces = Pieces::default();
        let mut wanted = Vec::new();
        for number in 0..10_u8 {
            let text = vec![b'0' + number; PIECE / 2];
            pieces.out().extend_from_slice(&text);
            wanted.extend_from_slice(&text);
        }
        assert_eq!(pieces.closed.len(), 4);
        let body = Body::from(pieces);
        let hint = axum::body::HttpBody::size_hint(&body).exact();
        assert_eq!(hint, u64::try_from(wanted.len()).ok());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let bytes = runtime.block_on(to_bytes(body, usize::MAX));
        assert!(bytes.expect("a whole body") == wanted);
    }
}
