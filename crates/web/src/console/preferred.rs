//! What the reader chose for herself: how dates are written, which style lists have, and what she chose
//! in single lists.

use serde_json::{Map, Value as Json};
use sidegate_engine::{Preferences, Work};
use sidegate_model::{Failure, Operation, Result};

use super::Console;
use super::shown::Taste;
use super::visit::Visit;
use crate::rest::draft::draft;
use crate::rest::json::{self, Node};

const OBJECT: &str = "sidegate/user-preference";
/// The word of the classic style.
pub(super) const CLASSIC: &str = "classic";

/// The choices of one reader.
#[derive(Clone, Debug, Default)]
pub(super) struct Preferred {
    pub(super) taste: Taste,
    /// `light`, `dark`, or nothing for what the system says.
    pub(super) theme: &'static str,
    /// Whether lists are shown in the classic style.
    pub(super) classic: bool,
    lists: Map<String, Json>,
}

impl Preferred {
    /// What the one who works chose.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn of(work: &mut Work<'_>) -> Result<Self> {
        let Some(user) = work.actor().user.as_ref().map(|user| user.key) else {
            return Ok(Self::default());
        };
        Ok(Self::chosen(work.preferences(user)?))
    }

    pub(super) fn chosen(chosen: Preferences) -> Self {
        Self {
            theme: match chosen.theme.as_str() {
                "light" => "light",
                "dark" => "dark",
                _ => "",
            },
            taste: Taste {
                dates: chosen.date_format,
                zone: chosen.time_zone,
            },
            classic: chosen.list_style == CLASSIC,
            lists: lists(chosen.list_choices.as_deref()),
        }
    }

    /// Whether she wants the inactive records of a list in the classic style.
    pub(super) fn inactive(&self, screen: &str) -> bool {
        self.at(screen, "inactive").as_bool().unwrap_or(false)
    }

    /// The columns that she chose for a list.
    pub(super) fn columns(&self, screen: &str) -> Option<Vec<String>> {
        let names = self.at(screen, "columns").as_array()?;
        let names = names.iter().filter_map(Json::as_str).map(str::to_owned);
        Some(names.collect())
    }

    /// Whether the first column stays in place.
    pub(super) fn frozen(&self, screen: &str) -> bool {
        self.at(screen, "frozen").as_bool().unwrap_or(false)
    }

    fn at(&self, screen: &str, word: &str) -> &Json {
        let chosen = self.lists.get(screen).and_then(|list| list.get(word));
        chosen.unwrap_or(&Json::Null)
    }
}

fn lists(text: Option<&str>) -> Map<String, Json> {
    let parsed = text.and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or_default()
}

/// Keeps the style of her lists.
///
/// # Errors
/// What the engine says.
pub(super) async fn keep_style(console: &Console, visit: &Visit, style: &str) -> Result<()> {
    let style = style.to_owned();
    keep(console, visit, move |members, _| {
        members.push(("listStyle".to_owned(), Node::Text(style.clone())));
    })
    .await
}

/// Keeps what she chose in one list; null forgets it.
///
/// # Errors
/// What the engine says.
pub(super) async fn keep_in_list(
    console: &Console,
    visit: &Visit,
    screen: &str,
    chosen: Vec<(&'static str, Json)>,
) -> Result<()> {
    let screen = screen.to_owned();
    keep(console, visit, move |_, lists| {
        let list = lists
            .entry(screen.clone())
            .or_insert_with(|| Json::Object(Map::new()));
        let Some(list) = list.as_object_mut() else {
            return;
        };
        for (word, value) in &chosen {
            if value.is_null() {
                list.remove(*word);
            } else {
                list.insert((*word).to_owned(), value.clone());
            }
        }
    })
    .await
}

async fn keep(
    console: &Console,
    visit: &Visit,
    change: impl Fn(&mut Vec<(String, Node)>, &mut Map<String, Json>) + Send + Sync + 'static,
) -> Result<()> {
    // Who tries a role keeps nothing.
    if visit.guest()?.seen.trial.is_some() {
        return Ok(());
    }
    console
        .engine
        .write(visit.call(), move |work| {
            let Some(user) = work.actor().user.as_ref().map(|user| user.key) else {
                return Ok(());
            };
            let saved = work.preferences(user)?;
            let mut lists = lists(saved.list_choices.as_deref());
            let mut members = Vec::new();
            change(&mut members, &mut lists);
            let lists = Json::Object(lists).to_string();
            let lists = json::parse(lists.as_bytes()).map_err(Failure::from)?;
            members.push(("listChoices".to_owned(), lists));
            let operation = match saved.saved {
                Some(_) => Operation::Update,
                None => Operation::Create,
            };
            let definition = work.object(OBJECT);
            let body = Node::Object(members);
            let draft =
                draft(work.registry(), definition, operation, &body).map_err(Failure::Refused)?;
            match saved.saved {
                Some((key, _)) => work.update(definition, key, &draft, None)?,
                None => work.create(definition, &draft)?,
            };
            Ok(())
        })
        .await
}
