//! `create` and `update`: records one after another, each whole or not at all; the first that is
//! refused ends the function, and those before it stay.

use sidegate_engine::{Saved, Work};
use sidegate_model::query::Plan;
use sidegate_model::{Draft, Failure, Operation, RecordKey, Result, Value, problem};

use super::{Run, user, user_role};
use crate::xml::face::Known;
use crate::xml::failure::{Doing, cannot};
use crate::xml::reader::NodeRef;
use crate::xml::record::{self, Naming, Sent};
use crate::xml::writer::Writer;

/// Integrators are told to send no more at once.
const MOST_RECORDS: usize = 100;
/// A record's keys stand in `data`, which stands in `result`.
const DEPTH: usize = 4;

pub(super) fn create(run: &mut Run<'_, '_, '_>) -> Result<()> {
    each(run, "CREATE", Operation::Create, made)
}

pub(super) fn update(run: &mut Run<'_, '_, '_>) -> Result<()> {
    each(run, "UPDATE", Operation::Update, changed)
}

type Act = fn(&mut Work<'_>, Known<'_>, Sent) -> Result<Saved>;

fn each(
    run: &mut Run<'_, '_, '_>,
    operation: &'static str,
    needed: Operation,
    act: Act,
) -> Result<()> {
    let records: Vec<NodeRef<'_>> = run.node.children().collect();
    if records.is_empty() || records.len() > MOST_RECORDS {
        let size = problem::BATCH_SIZE.with("MOST", MOST_RECORDS.to_string());
        return Err(size.with("COUNT", records.len().to_string()).into());
    }
    let mut piece = Writer::piece(run.out.layout(), DEPTH);
    let mut done = 0;
    for node in records {
        let doing = Doing {
            operation,
            object: node.name().to_owned(),
        };
        let outcome = run.work.step(|work| {
            let known = Known::named(work.registry(), node.name())
                .ok_or_else(|| problem::XML_OBJECT.with("OBJECT", node.name()))?;
            let answers = known.definition.answers(needed) || user_role::is_role_of_user(known);
            if !(answers && known.face.writes.contains(&needed)) {
                return Err(cannot(&doing).into());
            }
            let saved = act(work, known, Sent::read(known, node)?)?;
            Ok((known, saved))
        })?;
        match outcome {
            Ok((known, saved)) => {
                keys(&mut piece, known, &saved);
                done += 1;
            }
            Err(problems) => {
                run.failed = Some(problems);
                break;
            }
        }
    }
    let count = done.to_string();
    run.out
        .open_with("data", &[("listtype", "objects"), ("count", &count)]);
    run.out.insert(&piece.into_piece());
    run.out.close();
    Ok(())
}

/// What a record is known by from now on.
fn keys(out: &mut Writer, known: Known<'_>, saved: &Saved) {
    out.open(&known.face.name.to_ascii_lowercase());
    out.leaf_shown("RECORDNO", saved.key);
    if let Some(name) = record::id_name(known) {
        out.leaf(name, &saved.id);
    }
    out.close();
}

/// A new record.
pub(super) fn made(work: &mut Work<'_>, known: Known<'_>, mut sent: Sent) -> Result<Saved> {
    if user_role::is_role_of_user(known) {
        return user_role::give(work, known, &sent);
    }
    work.authorise(known.definition, Operation::Create)?;
    user::complete(work, known, &mut sent)?;
    let draft = drafted(work, known, Operation::Create, &sent)?;
    told(known, work.create(known.definition, &draft))
}

/// A record changed.
pub(super) fn changed(work: &mut Work<'_>, known: Known<'_>, mut sent: Sent) -> Result<Saved> {
    work.authorise(known.definition, Operation::Update)?;
    let key = match record::naming(known, &mut sent)? {
        Naming::Key(key) => key,
        Naming::Id(id) => key_of(work, known, &id)?,
    };
    user::unchanged(work, known, &mut sent)?;
    let draft = drafted(work, known, Operation::Update, &sent)?;
    told(known, work.update(known.definition, key, &draft, None))
}

fn drafted(
    work: &mut Work<'_>,
    known: Known<'_>,
    operation: Operation,
    sent: &Sent,
) -> Result<Draft> {
    let mut sent = sent.clone();
    user::spread(work, known, operation, &mut sent)?;
    record::draft(known, operation, &sent).map_err(Failure::Refused)
}

/// Problems with their fields named as the gateway names them.
pub(super) fn told<T>(known: Known<'_>, done: Result<T>) -> Result<T> {
    done.map_err(|failure| match failure {
        Failure::Refused(problems) => {
            let problems = problems.into_iter();
            Failure::Refused(
                problems
                    .map(|problem| record::renamed(known, problem))
                    .collect(),
            )
        }
        broken @ Failure::Broken(_) => broken,
    })
}

/// The key of the record that people call so, of those that the caller sees.
pub(super) fn key_of(work: &mut Work<'_>, known: Known<'_>, id: &str) -> Result<RecordKey> {
    let sight = work.actor().sight();
    let by = record::id_path(known.definition);
    let plan = Plan::named(known.registry, known.definition, sight, by, Value::from(id));
    let mut key = None;
    work.visit(&plan, &mut |row| {
        key = row.number(0).and_then(RecordKey::new);
    })?;
    key.ok_or_else(|| {
        problem::RECORD_ABSENT
            .with("OBJECT", known.face.name.to_ascii_lowercase())
            .with("KEY", id)
            .into()
    })
}
