//! `POST /sidegate/v1/access/explain`, `GET /sidegate/v1/access/report` and
//! `POST /sidegate/v1/roles/suggest`.

use axum::http::StatusCode;
use serde::Serialize;
use sidegate_engine::actor::Named;
use sidegate_engine::advice::{Advice, Suggested};
use sidegate_engine::explain::{Explained, ExplainedRight, Question, Report, Whom};
use sidegate_engine::{Call, Engine};
use sidegate_model::access::{AdminLevel, Factor, Origin};
use sidegate_model::text::has_control;
use sidegate_model::{Failure, FieldType, Problem, RecordKey, Result, problem};

use super::json::{Node, pointer, unfit};
use super::problem::Found;
use super::render::ONE_FINE;
use super::reply::{self, Reply};

/// At most so many rights are explained at once.
const MOST_RIGHTS: usize = 500;

/// Why a user may do something, or why not.
pub(super) async fn explain(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let (whom, question) = asked(body).map_err(Failure::Refused)?;
    let explained = engine
        .read(call, move |work| work.explain(&whom, &question))
        .await?;
    Ok(fine(&explanation(&explained)))
}

/// All that a user may do.
pub(super) async fn report(engine: &Engine, query: &str, call: Call) -> Result<Reply> {
    let whom = named(query)?;
    let report = engine.read(call, move |work| work.report(&whom)).await?;
    Ok(fine(&reported(&report)))
}

/// The least role for what a user really did.
pub(super) async fn suggest(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let (whom, since) = asked_since(body).map_err(Failure::Refused)?;
    // What was done a moment ago counts as well.
    engine.usage_flushed().await;
    let advice = engine
        .read(call, move |work| work.suggest(&whom, since))
        .await?;
    Ok(fine(&advised(&advice)))
}

pub(super) fn fine(result: &impl Serialize) -> Reply {
    let mut body = b"{\"ia::result\":".to_vec();
    serde_json::to_writer(&mut body, result).expect("a Vec takes everything");
    body.extend_from_slice(ONE_FINE);
    reply::json(StatusCode::OK, body)
}

/// The user that a query string names: `user=ID`, or `key=KEY`.
fn named(query: &str) -> std::result::Result<Whom, Problem> {
    let mut whom = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let found = match &*name {
            "user" => by_id(&value),
            "key" => RecordKey::parse(&value).map(Whom::Key),
            _ => None,
        };
        let found = found.ok_or_else(|| unfit(&name, "must be user=ID or key=KEY"))?;
        if whom.replace(found).is_some() {
            return Err(unfit("user", "must be named once"));
        }
    }
    whom.ok_or_else(|| problem::REQUIRED_MISSING.with("FIELD", "user"))
}

/// Whom and what a body asks about.
fn asked(body: &Node) -> std::result::Result<(Whom, Question), Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let (mut whom, mut operation, mut rights) = (None, None, None);
    for (member, node) in members {
        let place = pointer("", member);
        match member.as_str() {
            "user" => whom = user(node, &mut found),
            "operation" => operation = operation_of(node, &mut found),
            "rights" => rights = words(node, &mut found),
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    let question = match (operation, rights) {
        (Some(_), Some(_)) => {
            found.add(unfit(
                "/rights",
                "is asked for beside an operation; ask for one of them",
            ));
            None
        }
        (operation, rights) => operation.or(rights.map(Question::Rights)),
    };
    if found.count() == 0 {
        let missing = |place: &str| problem::REQUIRED_MISSING.with("FIELD", place).at(place);
        if whom.is_none() {
            found.add(missing("/user"));
        }
        if question.is_none() {
            found.add(missing("/operation"));
        }
    }
    match (whom, question) {
        (Some(whom), Some(question)) => found.or((whom, question)),
        _ => Err(found.or(()).err().unwrap_or_default()),
    }
}

/// Whom a body asks about, and since when.
fn asked_since(body: &Node) -> std::result::Result<(Whom, Option<i64>), Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let (mut whom, mut since) = (None, None);
    for (member, node) in members {
        let place = pointer("", member);
        match member.as_str() {
            "user" => whom = user(node, &mut found),
            "since" => {
                let moment = node
                    .scalar()
                    .map(|scalar| FieldType::Moment.accept(&scalar));
                match moment {
                    Some(Ok(value)) => since = value.as_number(),
                    Some(Err(reason)) => found.add(unfit(&place, &reason.sentence())),
                    None => found.add(node.misshapen(&place, "a moment")),
                }
            }
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    match whom {
        Some(whom) => found.or((whom, since)),
        None => {
            if found.count() == 0 {
                let place = "/user";
                found.add(problem::REQUIRED_MISSING.with("FIELD", place).at(place));
            }
            Err(found.or(()).err().unwrap_or_default())
        }
    }
}

fn user(node: &Node, found: &mut Found) -> Option<Whom> {
    whom(node, "/user", "user", found)
}

/// The key or id that a member names something by.
pub(super) fn whom(node: &Node, at: &str, what: &str, found: &mut Found) -> Option<Whom> {
    let Node::Object(members) = node else {
        found.add(node.misshapen(at, "an object with key or id"));
        return None;
    };
    let before = found.count();
    let mut whom = None;
    for (member, node) in members {
        let place = pointer(at, member);
        let said = match (member.as_str(), node) {
            ("id", Node::Text(id)) => by_id(id),
            ("key", Node::Text(key)) => RecordKey::parse(key).map(Whom::Key),
            ("id" | "key", _) => None,
            _ => {
                found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place));
                continue;
            }
        };
        if said.is_none() || whom.is_some() {
            let reason = format!("must be the key or the id of one {what}, as text");
            found.add(unfit(&place, &reason));
        }
        whom = said;
    }
    if whom.is_none() && found.count() == before {
        found.add(problem::KEY_OR_ID.with("OBJECT", what).at(at));
    }
    whom
}

/// The user of an id, if it can be one.
fn by_id(id: &str) -> Option<Whom> {
    (!has_control(id, false)).then(|| Whom::Id(id.to_owned()))
}

fn operation_of(node: &Node, found: &mut Found) -> Option<Question> {
    let Node::Object(members) = node else {
        found.add(node.misshapen("/operation", "an object with object and name"));
        return None;
    };
    let (mut object, mut operation) = (None, None);
    for (member, node) in members {
        let place = pointer("/operation", member);
        match (member.as_str(), node) {
            ("object", Node::Text(text)) => object = Some(text.clone()),
            ("name", Node::Text(text)) => operation = Some(text.clone()),
            ("object" | "name", other) => found.add(other.misshapen(&place, "text")),
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    for (place, sent) in [
        ("/operation/object", &object),
        ("/operation/name", &operation),
    ] {
        if sent.is_none() && found.count() == 0 {
            found.add(problem::REQUIRED_MISSING.with("FIELD", place).at(place));
        }
    }
    Some(Question::Operation {
        object: object?,
        operation: operation?,
    })
}

fn words(node: &Node, found: &mut Found) -> Option<Vec<String>> {
    let Node::Array(items) = node else {
        found.add(node.misshapen("/rights", "a list of texts"));
        return None;
    };
    if items.is_empty() || items.len() > MOST_RIGHTS {
        let reason = format!("must be a list of 1 to {MOST_RIGHTS} rights");
        found.add(unfit("/rights", &reason));
        return None;
    }
    let mut words = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match item {
            Node::Text(text) => words.push(text.clone()),
            other => found.add(other.misshapen(&format!("/rights/{at}"), "text")),
        }
    }
    Some(words)
}

#[derive(Serialize)]
pub(super) struct UserAnswer {
    key: String,
    id: String,
}

impl UserAnswer {
    pub(super) fn of(user: &Named) -> Self {
        Self {
            key: user.key.to_string(),
            id: user.id.clone(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainAnswer<'a> {
    user: UserAnswer,
    allowed: bool,
    refused_by: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<NeedsAnswer<'a>>,
    rights: Vec<RightAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NeedsAnswer<'a> {
    admin_privileges: Option<&'static str>,
    user_types: &'a [String],
}

#[derive(Serialize)]
#[serde(untagged)]
enum RightAnswer<'a> {
    Brief(BriefRight<'a>),
    Whole(WholeRight<'a>),
}

/// What somebody may know who is no administrator.
#[derive(Serialize)]
struct BriefRight<'a> {
    module: &'a str,
    name: &'a str,
    right: &'a str,
    allowed: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WholeRight<'a> {
    permission: PermissionAnswer<'a>,
    right: &'a str,
    allowed: bool,
    granted_by: Vec<OriginAnswer<'a>>,
    refused_by: Vec<&'static str>,
    roles_that_grant: &'a [String],
}

#[derive(Serialize)]
struct PermissionAnswer<'a> {
    key: Option<String>,
    module: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OriginAnswer<'a> {
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_group: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportAnswer<'a> {
    user: UserAnswer,
    user_type: &'a str,
    admin_privileges: &'static str,
    #[serde(rename = "webServices")]
    web_services: WebServicesAnswer,
    rights: Vec<WholeRight<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebServicesAnswer {
    is_restricted: bool,
}

fn explanation(explained: &Explained) -> ExplainAnswer<'_> {
    let right = |right| {
        if explained.brief {
            RightAnswer::Brief(brief(right))
        } else {
            RightAnswer::Whole(whole(right))
        }
    };
    ExplainAnswer {
        user: UserAnswer::of(&explained.user),
        allowed: explained.allowed,
        refused_by: words_of(&explained.refused),
        needs: (!explained.brief).then(|| NeedsAnswer {
            admin_privileges: explained.needs_admin.map(AdminLevel::word),
            user_types: &explained.needs_types,
        }),
        rights: explained.rights.iter().map(right).collect(),
    }
}

pub(super) fn words_of(factors: &[Factor]) -> Vec<&'static str> {
    factors.iter().map(|factor| factor.word()).collect()
}

fn brief(right: &ExplainedRight) -> BriefRight<'_> {
    BriefRight {
        module: &right.module,
        name: &right.name,
        right: &right.right,
        allowed: right.allowed,
    }
}

pub(super) fn whole(right: &ExplainedRight) -> WholeRight<'_> {
    WholeRight {
        permission: PermissionAnswer {
            key: right.key.map(|key| key.to_string()),
            module: &right.module,
            name: &right.name,
        },
        right: &right.right,
        allowed: right.allowed,
        granted_by: right.origins.iter().map(origin).collect(),
        refused_by: words_of(&right.refused),
        roles_that_grant: &right.roles,
    }
}

pub(super) fn origin(origin: &Origin) -> OriginAnswer<'_> {
    let (source, role, user_group) = match origin {
        Origin::Admin => ("adminPrivileges", None, None),
        Origin::Role(role) => ("role", Some(role), None),
        Origin::Group(role, group) => ("userGroup", Some(role), Some(group)),
        Origin::Own => ("ownAssignment", None, None),
    };
    OriginAnswer {
        source,
        role: role.map(String::as_str),
        user_group: user_group.map(String::as_str),
    }
}

fn reported(report: &Report) -> ReportAnswer<'_> {
    ReportAnswer {
        user: UserAnswer::of(&report.user),
        user_type: &report.user_type,
        admin_privileges: report.admin.word(),
        web_services: WebServicesAnswer {
            is_restricted: report.web_services,
        },
        rights: report.rights.iter().map(whole).collect(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AdviceAnswer<'a> {
    user: UserAnswer,
    calls: i64,
    refused_calls: i64,
    role: RoleAnswer<'a>,
    needs: NeedsAnswer<'a>,
    unused: Vec<WholeRight<'a>>,
}

/// As a role takes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleAnswer<'a> {
    role_permission_assignments: Vec<AssignmentAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssignmentAnswer<'a> {
    permission: SuggestedPermission,
    access_rights: &'a [String],
}

#[derive(Serialize)]
struct SuggestedPermission {
    key: String,
    id: String,
}

pub(super) fn assignment(suggested: &Suggested) -> AssignmentAnswer<'_> {
    AssignmentAnswer {
        permission: SuggestedPermission {
            key: suggested.key.to_string(),
            id: suggested.key.to_string(),
        },
        access_rights: &suggested.rights,
    }
}

/// Rights of a permission, as people read them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NamedRights<'a> {
    permission: PermissionAnswer<'a>,
    access_rights: &'a [String],
}

pub(super) fn named_rights(suggested: &Suggested) -> NamedRights<'_> {
    NamedRights {
        permission: PermissionAnswer {
            key: Some(suggested.key.to_string()),
            module: &suggested.module,
            name: &suggested.name,
        },
        access_rights: &suggested.rights,
    }
}

fn advised(advice: &Advice) -> AdviceAnswer<'_> {
    AdviceAnswer {
        user: UserAnswer::of(&advice.user),
        calls: advice.calls,
        refused_calls: advice.refused,
        role: RoleAnswer {
            role_permission_assignments: advice.permissions.iter().map(assignment).collect(),
        },
        needs: NeedsAnswer {
            admin_privileges: Some(advice.admin)
                .filter(|admin| *admin != AdminLevel::Off)
                .map(AdminLevel::word),
            user_types: &advice.user_types,
        },
        unused: advice.unused.iter().map(whole).collect(),
    }
}
