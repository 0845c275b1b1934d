//! The threads that carry requests out and post their answers: one for each, so that a receiver that
//! is slow holds up no request.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sidegate_model::{Failure, Result};

use super::queue::{self, CARRY_OUT, Held, POST, Receiver, Step};
use super::{Gateway, Waiting, policy};
use crate::actor::{Call, Door};
use crate::engine::Engine;
use crate::outbound::{Posting, Undelivered};

/// What other nodes left behind is looked for so often.
const LOOK_AROUND: Duration = Duration::from_secs(30);
/// After a fault of ours nothing is tried for so long.
const AFTER_FAULT: Duration = Duration::from_secs(10);
/// While a request is carried out, other nodes are told so this often.
const RENEWED: i64 = 60_000_000;
/// Whether it is done is looked at so often.
const GLANCE: Duration = Duration::from_millis(20);

/// What is said of what this node's key file does not open.
const SEALED: &str = "the key file does not open it; restore the one that belongs to the database";

/// What wakes the threads, and who carries requests out.
#[derive(Default)]
pub(crate) struct Offline {
    state: Mutex<State>,
    bell: Condvar,
    gateway: OnceLock<Arc<dyn Gateway>>,
}

#[derive(Default)]
struct State {
    /// How often the bell rang.
    rung: u64,
    stopping: bool,
}

impl Offline {
    /// Says that there is something to do.
    pub(crate) fn ring(&self) {
        self.lock().rung += 1;
        self.bell.notify_all();
    }

    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.bell.notify_all();
    }

    fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    fn rung(&self) -> u64 {
        self.lock().rung
    }

    /// Waits so long, or until the bell rings once more than it was heard, or until the end.
    fn wait(&self, heard: u64, long: Duration) {
        let state = self.lock();
        let waited = self
            .bell
            .wait_timeout_while(state, long, |state| !state.stopping && state.rung == heard);
        drop(waited);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which work a thread does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shift {
    /// Carries requests out.
    CarriesOut,
    /// Posts answers.
    Posts,
}

impl Shift {
    fn step(self) -> Step {
        match self {
            Self::CarriesOut => CARRY_OUT,
            Self::Posts => POST,
        }
    }
}

/// Serves until the engine stops.
pub(crate) fn serve(engine: &Engine, shift: Shift) {
    let offline = &engine.inner().offline;
    while !offline.is_stopping() {
        let heard = offline.rung();
        let rest = match one(engine, shift) {
            Ok(true) => continue,
            Ok(false) => engine
                .next_offline(shift.step())
                .map_or(AFTER_FAULT, |at| until(engine, at).min(LOOK_AROUND)),
            Err(failure) => {
                tracing::warn!(
                    ?failure,
                    "asynchronous requests cannot be looked after just now"
                );
                AFTER_FAULT
            }
        };
        offline.wait(heard, rest);
    }
}

/// How long until a moment.
fn until(engine: &Engine, at: Option<i64>) -> Duration {
    let micros = at.map_or(i64::MAX, |at| at - engine.source().now());
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// Does one thing that is due, if there is one.
fn one(engine: &Engine, shift: Shift) -> Result<bool> {
    let Some(gateway) = engine.inner().offline.gateway.get() else {
        // Nobody here can carry anything out or say what an answer is.
        return Ok(false);
    };
    let (step, now) = (shift.step(), engine.source().now());
    // Looked at in a read first, so that idle nodes never wait for the server's lock.
    if engine.next_offline(step)?.is_none_or(|at| at > now) {
        return Ok(false);
    }
    let claimed = engine
        .write(server(), move |work| queue::claim(work, step))
        .wait()?;
    match claimed {
        None => Ok(false),
        Some(None) => Ok(true),
        Some(Some(held)) => {
            match shift {
                Shift::CarriesOut => carry_out(engine, gateway.as_ref(), held)?,
                Shift::Posts => post(engine, gateway.as_ref(), held)?,
            }
            Ok(true)
        }
    }
}

fn server() -> Call {
    Call::system(None, Door::System)
}

fn carry_out(engine: &Engine, gateway: &dyn Gateway, held: Held) -> Result<()> {
    let body = opened(engine, held.sealed.as_ref(), &queue::identity(held.key))
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(body) = body else {
        // Another node may have a newer key file.
        tracing::error!(request = %held.request, policy = %held.policy, "{SEALED}");
        return engine
            .write(server(), move |work| queue::put_back(work, &held, SEALED))
            .wait();
    };
    let waiting = Waiting {
        request: held.request.clone(),
        address: held.address.clone(),
        endpoint: held.endpoint.clone(),
        body,
    };
    let answer = if held.orphaned {
        tracing::warn!(request = %held.request, policy = %held.policy, "a request was left while it was carried out, and is not carried out again");
        gateway.lost(engine, &waiting)
    } else {
        carried_out(engine, gateway, &waiting, &held)
    };
    let keys = &engine.inner().keys;
    let sealed = keys.seal(engine.source(), &queue::identity(held.key), &answer);
    let (request, policy) = (held.request.clone(), held.policy.clone());
    let kept = engine
        .write(server(), move |work| {
            queue::answered(work, &held, sealed.clone())
        })
        .wait()?;
    if kept {
        tracing::info!(%request, %policy, "an asynchronous request was carried out");
    } else {
        tracing::error!(%request, %policy, "an asynchronous request was carried out after another node had given it up; its answer is lost");
    }
    engine.inner().offline.ring();
    Ok(())
}

/// Carries a request out, and tells other nodes meanwhile that it is in good hands.
fn carried_out(engine: &Engine, gateway: &dyn Gateway, waiting: &Waiting, held: &Held) -> Vec<u8> {
    std::thread::scope(|scope| {
        let under_way = scope.spawn(|| gateway.carry_out(engine, waiting));
        let mut told = engine.source().now();
        while !under_way.is_finished() {
            std::thread::park_timeout(GLANCE);
            let now = engine.source().now();
            if now - told >= RENEWED {
                told = now;
                let still = held.clone();
                let renewed = engine.write(server(), move |work| queue::renew(work, &still));
                if let Err(failure) = renewed.wait() {
                    tracing::warn!(request = %held.request, ?failure, "a request under way could not be claimed longer");
                }
            }
        }
        under_way.join().unwrap_or_else(|_| {
            tracing::error!(request = %held.request, "an asynchronous request broke off");
            gateway.lost(engine, waiting)
        })
    })
}

fn post(engine: &Engine, gateway: &dyn Gateway, held: Held) -> Result<()> {
    let answer = opened(engine, held.sealed.as_ref(), &queue::identity(held.key));
    let about = held.clone();
    let receiver = engine
        .read(server(), move |work| queue::receiver(work, &about))
        .wait()?;
    let done = deliver(engine, gateway, answer, receiver);
    let (request, policy) = (&held.request, &held.policy);
    match &done {
        Ok(status) => tracing::info!(%request, %policy, status, "an answer was delivered"),
        Err(failed) => {
            let reason = &failed.reason;
            tracing::warn!(%request, %policy, attempt = held.attempts, reason, "an answer could not be delivered");
        }
    }
    engine
        .write(server(), move |work| queue::settle(work, &held, &done))
        .wait()
}

fn deliver(
    engine: &Engine,
    gateway: &dyn Gateway,
    answer: Option<Vec<u8>>,
    receiver: Option<Receiver>,
) -> std::result::Result<u16, Undelivered> {
    let closed = || Undelivered {
        reason: SEALED.to_owned(),
        for_good: false,
    };
    let answer = answer.ok_or_else(closed)?;
    let receiver = receiver.ok_or_else(|| Undelivered {
        reason: "there is no such transport policy any more".to_owned(),
        for_good: true,
    })?;
    let whose = policy::identity(receiver.key);
    let password = opened(engine, receiver.sealed.as_ref(), &whose)
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let account = match (receiver.user.as_deref(), &password) {
        (None, _) => None,
        (Some(user), Some(password)) => Some((user, password.as_str())),
        (Some(_), None) => return Err(closed()),
    };
    engine.inner().outbound.post(&Posting {
        url: &receiver.url,
        account,
        media_type: gateway.media_type(),
        body: &answer,
    })
}

fn opened(engine: &Engine, sealed: Option<&(i64, Vec<u8>)>, whose: &str) -> Option<Vec<u8>> {
    let (number, bytes) = sealed?;
    engine.inner().keys.unseal(*number, whose, bytes)
}

impl Engine {
    /// Says who carries asynchronous requests out; counts the first time only.
    pub fn answer_later_through(&self, gateway: Arc<dyn Gateway>) {
        let _ = self.inner().offline.gateway.set(gateway);
        self.inner().offline.ring();
    }

    /// Carries out and posts what is due, now and on this thread; for whoever has no background. Says
    /// how much was done.
    ///
    /// # Errors
    /// What the database says.
    pub fn answer_due(&self) -> Result<usize> {
        let mut done = 0;
        for shift in [Shift::CarriesOut, Shift::Posts] {
            while one(self, shift)? {
                done += 1;
            }
        }
        Ok(done)
    }

    fn next_offline(&self, step: Step) -> std::result::Result<Option<i64>, Failure> {
        self.read(server(), move |work| queue::next_due(work, step))
            .wait()
    }
}
