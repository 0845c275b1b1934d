//! The permissions of a role, or in a company with user-based permissions of a user: a line for each
//! module, a dialog for what is in it, and one save for all that was chosen.
//!
//! Nothing is kept on the server meanwhile: what was chosen and is not saved travels in the form.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use sidegate_engine::explain::Whom;
use sidegate_engine::integration::Holder;
use sidegate_engine::preview::{Assigned, Bounds, Preview};
use sidegate_engine::{Engine, Work};
use sidegate_model::access::catalogue::Catalogue;
use sidegate_model::access::{Permission, PermissionIndex, Right, Rights};
use sidegate_model::definition::{label_of, title_of};
use sidegate_model::{Failure, Operation, RecordKey, Result, problem};

use crate::console::answer::Answer;
use crate::console::form::{Tried, called};
use crate::console::frame::{Fault, Frame};
use crate::console::pairs::Pairs;
use crate::console::record::{self, Found};
use crate::console::step::{self, Proof, Step};
use crate::console::visit::{Visit, is_for_form};
use crate::console::{At, Console};
use crate::rest::draft::draft;
use crate::rest::json::Node;

/// The address of the page below its record.
pub(super) const PAGE: &str = "subscriptions";
const ROLE: &str = "company-config/role";
const USER: &str = "company-config/user";
/// The modules that guides name, in their order; the others follow by name.
const FIRST: &[&str] = &[
    "administration",
    "company",
    "cashManagement",
    "generalLedger",
    "accountsPayable",
    "accountsReceivable",
    "projects",
    "inventoryControl",
    "orderEntry",
    "purchasing",
    "contracts",
    "taxes",
];
/// The rights of whoever only reads, and the only right of reports.
const READING: &str = "list view run";
/// Begins the names of pairs that hold what was chosen and is not saved.
const CHOSEN: &str = "chosen";
/// Begins the names of pairs with rights that are added to what is there.
pub(super) const ADD: &str = "add";
const RIGHT: &str = "right:";
const WHOLE: &str = "whole:";
const WAS: &str = "was-whole:";
const VERSION: &str = "version";
/// So many users are told of one by one before a save.
const MOST_TOLD: usize = 8;

/// Which list of which object it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Role,
    User,
}

impl Kind {
    fn of(at: At<'_>) -> Option<Self> {
        match at.definition.name.as_str() {
            ROLE => Some(Self::Role),
            USER => Some(Self::User),
            _ => None,
        }
    }

    fn list(self) -> &'static str {
        match self {
            Self::Role => "rolePermissionAssignments",
            Self::User => "permissionAssignments",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Role => "Roles subscriptions",
            Self::User => "User application subscriptions",
        }
    }

    fn holder(self, key: RecordKey) -> Holder {
        match self {
            Self::Role => Holder::Role(Whom::Key(key)),
            Self::User => Holder::User(Whom::Key(key)),
        }
    }
}

/// What is saved of a permission: the assignment's key and the rights.
type Saved = BTreeMap<PermissionIndex, (RecordKey, Rights)>;

/// What is saved and what was chosen since.
struct State {
    name: String,
    version: i64,
    saved: Saved,
    /// Only what differs from what is saved.
    chosen: BTreeMap<PermissionIndex, Rights>,
    bounds: Bounds,
    may_change: bool,
    is_counted: bool,
}

impl State {
    fn saved(&self, index: PermissionIndex) -> Rights {
        self.saved
            .get(&index)
            .map_or(Rights::default(), |(_, rights)| *rights)
    }

    fn now(&self, index: PermissionIndex) -> Rights {
        let chosen = self.chosen.get(&index);
        chosen.copied().unwrap_or_else(|| self.saved(index))
    }

    fn choose(&mut self, index: PermissionIndex, rights: Rights) {
        if rights == self.saved(index) {
            self.chosen.remove(&index);
        } else {
            self.chosen.insert(index, rights);
        }
    }

    /// What the form says was chosen.
    fn take(&mut self, catalogue: &Catalogue, said: &Pairs) {
        for (name, words) in &said.0 {
            let Some((start, key)) = name.split_once(':') else {
                continue;
            };
            let key = key.parse().ok().and_then(RecordKey::new);
            let index = key.and_then(|key| catalogue.keyed(key));
            if let Some(index) = index {
                let rights = catalogue.rights(words.split(' '));
                let rights = match start {
                    CHOSEN => rights,
                    ADD => self.now(index).and(rights),
                    _ => continue,
                };
                self.choose(index, rights.within(catalogue.at(index).rights));
            }
        }
    }

    fn carried(&self, catalogue: &Catalogue) -> Vec<(String, String)> {
        let mut carried = vec![(VERSION.to_owned(), self.version.to_string())];
        for (index, rights) in &self.chosen {
            if let Some(key) = catalogue.at(*index).key {
                let words: Vec<&str> = catalogue.words(*rights).collect();
                carried.push((format!("{CHOSEN}:{key}"), words.join(" ")));
            }
        }
        carried
    }

    /// All permissions as they would be, for a preview.
    fn assigned(&self, catalogue: &Catalogue) -> Vec<Assigned> {
        let all = catalogue.all().filter_map(|(index, permission)| {
            let rights = self.now(index);
            let assigned = Assigned {
                permission: permission.key?,
                rights: catalogue.words(rights).map(str::to_owned).collect(),
                place: String::new(),
            };
            (!rights.is_empty()).then_some(assigned)
        });
        all.collect()
    }

    /// The rights that do nothing without others which are not given, with those.
    fn incomplete(
        &self,
        catalogue: &Catalogue,
    ) -> Vec<(PermissionIndex, Vec<(PermissionIndex, Right)>)> {
        let mut found = Vec::new();
        for (index, _) in catalogue.all() {
            let mut missing = Vec::new();
            for right in catalogue.each(self.now(index)) {
                for (other, needed) in catalogue.requires(index, right) {
                    let new = !missing.contains(&(*other, *needed));
                    if new && !self.now(*other).has(*needed) {
                        missing.push((*other, *needed));
                    }
                }
            }
            if !missing.is_empty() {
                found.push((index, missing));
            }
        }
        found
    }
}

/// The page.
#[derive(Template)]
#[template(path = "console/subscriptions.html")]
struct Page {
    frame: Frame,
    action: String,
    carried: Vec<(String, String)>,
    modules: Vec<Module>,
    unsaved: usize,
    incomplete: Vec<String>,
    may_change: bool,
    lines: Vec<String>,
    back: String,
    done: String,
}

/// One line of it.
struct Module {
    name: String,
    label: String,
    given: usize,
    all: usize,
    unsaved: usize,
    is_subscribed: bool,
}

/// The dialog of one module.
#[derive(Template)]
#[template(path = "console/permissions.html")]
struct Dialog {
    frame: Frame,
    action: String,
    carried: Vec<(String, String)>,
    module: String,
    parts: Vec<Part>,
    unsaved: usize,
    may_change: bool,
    lines: Vec<String>,
}

/// *Activities and lists*, or *Reports*.
struct Part {
    id: &'static str,
    label: &'static str,
    /// `none`, `read`, `all`, or nothing where it is mixed.
    whole: &'static str,
    rows: Vec<Row>,
}

/// One permission.
struct Row {
    key: String,
    label: String,
    rights: Vec<Tick>,
    /// Rights that have no effect for some, and why.
    note: String,
    elsewhere: String,
}

/// One right.
struct Tick {
    word: String,
    label: String,
    ticked: bool,
    reads: bool,
    /// The ids of ticks that this one does nothing without.
    needs: String,
}

/// `/SCREEN/KEY/subscriptions`
///
/// # Errors
/// What the engine says.
pub(super) async fn subscriptions(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Option<Answer>> {
    let Some(kind) = Kind::of(at) else {
        return Ok(None);
    };
    let engine = &console.engine;
    let catalogue = engine.catalogue();
    let mut state = read(console, visit, at, key, kind).await?;
    state.take(catalogue, &visit.form);
    let go = visit.form.get("go");
    let (word, module) = go.split_once(':').unwrap_or((go, ""));
    if !visit.is_post() {
        let module = visit.asked.get("module");
        let answer = match module {
            "" => page(console, visit, at, key, &state, Vec::new()).await?,
            module => dialog(console, visit, at, key, &state, module).await?,
        };
        return Ok(Some(answer));
    }
    Ok(Some(match word {
        "open" => dialog(console, visit, at, key, &state, module).await?,
        "keep" => {
            keep(catalogue, &mut state, module, &visit.form);
            page(console, visit, at, key, &state, Vec::new()).await?
        }
        "complete" => {
            for (_, missing) in state.incomplete(catalogue) {
                for (index, right) in missing {
                    let rights = state.now(index).with(right);
                    state.choose(index, rights);
                }
            }
            page(console, visit, at, key, &state, Vec::new()).await?
        }
        "done" if !state.chosen.is_empty() => {
            let mut step = Step::new(console, visit, "Leave without saving?").await?;
            let count = permissions(state.chosen.len());
            step.lines = vec![format!(
                "What you chose for {count} is not saved and will be lost."
            )];
            step.carried = state.carried(catalogue);
            step.danger = true;
            step.go = "leave".to_owned();
            step.button = "Leave without saving".to_owned();
            step.answer()?
        }
        "done" | "leave" => Answer::to(at.href()),
        "save" | "verify" => save(console, visit, at, key, kind, &state).await?,
        _ => page(console, visit, at, key, &state, Vec::new()).await?,
    }))
}

/// Where the form of a new user leads: in a company with user-based permissions to these.
///
/// # Errors
/// What the database says.
pub(super) async fn after_user(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Option<String>> {
    let user_based = console
        .engine
        .read(visit.call(), |work| work.is_user_based())
        .await?;
    Ok(user_based.then(|| format!("{}/{PAGE}", at.record(key))))
}

async fn read(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    kind: Kind,
) -> Result<State> {
    let name = at.screen.name.clone();
    let engine = console.engine.clone();
    console
        .engine
        .read(visit.call(), move |work| {
            let at = At::named(work.registry(), &name).expect("the screen was found by this name");
            let found = Found::read(work, at.definition, key)?;
            let is_user_based = work.is_user_based()?;
            Ok(State {
                name: called(at, &found),
                version: found.version,
                saved: saved(&engine, found.at(kind.list())),
                chosen: BTreeMap::new(),
                bounds: work.bounds(&kind.holder(key))?,
                may_change: work.may(at.definition, Operation::Update),
                is_counted: is_user_based == (kind == Kind::User),
            })
        })
        .await
}

/// The saved list of a record that was read.
fn saved(engine: &Engine, list: &serde_json::Value) -> Saved {
    let catalogue = engine.catalogue();
    let key = |value: &serde_json::Value| {
        let text = record::text(value);
        text.parse().ok().and_then(RecordKey::new)
    };
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let one = |item: &serde_json::Value| {
        let index = catalogue.keyed(key(record::at(item, "permission"))?)?;
        let words = record::at(item, "accessRights").as_array();
        let words = words.into_iter().flatten();
        let words = words.filter_map(serde_json::Value::as_str);
        Some((
            index,
            (key(record::at(item, "key"))?, catalogue.rights(words)),
        ))
    };
    items.iter().filter_map(one).collect()
}

/// What the dialog of a module says. A choice for a whole section that was changed counts before what
/// its rows say, so that it works without script too.
fn keep(catalogue: &Catalogue, state: &mut State, module: &str, said: &Pairs) {
    for (index, permission) in of_module(catalogue, module) {
        let Some(key) = permission.key else { continue };
        let part = part_of(permission.is_report);
        let whole = said.get(&format!("{WHOLE}{part}"));
        let rights = if whole.is_empty() || whole == said.get(&format!("{WAS}{part}")) {
            let name = format!("{RIGHT}{key}");
            catalogue.rights(said.all(&name)).within(permission.rights)
        } else {
            whole_rights(catalogue, permission.rights, whole)
        };
        state.choose(index, rights);
    }
}

fn whole_rights(catalogue: &Catalogue, all: Rights, whole: &str) -> Rights {
    match whole {
        "all" => all,
        "read" => all.within(catalogue.rights(READING.split(' '))),
        _ => Rights::default(),
    }
}

fn part_of(is_report: bool) -> &'static str {
    if is_report { "reports" } else { "activities" }
}

fn can_be_given(permission: &Permission) -> bool {
    permission.key.is_some() && !permission.rights.is_empty()
}

fn of_module<'c>(
    catalogue: &'c Catalogue,
    module: &'c str,
) -> impl Iterator<Item = (PermissionIndex, &'c Permission)> {
    let all = catalogue.all();
    all.filter(move |(_, known)| can_be_given(known) && known.module == module)
}

/// The modules that have permissions, in the order of the page.
fn modules(catalogue: &Catalogue) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (_, permission) in catalogue.all() {
        let name = permission.module.as_str();
        if can_be_given(permission) && !names.contains(&name) {
            names.push(name);
        }
    }
    let place = |name: &str| FIRST.iter().position(|known| *known == name);
    names.sort_by_key(|name| (place(name).unwrap_or(FIRST.len()), title_of(name)));
    names
}

fn permissions(count: usize) -> String {
    match count {
        1 => "1 permission".to_owned(),
        count => format!("{count} permissions"),
    }
}

/// `Company: Departments`.
fn full_label(catalogue: &Catalogue, index: PermissionIndex) -> String {
    let permission = catalogue.at(index);
    format!("{}: {}", title_of(&permission.module), permission.label)
}

fn labels(catalogue: &Catalogue, rights: Rights) -> String {
    let words: Vec<String> = catalogue.words(rights).map(label_of).collect();
    words.join(", ")
}

async fn frame(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    state: &State,
    title: &str,
) -> Result<Frame> {
    let mut frame = Frame::at(console, visit, at, title).await?;
    frame.crumbs.push(crate::console::frame::Crumb {
        label: state.name.clone(),
        href: Some(at.record(key)),
    });
    Ok(frame)
}

async fn page(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    state: &State,
    faults: Vec<Fault>,
) -> Result<Answer> {
    let catalogue = console.engine.catalogue();
    let title = Kind::of(at).map_or("", Kind::title);
    let title = format!("{title}: {}", state.name);
    let mut frame = frame(console, visit, at, key, state, &title).await?;
    let is_wrong = !faults.is_empty();
    frame.faults = faults;
    let module = |name: &&str| {
        let mut module = Module {
            name: (*name).to_owned(),
            label: title_of(name),
            given: 0,
            all: 0,
            unsaved: 0,
            is_subscribed: true,
        };
        for (index, _) in of_module(catalogue, name) {
            module.all += 1;
            module.given += usize::from(!state.now(index).is_empty());
            module.unsaved += usize::from(state.chosen.contains_key(&index));
            module.is_subscribed = catalogue.is_in(index, state.bounds.subscribed);
        }
        module
    };
    let mut lines = Vec::new();
    if !state.is_counted {
        lines.push("These permissions have no effect: the company's permission type is the other one. They are kept for when it changes.".to_owned());
    }
    let incomplete = state.incomplete(catalogue).into_iter();
    let incomplete = incomplete.map(|(index, missing)| {
        let missing: Vec<String> = missing
            .into_iter()
            .map(|(other, right)| {
                let right = label_of(catalogue.right_word(right));
                match other == index {
                    true => right,
                    false => format!("{right} of {}", full_label(catalogue, other)),
                }
            })
            .collect();
        let what = full_label(catalogue, index);
        format!("{what} does nothing useful without {}.", missing.join(", "))
    });
    let answer = Answer::page(&Page {
        frame,
        action: format!("{}/{PAGE}", at.record(key)),
        carried: state.carried(catalogue),
        modules: modules(catalogue).iter().map(module).collect(),
        unsaved: state.chosen.len(),
        incomplete: incomplete.collect(),
        may_change: state.may_change,
        lines,
        back: at.record(key),
        done: at.href(),
    })?;
    Ok(if is_wrong {
        answer.with_status(StatusCode::UNPROCESSABLE_ENTITY)
    } else {
        answer
    })
}

async fn dialog(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    state: &State,
    module: &str,
) -> Result<Answer> {
    let catalogue = console.engine.catalogue();
    let action = format!("{}/{PAGE}", at.record(key));
    let first = of_module(catalogue, module).next();
    let Some((first, _)) = first else {
        return Err(problem::PATH_ABSENT.with("PATH", &action).into());
    };
    let title = format!("Permissions · {}", title_of(module));
    let mut frame = frame(console, visit, at, key, state, &title).await?;
    frame.dialog = true;
    let mut lines = Vec::new();
    if !catalogue.is_in(first, state.bounds.subscribed) {
        lines.push(format!(
            "The company does not subscribe to {}: what is given here has no effect until it does.",
            title_of(module)
        ));
    }
    let part = |is_report: bool| {
        let of_part =
            || of_module(catalogue, module).filter(|(_, known)| known.is_report == is_report);
        let whole = ["all", "none", "read"].into_iter().find(|whole| {
            let mut all = of_part();
            all.all(|(index, known)| {
                state.now(index) == whole_rights(catalogue, known.rights, whole)
            })
        });
        Part {
            id: part_of(is_report),
            label: if is_report {
                "Reports"
            } else {
                "Activities and lists"
            },
            whole: whole.unwrap_or_default(),
            rows: of_part()
                .filter_map(|(index, _)| row(catalogue, state, index))
                .collect(),
        }
    };
    let unsaved = of_module(catalogue, module)
        .filter(|(index, _)| state.chosen.contains_key(index))
        .count();
    let mut parts = vec![part(false), part(true)];
    parts.retain(|part| !part.rows.is_empty());
    Answer::page(&Dialog {
        frame,
        action,
        carried: state.carried(catalogue),
        module: module.to_owned(),
        parts,
        unsaved,
        may_change: state.may_change,
        lines,
    })
}

fn row(catalogue: &Catalogue, state: &State, index: PermissionIndex) -> Option<Row> {
    let permission = catalogue.at(index);
    let key = permission.key?;
    let now = state.now(index);
    let reading = catalogue.rights(READING.split(' '));
    let is_here = |other: PermissionIndex| catalogue.at(other).module == permission.module;
    let mut elsewhere: Vec<String> = Vec::new();
    let rights = catalogue.each(permission.rights).map(|right| {
        let mut needs = Vec::new();
        for (other, needed) in catalogue.requires(index, right) {
            let word = catalogue.right_word(*needed);
            if let (true, Some(key)) = (is_here(*other), catalogue.at(*other).key) {
                needs.push(format!("r{key}-{word}"));
            } else if now.has(right) && !state.now(*other).has(*needed) {
                let text = format!("{} of {}", label_of(word), full_label(catalogue, *other));
                if !elsewhere.contains(&text) {
                    elsewhere.push(text);
                }
            }
        }
        Tick {
            word: catalogue.right_word(right).to_owned(),
            label: label_of(catalogue.right_word(right)),
            ticked: now.has(right),
            reads: reading.has(right),
            needs: needs.join(" "),
        }
    });
    let rights: Vec<Tick> = rights.collect();
    let mut notes = Vec::new();
    for ((kind, web_services), users) in &state.bounds.types {
        let ceiling = catalogue.ceiling(index, *kind, *web_services);
        let beyond = permission.rights.without(ceiling);
        if beyond.is_empty() {
            continue;
        }
        let some: Vec<&str> = users.iter().take(3).map(String::as_str).collect();
        let more = if users.len() > 3 { ", …" } else { "" };
        let what = match ceiling.is_empty() {
            true => "Nothing here has".to_owned(),
            false => format!("{}:", labels(catalogue, beyond)),
        };
        notes.push(format!(
            "{what} no effect for the user type {} ({}{more}).",
            label_of(catalogue.type_word(*kind)),
            some.join(", ")
        ));
    }
    Some(Row {
        key: key.to_string(),
        label: permission.label.clone(),
        rights,
        note: notes.join(" "),
        elsewhere: elsewhere.join(", "),
    })
}

/// Stores all that was chosen, after telling what it does and asking for one's own password.
async fn save(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    kind: Kind,
    state: &State,
) -> Result<Answer> {
    let catalogue = console.engine.catalogue();
    if state.chosen.is_empty() {
        let fault = Fault::said("", "Nothing was chosen that is not saved already.");
        return page(console, visit, at, key, state, vec![fault]).await;
    }
    let told = visit.form.get(VERSION).parse().unwrap_or(state.version);
    let carried = Pairs(state.carried(catalogue)).with(VERSION, told.to_string());
    let refused = async |problems: Vec<sidegate_model::Problem>| {
        if !is_for_form(&problems) {
            return Err(Failure::Refused(problems));
        }
        let mut faults: Vec<Fault> = problems.iter().map(Fault::of).collect();
        for fault in &mut faults {
            fault.at = String::new();
        }
        page(console, visit, at, key, state, faults).await
    };
    match write(console, visit, at, key, kind, state, told, true).await {
        Err(Failure::Broken(error)) if error.is::<Tried>() => {}
        Err(Failure::Refused(problems)) => return refused(problems).await,
        Err(failure) => return Err(failure),
        Ok(()) => {}
    }
    let assigned = state.assigned(catalogue);
    let preview = console
        .engine
        .read(visit.call(), move |work| match kind {
            Kind::Role => work.preview_role(&Whom::Key(key), &assigned),
            Kind::User => work.preview_user(&Whom::Key(key), &assigned),
        })
        .await?;
    let lines = told_of(catalogue, &preview);
    if visit.form.get("go") != "verify" {
        return step::ask(console, visit, &carried, lines, Vec::new()).await;
    }
    if let Proof::Missing(answer) = step::take(console, visit, &carried, lines).await? {
        return Ok(answer);
    }
    match write(console, visit, at, key, kind, state, told, false).await {
        Ok(()) => Ok(Answer::to(format!(
            "{}/{PAGE}?done=granted",
            at.record(key)
        ))),
        Err(Failure::Refused(problems)) => refused(problems).await,
        Err(failure) => Err(failure),
    }
}

/// What a save brings about, in sentences.
fn told_of(catalogue: &Catalogue, preview: &Preview) -> Vec<String> {
    let users = |count: usize, does: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 user {does}")),
        count => Some(format!("{count} users {many}")),
    };
    let told = [
        users(preview.gaining, "gains rights", "gain rights"),
        users(preview.losing, "loses rights", "lose rights"),
        users(preview.unchanged, "keeps what it has", "keep what they have"),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    let mut lines = vec![match told.is_empty() {
        true => "Nobody has the role yet, so nothing changes for anybody.".to_owned(),
        false => format!("{}.", told.join(", ")),
    }];
    let what = |rights: &[sidegate_engine::advice::Suggested]| {
        let mut modules: BTreeMap<String, usize> = BTreeMap::new();
        for one in rights {
            *modules.entry(title_of(&one.module)).or_default() += one.rights.len();
        }
        if let [one] = rights {
            let index = catalogue.keyed(one.key);
            let label = index.map_or(String::new(), |index| full_label(catalogue, index));
            let words: Vec<String> = one.rights.iter().map(|word| label_of(word)).collect();
            return format!("{} of {label}", words.join(", "));
        }
        let of: Vec<String> = modules
            .into_iter()
            .map(|(module, count)| format!("{count} in {module}"))
            .collect();
        of.join(", ")
    };
    for user in preview.users.iter().take(MOST_TOLD) {
        let mut says = Vec::new();
        if !user.gains.is_empty() {
            says.push(format!("gains {}", what(&user.gains)));
        }
        if !user.loses.is_empty() {
            says.push(format!("loses {}", what(&user.loses)));
        }
        lines.push(format!("{} {}.", user.user.id, says.join("; ")));
    }
    let told = preview.users.len().min(MOST_TOLD);
    let changing = preview.users.len().max(preview.gaining.max(preview.losing));
    if changing > told {
        lines.push(format!("And {} more.", changing - told));
    }
    if preview.not_judged > 0 {
        lines.push(format!(
            "{} more have the role and were not looked at.",
            preview.not_judged
        ));
    }
    if !preview.incomplete.is_empty() {
        lines.push(format!(
            "{} of the rights do nothing useful without others that are not given.",
            preview.incomplete.len()
        ));
    }
    lines
}

#[expect(clippy::too_many_arguments, reason = "what a save is made of")]
async fn write(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    kind: Kind,
    state: &State,
    version: i64,
    tries: bool,
) -> Result<()> {
    let registry = console.engine.registry();
    let list = list(console.engine.catalogue(), kind, state);
    let body = Node::Object(vec![(kind.list().to_owned(), Node::Array(list))]);
    let draft =
        draft(registry, at.definition, Operation::Update, &body).map_err(Failure::Refused)?;
    let name = at.definition.name.clone();
    console
        .engine
        .write(visit.call(), move |work: &mut Work<'_>| {
            let definition = work.object(&name);
            work.update(definition, key, &draft, Some(version))?;
            if tries {
                return Err(Failure::Broken(Box::new(Tried)));
            }
            Ok(())
        })
        .await
}

/// The list as a change of the record takes it: a role's says what changes, a user's is replaced.
fn list(catalogue: &Catalogue, kind: Kind, state: &State) -> Vec<Node> {
    let text = |name: &str, value: String| (name.to_owned(), Node::Text(value));
    let rights = |rights: Rights| {
        let words = catalogue.words(rights);
        let words = words.map(|word| Node::Text(word.to_owned()));
        ("accessRights".to_owned(), Node::Array(words.collect()))
    };
    let permission = |index: PermissionIndex| {
        let key = catalogue.at(index).key?;
        let of = Node::Object(vec![text("key", key.to_string())]);
        Some(("permission".to_owned(), of))
    };
    let new = |index: PermissionIndex, given: Rights| {
        Some(Node::Object(vec![permission(index)?, rights(given)]))
    };
    match kind {
        Kind::User => {
            let all = catalogue.all().map(|(index, _)| (index, state.now(index)));
            let given = all.filter(|(_, rights)| !rights.is_empty());
            given
                .filter_map(|(index, rights)| new(index, rights))
                .collect()
        }
        Kind::Role => {
            let changed = state.chosen.iter();
            let item = |(index, given): (&PermissionIndex, &Rights)| {
                let saved = state.saved.get(index);
                match saved {
                    None => new(*index, *given),
                    Some((key, _)) => {
                        let own = text("key", key.to_string());
                        let what = match given.is_empty() {
                            true => text("ia::operation", "delete".to_owned()),
                            false => rights(*given),
                        };
                        Some(Node::Object(vec![own, what]))
                    }
                }
            };
            changed.filter_map(item).collect()
        }
    }
}
