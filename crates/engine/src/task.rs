//! What goes through the threads: closures as jobs with an answer to come, and the messages that
//! carry them.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use sidegate_model::{Failure, Result, problem};
use tokio::sync::oneshot;

use crate::actor::Call;
use crate::work::Work;

/// An answer to come. Dropping it tells the engine that nobody waits any more.
pub struct Pending<T> {
    receiver: Option<oneshot::Receiver<Result<T>>>,
    gone: Arc<AtomicBool>,
}

impl<T> Pending<T> {
    /// Blocks until the answer is there. Not for async code.
    ///
    /// # Errors
    /// What the work says.
    pub fn wait(mut self) -> Result<T> {
        let receiver = self.receiver.take().expect("taken only here");
        receiver.blocking_recv().unwrap_or_else(|_| Err(dropped()))
    }

    /// An answer that is there already.
    pub(crate) fn refused(failure: Failure) -> Self {
        let (sender, receiver) = oneshot::channel();
        // The receiver is right here.
        let _ = sender.send(Err(failure));
        Self {
            receiver: Some(receiver),
            gone: Arc::default(),
        }
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let receiver = self.receiver.as_mut().expect("taken only by wait");
        Pin::new(receiver)
            .poll(context)
            .map(|answer| answer.unwrap_or_else(|_| Err(dropped())))
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

fn dropped() -> Failure {
    Failure::broken("the work was dropped without an answer")
}

type Closure<T> = Box<dyn FnMut(&mut Work<'_>) -> Result<T> + Send>;

/// A closure on its way through the threads.
struct Task<T> {
    call: Call,
    closure: Closure<T>,
    outcome: Option<Result<T>>,
    reply: Option<oneshot::Sender<Result<T>>>,
    gone: Arc<AtomicBool>,
    queued: Instant,
    kind: Kind,
}

/// What the threads know of a closure before they run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It may read or write whatever it wants to.
    Any,
    /// It is expected to run one page statement and nothing else.
    OnePage,
}

/// A task whose type of answer does not matter.
pub(crate) trait Job: Send {
    fn call(&self) -> &Call;
    fn gone(&self) -> &Arc<AtomicBool>;
    fn waited(&self) -> Duration;
    fn kind(&self) -> Kind;
    /// Runs the closure; true when it succeeded.
    fn attempt(&mut self, work: &mut Work<'_>) -> bool;
    fn fail(&mut self, failure: Failure);
    fn answer(&mut self);
}

impl<T: Send> Job for Task<T> {
    fn call(&self) -> &Call {
        &self.call
    }

    fn gone(&self) -> &Arc<AtomicBool> {
        &self.gone
    }

    fn waited(&self) -> Duration {
        self.queued.elapsed()
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn attempt(&mut self, work: &mut Work<'_>) -> bool {
        let outcome = (self.closure)(work);
        let fine = outcome.is_ok();
        if let Err(Failure::Refused(problems)) = &outcome {
            work.note_refused(problems);
            // A refusal stands only if the actor it was given to still does.
            work.check_actor();
        }
        work.count_use();
        self.outcome = Some(outcome);
        fine
    }

    fn fail(&mut self, failure: Failure) {
        self.outcome = Some(Err(failure));
    }

    fn answer(&mut self) {
        if let (Some(reply), Some(outcome)) = (self.reply.take(), self.outcome.take()) {
            // Whoever asked may have gone; a write stays written.
            let _ = reply.send(outcome);
        }
    }
}

/// A job and its receiver.
pub(crate) fn task<T: Send + 'static>(
    call: Call,
    kind: Kind,
    closure: impl FnMut(&mut Work<'_>) -> Result<T> + Send + 'static,
) -> (Box<dyn Job>, Pending<T>) {
    let (sender, receiver) = oneshot::channel();
    let gone = Arc::new(AtomicBool::new(false));
    let task = Task {
        call,
        closure: Box::new(closure),
        outcome: None,
        reply: Some(sender),
        gone: Arc::clone(&gone),
        queued: Instant::now(),
        kind,
    };
    (
        Box::new(task),
        Pending {
            receiver: Some(receiver),
            gone,
        },
    )
}

/// What a thread is told.
pub(crate) enum Message {
    Read(Box<dyn Job>),
    Write(Box<dyn Job>),
    Stop,
}

/// Puts a job into a bounded queue, or refuses it at once.
pub(crate) fn submit<T>(
    queue: &Sender<Message>,
    message: Message,
    pending: Pending<T>,
) -> Pending<T> {
    match queue.try_send(message) {
        Ok(()) => pending,
        Err(_) => Pending::refused(busy()),
    }
}

/// Too much is waiting, or something is in the way for longer than it should be.
pub(crate) fn busy() -> Failure {
    problem::SERVER_BUSY.with("SECONDS", "1").into()
}

/// What a hasher is told.
pub(crate) enum Hashing {
    Job(Box<dyn FnOnce() + Send>),
    Stop,
}

/// Serves password hashing until told to stop.
pub(crate) fn serve_hashes(queue: &Receiver<Hashing>) {
    while let Ok(Hashing::Job(job)) = queue.recv() {
        // A panic is the job's alone; its receiver sees that no answer came.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a hashing job panicked");
        }
    }
}

/// A hashing job with its answer.
pub(crate) fn hash_task<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> (Hashing, Pending<T>) {
    let (sender, receiver) = oneshot::channel();
    let job = Box::new(move || {
        // Whoever asked may have gone.
        let _ = sender.send(Ok(work()));
    });
    (
        Hashing::Job(job),
        Pending {
            receiver: Some(receiver),
            gone: Arc::default(),
        },
    )
}
