//! What a user or role has beside what an integration of a known vendor needs, or beside what was used,
//! and the least role made of either.

use std::collections::BTreeMap;

use askama::Template;
use sidegate_engine::advice::Suggested;
use sidegate_engine::explain::{ExplainedRight, Whom};
use sidegate_engine::integration::{Comparison, Holder};
use sidegate_model::access::integration::{Unknown, Unmapped};
use sidegate_model::definition::{label_of, title_of};
use sidegate_model::{Failure, Operation, RecordKey, Result};

use super::role;
use crate::console::answer::Answer;
use crate::console::control::Control;
use crate::console::form::called;
use crate::console::frame::{Crumb, Fault, Frame};
use crate::console::pick::Choice;
use crate::console::record::Found;
use crate::console::step::{self, OWN, Proof, Step};
use crate::console::visit::{Visit, is_for_form};
use crate::console::{At, Console};

/// The address of the page below its user or role.
pub(super) const PAGE: &str = "check";
const ROLE: &str = "company-config/role";
const USER: &str = "company-config/user";
/// The choice that lays what was used beside what is there.
pub(super) const USED: &str = "used";

#[derive(Template)]
#[template(path = "console/check.html")]
struct Page {
    frame: Frame,
    here: String,
    back: String,
    subscriptions: Option<String>,
    choices: Vec<Choice>,
    chosen: String,
    lines: Vec<String>,
    lists: Vec<List>,
    unmapped: Vec<String>,
    /// Pairs that add what is missing on the page of permissions.
    adds: Vec<(String, String)>,
    can_make: bool,
    text: String,
}

/// One of the three lists.
struct List {
    label: &'static str,
    state: &'static str,
    empty: &'static str,
    count: usize,
    rows: Vec<Line>,
}

/// Rights of one permission.
struct Line {
    label: String,
    rights: String,
    note: String,
}

/// What is laid beside what is there.
struct Laid {
    name: String,
    is_user_based: bool,
    may_make: bool,
    choices: Vec<Choice>,
    found: Option<Side>,
}

enum Side {
    Integration(Box<Comparison>),
    Used(Box<sidegate_engine::advice::Advice>),
}

/// `/SCREEN/KEY/check`
///
/// # Errors
/// What the engine says.
pub(super) async fn check(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Option<Answer>> {
    let is_user = match at.definition.name.as_str() {
        USER => true,
        ROLE => false,
        _ => return Ok(None),
    };
    if visit.is_post() {
        return make(console, visit, at, key).await.map(Some);
    }
    let chosen = visit.asked.get("integration").to_owned();
    let laid = lay(console, visit, at, key, &chosen, is_user).await?;
    let title = format!("Check {}", laid.name);
    let mut frame = Frame::at(console, visit, at, &title).await?;
    frame.crumbs.push(Crumb {
        label: laid.name.clone(),
        href: Some(at.record(key)),
    });
    let back = at.record(key);
    let counts = is_user == laid.is_user_based;
    let mut page = Page {
        frame,
        here: format!("{back}/{PAGE}"),
        subscriptions: counts.then(|| format!("{back}/{}", super::permissions::PAGE)),
        back,
        choices: laid.choices,
        chosen,
        lines: Vec::new(),
        lists: Vec::new(),
        unmapped: Vec::new(),
        adds: Vec::new(),
        can_make: laid.may_make && !laid.is_user_based,
        text: String::new(),
    };
    match &laid.found {
        Some(Side::Integration(found)) => compared(console, &mut page, found),
        Some(Side::Used(found)) => used(console, &mut page, found),
        None => {}
    }
    page.text = text(&page);
    Answer::page(&page).map(Some)
}

async fn lay(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    chosen: &str,
    is_user: bool,
) -> Result<Laid> {
    let (name, chosen) = (at.screen.name.clone(), chosen.to_owned());
    console
        .engine
        .read(visit.call(), move |work| {
            let at = At::named(work.registry(), &name).expect("the screen was found by this name");
            let found = Found::read(work, at.definition, key)?;
            let mut choices = vec![Choice::new("", "(choose)")];
            if is_user {
                choices.push(Choice::new(USED, "What this user really used"));
            }
            let known = work.integrations()?;
            choices.extend(known.into_iter().map(|one| Choice::new(one.id, one.name)));
            let whom = Whom::Key(key);
            let side = match chosen.as_str() {
                "" => None,
                USED if is_user => Some(Side::Used(Box::new(work.suggest(&whom, None)?))),
                id => {
                    let holder = match is_user {
                        true => Holder::User(whom),
                        false => Holder::Role(whom),
                    };
                    Some(Side::Integration(Box::new(work.compare(&holder, id)?)))
                }
            };
            Ok(Laid {
                name: called(at, &found),
                is_user_based: work.is_user_based()?,
                may_make: work.may(work.object(ROLE), Operation::Create),
                choices,
                found: side,
            })
        })
        .await
}

/// What keeps a right from its effect, in words.
fn why(right: &ExplainedRight) -> String {
    use sidegate_model::access::Factor;
    let words = right.refused.iter().map(|factor| match factor {
        Factor::Subscription => "the company does not subscribe to the module",
        Factor::UserType => "beyond the user type",
        Factor::AdminPrivileges => "more admin privileges are needed",
        Factor::Permission => "nothing grants it",
    });
    words.collect::<Vec<_>>().join("; ")
}

/// Rights of the same permission with the same note on one line.
fn lines<'r>(
    console: &Console,
    rights: impl Iterator<Item = (&'r ExplainedRight, String)>,
) -> (usize, Vec<Line>) {
    let catalogue = console.engine.catalogue();
    let mut found: Vec<Line> = Vec::new();
    let mut count = 0;
    for (right, note) in rights {
        count += 1;
        let index = catalogue.named(&format!("{}.{}", right.module, right.name));
        let label = match index.map(|index| catalogue.at(index)) {
            Some(known) if !known.label.is_empty() => known.label.clone(),
            _ => label_of(&right.name),
        };
        let label = format!("{}: {label}", title_of(&right.module));
        let word = label_of(&right.right);
        match found
            .iter_mut()
            .find(|line| line.label == label && line.note == note)
        {
            Some(line) => {
                line.rights.push_str(", ");
                line.rights.push_str(&word);
            }
            None => found.push(Line {
                label,
                rights: word,
                note,
            }),
        }
    }
    (count, found)
}

fn compared(console: &Console, page: &mut Page, found: &Comparison) {
    let note = |need: &sidegate_model::access::integration::Needed| {
        let mut notes = Vec::new();
        if need.is_required {
            notes.push("another right needs it".to_owned());
        }
        if let Some(only) = &need.only_for {
            notes.push(format!("only for {only}"));
        }
        notes.join("; ")
    };
    let (count, rows) = lines(
        console,
        found
            .has_and_needs
            .iter()
            .map(|one| (&one.right, note(&one.need))),
    );
    page.lists.push(List {
        label: "Has and needs",
        state: "active",
        empty: "Nothing of what is needed is there.",
        count,
        rows,
    });
    let (count, rows) = lines(
        console,
        found.needs_and_lacks.iter().map(|one| {
            let mut note = note(&one.need);
            if !note.is_empty() {
                note.push_str("; ");
            }
            note.push_str(&why(&one.right));
            (&one.right, note)
        }),
    );
    page.lists.push(List {
        label: "Needs and lacks",
        state: "failed",
        empty: "Nothing is missing.",
        count,
        rows,
    });
    let spare = found.has_and_does_not_need.iter();
    let (count, rows) = lines(console, spare.map(|right| (right, String::new())));
    page.lists.push(List {
        label: "Has and does not need",
        state: "open",
        empty: "Nothing is there that is not needed.",
        count,
        rows,
    });
    let known = &found.integration;
    page.unmapped = known.unmapped.iter().map(unmapped).collect();
    if known.rights == 0 {
        page.lines.push(format!(
            "What {} needs is not published right by right, so there is nothing to compare.",
            known.name
        ));
    }
    if let (Some(wanted), Some(ok)) = (&known.user_type, found.user_type_ok) {
        let wanted = label_of(wanted);
        page.lines.push(match ok {
            true => format!("The user type is {wanted}, as it asks for."),
            false => format!("It asks for the user type {wanted}, and this user has another."),
        });
    }
    if let (Some(wanted), Some(ok)) = (known.admin, found.admin_ok) {
        page.lines.push(match ok {
            true => format!("The admin privileges reach: it asks for {}.", wanted.word()),
            false => format!(
                "It asks for {} admin privileges, and this user has fewer.",
                wanted.word()
            ),
        });
    }
    if let Some(sender) = &known.sender {
        page.lines.push(format!("Its sender ID is {sender}."));
    }
    let mut missing: BTreeMap<RecordKey, Vec<&str>> = BTreeMap::new();
    for one in &found.needs_and_lacks {
        if let Some(key) = one.right.key {
            missing.entry(key).or_default().push(&one.right.right);
        }
    }
    page.adds = missing
        .into_iter()
        .map(|(key, words)| {
            (
                format!("{}:{key}", super::permissions::ADD),
                words.join(" "),
            )
        })
        .collect();
    page.can_make = page.can_make && known.rights > 0;
}

/// What the catalogue has no word for, in a sentence.
pub(super) fn unmapped(one: &Unmapped) -> String {
    let rights = one
        .rights
        .as_deref()
        .map_or(String::new(), |rights| format!(" ({rights})"));
    let why = match one.why {
        Unknown::Module => "nothing of this module is known here",
        Unknown::Permission => "there is no such permission here",
        Unknown::Right => "the permission has no such right here",
        Unknown::Rights => "the vendor does not say which rights",
        Unknown::List => "the vendor's list is not published as a whole",
    };
    format!("{}: {}{rights}: {why}.", one.under, one.label)
}

fn used(console: &Console, page: &mut Page, found: &sidegate_engine::advice::Advice) {
    page.lines.push(match found.calls {
        0 => "This user has not used anything yet, so nothing can be suggested.".to_owned(),
        1 => "Made of 1 call.".to_owned(),
        calls => format!("Made of {calls} calls."),
    });
    if found.refused > 0 {
        page.lines.push(format!(
            "{} calls were refused meanwhile; nothing is suggested for these.",
            found.refused
        ));
    }
    let catalogue = console.engine.catalogue();
    let rows: Vec<Line> = found
        .permissions
        .iter()
        .map(|one| Line {
            label: catalogue.keyed(one.key).map_or_else(
                || label_of(&one.name),
                |index| format!("{}: {}", title_of(&one.module), catalogue.at(index).label),
            ),
            rights: one
                .rights
                .iter()
                .map(|word| label_of(word))
                .collect::<Vec<_>>()
                .join(", "),
            note: String::new(),
        })
        .collect();
    page.lists.push(List {
        label: "Was used",
        state: "active",
        empty: "Nothing was used that needs a permission.",
        count: found.permissions.iter().map(|one| one.rights.len()).sum(),
        rows,
    });
    let (count, rows) = lines(
        console,
        found.unused.iter().map(|right| (right, String::new())),
    );
    page.lists.push(List {
        label: "Has and did not use",
        state: "open",
        empty: "Everything that is granted was used.",
        count,
        rows,
    });
    page.can_make = page.can_make && !found.permissions.is_empty();
}

/// All of it as text, to send to somebody.
fn text(page: &Page) -> String {
    let mut text = String::new();
    for line in &page.lines {
        text.push_str(line);
        text.push('\n');
    }
    for list in &page.lists {
        text.push_str(&format!("\n{} ({})\n", list.label, list.count));
        for row in &list.rows {
            text.push_str(&format!("- {}: {}", row.label, row.rights));
            if !row.note.is_empty() {
                text.push_str(&format!(" ({})", row.note));
            }
            text.push('\n');
        }
    }
    if !page.unmapped.is_empty() {
        text.push_str("\nAsked for and not known here\n");
        for line in &page.unmapped {
            text.push_str(&format!("- {line}\n"));
        }
    }
    text
}

/// Makes the least role: its name, one's own password, and there it is.
async fn make(console: &Console, visit: &Visit, at: At<'_>, key: RecordKey) -> Result<Answer> {
    let chosen = visit.form.get("integration").to_owned();
    let id = chosen.clone();
    let (called, permissions) = console
        .engine
        .read(visit.call(), move |work| {
            if id == USED {
                let found = work.suggest(&Whom::Key(key), None)?;
                return Ok((
                    format!("Least role of {}", found.user.id),
                    found.permissions,
                ));
            }
            let least = work.least_role(&id)?;
            Ok((least.integration.name, least.permissions))
        })
        .await?;
    let said = visit.form.without(OWN);
    let rights: usize = permissions
        .iter()
        .map(|one: &Suggested| one.rights.len())
        .sum();
    let ask = async |faults: Vec<Fault>| {
        let mut step = Step::new(console, visit, "Make the least role").await?;
        let name = said.find("role-id").unwrap_or(&called);
        let mut name = Control::plain("role-id", "Name", "text", name);
        name.required = true;
        name.most = 200;
        let description = Control::plain(
            "role-description",
            "Description",
            "text",
            said.get("role-description"),
        );
        step.fields = vec![name, description];
        step.lines = vec![format!(
            "The role gives {rights} rights of {} permissions and nothing else. What the admin privileges give by themselves is left out.",
            permissions.len()
        )];
        step.carried = vec![("integration".to_owned(), chosen.clone())];
        step.frame.faults = faults;
        step.go = "make".to_owned();
        step.button = "Make the role".to_owned();
        step.cancel = Some(format!("{}/{PAGE}?integration={chosen}", at.record(key)));
        step.answer()
    };
    let go = visit.form.get("go");
    if !matches!(go, "make" | "verify") {
        return ask(Vec::new()).await;
    }
    let list = role::assignments(&permissions);
    let body = role::body(said.get("role-id"), said.get("role-description"), list);
    let told = |problems: Vec<sidegate_model::Problem>| -> Vec<Fault> {
        let faults = problems.iter().map(Fault::of);
        faults
            .map(|fault| Fault {
                at: "role-id".to_owned(),
                ..fault
            })
            .collect()
    };
    match role::create(console, visit, &body, true).await {
        Err(Failure::Refused(problems)) if is_for_form(&problems) => {
            return ask(told(problems)).await;
        }
        Err(failure) => return Err(failure),
        Ok(_) => {}
    }
    if go == "make" {
        return step::ask(console, visit, &said, Vec::new(), Vec::new()).await;
    }
    if let Proof::Missing(answer) = step::take(console, visit, &said, Vec::new()).await? {
        return Ok(answer);
    }
    match role::create(console, visit, &body, false).await {
        Ok(made) => Ok(Answer::to(format!("/roles/{made}?done=created"))),
        Err(Failure::Refused(problems)) if is_for_form(&problems) => ask(told(problems)).await,
        Err(failure) => Err(failure),
    }
}
