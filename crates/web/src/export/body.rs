//! Files on their way out.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};

use super::Made;

/// So much of a file is in memory at once.
const PORTION: usize = 64 * 1024;

impl Made {
    /// The file as the body of an answer, read as it goes out.
    pub fn body(&self) -> Body {
        Body::new(FileBody {
            file: Arc::clone(&self.file),
            at: 0,
            length: self.length,
        })
    }
}

struct FileBody {
    file: Arc<File>,
    at: u64,
    length: u64,
}

impl http_body::Body for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    // The file was just written, so that reading it is copying memory.
    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Self::Error>>> {
        let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
        if left == 0 {
            return Poll::Ready(None);
        }
        let mut portion = vec![0; left.min(PORTION)];
        let read = self.file.read_exact_at(&mut portion, self.at);
        self.at += portion.len() as u64;
        Poll::Ready(Some(read.map(|()| Frame::data(Bytes::from(portion)))))
    }

    fn is_end_stream(&self) -> bool {
        self.at == self.length
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length - self.at)
    }
}
