//! `GET /sidegate/v1/services/integrations`, and below it `compare` and `least-role`.

use serde::Serialize;
use sidegate_engine::integration::{Compared, Comparison, Holder, Known, LeastRole};
use sidegate_engine::{Call, Engine};
use sidegate_model::access::AdminLevel;
use sidegate_model::access::integration::Unmapped;
use sidegate_model::{Failure, Problem, Result, problem};

use super::access::{AssignmentAnswer, UserAnswer, WholeRight, assignment, fine, whole, whom};
use super::json::{Node, pointer, unfit};
use super::problem::Found;
use super::reply::Reply;

/// The integrations that are known.
pub(super) async fn list(engine: &Engine, call: Call) -> Result<Reply> {
    let all = engine.read(call, |work| work.integrations()).await?;
    Ok(fine(&all.iter().map(known).collect::<Vec<_>>()))
}

/// What a user or role has of what an integration needs.
pub(super) async fn compare(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let (holder, integration) = asked(body).map_err(Failure::Refused)?;
    let compared = engine
        .read(call, move |work| work.compare(&holder, &integration))
        .await?;
    Ok(fine(&comparison(&compared)))
}

/// The least role for an integration, as a role takes it.
pub(super) async fn least_role(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let integration = asked_alone(body).map_err(Failure::Refused)?;
    let least = engine
        .read(call, move |work| work.least_role(&integration))
        .await?;
    Ok(fine(&least_answer(&least)))
}

/// Whom and what a body lays beside each other.
fn asked(body: &Node) -> std::result::Result<(Holder, String), Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let (mut holder, mut integration) = (None, None);
    for (member, node) in members {
        let place = pointer("", member);
        let said = match member.as_str() {
            "user" => whom(node, &place, "user", &mut found).map(Holder::User),
            "role" => whom(node, &place, "role", &mut found).map(Holder::Role),
            "integration" => {
                integration = text(node, &place, &mut found);
                continue;
            }
            _ => {
                found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place));
                continue;
            }
        };
        if holder.is_some() {
            found.add(unfit(
                &place,
                "stands beside another; ask for a user or a role",
            ));
        }
        holder = said;
    }
    if found.count() == 0 {
        let missing = |place: &str| problem::REQUIRED_MISSING.with("FIELD", place).at(place);
        if holder.is_none() {
            found.add(missing("/user"));
        }
        if integration.is_none() {
            found.add(missing("/integration"));
        }
    }
    match (holder, integration) {
        (Some(holder), Some(integration)) => found.or((holder, integration)),
        _ => Err(found.or(()).err().unwrap_or_default()),
    }
}

/// The integration that a body names.
fn asked_alone(body: &Node) -> std::result::Result<String, Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let mut integration = None;
    for (member, node) in members {
        let place = pointer("", member);
        match member.as_str() {
            "integration" => integration = text(node, &place, &mut found),
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    if integration.is_none() && found.count() == 0 {
        let place = "/integration";
        found.add(problem::REQUIRED_MISSING.with("FIELD", place).at(place));
    }
    found.or(integration.unwrap_or_default())
}

fn text(node: &Node, place: &str, found: &mut Found) -> Option<String> {
    if let Node::Text(text) = node {
        return Some(text.clone());
    }
    found.add(node.misshapen(place, "text"));
    None
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KnownAnswer<'a> {
    id: &'a str,
    name: &'a str,
    sender: Option<&'a str>,
    user_type: Option<&'a str>,
    admin_privileges: Option<&'static str>,
    rights: usize,
    unmapped: Vec<UnmappedAnswer<'a>>,
    source: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnmappedAnswer<'a> {
    module: &'a str,
    permission: &'a str,
    rights: Option<&'a str>,
    unknown: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ComparisonAnswer<'a> {
    integration: KnownAnswer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<UserAnswer>,
    user_type: AskedFor<'a>,
    admin_privileges: AskedFor<'a>,
    has_and_needs: Vec<ComparedAnswer<'a>>,
    needs_and_lacks: Vec<ComparedAnswer<'a>>,
    has_and_does_not_need: Vec<WholeRight<'a>>,
}

/// What an integration asks for, what is there, and whether that will do; null where nothing is asked.
#[derive(Serialize)]
struct AskedFor<'a> {
    needs: Option<&'a str>,
    has: Option<&'a str>,
    ok: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ComparedAnswer<'a> {
    #[serde(flatten)]
    right: WholeRight<'a>,
    /// As the vendor names it.
    called: Called<'a>,
    /// Whether only another right asks for it.
    is_required_by_others: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    only_for: Option<&'a str>,
}

#[derive(Serialize)]
struct Called<'a> {
    module: &'a str,
    permission: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LeastAnswer<'a> {
    integration: KnownAnswer<'a>,
    role: NewRole<'a>,
}

/// As `POST /objects/company-config/role` takes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewRole<'a> {
    id: &'a str,
    role_permission_assignments: Vec<AssignmentAnswer<'a>>,
}

fn known(known: &Known) -> KnownAnswer<'_> {
    KnownAnswer {
        id: &known.id,
        name: &known.name,
        sender: known.sender.as_deref(),
        user_type: known.user_type.as_deref(),
        admin_privileges: known.admin.map(AdminLevel::word),
        rights: known.rights,
        unmapped: known.unmapped.iter().map(unmapped).collect(),
        source: known.source.as_deref(),
    }
}

fn unmapped(unmapped: &Unmapped) -> UnmappedAnswer<'_> {
    UnmappedAnswer {
        module: &unmapped.under,
        permission: &unmapped.label,
        rights: unmapped.rights.as_deref(),
        unknown: unmapped.why.word(),
    }
}

fn comparison(compared: &Comparison) -> ComparisonAnswer<'_> {
    // Only users have a type.
    let is_user = compared.user_type.is_some();
    let holder = |wanted: bool| (is_user == wanted).then(|| UserAnswer::of(&compared.holder));
    ComparisonAnswer {
        user: holder(true),
        role: holder(false),
        user_type: AskedFor {
            needs: compared.integration.user_type.as_deref(),
            has: compared.user_type.as_deref(),
            ok: compared.user_type_ok,
        },
        admin_privileges: AskedFor {
            needs: compared.integration.admin.map(AdminLevel::word),
            has: compared.admin.map(AdminLevel::word),
            ok: compared.admin_ok,
        },
        integration: known(&compared.integration),
        has_and_needs: compared.has_and_needs.iter().map(row).collect(),
        needs_and_lacks: compared.needs_and_lacks.iter().map(row).collect(),
        has_and_does_not_need: compared.has_and_does_not_need.iter().map(whole).collect(),
    }
}

fn row(compared: &Compared) -> ComparedAnswer<'_> {
    ComparedAnswer {
        right: whole(&compared.right),
        called: Called {
            module: &compared.need.under,
            permission: &compared.need.label,
        },
        is_required_by_others: compared.need.is_required,
        only_for: compared.need.only_for.as_deref(),
    }
}

fn least_answer(least: &LeastRole) -> LeastAnswer<'_> {
    LeastAnswer {
        integration: known(&least.integration),
        role: NewRole {
            id: &least.integration.name,
            role_permission_assignments: least.permissions.iter().map(assignment).collect(),
        },
    }
}
