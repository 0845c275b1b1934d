//! Many records of one object in one call: arrays to create and change, lists of keys to read and
//! delete.
//!
//! A record's answer stands where the record stood. Problems of a record name places inside of it.

use std::sync::Arc;

use axum::http::StatusCode;
use sidegate_engine::idempotency::Answer;
use sidegate_engine::{Call, Engine, MOST_RECORDS, Outcome, Saved, Work};
use sidegate_model::{
    Definition, Draft, Failure, FieldIndex, ObjectIndex, Operation, Problem, RecordKey, Registry,
    Result, problem,
};

use super::draft::draft;
use super::idempotency::Write;
use super::json::{Node, unfit};
use super::object;
use super::pieces::Pieces;
use super::problem::{MOST_OF_EACH, error};
use super::reply::{self, Asked, Reply};
use super::router::Views;

/// Records read together have at most so many bytes: each may hold a file, and all wait in memory.
const MOST_READ: usize = 32 * 1024 * 1024;

/// Whether one refused record undoes the whole call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Together {
    /// Each record is kept or refused by itself.
    Apart,
    /// All or nothing.
    AllOrNone,
}

/// One record as it was sent, or what is wrong with it.
pub(super) type Sent<T> = std::result::Result<T, Vec<Problem>>;

/// New records.
pub(super) async fn create(
    write: Write<'_>,
    object: ObjectIndex,
    records: &[Node],
    together: Together,
) -> Result<Reply> {
    let registry = write.engine.registry();
    let definition = registry.at(object);
    let names = Arc::clone(registry);
    let sent = counted(records.len()).map(|()| {
        let sent = |record| few(drafted(registry, definition, Operation::Create, record));
        records.iter().map(sent).collect::<Vec<Sent<Draft>>>()
    });
    let act = move |work: &mut Work<'_>, sent: &Vec<Sent<Draft>>| {
        let definition = work.registry().at(object);
        work.authorise(definition, Operation::Create)?;
        through(work, together, sent, |work, draft| {
            work.create(definition, draft)
        })
    };
    let shown = move |asked: &Asked, outcomes: &Vec<Outcome<Saved>>| {
        answer(asked, StatusCode::CREATED, outcomes, |out, saved| {
            reply::reference(out, names.at(object), saved);
        })
    };
    write.run(sent, act, shown).await
}

/// Changed records, each named by the `key` among its members.
pub(super) async fn update(
    write: Write<'_>,
    object: ObjectIndex,
    body: std::result::Result<Node, Problem>,
    together: Together,
) -> Result<Reply> {
    let registry = write.engine.registry();
    let definition = registry.at(object);
    let names = Arc::clone(registry);
    let records = match body {
        Ok(Node::Array(records)) => counted(records.len()).map(|()| records),
        Ok(other) => Err(vec![
            other.misshapen("", "an array of records, each with its key"),
        ]),
        Err(problem) => Err(vec![problem]),
    };
    let sent = records.map(|records| {
        let sent = |record| few(keyed(registry, definition, record));
        records.into_iter().map(sent).collect::<Vec<_>>()
    });
    let act = move |work: &mut Work<'_>, sent: &Vec<Sent<(RecordKey, Draft)>>| {
        let definition = work.registry().at(object);
        work.authorise(definition, Operation::Update)?;
        through(work, together, sent, |work, (key, draft)| {
            work.update(definition, *key, draft, None)
        })
    };
    let shown = move |asked: &Asked, outcomes: &Vec<Outcome<Saved>>| {
        answer(asked, StatusCode::OK, outcomes, |out, saved| {
            reply::reference(out, names.at(object), saved);
        })
    };
    write.run(sent, act, shown).await
}

/// Records gone.
pub(super) async fn delete(
    write: Write<'_>,
    object: ObjectIndex,
    keys: &str,
    together: Together,
) -> Result<Reply> {
    let sent = listed(write.engine.registry().at(object), keys);
    let act = move |work: &mut Work<'_>, sent: &Vec<Sent<RecordKey>>| {
        let definition = work.registry().at(object);
        work.authorise(definition, Operation::Delete)?;
        through(work, together, sent, |work, key| {
            work.delete(definition, *key, None)
        })
    };
    let shown = |asked: &Asked, outcomes: &Vec<Outcome<()>>| {
        let mut answer = answer(asked, StatusCode::NO_CONTENT, outcomes, |out, ()| {
            out.extend_from_slice(b"{}");
        });
        if answer.status == StatusCode::NO_CONTENT.as_u16() {
            answer.body.clear();
        }
        answer
    };
    write.run(sent, act, shown).await
}

/// Records whole, of one snapshot.
pub(super) async fn get(
    engine: &Engine,
    views: &Views,
    object: ObjectIndex,
    keys: &str,
    call: Call,
    asked: &Asked,
) -> Result<Reply> {
    let sent = listed(engine.registry().at(object), keys).map_err(Failure::Refused)?;
    let views = views.clone();
    let outcomes: Vec<Outcome<Vec<u8>>> = engine
        .read(call, move |work| {
            let definition = work.registry().at(object);
            work.authorise(definition, Operation::Get)?;
            let view = views.of(work.registry(), definition, &work.actor().sight());
            let mut outcomes = Vec::with_capacity(sent.len());
            let mut bytes = 0;
            for key in &sent {
                let mut record = Pieces::default();
                let read = read(key).and_then(|key| {
                    object::whole(work, definition, &view, *key, &mut record).map(drop)
                });
                let record = record.joined();
                bytes += record.len();
                if bytes > MOST_READ {
                    let large = problem::BATCH_LARGE.with("MOST", MOST_READ.to_string());
                    return Err(large.into());
                }
                outcomes.push(match read {
                    Ok(()) => Ok(record),
                    Err(Failure::Refused(problems)) => Err(problems),
                    Err(broken) => return Err(broken),
                });
            }
            Ok(outcomes)
        })
        .await?;
    let answer = answer(asked, StatusCode::OK, &outcomes, |out, record| {
        out.extend_from_slice(record);
    });
    Ok(reply::answer(answer))
}

/// The keys of a list such as `1,2,3`, also where a client escaped the commas.
/// What is no key names no record.
fn listed(
    definition: &Definition,
    keys: &str,
) -> std::result::Result<Vec<Sent<RecordKey>>, Vec<Problem>> {
    let keys = keys.replace("%2C", ",").replace("%2c", ",");
    counted(keys.split(',').count())?;
    let absent = |key: &str| {
        problem::RECORD_ABSENT
            .with("OBJECT", &definition.name)
            .with("KEY", key)
    };
    let sent = |key| definition.key_of(key).ok_or_else(|| vec![absent(key)]);
    Ok(keys.split(',').map(sent).collect())
}

/// Whether a last segment of a path lists keys.
pub(super) fn is_list(segment: &str) -> bool {
    segment.contains(',') || segment.contains("%2C") || segment.contains("%2c")
}

pub(super) fn counted(records: usize) -> std::result::Result<(), Vec<Problem>> {
    if (1..=MOST_RECORDS).contains(&records) {
        return Ok(());
    }
    let size = problem::BATCH_SIZE
        .with("MOST", MOST_RECORDS.to_string())
        .with("COUNT", records.to_string());
    Err(vec![size])
}

fn drafted(
    registry: &Registry,
    definition: &Definition,
    operation: Operation,
    record: &Node,
) -> Sent<Draft> {
    match record {
        Node::Object(_) => draft(registry, definition, operation, record),
        other => Err(vec![no_record(other)]),
    }
}

fn no_record(node: &Node) -> Problem {
    problem::BODY_SHAPE
        .with("FIELD", "The record")
        .with("WANTED", "an object")
        .with("GOT", node.sort())
}

/// A change and the key of its record.
fn keyed(registry: &Registry, definition: &Definition, record: Node) -> Sent<(RecordKey, Draft)> {
    let Node::Object(mut members) = record else {
        return Err(vec![no_record(&record)]);
    };
    let at = members.iter().position(|(name, _)| name == "key");
    let key = match at.map(|at| members.remove(at).1) {
        None => Err(problem::REQUIRED_MISSING.with("FIELD", "/key").at("/key")),
        Some(node) => key_of(definition, &node),
    };
    let draft = draft(
        registry,
        definition,
        Operation::Update,
        &Node::Object(members),
    );
    match (key, draft) {
        (Ok(key), Ok(draft)) => Ok((key, draft)),
        (Ok(_), Err(problems)) => Err(problems),
        (Err(problem), draft) => {
            let others = draft.err().unwrap_or_default();
            Err([problem].into_iter().chain(others).collect())
        }
    }
}

fn key_of(definition: &Definition, node: &Node) -> std::result::Result<RecordKey, Problem> {
    if let Node::Text(text) = node
        && let Some(key) = definition.key_of(text)
    {
        return Ok(key);
    }
    let scalar = node
        .scalar()
        .ok_or_else(|| node.misshapen("/key", "a single value"))?;
    let value = definition.field(FieldIndex::KEY).accept(&scalar);
    value
        .map_err(|reason| unfit("/key", &reason.sentence()))?
        .as_key()
        .ok_or_else(|| unfit("/key", "must not be null"))
}

/// As many problems of one record as the answer lists, so that no batch piles them up.
pub(super) fn few<T>(mut sent: Sent<T>) -> Sent<T> {
    if let Err(problems) = &mut sent {
        problems.truncate(MOST_OF_EACH);
    }
    sent
}

fn read<T>(sent: &Sent<T>) -> Result<&T> {
    sent.as_ref()
        .map_err(|problems| Failure::Refused(problems.clone()))
}

/// The records through the engine, one after another.
pub(super) fn through<T, S>(
    work: &mut Work<'_>,
    together: Together,
    sent: &[Sent<T>],
    mut act: impl FnMut(&mut Work<'_>, &T) -> Result<S>,
) -> Result<Vec<Outcome<S>>> {
    let each = |work: &mut Work<'_>, sent: &Sent<T>| read(sent).and_then(|sent| act(work, sent));
    match together {
        Together::Apart => work.each(sent, each),
        Together::AllOrNone => work.all_or_none(sent, each),
    }
}

/// One status if all records share it, else 207; unless all went well each item has its own.
pub(super) fn answer<T>(
    asked: &Asked,
    fine: StatusCode,
    outcomes: &[Outcome<T>],
    show: impl Fn(&mut Vec<u8>, &T),
) -> Answer {
    let good = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let all_good = good == outcomes.len();
    let mut shared = None;
    let mut mixed = false;
    let mut body = Vec::with_capacity(128 * outcomes.len() + 128);
    body.extend_from_slice(b"{\"ia::result\":[");
    for (at, outcome) in outcomes.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        let mut item = Vec::new();
        let status = match outcome {
            Ok(done) => {
                show(&mut item, done);
                fine.as_u16()
            }
            Err(problems) => {
                let refusal = error(
                    problems,
                    &asked.method,
                    asked.resource.as_deref(),
                    &asked.request,
                );
                item = refusal.body;
                refusal.status
            }
        };
        mixed |= *shared.get_or_insert(status) != status;
        if all_good {
            body.extend_from_slice(&item);
        } else {
            body.extend_from_slice(format!("{{\"ia::status\":{status}").as_bytes());
            // The item's own members, without the brace that opens them.
            if item.len() > 2 {
                body.push(b',');
            }
            body.extend_from_slice(&item[1..]);
        }
    }
    let total = outcomes.len();
    let meta = format!(
        "],\"ia::meta\":{{\"totalCount\":{total},\"totalSuccess\":{good},\"totalError\":{}}}}}",
        total - good
    );
    body.extend_from_slice(meta.as_bytes());
    let status = shared.filter(|_| !mixed);
    Answer {
        status: status.unwrap_or(StatusCode::MULTI_STATUS.as_u16()),
        version: None,
        body,
    }
}
