//! Further pages of a user: reset, status, groups, credentials, sessions; and what her own page adds.

use sidegate_engine::explain::Whom;
use sidegate_engine::{UserStanding, Work};
use sidegate_model::field_type::moment_text;
use sidegate_model::{Failure, Operation, RecordKey, Result};

use super::preferences;
use super::proving::{Done, Write, by_key, prove_and_write};
use super::tables::{Act, Cell, Row, Table, Tables, listed};
use super::user::USER;
use crate::console::answer::Answer;
use crate::console::control::Control;
use crate::console::frame::{Fault, Frame};
use crate::console::pick::{self, Choice};
use crate::console::record::Found;
use crate::console::shown::Taste;
use crate::console::step::{self, OWN, Step};
use crate::console::view::{Beside, Fact, Facts, Lead};
use crate::console::visit::Visit;
use crate::console::{At, Console};
use crate::rest::json::Node;

const CREDENTIAL: &str = "sidegate/credential";
const MEMBER: &str = "company-config/user-group-member";
const GROUP: &str = "company-config/user-group";
const FACTOR: &str = "sidegate/second-factor";
const DEVICE: &str = "sidegate/trusted-device";
const CONSOLE_SESSION: &str = "sidegate/console-session";
const API_SESSION: &str = "sidegate/api-session";
const TOKEN: &str = "sidegate/token";
/// What used a user is told of so many days.
const DAYS: u16 = 30;

/// The page of a user behind her address.
///
/// # Errors
/// What the page says.
pub(super) async fn page(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    page: &str,
) -> Result<Option<Answer>> {
    Ok(Some(match page {
        "reset" => reset(console, visit, at, key).await?,
        "inactivate" => status(console, visit, at, key, &INACTIVATE).await?,
        "activate" => status(console, visit, at, key, &ACTIVATE).await?,
        "groups" => rows(console, visit, at, key, &GROUPS).await?,
        "credentials" => rows(console, visit, at, key, &CREDENTIALS).await?,
        "preferences" => preferences::of_user(console, visit, at, key).await?,
        "sessions" => rows(console, visit, at, key, &SESSIONS).await?,
        _ => return Ok(None),
    }))
}

/// Whom a page is about, and what used her.
struct Whose {
    id: String,
    email: String,
    used: Vec<String>,
}

async fn whose(console: &Console, visit: &Visit, key: RecordKey) -> Result<Whose> {
    let taste = visit.manner.taste.clone();
    console
        .engine
        .read(visit.call(), move |work| {
            let definition = work.object(USER);
            work.authorise(definition, Operation::Update)?;
            let found = Found::read(work, definition, key)?;
            Ok(Whose {
                id: found.text("id"),
                email: found.text("accountEmail"),
                used: used(work, key, &taste)?,
            })
        })
        .await
}

/// What used a user lately, in sentences.
fn used(work: &mut Work<'_>, key: RecordKey, taste: &Taste) -> Result<Vec<String>> {
    let in_use = match work.who_uses(&Whom::Key(key), DAYS) {
        Ok(in_use) => in_use,
        Err(Failure::Refused(_)) => return Ok(Vec::new()),
        Err(failure) => return Err(failure),
    };
    let callers = in_use.callers.iter().map(|caller| {
        let name = caller.id.as_deref().unwrap_or("somebody unknown");
        let times = if caller.calls == 1 { "call" } else { "calls" };
        format!(
            "{name} ({} {times}, the last {})",
            caller.calls,
            taste.moment(caller.last_used)
        )
    });
    let callers: Vec<String> = callers.collect();
    let mut lines = Vec::new();
    if callers.is_empty() && in_use.credentials.is_empty() {
        lines.push(format!("Nothing used this user in the last {DAYS} days."));
    }
    if !callers.is_empty() {
        lines.push(format!(
            "Used in the last {DAYS} days by {}. Give them the new password, or they stop.",
            callers.join("; ")
        ));
    }
    for credential in in_use.credentials.iter().take(3) {
        let from = credential.from.as_deref().unwrap_or("an unknown address");
        lines.push(format!(
            "Last sign-in with the present password: {} from {from}.",
            taste.moment(credential.last_used)
        ));
    }
    Ok(lines)
}

/// `…/reset`: a new password, with or without a time in which both work.
async fn reset(console: &Console, visit: &Visit, at: At<'_>, key: RecordKey) -> Result<Answer> {
    let whose = whose(console, visit, key).await?;
    let here = at.record(key);
    if visit.form.get("go") == "back" {
        return Ok(Answer::to(here));
    }
    let mut faults = Vec::new();
    if visit.is_post() {
        let said = visit.form.without(OWN);
        match until(&said, &visit.manner.taste) {
            Err(fault) => faults.push(fault),
            Ok(until) => {
                let mut body = vec![("user", by_key(key))];
                if let Some(until) = until {
                    body.push(("othersEndAt", Node::Text(moment_text(until))));
                }
                let write = Write::create(CREDENTIAL, body);
                match prove_and_write(console, visit, &said, Vec::new(), &write).await? {
                    Done::Yes => return Ok(Answer::to(format!("{here}?done=reset"))),
                    Done::Ask(answer) => return Ok(answer),
                    Done::Refused(problems) => {
                        faults = problems.iter().map(Fault::of).collect();
                        for fault in faults.iter_mut().filter(|f| f.at == "othersEndAt") {
                            fault.at = "step-until".to_owned();
                            fault.text = fault.text.replace("/othersEndAt", "Until");
                        }
                    }
                }
            }
        }
    }
    let title = format!("Reset the password of {}", whose.id);
    let mut step = Step::new(console, visit, &title).await?;
    step.lines = whose.used;
    step.lines.push(format!(
        "A new password goes to {} by mail, or a link that shows it.",
        whose.email
    ));
    let said = &visit.form;
    let mut others = Control::plain("others", "Password until now", "select", said.get("others"));
    others.options = vec![
        Choice::new("now", "Ends at once"),
        Choice::new("both", "Works beside the new one for a while"),
    ];
    let mut until = Control::plain("until", "Until", "datetime-local", said.get("until"));
    until.help = Some(format!(
        "Only where both work for a while: a time in {}, at most 30 days ahead.",
        visit.manner.taste.zone
    ));
    step.fields = vec![others, until];
    step.fields.extend(step::own_fields(console, visit).await?);
    stand_over(&mut step);
    step.frame.faults = faults;
    step.carried = Vec::new();
    step.cancel = Some(here);
    step.answer()
}

/// Ids that no page below has.
fn stand_over(step: &mut Step) {
    for control in &mut step.fields {
        control.at = format!("step-{}", control.at);
    }
}

/// Until when a password of before goes on.
fn until(
    said: &crate::console::pairs::Pairs,
    taste: &Taste,
) -> std::result::Result<Option<i64>, Fault> {
    if said.get("others") != "both" {
        return Ok(None);
    }
    let zone = jiff::tz::TimeZone::get(&taste.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let local: Option<jiff::civil::DateTime> = said.get("until").parse().ok();
    let moment = local.and_then(|local| local.to_zoned(zone).ok());
    match moment {
        Some(moment) => Ok(Some(moment.timestamp().as_microsecond())),
        None => Err(Fault::said(
            "step-until",
            "Say until when both passwords work: a day and a time.",
        )),
    }
}

/// A change of a user's status.
struct StatusWord {
    verb: &'static str,
    value: &'static str,
    line: &'static str,
}

const INACTIVATE: StatusWord = StatusWord {
    verb: "Inactivate",
    value: "inactive",
    line: "The user disappears from lists and is let in nowhere from the next request on; sessions and tokens end. Nothing else is lost, and Activate brings the user back.",
};
const ACTIVATE: StatusWord = StatusWord {
    verb: "Activate",
    value: "active",
    line: "The user may come in again with the password of before; sessions and tokens do not come back.",
};

/// `…/inactivate` and `…/activate`
async fn status(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    word: &StatusWord,
) -> Result<Answer> {
    let whose = whose(console, visit, key).await?;
    let here = at.record(key);
    if visit.form.get("go") == "back" {
        return Ok(Answer::to(here));
    }
    let mut faults = Vec::new();
    if visit.is_post() {
        let said = visit.form.without(OWN);
        let body = vec![("status", Node::Text(word.value.to_owned()))];
        let write = Write::update(USER, key, body);
        match prove_and_write(console, visit, &said, Vec::new(), &write).await? {
            Done::Yes => return Ok(Answer::to(format!("{here}?done=saved"))),
            Done::Ask(answer) => return Ok(answer),
            Done::Refused(problems) => faults = problems.iter().map(Fault::of).collect(),
        }
        for fault in &mut faults {
            fault.at = String::new();
        }
    }
    let title = format!("{} {}?", word.verb, whose.id);
    let mut step = Step::new(console, visit, &title).await?;
    step.lines = vec![word.line.to_owned()];
    if word.value == "inactive" {
        step.lines.extend(whose.used);
    }
    step.fields = step::own_fields(console, visit).await?;
    stand_over(&mut step);
    step.frame.faults = faults;
    step.carried = Vec::new();
    step.cancel = Some(here);
    step.answer()
}

/// A page of rows about a user.
struct Page {
    title: &'static str,
    lines: &'static [&'static str],
    tables: fn(&mut Work<'_>, RecordKey, &Taste) -> Result<Vec<Table>>,
    fields: fn(&mut Work<'_>) -> Result<Vec<Control>>,
    /// What the word of a row's button writes.
    write: fn(&str, RecordKey) -> Option<Write>,
    leads: &'static [(&'static str, &'static str)],
    done: &'static str,
}

const GROUPS: Page = Page {
    title: "Groups",
    lines: &["A user has what the roles of her groups give, beside what her own roles give."],
    tables: groups,
    fields: group_fields,
    write: |word, key| match word.split_once(':') {
        Some(("remove", number)) => Some(Write::delete(MEMBER, number_key(number)?)),
        Some(("add", number)) => {
            let group = number_key(number)?;
            let body = vec![("userGroup", by_key(group)), ("user", by_key(key))];
            Some(Write::create(MEMBER, body))
        }
        _ => None,
    },
    leads: &[],
    done: "saved",
};

const CREDENTIALS: Page = Page {
    title: "Credentials",
    lines: &["Passwords and secrets are never shown again; a reset makes a new one."],
    tables: credentials,
    fields: |_| Ok(Vec::new()),
    write: |word, _| {
        let (what, number) = word.split_once(':')?;
        let key = number_key(number)?;
        match what {
            "end" => Some(Write::update(CREDENTIAL, key, ended("ended"))),
            "factor" => Some(Write::delete(FACTOR, key)),
            "device" => Some(Write::delete(DEVICE, key)),
            _ => None,
        }
    },
    leads: &[("Reset password", "reset")],
    done: "ended",
};

const SESSIONS: Page = Page {
    title: "Sessions",
    lines: &[
        "What is open for this user now. Ended sessions are refused from their next request on.",
    ],
    tables: sessions,
    fields: |_| Ok(Vec::new()),
    write: |word, _| {
        let (what, number) = word.split_once(':')?;
        let key = number_key(number)?;
        match what {
            "console" => Some(Write::update(CONSOLE_SESSION, key, ended("ended"))),
            "api" => Some(Write::update(API_SESSION, key, ended("ended"))),
            "token" => Some(Write::update(TOKEN, key, ended("revoked"))),
            _ => None,
        }
    },
    leads: &[],
    done: "ended",
};

fn ended(word: &str) -> Vec<(&'static str, Node)> {
    vec![("status", Node::Text(word.to_owned()))]
}

fn number_key(number: &str) -> Option<RecordKey> {
    number.parse().ok().and_then(RecordKey::new)
}

/// Shows rows, and ends or adds one after a look at her own password.
async fn rows(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    page: &'static Page,
) -> Result<Answer> {
    let mut faults = Vec::new();
    let go = visit.form.get("go");
    if visit.is_post() && go != "back" {
        let word = match go {
            "verify" => visit.form.get("act").to_owned(),
            "add" => format!("add:{}", visit.form.get("group")),
            other => other.to_owned(),
        };
        let said = visit.form.without(OWN).with("act", &word);
        match (page.write)(&word, key) {
            None => faults.push(Fault::said("group", "Choose a group first.")),
            Some(write) => {
                match prove_and_write(console, visit, &said, Vec::new(), &write).await? {
                    Done::Yes => {
                        let done = page.done;
                        return Ok(Answer::to(format!("{}?done={done}", visit.path)));
                    }
                    Done::Ask(answer) => return Ok(answer),
                    Done::Refused(problems) => {
                        faults = problems.iter().map(Fault::of).collect();
                        for fault in &mut faults {
                            fault.at = String::new();
                        }
                    }
                }
            }
        }
    }
    let taste = visit.manner.taste.clone();
    let (id, tables, fields) = console
        .engine
        .read(visit.call(), move |work| {
            let definition = work.object(USER);
            let found = Found::read(work, definition, key)?;
            let tables = (page.tables)(work, key, &taste)?;
            Ok((found.text("id"), tables, (page.fields)(work)?))
        })
        .await?;
    let title = format!("{} of {id}", page.title);
    let mut frame = Frame::at(console, visit, at, &title).await?;
    frame.faults = faults;
    let here = at.record(key);
    let leads = page.leads.iter().map(|(label, to)| Lead {
        label: (*label).to_owned(),
        to: format!("{here}/{to}"),
        step: true,
        tab: false,
    });
    Answer::page(&Tables {
        frame,
        lines: page.lines.iter().map(|line| (*line).to_owned()).collect(),
        action: visit.path.clone(),
        tables,
        fields,
        button: "Add to the group",
        leads: leads.collect(),
        done: here,
    })
}

fn groups(work: &mut Work<'_>, key: RecordKey, taste: &Taste) -> Result<Vec<Table>> {
    let may = work.may(work.object(MEMBER), Operation::Delete);
    Ok(vec![member_rows(work, key, taste, may)?])
}

fn member_rows(work: &mut Work<'_>, key: RecordKey, taste: &Taste, acts: bool) -> Result<Table> {
    let fields = ["userGroup.id", "userGroup.description", "userGroup.key"];
    let of_user = [("user.key", key.to_string())];
    let found = listed(work, MEMBER, &fields, &of_user, taste)?;
    let rows = found.into_iter().map(|mut row| {
        row.cells.truncate(2);
        if let (Some(cell), Some(Some(group))) = (row.cells.first_mut(), row.numbers.get(2)) {
            cell.href = Some(format!("/user-groups/{group}"));
        }
        Row {
            cells: row.cells,
            act: acts.then(|| Act {
                label: "Remove",
                go: format!("remove:{}", row.key),
            }),
        }
    });
    Ok(Table {
        label: "User groups",
        columns: vec!["Name", "Description"],
        rows: rows.collect(),
        empty: "This user is in no group.",
    })
}

fn group_fields(work: &mut Work<'_>) -> Result<Vec<Control>> {
    if !work.may(work.object(MEMBER), Operation::Create) {
        return Ok(Vec::new());
    }
    let choices = pick::of(work, work.object(GROUP), &[])?;
    if choices.is_empty() {
        return Ok(Vec::new());
    }
    let mut group = Control::plain("group", "User group", "select", "");
    group.options = vec![Choice::new("", "(none)")];
    group.options.extend(choices);
    Ok(vec![group])
}

/// A table of an object, with a button on rows that `live` says are live.
fn table_of(
    work: &mut Work<'_>,
    said: &Said,
    equal: &[(&str, String)],
    taste: &Taste,
) -> Result<Table> {
    let names: Vec<&str> = said.columns.iter().map(|(name, _)| *name).collect();
    let now = work.now();
    let found = listed(work, said.object, &names, equal, taste)?;
    let ends = |row: &super::tables::Listed| {
        let over = said.ends.iter().filter_map(|at| row.numbers[*at]);
        over.min().is_some_and(|at| at <= now)
    };
    let rows = found
        .into_iter()
        .filter(|row| said.all || !ends(row))
        .map(|row| {
            let over = ends(&row) || row.cells.iter().any(|cell| cell.state == "ended");
            Row {
                act: (!over).then(|| Act {
                    label: said.label,
                    go: format!("{}:{}", said.word, row.key),
                }),
                cells: row.cells,
            }
        });
    Ok(Table {
        label: said.title,
        columns: said.columns.iter().map(|(_, label)| *label).collect(),
        rows: rows.collect(),
        empty: said.empty,
    })
}

/// What a table shows of an object.
struct Said {
    title: &'static str,
    object: &'static str,
    columns: &'static [(&'static str, &'static str)],
    /// The columns with moments at which a row ends.
    ends: &'static [usize],
    /// Whether rows that are over are shown too.
    all: bool,
    word: &'static str,
    label: &'static str,
    empty: &'static str,
}

fn credentials(work: &mut Work<'_>, key: RecordKey, taste: &Taste) -> Result<Vec<Table>> {
    let of_user = [("user.key", key.to_string())];
    let mut tables = vec![table_of(
        work,
        &Said {
            title: "Passwords and secrets",
            object: CREDENTIAL,
            columns: &[
                ("kind", "Kind"),
                ("name", "Name"),
                ("audit.createdDateTime", "Created"),
                ("expiresAt", "Expires"),
                ("lastUsedAt", "Last used"),
                ("lastUsedFrom", "From"),
                ("status", "Status"),
            ],
            ends: &[3],
            all: true,
            word: "end",
            label: "End now",
            empty: "There is none: reset the password to make one.",
        },
        &of_user,
        taste,
    )?];
    let user = Found::read(work, work.object(USER), key)?;
    if user.text("webServices.isRestricted") == "true" {
        return Ok(tables);
    }
    tables.push(table_of(
        work,
        &Said {
            title: "Second factor",
            object: FACTOR,
            columns: &[
                ("status", "Status"),
                ("enrolledAt", "Set up"),
                ("recoveryCodes", "Recovery codes left"),
            ],
            ends: &[],
            all: true,
            word: "factor",
            label: "Take away",
            empty: "This user has no second factor; only she herself sets one up.",
        },
        &of_user,
        taste,
    )?);
    tables.push(table_of(
        work,
        &Said {
            title: "Trusted devices",
            object: DEVICE,
            columns: &[
                ("name", "Name"),
                ("trustedAt", "Since"),
                ("lastUsedAt", "Last used"),
                ("lastUsedFrom", "From"),
                ("expiresAt", "Until"),
            ],
            ends: &[4],
            all: false,
            word: "device",
            label: "End now",
            empty: "This user trusts no device.",
        },
        &of_user,
        taste,
    )?);
    Ok(tables)
}

fn sessions(work: &mut Work<'_>, key: RecordKey, taste: &Taste) -> Result<Vec<Table>> {
    let live = [
        ("user.key", key.to_string()),
        ("status", "active".to_owned()),
    ];
    let said = [
        Said {
            title: "Console sessions",
            object: CONSOLE_SESSION,
            columns: &[
                ("openedAt", "Opened"),
                ("address", "From"),
                ("entity.id", "Entity"),
                ("lastUsedAt", "Last used"),
                ("expiresAt", "Ends unless used"),
                ("endsAt", "Ends in any case"),
            ],
            ends: &[4, 5],
            all: false,
            word: "console",
            label: "End now",
            empty: "None is open.",
        },
        Said {
            title: "API sessions",
            object: API_SESSION,
            columns: &[
                ("audit.createdDateTime", "Opened"),
                ("authorization.sender.id", "Sender"),
                ("entity.id", "Entity"),
                ("expiresAt", "Ends unless used"),
            ],
            ends: &[3],
            all: false,
            word: "api",
            label: "End now",
            empty: "None is open.",
        },
        Said {
            title: "Tokens",
            object: TOKEN,
            columns: &[
                ("audit.createdDateTime", "Given"),
                ("kind", "Kind"),
                ("authorization.clientApplication.id", "Client application"),
                ("entity.id", "Entity"),
                ("expiresAt", "Expires"),
            ],
            ends: &[4],
            all: false,
            word: "token",
            label: "End now",
            empty: "None is good.",
        },
    ];
    let tables = said.iter().map(|said| table_of(work, said, &live, taste));
    tables.collect()
}

/// What the page of a user adds: how she stands, her roles and groups, what can be done.
///
/// # Errors
/// What the database says.
pub(super) fn beside(
    work: &mut Work<'_>,
    at: At<'_>,
    key: RecordKey,
    found: &Found,
    taste: &Taste,
) -> Result<Beside> {
    let standing = work.user_standing(key)?;
    let mut tables = Vec::new();
    if !work.is_user_based()? {
        tables.push(roles(found));
    }
    if work.may(work.object(MEMBER), Operation::List) {
        tables.push(member_rows(work, key, taste, false)?);
    }
    let mut beside = Beside {
        notes: notes(work, found, key)?,
        sections: vec![Facts {
            label: "Access".to_owned(),
            facts: facts(found, &standing, taste),
        }],
        tables,
        leads: Vec::new(),
        told: &["roles"],
        blank: &[
            ("entities", "All"),
            ("locations", "All"),
            ("departments", "All"),
            ("territories", "All"),
        ],
        stays: standing.activated.is_some(),
    };
    if work.may(at.definition, Operation::Update) {
        let here = at.record(key);
        let lead = |label: &str, to: &str, step: bool| Lead {
            label: label.to_owned(),
            to: format!("{here}/{to}"),
            step,
            tab: false,
        };
        beside.leads = vec![
            lead("Reset password", "reset", true),
            match found.text("status").as_str() {
                "active" => lead("Inactivate", "inactivate", true),
                _ => lead("Activate", "activate", true),
            },
            lead("Credentials", "credentials", false),
            lead("Sessions", "sessions", false),
        ];
    }
    Ok(beside)
}

fn roles(found: &Found) -> Table {
    let items = found.at("roles").as_array().cloned().unwrap_or_default();
    let rows = items.iter().map(|role| {
        let key = crate::console::record::text(role);
        Row {
            cells: vec![Cell {
                href: Some(format!("/roles/{key}")),
                ..Cell::text(crate::console::shown::named(role))
            }],
            act: None,
        }
    });
    Table {
        label: "Roles",
        columns: vec!["Role"],
        rows: rows.collect(),
        empty: "No role of her own: she has what her groups give.",
    }
}

fn facts(found: &Found, standing: &UserStanding, taste: &Taste) -> Vec<Fact> {
    let moment = |at: Option<i64>, none: &str| at.map_or(none.to_owned(), |at| taste.moment(at));
    let fact = |label: &str, value: String| Fact {
        label: label.to_owned(),
        value,
        ..Fact::default()
    };
    let mut facts = vec![
        fact(
            "Activated",
            moment(standing.activated, "Not yet: never signed in"),
        ),
        fact(
            "Last sign-in",
            match (&standing.last_used, &standing.last_from) {
                (Some(at), Some(from)) => format!("{} from {from}", taste.moment(*at)),
                (at, _) => moment(*at, "Never"),
            },
        ),
    ];
    if let Some(at) = standing.locked {
        let text = format!("After failed sign-ins, {}", taste.moment(at));
        facts.push(fact("Locked out", text));
    }
    if found.text("webServices.isRestricted") != "true" {
        let text = if standing.second_factor {
            "Set up"
        } else {
            "None"
        };
        facts.push(fact("Second factor", text.to_owned()));
    }
    facts
}

/// What an administrator should know about a user.
fn notes(work: &mut Work<'_>, found: &Found, key: RecordKey) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let email = found.text("accountEmail");
    let contact = found.text("contact.email1");
    if !contact.is_empty() && !contact.eq_ignore_ascii_case(&email) {
        notes.push(format!(
            "The contact's primary email address is {contact}; mails about the account go to {email}. Both are right if you mean it so."
        ));
    }
    let standard = found.text("webServices.isRestricted") != "true";
    let called = match work.who_uses(&Whom::Key(key), DAYS) {
        Ok(in_use) => in_use.callers.iter().any(|caller| caller.id.is_some()),
        Err(Failure::Refused(_)) => false,
        Err(failure) => return Err(failure),
    };
    if standard && called {
        notes.push(
            "An integration uses this standard user over the API. A Web Services user of its own would be safer: its password does not expire, and it opens nothing but the API."
                .to_owned(),
        );
    }
    Ok(notes)
}
