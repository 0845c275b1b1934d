//! Exports of the console: each is made while its user looks at something else, and waits for her.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sidegate_engine::{Call, Engine};
use sidegate_model::{Failure, Problem, RecordKey, Result, problem};

use super::making::{Asked, Made, make_in_turn, turn};
use super::sheet::Progress;
use crate::rest::request_id;

/// So many exports of one user are under way.
const MOST_OF_USER: usize = 2;
/// So many are held in all, with those that wait for their users.
const MOST: usize = 20;
/// So long a file waits, in seconds.
const KEPT: u64 = 600;

/// The exports of a server.
#[derive(Clone)]
pub struct Exports {
    engine: Engine,
    jobs: Jobs,
}

impl std::fmt::Debug for Exports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exports")
    }
}

type Jobs = Arc<Mutex<HashMap<String, Job>>>;

/// Whose export it is; nobody else learns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The company.
    pub company: RecordKey,
    /// The user.
    pub user: RecordKey,
}

struct Job {
    owner: Owner,
    began: i64,
    progress: Arc<Progress>,
    /// What became of it, and when.
    done: Option<(i64, Done)>,
}

enum Done {
    Made(Arc<Made>),
    Refused(Vec<Problem>),
    /// The log says why, under this id.
    Broken(String),
}

/// How far an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Rows written.
    pub written: u64,
    /// Rows in all; zero until they are counted.
    pub total: u64,
    /// What becomes of it.
    pub state: State,
}

/// What becomes of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being made.
    Running,
    /// The file is there.
    Ready,
    /// It cannot be made, and the caller can mend it.
    Refused(Vec<Problem>),
    /// It cannot be made; the log says why under this id.
    Broken(String),
}

/// A file on its way to its user.
pub type Taken = Arc<Made>;

impl Exports {
    /// No exports yet.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            jobs: Arc::default(),
        }
    }

    /// Begins an export and gives the id by which its user asks for it. The call is her own, so that
    /// nothing is read that she does not see.
    ///
    /// # Errors
    /// When she has as many under way as a user may have, or the server holds as many as it can.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn start(&self, owner: Owner, call: Call, asked: Asked) -> Result<String> {
        let now = self.engine.source().now();
        let progress = Arc::new(Progress::default());
        let id = request_id(&self.engine);
        {
            let mut jobs = self.swept();
            make_room(&mut jobs, owner)?;
            let job = Job {
                owner,
                began: now,
                progress: Arc::clone(&progress),
                done: None,
            };
            jobs.insert(id.clone(), job);
        }
        let (exports, mine) = (self.clone(), id.clone());
        tokio::spawn(async move {
            let request = call.request.clone();
            let turn = turn().await;
            let made = make_in_turn(&exports.engine, call, asked, progress, turn).await;
            exports.finish(&mine, &request, made);
            tokio::time::sleep(Duration::from_secs(KEPT)).await;
            drop(exports.swept());
        });
        Ok(id)
    }

    fn finish(&self, id: &str, request: &str, made: Result<Made>) {
        let now = self.engine.source().now();
        let mut jobs = self.lock();
        // One that was cancelled is gone already.
        let Some(job) = jobs.get_mut(id) else { return };
        let done = match made {
            Ok(made) => Done::Made(Arc::new(made)),
            Err(Failure::Refused(problems)) => Done::Refused(problems),
            Err(Failure::Broken(error)) => {
                tracing::error!(request, %error, "an export failed");
                Done::Broken(request.to_owned())
            }
        };
        job.done = Some((now, done));
    }

    /// How far an export of this user is; none if there is no such.
    #[must_use]
    pub fn status(&self, id: &str, owner: Owner) -> Option<Status> {
        let jobs = self.swept();
        let job = jobs.get(id).filter(|job| job.owner == owner)?;
        let state = match &job.done {
            None => State::Running,
            Some((_, Done::Made(_))) => State::Ready,
            Some((_, Done::Refused(problems))) => State::Refused(problems.clone()),
            Some((_, Done::Broken(request))) => State::Broken(request.clone()),
        };
        Some(Status {
            written: job.progress.written(),
            total: job.progress.total(),
            state,
        })
    }

    /// The file of an export of this user, if it is ready. It waits on, so that a download that broke
    /// can begin again.
    #[must_use]
    pub fn take(&self, id: &str, owner: Owner) -> Option<Taken> {
        let jobs = self.swept();
        let job = jobs.get(id).filter(|job| job.owner == owner)?;
        match &job.done {
            Some((_, Done::Made(made))) => Some(Arc::clone(made)),
            _ => None,
        }
    }

    /// Ends an export of this user and forgets its file.
    pub fn cancel(&self, id: &str, owner: Owner) {
        let mut jobs = self.swept();
        if jobs.get(id).is_some_and(|job| job.owner == owner) {
            jobs.remove(id);
        }
    }

    /// The exports that are still held.
    fn swept(&self) -> MutexGuard<'_, HashMap<String, Job>> {
        let now = self.engine.source().now();
        let kept = i64::try_from(KEPT).unwrap_or(i64::MAX) * 1_000_000;
        let mut jobs = self.lock();
        jobs.retain(|_, job| {
            let done = job.done.as_ref();
            done.is_none_or(|(at, _)| now - at < kept)
        });
        jobs
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}

/// Room for one more of this user: her oldest that is done goes, if there must be room.
fn make_room(jobs: &mut HashMap<String, Job>, owner: Owner) -> Result<()> {
    let hers = || jobs.iter().filter(|(_, job)| job.owner == owner);
    let held = hers().count();
    if held < MOST_OF_USER && jobs.len() < MOST {
        return Ok(());
    }
    let oldest = hers()
        .filter(|(_, job)| job.done.is_some())
        .min_by_key(|(id, job)| (job.began, (*id).clone()))
        .map(|(id, _)| id.clone());
    match oldest {
        Some(id) => {
            jobs.remove(&id);
            Ok(())
        }
        None if held >= MOST_OF_USER => {
            let most = MOST_OF_USER.to_string();
            Err(problem::EXPORTS_UNDER_WAY.with("MOST", most).into())
        }
        None => {
            let full = problem::EXPORTS_FULL.with("MOST", MOST.to_string());
            Err(full.with("SECONDS", "60").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(user: i64) -> Owner {
        let key = |number| RecordKey::new(number).expect("a key");
        Owner {
            company: key(1),
            user: key(user),
        }
    }

    fn job(user: i64, began: i64, is_done: bool) -> Job {
        Job {
            owner: owner(user),
            began,
            progress: Arc::default(),
            done: is_done.then(|| (began, Done::Broken("x".to_owned()))),
        }
    }

    fn code(result: Result<()>) -> &'static str {
        match result.expect_err("no room") {
            Failure::Refused(problems) => problems[0].code.rest,
            Failure::Broken(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_user_has_two_under_way_and_her_oldest_makes_room() {
        let mut jobs = HashMap::new();
        jobs.insert("a".to_owned(), job(1, 1, true));
        jobs.insert("b".to_owned(), job(1, 2, true));
        make_room(&mut jobs, owner(1)).expect("room");
        assert!(!jobs.contains_key("a") && jobs.contains_key("b"));
        jobs.insert("b".to_owned(), job(1, 2, false));
        jobs.insert("c".to_owned(), job(1, 3, false));
        assert_eq!(code(make_room(&mut jobs, owner(1))), "SG-0432");
        make_room(&mut jobs, owner(2)).expect("room for another user");
    }

    #[test]
    fn the_server_holds_twenty_and_nobody_takes_the_file_of_another() {
        let mut jobs = HashMap::new();
        for user in 1..=10 {
            for number in 0..2 {
                jobs.insert(format!("{user}-{number}"), job(user, number, true));
            }
        }
        assert_eq!(code(make_room(&mut jobs, owner(11))), "SG-0433");
        assert_eq!(jobs.len(), MOST);
        make_room(&mut jobs, owner(10)).expect("room in her own place");
    }

    #[test]
    fn what_is_forgotten_is_cancelled() {
        let job = job(1, 1, false);
        let progress = Arc::clone(&job.progress);
        drop(job);
        assert!(progress.is_cancelled());
    }
}
