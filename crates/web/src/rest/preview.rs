//! `POST /sidegate/v1/services/roles/preview`.

use serde::Serialize;
use sidegate_engine::explain::Whom;
use sidegate_engine::preview::{Assigned, Changed, Incomplete, Preview};
use sidegate_engine::{Call, Engine};
use sidegate_model::{Failure, Problem, RecordKey, Result, problem};

use super::access::{NamedRights, OriginAnswer, UserAnswer, fine, named_rights, origin, whom};
use super::json::{Node, pointer, unfit};
use super::problem::Found;
use super::reply::Reply;

/// At most so many permissions; the catalogue has fewer.
const MOST_PERMISSIONS: usize = 1000;

/// Who would gain and lose what if a role had other permissions.
pub(super) async fn role(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let (role, assigned) = asked(body).map_err(Failure::Refused)?;
    let preview = engine
        .read(call, move |work| work.preview_role(&role, &assigned))
        .await?;
    Ok(fine(&answer(&preview)))
}

fn asked(body: &Node) -> std::result::Result<(Whom, Vec<Assigned>), Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let (mut role, mut assigned) = (None, None);
    for (member, node) in members {
        let place = pointer("", member);
        match member.as_str() {
            "role" => role = whom(node, &place, "role", &mut found),
            "rolePermissionAssignments" => assigned = all_assigned(node, &place, &mut found),
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    if found.count() == 0 {
        let missing = |place: &str| problem::REQUIRED_MISSING.with("FIELD", place).at(place);
        if role.is_none() {
            found.add(missing("/role"));
        }
        if assigned.is_none() {
            found.add(missing("/rolePermissionAssignments"));
        }
    }
    match (role, assigned) {
        (Some(role), Some(assigned)) => found.or((role, assigned)),
        _ => Err(found.or(()).err().unwrap_or_default()),
    }
}

fn all_assigned(node: &Node, place: &str, found: &mut Found) -> Option<Vec<Assigned>> {
    let Node::Array(items) = node else {
        found.add(node.misshapen(place, "a list of permissions"));
        return None;
    };
    if items.len() > MOST_PERMISSIONS {
        let reason = format!("must be a list of at most {MOST_PERMISSIONS} permissions");
        found.add(unfit(place, &reason));
        return None;
    }
    let mut all = Vec::new();
    for (at, item) in items.iter().enumerate() {
        all.extend(one_assigned(item, format!("{place}/{at}"), found));
    }
    Some(all)
}

fn one_assigned(node: &Node, place: String, found: &mut Found) -> Option<Assigned> {
    let Node::Object(members) = node else {
        found.add(node.misshapen(&place, "an object with permission and accessRights"));
        return None;
    };
    let before = found.count();
    let (mut permission, mut rights) = (None, None);
    for (member, node) in members {
        let at = pointer(&place, member);
        match member.as_str() {
            // A permission's id shows its key.
            "permission" => {
                permission = match whom(node, &at, "permission", found) {
                    Some(Whom::Key(key)) => Some(key),
                    Some(Whom::Id(id)) => {
                        let key = RecordKey::parse(&id);
                        if key.is_none() {
                            found.add(unfit(&at, "must be the key of a permission"));
                        }
                        key
                    }
                    None => None,
                };
            }
            "accessRights" => rights = words(node, &at, found),
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &at).at(&at)),
        }
    }
    for (member, is_missing) in [
        ("permission", permission.is_none()),
        ("accessRights", rights.is_none()),
    ] {
        if is_missing && found.count() == before {
            let at = pointer(&place, member);
            found.add(problem::REQUIRED_MISSING.with("FIELD", &at).at(&at));
        }
    }
    Some(Assigned {
        permission: permission?,
        rights: rights?,
        place,
    })
}

fn words(node: &Node, place: &str, found: &mut Found) -> Option<Vec<String>> {
    let Node::Array(items) = node else {
        found.add(node.misshapen(place, "a list of rights"));
        return None;
    };
    let mut words = Vec::new();
    for item in items {
        match item {
            Node::Text(text) => words.push(text.clone()),
            other => found.add(other.misshapen(place, "a list of rights")),
        }
    }
    Some(words)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviewAnswer<'a> {
    role: UserAnswer,
    gaining: usize,
    losing: usize,
    unchanged: usize,
    not_judged: usize,
    users: Vec<ChangedAnswer<'a>>,
    incomplete: Vec<IncompleteAnswer<'a>>,
}

#[derive(Serialize)]
struct ChangedAnswer<'a> {
    user: UserAnswer,
    through: Vec<OriginAnswer<'a>>,
    gains: Vec<NamedRights<'a>>,
    loses: Vec<NamedRights<'a>>,
}

#[derive(Serialize)]
struct IncompleteAnswer<'a> {
    #[serde(flatten)]
    right: NamedRights<'a>,
    requires: Vec<NamedRights<'a>>,
}

fn answer(preview: &Preview) -> PreviewAnswer<'_> {
    PreviewAnswer {
        role: UserAnswer::of(&preview.role),
        gaining: preview.gaining,
        losing: preview.losing,
        unchanged: preview.unchanged,
        not_judged: preview.not_judged,
        users: preview.users.iter().map(changed).collect(),
        incomplete: preview.incomplete.iter().map(incomplete).collect(),
    }
}

fn changed(changed: &Changed) -> ChangedAnswer<'_> {
    ChangedAnswer {
        user: UserAnswer::of(&changed.user),
        through: changed.through.iter().map(origin).collect(),
        gains: changed.gains.iter().map(named_rights).collect(),
        loses: changed.loses.iter().map(named_rights).collect(),
    }
}

fn incomplete(incomplete: &Incomplete) -> IncompleteAnswer<'_> {
    IncompleteAnswer {
        right: named_rights(&incomplete.right),
        requires: incomplete.requires.iter().map(named_rights).collect(),
    }
}
