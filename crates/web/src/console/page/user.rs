//! What users add to their form: the contact and its names, help, what a saved user brings about.

use sidegate_engine::Work;
use sidegate_model::{Failure, Operation, RecordKey, Result, Scalar};

use super::tables::listed;
use crate::console::answer::Answer;
use crate::console::control::{Control, Section};
use crate::console::form;
use crate::console::frame::Fault;
use crate::console::pairs::Pairs;
use crate::console::pick::{self, Choice};
use crate::console::record::Found;
use crate::console::shown::Taste;
use crate::console::step::{OWN, Step};
use crate::console::visit::{Visit, is_for_form};
use crate::console::{At, Console};
use crate::rest::draft::draft;
use crate::rest::json::Node;

/// The object.
pub(super) const USER: &str = "company-config/user";
const CONTACT: &str = "company-config/contact";
const ROLE: &str = "company-config/role";
/// What the dialog of a contact asks: the names that guides use, in their order.
const ASKED: &[(&str, &str)] = &[
    ("firstName", "First name"),
    ("lastName", "Last name"),
    ("id", "Suggested contact name"),
    ("printAs", "Print as"),
    ("email1", "Primary email address"),
];
/// The value that stands for a contact which is made with the user.
const NEW: &str = "new";

/// What the form says below a field, where a declaration speaks to writers of programs; nothing where
/// the label says enough.
const HINTS: &[(&str, Option<&str>)] = &[
    (
        "id",
        Some(
            "What the integration or person signs in with. Unique among all users, and fixed once saved.",
        ),
    ),
    (
        "userName",
        Some("The name that lists show. Left empty, it is the contact's first and last name."),
    ),
    ("accountEmail", None),
    ("contact", None),
    (
        "userType",
        Some("The most that permissions can give this user."),
    ),
    (
        "adminPrivileges",
        Some(
            "For business users. Privileges open the administration of the company and no data; data takes a role.",
        ),
    ),
    (
        "roles",
        Some("What the user may do is what all these roles give together."),
    ),
    ("entities", Some("None chosen: every entity.")),
    (
        "locations",
        Some("None chosen: every location. Choose entities instead where you can."),
    ),
    ("departments", Some("None chosen: every department.")),
    ("territories", Some("None chosen: every territory.")),
    (
        "entityAccess.allowTopLevelAccess",
        Some("Whether the user may work above the entities."),
    ),
    (
        "entityAccess.allowUnrestrictedAccess",
        Some("Off as soon as entities are chosen above."),
    ),
];

/// Fills the form of a user.
pub(super) fn decorate(
    work: &mut Work<'_>,
    found: Option<&Found>,
    said: Option<&Pairs>,
    sections: &mut Vec<Section>,
) -> Result<()> {
    let user_based = work.is_user_based()?;
    for section in sections.iter_mut() {
        if user_based {
            section.fields.retain(|control| control.name != "roles");
        }
        let mut at = 0;
        while at < section.fields.len() {
            let control = &mut section.fields[at];
            if control.kind != "fact"
                && let Some((_, hint)) = HINTS.iter().find(|(name, _)| *name == control.name)
            {
                control.help = hint.map(str::to_owned);
            }
            match control.name.as_str() {
                "status" if found.is_some() => {
                    control.help = Some(
                        "Inactive: hidden from lists and let in nowhere. Locked out: let in nowhere until you say active again. Both act at once."
                            .to_owned(),
                    );
                }
                "status" if found.is_none() => {
                    control.options.retain(|option| option.value != "inactive");
                }
                "accountEmail" => {
                    control.popup = Some(
                        "Mails about the account go here: the user's details, a new password, a changed address. It belongs to the account and not to the contact, so the two may differ."
                            .to_owned(),
                    );
                }
                "roles" => {
                    let role = work.object(ROLE);
                    control.adds = work.may(role, Operation::Create);
                }
                "contact" => {
                    let key = control.value.clone();
                    control.required = false;
                    control.adds = true;
                    control.popup = Some(
                        "Every user has a contact, which holds the person's or the integration's name and addresses. Pick one that exists, or add one; it belongs to this user alone. Left empty, a contact with the name of the User ID is made from the first and last name below."
                            .to_owned(),
                    );
                    let further = contact(work, &key, found, said, control)?;
                    let count = further.len();
                    section.fields.splice(at + 1..=at, further);
                    at += count;
                }
                _ => {}
            }
            at += 1;
        }
    }
    sections.retain(|section| !section.fields.is_empty());
    differ(sections);
    Ok(())
}

/// Says so where the addresses of account and contact are not the same.
fn differ(sections: &mut [Section]) {
    let value = |name: &str| {
        let mut controls = sections.iter().flat_map(|section| &section.fields);
        controls
            .find(|control| control.name == name)
            .map(|control| control.value.trim().to_lowercase())
            .unwrap_or_default()
    };
    let (account, contact) = (value("accountEmail"), value("contact-email"));
    if account.is_empty() || contact.is_empty() || account == contact {
        return;
    }
    let mut controls = sections.iter_mut().flat_map(|section| &mut section.fields);
    if let Some(control) = controls.find(|control| control.name == "accountEmail") {
        control.note = Some(format!(
            "The contact's primary email address is another one: {contact}. Both are right if you mean it so."
        ));
    }
}

/// A user without a chosen contact gets one that is called like herself.
pub(super) fn complete(said: &mut Pairs) {
    let typed =
        !said.get("contact.firstName").is_empty() || !said.get("contact.lastName").is_empty();
    if said.get("contact").is_empty() && typed && !said.has("contact.id") {
        let id = said.get("id").trim().to_owned();
        said.push("contact.id", id);
    }
    // An empty print-as is the two names.
    if said.get("contact.printAs").is_empty() && typed {
        let (first, last) = (said.get("contact.firstName"), said.get("contact.lastName"));
        let both = format!("{} {}", first.trim(), last.trim());
        *said = said.with("contact.printAs", both.trim());
    }
}

/// What stands below the contact: its names to read, or to type where there is none.
fn contact(
    work: &mut Work<'_>,
    key: &str,
    found: Option<&Found>,
    said: Option<&Pairs>,
    control: &mut Control,
) -> Result<Vec<Control>> {
    let typed = |name: &str| said.map_or("", |said| said.get(&format!("contact.{name}")));
    let address = |email: &str| {
        let mut address = Control::plain("contact-email", "Primary email address", "fact", email);
        address.popup = Some(
            "Belongs to the contact: what is written to the person or the integration goes there. Mails about the account, such as a new password, go to the account email address. The two may be the same and may differ."
                .to_owned(),
        );
        address
    };
    let facts = |first: &str, last: &str, email: &str| {
        vec![
            Control::plain("contact-last", "Last (family) name", "fact", last),
            Control::plain("contact-first", "First name", "fact", first),
            address(email),
        ]
    };
    if key == NEW {
        control.views = true;
        let name = typed("id");
        control.options.push(Choice::new(
            NEW,
            format!("{name} (new, saved with the user)"),
        ));
        return Ok(facts(
            typed("firstName"),
            typed("lastName"),
            typed("email1"),
        ));
    }
    if let Ok(number) = key.parse::<i64>()
        && let Some(key) = RecordKey::new(number)
    {
        control.views = true;
        let target = work.object(CONTACT);
        let is_hers = found.is_some_and(|found| found.text("contact") == key.to_string());
        let opens = is_hers || work.may(target, Operation::Get);
        let names = pick::texts(work, target, key, &["firstName", "lastName", "email1"])?;
        let names = names.unwrap_or_else(|| vec![String::new(); 3]);
        let or = |name: &str, saved: &str| {
            let name = typed(name);
            if name.is_empty() {
                saved.to_owned()
            } else {
                name.to_owned()
            }
        };
        let email = if opens { names[2].as_str() } else { "" };
        return Ok(facts(
            &or("firstName", &names[0]),
            &or("lastName", &names[1]),
            &or("email1", email),
        ));
    }
    if found.is_some() {
        return Ok(Vec::new());
    }
    let ask = |name: &str, label: &str| {
        let full = format!("contact.{name}");
        Control::plain(&full, label, "text", typed(name))
    };
    Ok(vec![
        ask("lastName", "Last (family) name"),
        ask("firstName", "First name"),
        address(""),
    ])
}

/// The dialogs that the form opens.
///
/// # Errors
/// What the engine says.
pub(super) async fn aside(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: Option<RecordKey>,
    go: &str,
) -> Result<Option<Answer>> {
    let said = visit.form.without(OWN);
    Ok(Some(match go {
        "add:contact" => {
            let said = without_contact(&said);
            contact_step(console, visit, &said, "Add a contact", true, Vec::new()).await?
        }
        "view:contact" => contact_step(console, visit, &said, "Contact", false, Vec::new()).await?,
        "take:contact" => {
            let mut said = said;
            let is_new = said.get("contact-step") == NEW;
            said = said.without(&["contact-step"]);
            if is_new {
                said = said.with("contact", NEW);
            }
            if is_new
                && (said.get("contact.firstName").is_empty()
                    || said.get("contact.lastName").is_empty())
            {
                let fault = Fault::said(
                    "step-contact-lastName",
                    "A contact of a user has a first and a last name; type both.",
                );
                return contact_step(console, visit, &said, "Add a contact", true, vec![fault])
                    .await
                    .map(Some);
            }
            form::show(console, visit, at, key, Some(&said), Vec::new()).await?
        }
        "add:roles" => role_step(console, visit, &said, Vec::new()).await?,
        "take:role" => {
            let made = make_role(console, visit, &said).await?;
            let rest = said.without(&["role-id", "role-description"]);
            match made {
                Ok(role) => {
                    let mut said = rest;
                    said.push("roles", role.to_string());
                    form::show(console, visit, at, key, Some(&said), Vec::new()).await?
                }
                Err(faults) => role_step(console, visit, &said, faults).await?,
            }
        }
        _ => return Ok(None),
    }))
}

fn without_contact(said: &Pairs) -> Pairs {
    let others = said
        .0
        .iter()
        .filter(|(name, _)| !name.starts_with("contact."));
    Pairs(others.cloned().collect())
}

async fn contact_step(
    console: &Console,
    visit: &Visit,
    said: &Pairs,
    title: &str,
    is_new: bool,
    faults: Vec<Fault>,
) -> Result<Answer> {
    let mut step = Step::new(console, visit, title).await?;
    let is_new = is_new || said.get("contact") == NEW;
    let pairs = said.clone();
    let fields = console
        .engine
        .read(visit.call(), move |work| {
            let target = work
                .registry()
                .named(CONTACT)
                .expect("contacts are declared");
            let key = pairs.get("contact").parse().ok().and_then(RecordKey::new);
            let found = match key.filter(|_| !is_new) {
                Some(key) if work.may(target, Operation::Get) => {
                    Some(Found::read(work, target, key)?)
                }
                // Her own contact is changed through the user, whatever is open of contacts.
                Some(key) if pairs.get("was:contact") == key.to_string() => {
                    Some(Found::read_own(work, target, key)?)
                }
                _ => None,
            };
            let names: Vec<&str> = ASKED.iter().map(|(name, _)| *name).collect();
            form::inline_controls(work, target, &names, "contact", &pairs, found.as_ref())
        })
        .await?;
    step.fields = fields;
    for control in &mut step.fields {
        let name = control.name.trim_start_matches("contact.");
        if let Some((_, label)) = ASKED.iter().find(|(known, _)| *known == name) {
            control.label = (*label).to_owned();
        }
        control.help = None;
        control.required = is_new && matches!(name, "firstName" | "lastName" | "id");
        // A saved contact keeps its name.
        if name == "id" && !is_new {
            control.kind = "fact";
        }
    }
    if !is_new {
        step.lines = vec!["What you change here is saved with the user, not before.".to_owned()];
    }
    let mut carried = without_contact(&said.without(OWN));
    carried.push("contact-step", if is_new { NEW } else { "saved" });
    step.carried = carried.0;
    step.frame.faults = faults;
    step.go = "take:contact".to_owned();
    step.button = "Save".to_owned();
    step.answer()
}

async fn role_step(
    console: &Console,
    visit: &Visit,
    said: &Pairs,
    faults: Vec<Fault>,
) -> Result<Answer> {
    let mut step = Step::new(console, visit, "Add a role").await?;
    let mut name = Control::plain("role-id", "Name", "text", said.get("role-id"));
    name.required = true;
    let description = said.get("role-description");
    step.fields = vec![
        name,
        Control::plain("role-description", "Description", "text", description),
    ];
    step.lines = vec![
        "The role is made at once and gives nothing yet; its permissions come under Roles, View subscriptions."
            .to_owned(),
    ];
    step.carried = said.without(&["role-id", "role-description"]).0;
    step.frame.faults = faults;
    step.go = "take:role".to_owned();
    step.button = "Save".to_owned();
    step.answer()
}

async fn make_role(
    console: &Console,
    visit: &Visit,
    said: &Pairs,
) -> Result<std::result::Result<RecordKey, Vec<Fault>>> {
    let registry = console.engine.registry();
    let role = registry.named(ROLE).expect("roles are declared");
    let text = |name: &str| Node::Text(said.get(name).trim().to_owned());
    let body = Node::Object(vec![
        ("id".to_owned(), text("role-id")),
        ("description".to_owned(), text("role-description")),
    ]);
    let told = |problems: Vec<sidegate_model::Problem>| {
        let faults = problems.iter().map(Fault::of);
        faults
            .map(|mut fault| {
                fault.at = "role-id".to_owned();
                fault
            })
            .collect::<Vec<_>>()
    };
    let draft = match draft(registry, role, Operation::Create, &body) {
        Ok(draft) => draft,
        Err(problems) => return Ok(Err(told(problems))),
    };
    let saved = console
        .engine
        .write(visit.call(), move |work| {
            let role = work.registry().named(ROLE).expect("roles are declared");
            work.create(role, &draft)
        })
        .await;
    match saved {
        Ok(saved) => Ok(Ok(saved.key)),
        Err(Failure::Refused(problems)) if is_for_form(&problems) => Ok(Err(told(problems))),
        Err(failure) => Err(failure),
    }
}

/// What saving brings about.
///
/// # Errors
/// What the database says.
pub(super) async fn will_happen(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: Option<RecordKey>,
    said: &Pairs,
) -> Result<Vec<String>> {
    let standard = |(name, value): &(String, Scalar)| {
        name == "webServices.isRestricted" && *value == Scalar::Boolean(false)
    };
    let is_standard = at.screen.only.iter().any(standard);
    let mut lines = shared_email(console, visit, key, said.get("accountEmail").trim()).await?;
    if key.is_some() {
        lines.push(
            "Changes of status, roles and restrictions act on the user's next request.".to_owned(),
        );
        return Ok(lines);
    }
    if is_standard {
        lines.push(
            "For an integration, add a Web Services user instead: it opens the API only, and its password does not expire."
                .to_owned(),
        );
    }
    lines.push(format!(
        "A mail with the user's details and one with the password go to {}.",
        said.get("accountEmail").trim()
    ));
    let roles: Vec<String> = said
        .all("roles")
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .collect();
    let entities = said.all("entities").filter(|key| !key.is_empty()).count();
    let named = console
        .engine
        .read(visit.call(), move |work| {
            let role = work.registry().named(ROLE).expect("roles are declared");
            let choices = pick::of(work, role, &roles)?;
            let chosen = choices.into_iter().filter(|c| roles.contains(&c.value));
            Ok(chosen.map(|c| c.label).collect::<Vec<_>>())
        })
        .await?;
    lines.push(match (said.get("adminPrivileges"), named.as_slice()) {
        ("full" | "limited", []) => {
            "The user administers the company but reaches no data: that takes a role.".to_owned()
        }
        (_, []) => {
            "The user may do nothing yet: that takes a role or permissions of its own.".to_owned()
        }
        (_, roles) => format!("The user gets what these roles give: {}.", roles.join(", ")),
    });
    lines.push(match entities {
        0 => "The user reaches every entity.".to_owned(),
        1 => "The user reaches one entity only.".to_owned(),
        count => format!("The user reaches {count} entities."),
    });
    Ok(lines)
}

/// Who else has this account e-mail address, in a sentence.
async fn shared_email(
    console: &Console,
    visit: &Visit,
    key: Option<RecordKey>,
    email: &str,
) -> Result<Vec<String>> {
    let email = email.to_owned();
    if email.is_empty() {
        return Ok(Vec::new());
    }
    let others = console
        .engine
        .read(visit.call(), move |work| {
            if !work.may(work.object(USER), Operation::List) {
                return Ok(Vec::new());
            }
            let equal = [("accountEmail", email.clone())];
            let found = listed(work, USER, &["id"], &equal, &Taste::default())?;
            let others = found
                .into_iter()
                .filter(|row| key.is_none_or(|key| key.number() != row.key));
            Ok(others
                .filter_map(|row| row.cells.into_iter().next())
                .map(|cell| cell.text)
                .collect::<Vec<_>>())
        })
        .await?;
    Ok(match others.as_slice() {
        [] => Vec::new(),
        [one] => vec![format!(
            "The account e-mail is also that of {one}; mails about both go there."
        )],
        many => vec![format!(
            "The account e-mail is also that of {} other users, {} among them.",
            many.len(),
            many[0]
        )],
    })
}
