//! Whether an integration would come in, link by link: sender or client application, company,
//! subscription, user, password, role, entity, and one record really read.
//!
//! For administrators who may edit the user. Nothing counts as a failed sign-in unless a password is
//! presented, and then it is a sign-in like any other, with all its rules. The secret of a sender or of
//! a client application is not asked for.

use sidegate_model::access::{AdminLevel, Limits, Origin, Sight};
use sidegate_model::query::{Plan, Window};
use sidegate_model::{Operation, Realm, RecordKey, Result, Value};

use crate::actor::{Call, Named};
use crate::authorizing::Party;
use crate::engine::Engine;
use crate::explain::{Whom, may_not_know};
use crate::rules::refuse_stronger;
use crate::sign_in::{Cause, Entrance, Person, SignIn, SignInOutcome, enter, has_web_services};
use crate::work::Work;

const USER: &str = "company-config/user";
const COMPANY: &str = "sidegate/company";
/// So many objects are looked into for a record to read.
const MOST_LOOKED_INTO: usize = 20;
/// So many roles are named.
const MOST_NAMED: usize = 5;

/// What is to be tried. Has no `Debug`, because of the password.
#[derive(Clone)]
pub struct Connecting {
    /// The user of the integration.
    pub user: Whom,
    /// The sender or client application that vouches for her, by id.
    pub through: Option<(Party, String)>,
    /// The id of the entity to work in; none for the top level.
    pub entity: Option<String>,
    /// Her password; behind a sender it is tried.
    pub password: Option<String>,
}

/// One link of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The sender and the company's word for it.
    Sender,
    /// The client application and the company's word for it.
    Client,
    /// The company.
    Company,
    /// The company's subscription to Web Services.
    Subscription,
    /// The user.
    User,
    /// Her password.
    Password,
    /// What roles or assignments give her.
    Role,
    /// Where she works.
    Entity,
    /// A record, read with her rights and restrictions.
    FirstRead,
}

impl Link {
    /// Its word in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Client => "clientApplication",
            Self::Company => "company",
            Self::Subscription => "subscription",
            Self::User => "user",
            Self::Password => "password",
            Self::Role => "role",
            Self::Entity => "entity",
            Self::FirstRead => "firstRead",
        }
    }
}

/// How a link holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It holds.
    Ok,
    /// It does not.
    Failed,
    /// It was not tried.
    Skipped,
}

impl State {
    /// Its word in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What was found of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The link.
    pub link: Link,
    /// How it holds.
    pub state: State,
    /// Why, in a sentence.
    pub reason: String,
    /// What to do about it, where something is to be done.
    pub advice: Option<String>,
}

impl Checked {
    fn ok(link: Link, reason: impl Into<String>) -> Self {
        Self {
            link,
            state: State::Ok,
            reason: reason.into(),
            advice: None,
        }
    }

    fn failed(link: Link, reason: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            link,
            state: State::Failed,
            reason: reason.into(),
            advice: Some(advice.into()),
        }
    }

    fn skipped(link: Link, reason: impl Into<String>) -> Self {
        Self {
            state: State::Skipped,
            ..Self::ok(link, reason)
        }
    }
}

/// What the database says before a password is tried.
struct Looked {
    /// All links but the password, in order.
    checked: Vec<Checked>,
    company: String,
    user: String,
    /// The sender, if it and the company's word for it are active.
    sender: Option<Named>,
}

impl Engine {
    /// Tries the links of a connection, each with why it holds or not.
    ///
    /// # Errors
    /// When there is no such user, or the actor may not edit her.
    pub async fn check_connection(&self, asked: Connecting, call: Call) -> Result<Vec<Checked>> {
        let about = Connecting {
            password: None,
            ..asked.clone()
        };
        let looked = self
            .read(call.clone(), move |work| look(work, &about))
            .await?;
        let password = match (asked.password, &asked.through, looked.sender) {
            (None, ..) => Checked::skipped(
                Link::Password,
                "No password was presented, so none was tried and nothing was counted.",
            ),
            (Some(_), Some((Party::Client, _)), _) => Checked::skipped(
                Link::Password,
                "A client application proves itself with its own secret and does not need her password.",
            ),
            (Some(secret), Some((Party::Sender, _)), Some(sender)) => {
                let sign_in = SignIn {
                    company: looked.company,
                    user: looked.user,
                    secret,
                    entity: asked.entity,
                    entrance: Entrance::Gateway,
                    sender: Some(sender),
                };
                tried(&self.sign_in(sign_in, call).await?)
            }
            (Some(_), ..) => Checked::skipped(
                Link::Password,
                "A password is tried behind a sender that the company lets in; none was there.",
            ),
        };
        let mut checked = looked.checked;
        let after = checked.iter().position(|one| one.link == Link::User);
        checked.insert(after.map_or(checked.len(), |at| at + 1), password);
        Ok(checked)
    }
}

/// What became of the password.
fn tried(outcome: &SignInOutcome) -> Checked {
    let link = Link::Password;
    let cause = match outcome {
        SignInOutcome::In(_) => return Checked::ok(link, "She came in with this password."),
        SignInOutcome::Refused(cause) => *cause,
    };
    match cause {
        Cause::EntityClosed => {
            Checked::ok(link, "The password is right; only her place is closed.")
        }
        Cause::WrongSecret => Checked::failed(
            link,
            "The password is not hers. The try was counted like any other.",
            "Copy the whole password from the mail, or reset it and give the new one to the integration.",
        ),
        Cause::EndedSecret => Checked::failed(
            link,
            "The password was hers once and was replaced.",
            "Give the newest one to the integration, or reset it once more.",
        ),
        Cause::Expired => Checked::failed(
            link,
            "The password is right and too old.",
            "Have it changed, or let passwords of this user never expire.",
        ),
        Cause::Delayed => Checked::failed(
            link,
            "There were too many wrong passwords lately, so this one was not compared.",
            "Wait a few minutes, and stop whatever sends a wrong password.",
        ),
        Cause::NotVouched
        | Cause::WrongCode
        | Cause::UnknownCompany
        | Cause::InactiveCompany
        | Cause::NoWebServices
        | Cause::UnknownUser
        | Cause::WebServicesOnly
        | Cause::Inactive
        | Cause::Locked => Checked::skipped(
            link,
            "The password was not compared, because another link does not hold.",
        ),
    }
}

fn look(work: &mut Work<'_>, asked: &Connecting) -> Result<Looked> {
    let definition = work.object(USER);
    if !work.may(definition, Operation::Update) {
        // Only a refusal counts as a use: nobody changes a user here.
        work.authorise(definition, Operation::Update)?;
        return Err(may_not_know());
    }
    let user = work.fully_known(&asked.user)?;
    refuse_stronger(work, user)?;
    let person = work.known_person(user, &asked.user)?;
    let mut checked = Vec::new();
    let mut sender = None;
    if let Some((party, id)) = &asked.through {
        let found = vouches(work, *party, id, user)?;
        if let (Party::Sender, State::Ok, Some(key)) = (party, found.0.state, found.1) {
            let id = id.clone();
            sender = Some(Named { key, id });
        }
        checked.push(found.0);
    }
    let (company, state) = of_company(work)?;
    checked.push(state);
    checked.push(of_subscription(work)?);
    let (is_active, state) = of_user(work, &person, user)?;
    checked.push(state);
    checked.push(of_role(work, &person));
    let (entity, state) = of_entity(work, &person, asked.entity.as_deref())?;
    let has_place = state.state == State::Ok;
    let place = state;
    let read = if is_active && has_place {
        first_read(work, &person, entity)?
    } else {
        Checked::skipped(
            Link::FirstRead,
            "Nothing was read, because she would not come in.",
        )
    };
    checked.extend([place, read]);
    Ok(Looked {
        checked,
        company,
        user: person.id,
        sender,
    })
}

/// Whether a sender or client application may vouch for the user in this company.
fn vouches(
    work: &mut Work<'_>,
    party: Party,
    id: &str,
    user: RecordKey,
) -> Result<(Checked, Option<RecordKey>)> {
    let (link, called) = match party {
        Party::Sender => (Link::Sender, "sender"),
        Party::Client => (Link::Client, "client application"),
    };
    let row = work.first(
        party.object(),
        &["key", "status"],
        &[("id", Value::from(id))],
    )?;
    let Some((row, key)) = row.and_then(|row| row[0].as_key().map(|key| (row, key))) else {
        let near = work.near(party, id)?;
        let advice = if near.is_empty() {
            format!("Compare the {called} ID with the vendor's guide, letter by letter.")
        } else {
            format!(
                "Upper and lower case count. Is it one of these: {}?",
                near.join(", ")
            )
        };
        let reason = format!("There is no {called} {id} on this server.");
        return Ok((Checked::failed(link, reason, advice), None));
    };
    if row[1].as_text() != Some("active") {
        let reason = format!("The {called} {id} is not active on this server.");
        let advice = "Ask whoever runs the server.";
        return Ok((Checked::failed(link, reason, advice), None));
    }
    let (object, field) = party.authorization();
    let of = format!("{field}.key");
    let mut equal = vec![(of.as_str(), Value::Key(key))];
    let found = match party {
        Party::Sender => work.first(object, &["status"], &equal)?,
        Party::Client => {
            equal.push(("user.key", Value::Key(user)));
            let fields = [
                "status",
                "allowStandardUsers",
                "user.webServices.isRestricted",
            ];
            work.first(object, &fields, &equal)?
        }
    };
    let checked = match found {
        None => Checked::failed(
            link,
            match party {
                Party::Sender => format!("The company does not let the sender {id} in."),
                Party::Client => {
                    format!(
                        "The company does not let the client application {id} act as this user."
                    )
                }
            },
            match party {
                Party::Sender => "Add it under Web Services authorizations.",
                Party::Client => "Add it with this user under Authorized client applications.",
            },
        ),
        Some(row) if row[0].as_text() != Some("active") => Checked::failed(
            link,
            format!("The company's authorization of the {called} {id} is inactive."),
            "Set it to active.",
        ),
        Some(row) if row.len() > 1 && row[1..] == [false, false].map(Value::Boolean) => {
            Checked::failed(
                link,
                format!("The client application {id} acts for Web Services users only."),
                "Name a Web Services user, or let the authorization allow standard users.",
            )
        }
        Some(_) => Checked::ok(link, format!("The company lets the {called} {id} in.")),
    };
    Ok((checked, Some(key)))
}

/// The company's id, and whether it is open.
fn of_company(work: &mut Work<'_>) -> Result<(String, Checked)> {
    let key = [("key", Value::from(work.actor().company))];
    let row = work.first(COMPANY, &["id", "status"], &key)?;
    let text = |at: usize| {
        let row = row.as_ref();
        row.and_then(|row| row[at].as_text()).unwrap_or_default()
    };
    let id = text(0).to_owned();
    let checked = match text(1) {
        "active" => Checked::ok(Link::Company, format!("The company {id} is active.")),
        _ => Checked::failed(
            Link::Company,
            format!("The company {id} is not active."),
            "Ask whoever runs the server.",
        ),
    };
    Ok((id, checked))
}

fn of_subscription(work: &mut Work<'_>) -> Result<Checked> {
    Ok(if has_web_services(work)? {
        Checked::ok(
            Link::Subscription,
            "The company subscribes to Web Services.",
        )
    } else {
        Checked::failed(
            Link::Subscription,
            "The company does not subscribe to Web Services, so the XML gateway is closed.",
            "Turn the application Web Services on under Subscriptions.",
        )
    })
}

/// Whether the user may come in at all.
fn of_user(work: &mut Work<'_>, person: &Person, user: RecordKey) -> Result<(bool, Checked)> {
    let id = &person.id;
    let row = work.first(USER, &["status"], &[("key", Value::Key(user))])?;
    let status = row.as_ref().and_then(|row| row[0].as_text());
    let checked = match status {
        Some("active") if person.standing.web_services => Checked::ok(
            Link::User,
            format!("{id} is active and may use Web Services only."),
        ),
        Some("active") => Checked::ok(Link::User, format!("{id} is active.")),
        Some("lockedOut") => Checked::failed(
            Link::User,
            format!("{id} is locked out."),
            "Find out what sends a wrong password, then set the status to active.",
        ),
        _ => Checked::failed(
            Link::User,
            format!("{id} is inactive."),
            "Set the status to active.",
        ),
    };
    Ok((checked.state == State::Ok, checked))
}

/// Whether she has any right, and from where.
fn of_role(work: &Work<'_>, person: &Person) -> Checked {
    let standing = &person.standing;
    let policy = &work.inner().policy;
    let granted = work.granted_rights(standing).into_iter();
    let judged = granted.map(|(permission, right)| policy.judge(standing, permission, right));
    let (has, refused): (Vec<_>, Vec<_>) = judged.partition(|one| one.refused.is_empty());
    if has.is_empty() {
        let reason = match refused.len() {
            0 => "No role, group or assignment gives her any right.".to_owned(),
            many => format!(
                "She was granted {many} rights, and her user type or the company's subscriptions let none count."
            ),
        };
        let advice = "Give her a role with what the integration needs; the least role can be made from a vendor's list.";
        return Checked::failed(Link::Role, reason, advice);
    }
    let mut from: Vec<String> = Vec::new();
    for origin in has.iter().flat_map(|one| &one.origins) {
        let told = match origin {
            Origin::Admin => "her admin privileges".to_owned(),
            Origin::Role(role) => format!("the role {role}"),
            Origin::Group(role, group) => format!("the role {role} of the group {group}"),
            Origin::Own => "permissions of her own".to_owned(),
        };
        if !from.contains(&told) {
            from.push(told);
        }
    }
    from.truncate(MOST_NAMED);
    let count = has.len();
    let reason = format!("She has {count} rights through {}.", from.join(", "));
    if standing.admin != AdminLevel::Off && from == ["her admin privileges"] {
        let advice =
            "Admin privileges give the administration only; data of other modules needs a role.";
        return Checked {
            advice: Some(advice.to_owned()),
            ..Checked::ok(Link::Role, reason)
        };
    }
    Checked::ok(Link::Role, reason)
}

/// Whether she may work where she wants to.
fn of_entity(
    work: &mut Work<'_>,
    person: &Person,
    entity: Option<&str>,
) -> Result<(Option<RecordKey>, Checked)> {
    let Some(id) = entity else {
        let checked = if person.at_top {
            Checked::ok(Link::Entity, "She may work at the top level.")
        } else {
            Checked::failed(
                Link::Entity,
                "She may not work at the top level.",
                "Name one of her entities in the request, or give her access to the top level.",
            )
        };
        return Ok((None, checked));
    };
    Ok(match enter(work, &person.limits, id)? {
        Some(found) => (
            Some(found.key),
            Checked::ok(Link::Entity, format!("She may work in the entity {id}.")),
        ),
        None => (
            None,
            Checked::failed(
                Link::Entity,
                format!("She may not work in an entity {id}, or there is none."),
                "Compare the entity ID, and look at her user entities.",
            ),
        ),
    })
}

/// Reads one record of an object that she may list, with her rights and restrictions.
fn first_read(work: &mut Work<'_>, person: &Person, entity: Option<RecordKey>) -> Result<Checked> {
    let limits: &Limits = &person.limits;
    let sight = Sight {
        entity,
        limits: (!limits.is_open()).then(|| std::sync::Arc::new(limits.clone())),
        ..Sight::ALL
    };
    let policy = &work.inner().policy;
    let reach = policy.compile(&person.standing);
    let listed = work.registry().all().filter(|object| {
        let need = policy.need(object, Operation::List);
        object.published
            && !object.is_ours()
            && object.realm == Realm::Company
            && object.answers(Operation::List)
            // What takes no right says nothing of those that she has.
            && need.is_some_and(|need| !need.rights.is_empty() && policy.may(&reach, need))
    });
    let mut empty = None;
    for object in listed.take(MOST_LOOKED_INTO) {
        let one = Window { start: 1, size: 1 };
        let plan = Plan::list(work.registry(), object, sight.clone(), one);
        let mut rows = 0;
        work.visit(&plan, &mut |_| rows += 1)?;
        let many = object.label.1.to_lowercase();
        if rows > 0 {
            let reason = format!(
                "One of the {many} that she may list was read ({}).",
                object.name
            );
            return Ok(Checked::ok(Link::FirstRead, reason));
        }
        empty.get_or_insert(many);
    }
    Ok(match empty {
        Some(many) => Checked::ok(
            Link::FirstRead,
            format!("She may list {many} and others; there are none that she sees."),
        ),
        None => Checked::failed(
            Link::FirstRead,
            "There is nothing that she may list.",
            "Give her a role with List on what the integration reads.",
        ),
    })
}
