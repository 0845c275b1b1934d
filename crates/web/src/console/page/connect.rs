//! Connect an integration: all that guides spread over many pages on one, one save that makes it, and a
//! look at every link of the connection.

use askama::Template;
use axum::http::StatusCode;
use sidegate_engine::Work;
use sidegate_engine::advice::Suggested;
use sidegate_engine::authorizing::Party;
use sidegate_engine::connection::{Checked, Connecting, Link, State};
use sidegate_engine::explain::Whom;
use sidegate_engine::integration::Known;
use sidegate_model::access::AdminLevel;
use sidegate_model::query::{Filter, Operand, Operator, Query};
use sidegate_model::{Failure, Operation, RecordKey, Result, Scalar, problem};

use super::{integration, role};
use crate::console::Console;
use crate::console::answer::Answer;
use crate::console::control::Control;
use crate::console::form::Tried;
use crate::console::frame::{Crumb, Fault, Frame, anchor};
use crate::console::pairs::Pairs;
use crate::console::pick::{self, Choice};
use crate::console::step::{self, OWN, Proof};
use crate::console::visit::{Visit, is_for_form};
use crate::rest::draft::draft;
use crate::rest::json::Node;

/// The address of the page.
pub(super) const PAGE: &str = "connect";
const ROLE: &str = "company-config/role";
const USER: &str = "company-config/user";
const CLIENT: &str = "sidegate/client-application";
const SENDER: &str = "sidegate/sender";
const OF_CLIENT: &str = "sidegate/client-authorization";
const OF_SENDER: &str = "sidegate/sender-authorization";

#[derive(Template)]
#[template(path = "console/connect.html")]
struct Page {
    frame: Frame,
    choices: Vec<Choice>,
    chosen: String,
    carried: Vec<(String, String)>,
    rail: Vec<Stop>,
    parts: Vec<Part>,
    notes: Vec<String>,
    /// The user that was made, and how she is tried.
    made: Option<MadeUser>,
}

/// One step of the rail.
struct Stop {
    label: &'static str,
    state: &'static str,
    word: &'static str,
    reason: String,
    at: &'static str,
}

impl Stop {
    fn new(
        label: &'static str,
        at: &'static str,
        state: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            label,
            state,
            word: match state {
                "active" => "done",
                "failed" => "failed",
                _ => "open",
            },
            reason: reason.into(),
            at,
        }
    }
}

/// One section of the form.
struct Part {
    id: &'static str,
    label: &'static str,
    lines: Vec<String>,
    fields: Vec<Control>,
}

struct MadeUser {
    key: String,
    through: String,
    values: Vec<(&'static str, String)>,
    checked: Vec<Checked>,
}

/// What the page is made of.
struct Around {
    known: Vec<Known>,
    least: Option<(Known, Vec<Suggested>)>,
    is_user_based: bool,
    through: Vec<Choice>,
    user: Option<(String, String)>,
}

/// Whether the one who works may do all that the page does.
pub(super) fn is_open(work: &Work<'_>) -> bool {
    let creates = |object: &str| work.may(work.object(object), Operation::Create);
    creates(USER) && creates(ROLE) && creates(OF_CLIENT) && creates(OF_SENDER)
}

/// `/connect`
///
/// # Errors
/// What the engine says.
pub(super) async fn connect(console: &Console, visit: &Visit) -> Result<Answer> {
    if !visit.is_post() {
        return show(console, visit, &visit.asked.clone(), Vec::new()).await;
    }
    let said = visit.form.without(OWN);
    match visit.form.get("go") {
        "test" => show(console, visit, &said, Vec::new()).await,
        "save" | "verify" => save(console, visit, &said).await,
        _ => show(console, visit, &said, Vec::new()).await,
    }
}

async fn around(console: &Console, visit: &Visit, said: &Pairs) -> Result<Around> {
    let chosen = said.get("integration").to_owned();
    let user = said.get("user").to_owned();
    console
        .engine
        .read(visit.call(), move |work| {
            for object in [USER, ROLE, OF_CLIENT, OF_SENDER] {
                work.authorise(work.object(object), Operation::Create)?;
            }
            let known = work.integrations()?;
            let least = match chosen.as_str() {
                "" => None,
                id => {
                    let least = work.least_role(id)?;
                    Some((least.integration, least.permissions))
                }
            };
            let mut through = Vec::new();
            for (object, word, label) in [
                (CLIENT, "client", "Client application"),
                (SENDER, "sender", "Sender"),
            ] {
                for one in pick::of(work, work.object(object), &[])? {
                    if let Some(id) = id_of(work, object, &one.value)? {
                        let label = format!("{label} {}", one.label);
                        through.push(Choice::new(format!("{word}:{id}"), label));
                    }
                }
            }
            let id = id_of(work, USER, &user)?;
            let user = id.map(|id| (user.clone(), id));
            Ok(Around {
                known,
                least,
                is_user_based: work.is_user_based()?,
                through,
                user,
            })
        })
        .await
}

/// What a record is asked for by.
fn id_of(work: &mut Work<'_>, object: &str, key: &str) -> Result<Option<String>> {
    let Some(key) = key.parse().ok().and_then(RecordKey::new) else {
        return Ok(None);
    };
    let found = pick::texts(work, work.object(object), key, &["id"])?;
    Ok(found.and_then(|texts| texts.into_iter().next()))
}

/// Names for what is made, unless they were typed.
fn filled(console: &Console, said: &Pairs, known: &Known) -> Pairs {
    let first = known.name.split([' ', '(', ':']).next().unwrap_or("vendor");
    let word: String = first.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut bytes = [0; 2];
    console.engine.source().fill(&mut bytes);
    let id = format!("{}_{:02x}{:02x}", word.to_lowercase(), bytes[0], bytes[1]);
    let id = said.find("id").unwrap_or(&id).to_owned();
    let mut filled = said.clone();
    let tail = id.rsplit('_').next().unwrap_or_default().to_owned();
    for (name, value) in [
        ("id", id.clone()),
        ("userName", format!("{first} integration {tail}")),
        ("contact", format!("{first} integration {tail}")),
        ("role-id", format!("{first} integration {tail}")),
        ("role-description", format!("What {} needs", known.name)),
    ] {
        if !filled.has(name) {
            filled.push(name, value);
        }
    }
    filled
}

async fn show(
    console: &Console,
    visit: &Visit,
    said: &Pairs,
    faults: Vec<Fault>,
) -> Result<Answer> {
    let around = around(console, visit, said).await?;
    let mut frame = Frame::new(console, visit, "Connect an integration").await?;
    frame.crumbs.push(Crumb {
        label: "Admin".to_owned(),
        href: None,
    });
    let is_wrong = !faults.is_empty();
    frame.faults = faults;
    let chosen = said.get("integration").to_owned();
    let mut choices = vec![Choice::new("", "(choose)")];
    choices.extend(
        around
            .known
            .iter()
            .map(|one| Choice::new(&*one.id, &*one.name)),
    );
    let mut page = Page {
        frame,
        choices,
        chosen,
        carried: Vec::new(),
        rail: Vec::new(),
        parts: Vec::new(),
        notes: Vec::new(),
        made: None,
    };
    if let Some((known, least)) = &around.least {
        page.notes = known.unmapped.iter().map(integration::unmapped).collect();
        match &around.user {
            Some((key, id)) => made(console, visit, said, &mut page, known, (key, id)).await?,
            None => form(console, said, &around, &mut page, known, least),
        }
    } else {
        page.rail = vec![Stop::new(
            "Integration",
            "integration",
            "open",
            "Choose the one to connect.",
        )];
    }
    let answer = Answer::page(&page)?;
    Ok(if is_wrong {
        answer.with_status(StatusCode::UNPROCESSABLE_ENTITY)
    } else {
        answer
    })
}

fn form(
    console: &Console,
    said: &Pairs,
    around: &Around,
    page: &mut Page,
    known: &Known,
    least: &[Suggested],
) {
    let said = filled(console, said, known);
    let field = |name: &str, label: &str, required: bool| {
        let mut control = Control::plain(name, label, "text", said.get(name));
        control.required = required;
        control.most = 200;
        control
    };
    let mut through = Control::plain("through", "Comes in through", "select", said.get("through"));
    through.required = true;
    through.options = vec![Choice::new("", "(choose)")];
    through.options.extend(around.through.iter().cloned());
    let of_vendor = known.sender.as_ref().map(|id| format!("sender:{id}"));
    if !said.has("through")
        && let Some(own) =
            of_vendor.filter(|own| around.through.iter().any(|one| one.value == *own))
    {
        through.value = own;
    }
    let mut mail = field("accountEmail", "Account email address", true);
    mail.kind = "email";
    mail.help = Some("The user's details and its password go there.".to_owned());
    let rights: usize = least.iter().map(|one| one.rights.len()).sum();
    let asks = format!(
        "User type {}, admin privileges {}.",
        known.user_type.as_deref().unwrap_or("business"),
        known.admin.unwrap_or_default().word()
    );
    let gives = match rights {
        0 => {
            "What it needs is not published right by right; give permissions afterwards.".to_owned()
        }
        rights => format!(
            "{rights} rights of {} permissions, and nothing else.",
            least.len()
        ),
    };
    page.parts = vec![
        Part {
            id: "door",
            label: "Sender or client application",
            lines: vec![
                "The company's word for it is given with the save, if it has not been given."
                    .to_owned(),
            ],
            fields: vec![through],
        },
        Part {
            id: "user",
            label: "User and contact",
            lines: vec![asks],
            fields: vec![
                field("id", "User ID", true),
                field("userName", "Username", true),
                field("contact", "Contact name", true),
                mail,
            ],
        },
    ];
    page.parts.push(if around.is_user_based {
        Part {
            id: "role",
            label: "Permissions",
            lines: vec![
                gives,
                "They become the user's own, as the company has user-based permissions.".to_owned(),
            ],
            fields: Vec::new(),
        }
    } else {
        Part {
            id: "role",
            label: "Role",
            lines: vec![gives],
            fields: vec![
                field("role-id", "Name", true),
                field("role-description", "Description", false),
            ],
        }
    });
    page.carried = vec![("integration".to_owned(), page.chosen.clone())];
    page.rail = vec![
        Stop::new("Integration", "integration", "active", known.name.clone()),
        Stop::new(
            "Sender or client application",
            "part-door",
            "open",
            "Made with the save.",
        ),
        Stop::new(
            "User and contact",
            "part-user",
            "open",
            "Type the account e-mail; the rest is filled.",
        ),
        Stop::new(
            "Role and its permissions",
            "part-role",
            "open",
            "Made with the save.",
        ),
        Stop::new("Assignment", "part-role", "open", "Made with the save."),
        Stop::new("Credentials", "part-user", "open", "Mailed with the save."),
        Stop::new("Live test", "main", "open", "Runs after the save."),
    ];
}

/// The links of what was made, each as it holds now.
async fn made(
    console: &Console,
    visit: &Visit,
    said: &Pairs,
    page: &mut Page,
    known: &Known,
    (key, id): (&str, &str),
) -> Result<()> {
    let through = said.get("through").to_owned();
    let password = said.get("password").to_owned();
    let asked = Connecting {
        user: Whom::Key(
            key.parse()
                .ok()
                .and_then(RecordKey::new)
                .ok_or_else(|| problem::PATH_ABSENT.with("PATH", &visit.path))?,
        ),
        through: party(&through).map(|(party, id)| (party, id.to_owned())),
        entity: None,
        password: Some(password).filter(|password| !password.is_empty()),
    };
    let checked = console.engine.check_connection(asked, visit.call()).await?;
    let holds = |links: &[Link]| {
        let of: Vec<&Checked> = checked
            .iter()
            .filter(|one| links.contains(&one.link))
            .collect();
        let bad = of.iter().find(|one| one.state == State::Failed);
        match (bad, of.iter().find(|one| one.state == State::Ok)) {
            (Some(bad), _) => ("failed", bad.reason.clone()),
            (None, Some(ok)) => ("active", ok.reason.clone()),
            (None, None) => (
                "open",
                of.first().map_or(String::new(), |one| one.reason.clone()),
            ),
        }
    };
    let stop = |label, links: &[Link]| {
        let (state, reason) = holds(links);
        Stop::new(label, "main", state, reason)
    };
    let all = match checked.iter().any(|one| one.state == State::Failed) {
        true => ("failed", "Something does not hold yet; see the list."),
        false => ("active", "It works."),
    };
    page.rail = vec![
        Stop::new("Integration", "main", "active", known.name.clone()),
        stop(
            "Sender or client application",
            &[Link::Sender, Link::Client],
        ),
        stop("User and contact", &[Link::User]),
        stop("Role and its permissions", &[Link::Role]),
        stop("Assignment", &[Link::Role, Link::Entity]),
        Stop::new(
            "Credentials",
            "main",
            "active",
            "Mailed to the account e-mail.",
        ),
        Stop::new("Live test", "main", all.0, all.1),
    ];
    let mut values = vec![
        ("Company ID", visit.guest()?.seen.company.id.clone()),
        ("User ID", id.to_owned()),
    ];
    if let Some((party, id)) = party(&through) {
        let label = match party {
            Party::Sender => "Sender ID",
            Party::Client => "Client ID",
        };
        values.push((label, id.to_owned()));
    }
    page.made = Some(MadeUser {
        key: key.to_owned(),
        through,
        values,
        checked,
    });
    Ok(())
}

/// Who vouches, by the word of the form.
fn party(word: &str) -> Option<(Party, &str)> {
    match word.split_once(':')? {
        ("client", id) => Some((Party::Client, id)),
        ("sender", id) => Some((Party::Sender, id)),
        _ => None,
    }
}

async fn save(console: &Console, visit: &Visit, said: &Pairs) -> Result<Answer> {
    let around = around(console, visit, said).await?;
    let Some((known, least)) = &around.least else {
        let fault = Fault::said("integration", "Choose an integration first.");
        return show(console, visit, said, vec![fault]).await;
    };
    if party(said.get("through")).is_none() {
        let fault = Fault::said(
            "through",
            "Choose the sender or client application that the integration comes in through.",
        );
        return show(console, visit, said, vec![fault]).await;
    }
    let refused = async |problems: Vec<sidegate_model::Problem>| {
        if !is_for_form(&problems) {
            return Err(Failure::Refused(problems));
        }
        let mut faults: Vec<Fault> = problems.iter().map(Fault::of).collect();
        for fault in &mut faults {
            let known = [
                "id",
                "userName",
                "contact",
                "accountEmail",
                "role-id",
                "role-description",
                "through",
            ];
            let head = fault.at.split('-').next().unwrap_or_default().to_owned();
            if !known.contains(&fault.at.as_str()) {
                fault.at = if known.contains(&head.as_str()) {
                    anchor(&head)
                } else {
                    String::new()
                };
            }
        }
        show(console, visit, said, faults).await
    };
    match make(
        console,
        visit,
        said,
        known,
        least,
        around.is_user_based,
        true,
    )
    .await
    {
        Err(Failure::Broken(error)) if error.is::<Tried>() => {}
        Err(Failure::Refused(problems)) => return refused(problems).await,
        Err(failure) => return Err(failure),
        Ok(_) => {}
    }
    let what = if around.is_user_based {
        "its permissions"
    } else {
        "its role"
    };
    let lines = vec![
        format!(
            "The user {}, {what} and the company's word for {} are made at once.",
            said.get("id"),
            said.get("through")
                .replace("client:", "the client application ")
                .replace("sender:", "the sender ")
        ),
        format!(
            "A mail with the user's details and one with the password go to {}.",
            said.get("accountEmail").trim()
        ),
    ];
    if visit.form.get("go") != "verify" {
        return step::ask(console, visit, said, lines, Vec::new()).await;
    }
    if let Proof::Missing(answer) = step::take(console, visit, said, lines).await? {
        return Ok(answer);
    }
    match make(
        console,
        visit,
        said,
        known,
        least,
        around.is_user_based,
        false,
    )
    .await
    {
        Ok(user) => {
            let mut to = Pairs::default();
            to.push("integration", &*known.id);
            to.push("user", user.to_string());
            to.push("through", said.get("through"));
            Ok(Answer::to(format!("/{PAGE}{}", to.query())))
        }
        Err(Failure::Refused(problems)) => refused(problems).await,
        Err(failure) => Err(failure),
    }
}

fn text(name: &str, value: &str) -> (String, Node) {
    (name.to_owned(), Node::Text(value.trim().to_owned()))
}

fn of(name: &str, id: &str) -> (String, Node) {
    (name.to_owned(), Node::Object(vec![text("id", id)]))
}

/// The body of the user.
fn user(said: &Pairs, known: &Known, least: &[Suggested], is_user_based: bool) -> Node {
    let name = said.get("userName");
    let contact = Node::Object(vec![
        text("id", said.get("contact")),
        text("printAs", name),
        text("firstName", name),
        text("lastName", name),
    ]);
    let restricted = Node::Object(vec![("isRestricted".to_owned(), Node::Boolean(true))]);
    let mut members = vec![
        text("id", said.get("id")),
        text("userName", name),
        text("accountEmail", said.get("accountEmail")),
        text("userType", known.user_type.as_deref().unwrap_or("business")),
        text(
            "adminPrivileges",
            known.admin.map_or("off", AdminLevel::word),
        ),
        ("webServices".to_owned(), restricted),
        ("contact".to_owned(), contact),
    ];
    if is_user_based {
        let list = Node::Array(role::assignments(least));
        members.push(("permissionAssignments".to_owned(), list));
    } else {
        let one = Node::Object(vec![text("id", said.get("role-id"))]);
        members.push(("roles".to_owned(), Node::Array(vec![one])));
    }
    Node::Object(members)
}

/// Makes all of it in one write, or only tries.
async fn make(
    console: &Console,
    visit: &Visit,
    said: &Pairs,
    known: &Known,
    least: &[Suggested],
    is_user_based: bool,
    tries: bool,
) -> Result<RecordKey> {
    let role_body = role::body(
        said.get("role-id"),
        said.get("role-description"),
        role::assignments(least),
    );
    let user_body = user(said, known, least, is_user_based);
    let id = said.get("id").to_owned();
    let through = said.get("through").to_owned();
    let description = known.name.clone();
    console
        .engine
        .write(visit.call(), move |work| {
            let make = |work: &mut Work<'_>, object: &str, body: &Node| {
                let definition = work.object(object);
                let draft = draft(work.registry(), definition, Operation::Create, body);
                work.create(definition, &draft.map_err(Failure::Refused)?)
            };
            // What was written changes who may do what, so everything is read before.
            let let_in = match party(&through) {
                Some((Party::Sender, sender)) => is_let_in(work, sender)?,
                _ => false,
            };
            if !is_user_based {
                make(work, ROLE, &role_body).map_err(of_role)?;
            }
            let made = make(work, USER, &user_body)?;
            match party(&through) {
                Some((Party::Client, client)) => {
                    let body = Node::Object(vec![
                        of("clientApplication", client),
                        of("user", &id),
                        text("description", &description),
                    ]);
                    make(work, OF_CLIENT, &body)?;
                }
                Some((Party::Sender, sender)) if !let_in => {
                    let body = Node::Object(vec![
                        of("sender", sender),
                        text("description", &description),
                    ]);
                    make(work, OF_SENDER, &body)?;
                }
                Some((Party::Sender, _)) | None => {}
            }
            if tries {
                return Err(Failure::Broken(Box::new(Tried)));
            }
            Ok(made.key)
        })
        .await
}

/// Problems of the role stand at its fields of the form.
fn of_role(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(problems) => Failure::Refused(
            problems
                .into_iter()
                .map(|problem| match problem.place.as_deref() {
                    Some("/id") => problem.at("/role-id"),
                    Some("/description") => problem.at("/role-description"),
                    _ => problem,
                })
                .collect(),
        ),
        failure => failure,
    }
}

/// Whether the company has given its word for a sender before.
fn is_let_in(work: &mut Work<'_>, sender: &str) -> Result<bool> {
    let query = Query {
        object: OF_SENDER.to_owned(),
        fields: vec!["key".to_owned()],
        filters: vec![Filter {
            operator: Operator::Equal,
            field: "sender.id".to_owned(),
            operand: Operand::One(Scalar::Text(sender.to_owned())),
            place: String::new(),
        }],
        start: 1,
        size: 1,
        private: true,
        ..Query::default()
    };
    let sight = work.actor().page_sight(true);
    let plan = query
        .plan_on(work.registry(), work.object(OF_SENDER), sight)
        .map_err(Failure::Refused)?;
    Ok(work.page(&plan, &mut |_| Ok(()))?.total > 0)
}

/// What people call a link of a connection.
fn label(link: &Link) -> &'static str {
    match link {
        Link::Sender => "Sender",
        Link::Client => "Client application",
        Link::Company => "Company",
        Link::Subscription => "Web Services subscription",
        Link::User => "User",
        Link::Password => "Password",
        Link::Role => "Role and permissions",
        Link::Entity => "Entity",
        Link::FirstRead => "First read",
    }
}
