//! What a user chose for herself, on her own page and on the one that administrators have.

use sidegate_engine::sign_in::{OwnSecurity, PasswordChange, TrustedDevice};
use sidegate_model::{Draft, Failure, FieldType, Operation, Problem, RecordKey, Result};

use super::second_factor::codes;
use super::tables::{Act, Cell, Row, Table, Tables};
use super::user::USER;
use crate::console::answer::Answer;
use crate::console::control::{self, Control, Section};
use crate::console::form::{Form, Tried, WAS};
use crate::console::frame::{Fault, Frame};
use crate::console::pairs::Pairs;
use crate::console::pick::Choice;
use crate::console::record::{self, Found};
use crate::console::shown::Taste;
use crate::console::step::{self, OWN, Proof, Step};
use crate::console::view::Lead;
use crate::console::visit::{Visit, is_for_form};
use crate::console::{At, Console};
use crate::rest::draft::draft;
use crate::rest::json::Node;

const PREFERENCE: &str = "sidegate/user-preference";
const EMAIL: &str = "accountEmail";
const MINE: &str = "/my-preferences";
const SECURITY: &str = "/my-preferences/security";
/// Sections of the page, with their fields.
const SECTIONS: &[(&str, &[&str])] = &[
    ("Dates and times", &["timeZone", "dateFormat"]),
    ("Console", &["listStyle", "theme"]),
    (
        "Sessions of the console",
        &["inactivityTimeOutMinutes", "sessionTimeoutMinutes"],
    ),
];

/// `/my-preferences` and what is below it.
///
/// # Errors
/// What the engine says.
pub(in crate::console) async fn mine(
    console: &Console,
    visit: &Visit,
    below: &[&str],
) -> Result<Option<Answer>> {
    let user = visit.guest()?.seen.user.key;
    Ok(Some(match below {
        [] => edit(console, visit, None, user).await?,
        ["password"] => password(console, visit).await?,
        ["security"] => security(console, visit).await?,
        _ => return Ok(None),
    }))
}

/// `/…/KEY/preferences`
///
/// # Errors
/// What the engine says.
pub(super) async fn of_user(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Answer> {
    edit(console, visit, Some(at), key).await
}

/// What is read for the page.
struct Held {
    id: String,
    email: String,
    web_services: bool,
    saved: Option<Found>,
    company: [String; 2],
    sections: Vec<Section>,
    carried: Vec<(String, String)>,
}

async fn edit(
    console: &Console,
    visit: &Visit,
    at: Option<At<'_>>,
    key: RecordKey,
) -> Result<Answer> {
    let here = visit.path.clone();
    let go = visit.form.get("go");
    let said = visit.form.without(OWN);
    if !visit.is_post() || go == "back" {
        let said = visit.is_post().then_some(&said);
        return show(console, visit, at, key, said, Vec::new()).await;
    }
    let held = read(console, visit, at.is_none(), key, None).await?;
    let refuse = async |problems: Vec<Problem>| {
        if !is_for_form(&problems) {
            return Err(Failure::Refused(problems));
        }
        let faults = problems.iter().map(Fault::of).collect();
        show(console, visit, at, key, Some(&said), faults).await
    };
    let drafts = match drafts(console, &held, &said, key) {
        Ok(drafts) => drafts,
        Err(problems) => return refuse(problems).await,
    };
    match save(console, visit, at.is_none(), &held, key, &drafts, true).await {
        Ok(()) => {}
        Err(Failure::Refused(problems)) => return refuse(problems).await,
        Err(failure) => return Err(failure),
    }
    if drafts.email.is_some() {
        let lines = vec![format!(
            "Mails about the account go to {} from now on; {} is told so.",
            said.get(EMAIL).trim(),
            held.email
        )];
        if go != "verify" {
            return step::ask(console, visit, &said, lines, Vec::new()).await;
        }
        if let Proof::Missing(answer) = step::take(console, visit, &said, lines).await? {
            return Ok(answer);
        }
    }
    match save(console, visit, at.is_none(), &held, key, &drafts, false).await {
        Ok(()) => Ok(Answer::to(format!("{here}?done=saved"))),
        Err(Failure::Refused(problems)) => refuse(problems).await,
        Err(failure) => Err(failure),
    }
}

async fn show(
    console: &Console,
    visit: &Visit,
    at: Option<At<'_>>,
    key: RecordKey,
    said: Option<&Pairs>,
    faults: Vec<Fault>,
) -> Result<Answer> {
    let mut held = read(console, visit, at.is_none(), key, said).await?;
    let mut frame = match at {
        Some(at) => {
            let title = format!("Preferences of {}", held.id);
            Frame::at(console, visit, at, &title).await?
        }
        None => Frame::new(console, visit, "My preferences").await?,
    };
    frame.faults = control::blame(&mut held.sections, faults);
    let lead = |label: &str, to: &str| Lead {
        label: label.to_owned(),
        to: to.to_owned(),
        step: false,
        tab: false,
    };
    let links = match at {
        Some(_) => Vec::new(),
        None => vec![
            lead("Change password", "/my-preferences/password"),
            lead("Second factor", SECURITY),
        ],
    };
    Answer::page(&Form {
        frame,
        action: visit.path.clone(),
        carried: held.carried,
        sections: held.sections,
        links,
        cancel: at.map_or_else(|| "/overview".to_owned(), |at| at.record(key)),
    })
}

async fn read(
    console: &Console,
    visit: &Visit,
    own: bool,
    key: RecordKey,
    said: Option<&Pairs>,
) -> Result<Held> {
    let (said, taste) = (said.cloned(), visit.manner.taste.clone());
    console
        .engine
        .read(visit.call(), move |work| {
            let users = work.object(USER);
            if !own {
                work.authorise(users, Operation::Update)?;
            }
            let user = Found::read_own(work, users, key)?;
            let chosen = work.preferences(key)?;
            let definition = work.object(PREFERENCE);
            let saved = match chosen.saved {
                Some((key, _)) => Some(Found::read_own(work, definition, key)?),
                None => None,
            };
            let mut held = Held {
                id: user.text("id"),
                email: user.text(EMAIL),
                web_services: user.text("webServices.isRestricted") == "true",
                saved,
                company: [
                    chosen.inactivity_minutes.to_string(),
                    chosen.session_minutes.to_string(),
                ],
                sections: Vec::new(),
                carried: Vec::new(),
            };
            let said = said.as_ref();
            let mut email = Control::plain(EMAIL, "Account email address", "email", &held.email);
            if let Some(said) = said.and_then(|said| said.last(EMAIL)) {
                said.clone_into(&mut email.value);
            }
            email.required = true;
            email.help = Some(
                "Mails about the account go here. A change asks for your own password, and the address of before is told."
                    .to_owned(),
            );
            held.sections.push(Section {
                label: "Account".to_owned(),
                fields: vec![Control::plain("id", "User ID", "fact", &held.id), email],
            });
            for (label, fields) in SECTIONS {
                if held.web_services && *label != SECTIONS[0].0 {
                    continue;
                }
                let mut controls = Vec::new();
                for field in fields.iter().filter_map(|name| definition.named(name)) {
                    let made = control::of(work, field, held.saved.as_ref(), said, &taste)?;
                    let Some(mut control) = made else { continue };
                    fit(&mut control, &held, &taste);
                    let was = held.saved.as_ref().map(|saved| saved.text(&field.name));
                    let name = format!("{WAS}{}", field.name);
                    held.carried.push((name, was.unwrap_or_default()));
                    controls.push(control);
                }
                held.sections.push(Section {
                    label: (*label).to_owned(),
                    fields: controls,
                });
            }
            Ok(held)
        })
        .await
}

/// Makes a control fit people: zones to pick, what holds if nothing is chosen.
fn fit(control: &mut Control, held: &Held, taste: &Taste) {
    match control.name.as_str() {
        "timeZone" => {
            control.kind = "select";
            control.help = None;
            control.options = vec![Choice::new("", "(none: UTC)")];
            let names = jiff::tz::db().available();
            let names = names.map(|name| name.to_string());
            let named = names.filter(|name| name.contains('/') || name == "UTC");
            let mut zones: Vec<Choice> = named
                .map(|name| Choice::new(name.clone(), name.replace('_', " ")))
                .collect();
            zones.sort_by(|a, b| a.label.cmp(&b.label));
            control.options.extend(zones);
        }
        "dateFormat" => {
            control.help = Some(format!("Today's choice shows days as {}.", taste.dates));
            if let Some(first) = control.options.first_mut() {
                "(none: the company's)".clone_into(&mut first.label);
            }
        }
        "inactivityTimeOutMinutes" | "sessionTimeoutMinutes" => {
            let number = usize::from(control.name == "sessionTimeoutMinutes");
            let now = &held.company[number];
            control.help = Some(format!(
                "From 10 to the most that the company allows; empty: as the company says. Now {now}."
            ));
        }
        _ => {}
    }
}

/// What is written, of the two records.
struct Drafts {
    preference: Option<Draft>,
    email: Option<Draft>,
}

fn drafts(
    console: &Console,
    held: &Held,
    said: &Pairs,
    key: RecordKey,
) -> std::result::Result<Drafts, Vec<Problem>> {
    let registry = console.engine.registry();
    let definition = registry
        .named(PREFERENCE)
        .expect("preferences are declared");
    let mut members = Vec::new();
    for name in SECTIONS.iter().flat_map(|(_, fields)| *fields) {
        let Some(text) = said.last(name).map(str::trim) else {
            continue;
        };
        let was = said.find(&format!("{WAS}{name}")).unwrap_or_default();
        if text == was {
            continue;
        }
        let is_number = definition
            .named(name)
            .is_some_and(|field| field.kind == FieldType::Integer);
        let node = match text {
            "" => Node::Null,
            text if is_number && text.parse::<i64>().is_ok() => Node::Number(text.to_owned()),
            text => Node::Text(text.to_owned()),
        };
        members.push(((*name).to_owned(), node));
    }
    let mut problems = Vec::new();
    let mut made = |definition, operation, members| {
        let drafted = draft(registry, definition, operation, &Node::Object(members));
        drafted.map_err(|found| problems.extend(found)).ok()
    };
    let preference = match (&held.saved, members.is_empty()) {
        (_, true) => None,
        (Some(_), false) => made(definition, Operation::Update, members),
        (None, false) => {
            let user = Node::Object(vec![("key".to_owned(), Node::Text(key.to_string()))]);
            members.insert(0, ("user".to_owned(), user));
            made(definition, Operation::Create, members)
        }
    };
    let email = said.last(EMAIL).map(str::trim);
    let email = match email.filter(|email| *email != held.email) {
        None => None,
        Some(email) => {
            let users = registry.named(USER).expect("users are declared");
            let member = (EMAIL.to_owned(), Node::Text(email.to_owned()));
            made(users, Operation::Update, vec![member])
        }
    };
    if problems.is_empty() {
        Ok(Drafts { preference, email })
    } else {
        Err(problems)
    }
}

async fn save(
    console: &Console,
    visit: &Visit,
    own: bool,
    held: &Held,
    key: RecordKey,
    drafts: &Drafts,
    tries: bool,
) -> Result<()> {
    let (preference, email) = (drafts.preference.clone(), drafts.email.clone());
    let saved = held
        .saved
        .as_ref()
        .map(|saved| record::text(saved.at("key")));
    let saved = saved
        .and_then(|text| text.parse().ok())
        .and_then(RecordKey::new);
    let done = console
        .engine
        .write(visit.call(), move |work| {
            let definition = work.object(PREFERENCE);
            match (&preference, saved) {
                (Some(draft), Some(key)) => drop(work.update(definition, key, draft, None)?),
                (Some(draft), None) => drop(work.create(definition, draft)?),
                (None, _) => {}
            }
            match &email {
                Some(draft) if own => work.change_own_email(draft)?,
                Some(draft) => drop(work.update(work.object(USER), key, draft, None)?),
                None => {}
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

/// `/my-preferences/password`
async fn password(console: &Console, visit: &Visit) -> Result<Answer> {
    let mut faults = Vec::new();
    let form = &visit.form;
    if visit.is_post() && form.get("new_password") != form.get("again") {
        faults.push(Fault::said(
            "again",
            "The two new passwords are not the same; type the same one twice.",
        ));
    } else if visit.is_post() {
        let nothing = Pairs::default();
        if let Proof::Missing(answer) = step::take(console, visit, &nothing, Vec::new()).await? {
            // The new password is not carried through a page: she types it again.
            if answer.status.is_redirection() {
                return Ok(answer);
            }
            faults.push(Fault::said(
                "own_password",
                "That was not your own password or code; type them again.",
            ));
        } else {
            let seen = &visit.guest()?.seen;
            let change = PasswordChange {
                company: seen.company.id.clone(),
                user: seen.user.id.clone(),
                password: form.get("own_password").to_owned(),
                new_password: form.get("new_password").to_owned(),
                place: "The new password",
            };
            match console.engine.change_password(change, visit.call()).await {
                Ok(()) => return Ok(Answer::to("/?done=changed")),
                Err(Failure::Refused(problems)) if is_for_form(&problems) => {
                    faults = problems.iter().map(Fault::of).collect();
                    for fault in &mut faults {
                        "new_password".clone_into(&mut fault.at);
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
    }
    let mut step = Step::new(console, visit, "Change my password").await?;
    step.lines = vec![
        "Every session of yours ends, this one too: sign in again with the new password."
            .to_owned(),
    ];
    step.frame.faults = faults;
    step.carried = Vec::new();
    step.fields = step::own_fields(console, visit).await?;
    step.fields[0].help = None;
    for (name, label) in [
        ("new_password", "New password"),
        ("again", "The same again"),
    ] {
        let mut control = Control::plain(name, label, "password", "");
        control.required = true;
        step.fields.push(control);
    }
    step.cancel = Some(MINE.to_owned());
    step.go = "change".to_owned();
    step.button = "Change".to_owned();
    step.answer()
}

/// `/my-preferences/security`: the second factor and trusted devices.
async fn security(console: &Console, visit: &Visit) -> Result<Answer> {
    let mut faults = Vec::new();
    let go = visit.form.get("go");
    if visit.is_post() && go != "back" {
        let act = if go == "verify" {
            visit.form.get("act").to_owned()
        } else {
            go.to_owned()
        };
        let said = visit.form.without(OWN).with("act", &act);
        if go != "verify" {
            return step::ask(console, visit, &said, Vec::new(), Vec::new()).await;
        }
        if let Proof::Missing(answer) = step::take(console, visit, &said, Vec::new()).await? {
            return Ok(answer);
        }
        match perform(console, visit, &act).await {
            Ok(answer) => return Ok(answer),
            Err(Failure::Refused(problems)) if is_for_form(&problems) => {
                faults = problems.iter().map(Fault::of).collect();
            }
            Err(failure) => return Err(failure),
        }
    }
    let cookie = &visit.guest()?.cookie;
    let own = console.engine.own_security(cookie, &visit.call()).await?;
    let mut frame = Frame::new(console, visit, "My second factor").await?;
    frame.faults = faults;
    let mut lines = Vec::new();
    if own.demanded {
        lines.push("Your company wants you to have a second factor.".to_owned());
    }
    let leads = match own.enrolled {
        Some(_) => Vec::new(),
        None => vec![Lead {
            label: "Set up".to_owned(),
            to: "/second-factor/enrol".to_owned(),
            step: true,
            tab: false,
        }],
    };
    let tables = vec![
        factor(&own, &visit.manner.taste),
        devices(&own, &visit.manner.taste),
    ];
    Answer::page(&Tables {
        frame,
        lines,
        action: SECURITY.to_owned(),
        tables,
        fields: Vec::new(),
        button: "",
        leads,
        done: MINE.to_owned(),
    })
}

async fn perform(console: &Console, visit: &Visit, act: &str) -> Result<Answer> {
    let (cookie, call) = (&visit.guest()?.cookie, visit.call());
    let engine = &console.engine;
    match act.split_once(':') {
        Some(("forget", number)) => {
            if let Some(key) = number.parse().ok().and_then(RecordKey::new) {
                engine.forget_device(cookie, key, &call).await?;
            }
        }
        _ if act == "codes" => {
            let made = engine.new_recovery_codes(cookie, &call).await?;
            return codes(console, visit, made, SECURITY).await;
        }
        _ if act == "drop" => engine.drop_second_factor(cookie, &call).await?,
        _ => {}
    }
    Ok(Answer::to(format!("{SECURITY}?done=saved")))
}

fn factor(own: &OwnSecurity, taste: &Taste) -> Table {
    let act = |label, go: &str| {
        Some(Act {
            label,
            go: go.to_owned(),
        })
    };
    let rows = match own.enrolled {
        None => Vec::new(),
        Some(since) => vec![
            Row {
                cells: vec![
                    Cell::text("App with codes"),
                    Cell::text(format!("since {}", taste.moment(since))),
                ],
                act: if own.demanded {
                    None
                } else {
                    act("Take away", "drop")
                },
            },
            Row {
                cells: vec![
                    Cell::text("Recovery codes"),
                    Cell::text(format!("{} left", own.recovery_codes)),
                ],
                act: act("Make new ones", "codes"),
            },
        ],
    };
    Table {
        label: "Second factor",
        columns: vec!["What", "State"],
        rows,
        empty: "You have none. With one, your password alone opens nothing.",
    }
}

fn devices(own: &OwnSecurity, taste: &Taste) -> Table {
    let row = |device: &TrustedDevice| Row {
        cells: vec![
            Cell::text(&device.name),
            Cell::text(taste.moment(device.since)),
            Cell::text(device.used.map(|at| taste.moment(at)).unwrap_or_default()),
            Cell::text(taste.moment(device.ends)),
        ],
        act: Some(Act {
            label: "End now",
            go: format!("forget:{}", device.key),
        }),
    };
    Table {
        label: "Trusted devices",
        columns: vec!["Name", "Since", "Last used", "Until"],
        rows: own.devices.iter().map(row).collect(),
        empty: if own.may_trust {
            "None. When you give a code, you can say that this device is not asked again for 30 days."
        } else {
            "None: your company lets you trust no device."
        },
    }
}
