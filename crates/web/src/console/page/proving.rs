//! Writes that ask for one's own password first.

use sidegate_model::{Draft, Failure, Operation, Problem, RecordKey, Result};

use crate::console::Console;
use crate::console::answer::Answer;
use crate::console::form::Tried;
use crate::console::pairs::Pairs;
use crate::console::step::{self, Proof};
use crate::console::visit::{Visit, is_for_form};
use crate::rest::draft::draft;
use crate::rest::json::Node;

/// One write, as a request would say it.
#[derive(Clone, Debug)]
pub(in crate::console) struct Write {
    pub(in crate::console) object: &'static str,
    pub(in crate::console) operation: Operation,
    pub(in crate::console) key: Option<RecordKey>,
    pub(in crate::console) body: Node,
}

impl Write {
    /// A new record with these members.
    pub(in crate::console) fn create(object: &'static str, body: Vec<(&str, Node)>) -> Self {
        Self {
            object,
            operation: Operation::Create,
            key: None,
            body: members(body),
        }
    }

    /// A change of these members.
    pub(in crate::console) fn update(
        object: &'static str,
        key: RecordKey,
        body: Vec<(&str, Node)>,
    ) -> Self {
        Self {
            object,
            operation: Operation::Update,
            key: Some(key),
            body: members(body),
        }
    }

    /// The end of a record.
    pub(in crate::console) fn delete(object: &'static str, key: RecordKey) -> Self {
        Self {
            object,
            operation: Operation::Delete,
            key: Some(key),
            body: Node::Object(Vec::new()),
        }
    }
}

fn members(body: Vec<(&str, Node)>) -> Node {
    let members = body.into_iter();
    Node::Object(
        members
            .map(|(name, node)| (name.to_owned(), node))
            .collect(),
    )
}

/// A reference by key.
pub(in crate::console) fn by_key(key: RecordKey) -> Node {
    members(vec![("key", Node::Text(key.to_string()))])
}

/// How far a write came.
pub(in crate::console) enum Done {
    /// It is stored.
    Yes,
    /// This is asked next.
    Ask(Answer),
    /// She can change something.
    Refused(Vec<Problem>),
}

/// Writes once she has proved herself. What the engine would say comes before her password is asked
/// for.
///
/// # Errors
/// What the engine says that the page cannot mend.
pub(in crate::console) async fn prove_and_write(
    console: &Console,
    visit: &Visit,
    said: &Pairs,
    lines: Vec<String>,
    write: &Write,
) -> Result<Done> {
    let tried = match made(console, write) {
        Ok(draft) => run(console, visit, write, &draft, true)
            .await
            .map(|()| draft),
        Err(problems) => Err(Failure::Refused(problems)),
    };
    let draft = match tried {
        Ok(draft) => draft,
        Err(Failure::Refused(problems)) if is_for_form(&problems) => {
            return Ok(Done::Refused(problems));
        }
        Err(failure) => return Err(failure),
    };
    if visit.form.get("go") != "verify" {
        let asked = step::ask(console, visit, said, lines, Vec::new()).await?;
        return Ok(Done::Ask(asked));
    }
    if let Proof::Missing(answer) = step::take(console, visit, said, lines).await? {
        return Ok(Done::Ask(answer));
    }
    match run(console, visit, write, &draft, false).await {
        Ok(()) => Ok(Done::Yes),
        Err(Failure::Refused(problems)) if is_for_form(&problems) => Ok(Done::Refused(problems)),
        Err(failure) => Err(failure),
    }
}

fn made(console: &Console, write: &Write) -> std::result::Result<Draft, Vec<Problem>> {
    let registry = console.engine.registry();
    let definition = registry
        .named(write.object)
        .expect("pages name declared objects");
    if write.operation == Operation::Delete {
        return Ok(Draft::default());
    }
    draft(registry, definition, write.operation, &write.body)
}

async fn run(
    console: &Console,
    visit: &Visit,
    write: &Write,
    draft: &Draft,
    tries: bool,
) -> Result<()> {
    let (object, key, draft) = (write.object, write.key, draft.clone());
    let deletes = write.operation == Operation::Delete;
    let done = console
        .engine
        .write(visit.call(), move |work| {
            let definition = work.object(object);
            match key {
                Some(key) if deletes => work.delete(definition, key, None)?,
                Some(key) => drop(work.update(definition, key, &draft, None)?),
                None => drop(work.create(definition, &draft)?),
            }
            if tries {
                return Err(Failure::Broken(Box::new(Tried)));
            }
            Ok(())
        })
        .await;
    match done {
        Err(Failure::Broken(error)) if tries && error.is::<Tried>() => Ok(()),
        done => done,
    }
}
