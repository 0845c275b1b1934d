//! What a role has beyond its form: a copy, users and groups that get it, and trying it.

use sidegate_engine::Work;
use sidegate_engine::advice::Suggested;
use sidegate_model::{Failure, Operation, RecordKey, Result};

use crate::console::answer::Answer;
use crate::console::control::Control;
use crate::console::form::{Tried, called};
use crate::console::frame::{Crumb, Fault, Frame};
use crate::console::pairs::Pairs;
use crate::console::pick::{self, Choice};
use crate::console::record::{self, Found};
use crate::console::step::{self, OWN, Proof, Step};
use crate::console::visit::{Visit, is_for_form};
use crate::console::{At, Console};
use crate::rest::draft::draft;
use crate::rest::json::Node;

pub(super) const COPY: &str = "copy";
pub(super) const MEMBERS: &str = "members";
pub(super) const TRY: &str = "try";
const ROLE: &str = "company-config/role";
const USER: &str = "company-config/user";
const GROUP: &str = "company-config/user-group";

fn text(name: &str, value: &str) -> (String, Node) {
    (name.to_owned(), Node::Text(value.to_owned()))
}

/// The permissions of a role as the body of a create says them.
pub(super) fn assignments(permissions: &[Suggested]) -> Vec<Node> {
    let one =
        |one: &Suggested| assignment(&one.key.to_string(), one.rights.iter().map(String::as_str));
    permissions.iter().map(one).collect()
}

fn assignment<'w>(permission: &str, rights: impl Iterator<Item = &'w str>) -> Node {
    let rights = rights.map(|word| Node::Text(word.to_owned())).collect();
    Node::Object(vec![
        (
            "permission".to_owned(),
            Node::Object(vec![text("key", permission)]),
        ),
        ("accessRights".to_owned(), Node::Array(rights)),
    ])
}

/// The body of a new role.
pub(super) fn body(id: &str, description: &str, assignments: Vec<Node>) -> Node {
    Node::Object(vec![
        text("id", id.trim()),
        text("description", description.trim()),
        (
            "rolePermissionAssignments".to_owned(),
            Node::Array(assignments),
        ),
    ])
}

/// Makes a role, or only tries whether it could be made.
///
/// # Errors
/// What the engine refuses.
pub(super) async fn create(
    console: &Console,
    visit: &Visit,
    body: &Node,
    tries: bool,
) -> Result<RecordKey> {
    let registry = console.engine.registry();
    let role = registry.named(ROLE).expect("roles are declared");
    let draft = draft(registry, role, Operation::Create, body).map_err(Failure::Refused)?;
    let done = console
        .engine
        .write(visit.call(), move |work| {
            let saved = work.create(work.object(ROLE), &draft)?;
            if tries {
                return Err(Failure::Broken(Box::new(Made(saved.key))));
            }
            Ok(saved.key)
        })
        .await;
    match done {
        Err(Failure::Broken(error)) => match error.downcast::<Made>() {
            Ok(made) => Ok(made.0),
            Err(error) => Err(Failure::Broken(error)),
        },
        done => done,
    }
}

/// Says that a role could be made, and was not.
#[derive(Debug)]
struct Made(RecordKey);

impl std::fmt::Display for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a role was tried and undone")
    }
}

impl std::error::Error for Made {}

/// Further pages of a role.
///
/// # Errors
/// What the engine says.
pub(super) async fn of_role(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    page: &str,
) -> Result<Option<Answer>> {
    if at.definition.name != ROLE {
        return Ok(None);
    }
    let found = console
        .engine
        .read(visit.call(), move |work| {
            Found::read(work, work.object(ROLE), key)
        })
        .await?;
    Ok(match page {
        COPY => Some(copy(console, visit, at, key, &found).await?),
        MEMBERS => Some(members(console, visit, at, key, &found).await?),
        TRY => Some(attempt(console, visit, at, key, &found).await?),
        _ => None,
    })
}

async fn copy(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    found: &Found,
) -> Result<Answer> {
    let said = visit.form.without(OWN);
    let name = called(at, found);
    let ask = async |faults: Vec<Fault>| {
        let mut step = Step::new(console, visit, &format!("Copy {name}")).await?;
        let mut id = Control::plain("role-id", "Name", "text", said.get("role-id"));
        id.required = true;
        id.most = 200;
        let of_it = found.text("description");
        let description = said.find("role-description").unwrap_or(&of_it);
        step.fields = vec![
            id,
            Control::plain("role-description", "Description", "text", description),
        ];
        step.lines = vec![
            "The new role has the same permissions. Users and groups do not come along.".to_owned(),
        ];
        step.carried = Vec::new();
        step.frame.faults = faults;
        step.go = "copy".to_owned();
        step.button = "Copy".to_owned();
        step.cancel = Some(at.record(key));
        step.answer()
    };
    let go = visit.form.get("go");
    if !visit.is_post() || !matches!(go, "copy" | "verify") {
        return ask(Vec::new()).await;
    }
    let list = record::at(&found.record, "rolePermissionAssignments").as_array();
    let list = list.into_iter().flatten().map(|one| {
        let rights = record::at(one, "accessRights").as_array();
        let rights = rights
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str());
        assignment(&record::text(record::at(one, "permission")), rights)
    });
    let mut body = body(
        said.get("role-id"),
        said.get("role-description"),
        list.collect(),
    );
    if let Node::Object(members) = &mut body {
        members.push(text("roleType", &found.text("roleType")));
        members.push(text("applyTo", &found.text("applyTo")));
    }
    let told = |problems: Vec<sidegate_model::Problem>| -> Vec<Fault> {
        let faults = problems.iter().map(Fault::of);
        faults
            .map(|fault| Fault {
                at: "role-id".to_owned(),
                ..fault
            })
            .collect()
    };
    match create(console, visit, &body, true).await {
        Err(Failure::Refused(problems)) if is_for_form(&problems) => {
            return ask(told(problems)).await;
        }
        Err(failure) => return Err(failure),
        Ok(_) => {}
    }
    if go == "copy" {
        return step::ask(console, visit, &said, Vec::new(), Vec::new()).await;
    }
    if let Proof::Missing(answer) = step::take(console, visit, &said, Vec::new()).await? {
        return Ok(answer);
    }
    let made = create(console, visit, &body, false).await?;
    Ok(Answer::to(format!("/roles/{made}?done=created")))
}

/// The keys of those who have the role.
fn holding(found: &Found, list: &str, who: &str) -> Vec<String> {
    let rows = record::at(&found.record, list).as_array();
    let rows = rows.into_iter().flatten();
    rows.map(|row| record::text(record::at(row, who))).collect()
}

async fn members(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    found: &Found,
) -> Result<Answer> {
    let name = called(at, found);
    let users = holding(found, "roleUsers", "user");
    let groups = holding(found, "roleGroups", "userGroup");
    let said = visit.form.without(OWN);
    let chosen = |name: &str, saved: &[String]| -> Vec<String> {
        match visit.is_post() {
            true => said
                .all(name)
                .filter(|key| !key.is_empty())
                .map(str::to_owned)
                .collect(),
            false => saved.to_vec(),
        }
    };
    let (now_users, now_groups) = (chosen("users", &users), chosen("groups", &groups));
    let ask = async |faults: Vec<Fault>| {
        let (with, among) = (now_users.clone(), now_groups.clone());
        let (all_users, all_groups) = console
            .engine
            .read(visit.call(), move |work| {
                let of = |work: &mut Work<'_>, object: &str, also: &[String]| {
                    pick::of(work, work.object(object), also)
                };
                Ok((of(work, USER, &with)?, of(work, GROUP, &among)?))
            })
            .await?;
        let rows = |name: &str, label: &str, values: &[String], options: Vec<Choice>| Control {
            values: values.iter().cloned().chain([String::new()]).collect(),
            options,
            ..Control::plain(name, label, "rows", "")
        };
        let mut step = Step::new(console, visit, &format!("Assign {name}")).await?;
        step.fields = vec![
            rows("users", "Users", &now_users, all_users),
            rows("groups", "User groups", &now_groups, all_groups),
        ];
        step.lines = vec!["Who stands here has the role, by herself or through a group. It holds from her next request.".to_owned()];
        step.carried = Vec::new();
        step.frame.faults = faults;
        step.go = "assign".to_owned();
        step.button = "Save".to_owned();
        step.cancel = Some(at.record(key));
        step.answer()
    };
    let go = visit.form.get("go");
    if !visit.is_post() || !matches!(go, "assign" | "verify") {
        return ask(Vec::new()).await;
    }
    let changes: Vec<(&'static str, RecordKey, bool)> =
        [(USER, &users, &now_users), (GROUP, &groups, &now_groups)]
            .into_iter()
            .flat_map(|(object, before, after)| {
                let keyed = |key: &String| key.parse().ok().and_then(RecordKey::new);
                let comes = after
                    .iter()
                    .filter(|key| !before.contains(key))
                    .filter_map(keyed);
                let goes = before
                    .iter()
                    .filter(|key| !after.contains(key))
                    .filter_map(keyed);
                let comes: Vec<_> = comes.map(|key| (object, key, true)).collect();
                let goes: Vec<_> = goes.map(|key| (object, key, false)).collect();
                comes.into_iter().chain(goes)
            })
            .collect();
    if changes.is_empty() {
        return ask(vec![Fault::said("", "Nobody was added or taken off.")]).await;
    }
    match assign(console, visit, key, changes.clone(), true).await {
        Err(Failure::Broken(error)) if error.is::<Tried>() => {}
        Err(Failure::Refused(problems)) => {
            let faults = problems.iter().map(Fault::of);
            return ask(faults
                .map(|fault| Fault {
                    at: String::new(),
                    ..fault
                })
                .collect())
            .await;
        }
        Err(failure) => return Err(failure),
        Ok(()) => {}
    }
    let count = |comes: bool| changes.iter().filter(|change| change.2 == comes).count();
    let lines = vec![format!(
        "{} get the role and {} lose it.",
        count(true),
        count(false)
    )];
    if go == "assign" {
        return step::ask(console, visit, &said, lines, Vec::new()).await;
    }
    if let Proof::Missing(answer) = step::take(console, visit, &said, lines).await? {
        return Ok(answer);
    }
    assign(console, visit, key, changes, false).await?;
    Ok(Answer::to(format!("{}?done=saved", at.record(key))))
}

/// Gives and takes the role, everybody in one write.
async fn assign(
    console: &Console,
    visit: &Visit,
    role: RecordKey,
    changes: Vec<(&'static str, RecordKey, bool)>,
    tries: bool,
) -> Result<()> {
    console
        .engine
        .write(visit.call(), move |work| {
            // What is written changes who may do what, so everything is read before.
            let mut writes = Vec::new();
            for (object, key, comes) in &changes {
                let definition = work.object(object);
                let found = Found::read(work, definition, *key)?;
                let mut roles = record::keys(found.at("roles"));
                let role = role.to_string();
                roles.retain(|known| *known != role);
                if *comes {
                    roles.push(role);
                }
                let roles = roles.iter().map(|key| Node::Object(vec![text("key", key)]));
                let body = Node::Object(vec![("roles".to_owned(), Node::Array(roles.collect()))]);
                let draft = draft(work.registry(), definition, Operation::Update, &body)
                    .map_err(Failure::Refused)?;
                writes.push((definition, *key, draft, found.version));
            }
            for (definition, key, draft, version) in writes {
                work.update(definition, key, &draft, Some(version))?;
            }
            if tries {
                return Err(Failure::Broken(Box::new(Tried)));
            }
            Ok(())
        })
        .await
}

async fn attempt(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    found: &Found,
) -> Result<Answer> {
    let name = called(at, found);
    if visit.is_post() && visit.form.get("go") == "try" {
        let cookie = visit.guest()?.cookie.clone();
        console
            .engine
            .try_role(&cookie, Some(name), &visit.call())
            .await?;
        return Ok(Answer::to("/overview"));
    }
    let mut frame = Frame::at(console, visit, at, &format!("Try {name}?")).await?;
    frame.crumbs.push(Crumb {
        label: name.clone(),
        href: Some(at.record(key)),
    });
    frame.dialog = true;
    let step = Step {
        lines: vec![
            format!("You see the console as somebody of your user type who has the role {name} and nothing else."),
            "Nothing can be saved meanwhile. A band at the top says so, with a button that brings you back.".to_owned(),
        ],
        carried: Pairs::default().0,
        cancel: Some(at.record(key)),
        go: "try".to_owned(),
        button: "Try role".to_owned(),
        frame,
        ..Step::new(console, visit, "").await?
    };
    step.answer()
}
