//! The menu: *Applications* at the top left, with the pages that the one who is signed in may open.

use sidegate_engine::Work;
use sidegate_model::{Operation, Result};

use super::frame::{Crumb, may};
use super::{At, page};

/// One column of the menu.
#[derive(Clone, Debug)]
pub(super) struct Tab {
    pub(super) label: String,
    pub(super) groups: Vec<Group>,
}

/// Pages that stand together, perhaps under a heading.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) label: String,
    pub(super) items: Vec<Item>,
}

/// One page.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) label: String,
    pub(super) href: String,
    /// Where a new record is added, if she may.
    pub(super) add: Option<String>,
    /// What one record is called.
    pub(super) one: String,
}

/// The columns in order: place in declarations, and what people read.
const TABS: &[(&str, &str)] = &[
    ("company/admin", "Company: Admin"),
    ("company/setup", "Company: Setup"),
    ("time/timesheets", "Time: Timesheets"),
    ("time/setup", "Time: Setup"),
];
/// Pages of one group that stand first, in this order.
const FIRST: &[&str] = &[
    "users",
    "web-services-users",
    "roles",
    "user-groups",
    "company",
    "contacts",
    "entities",
    "locations",
    "departments",
    "territories",
];

/// The menu of the one who works.
///
/// # Errors
/// What the database says.
pub(super) fn of(work: &mut Work<'_>) -> Result<Vec<Tab>> {
    let registry = work.registry();
    let mut tabs = Vec::new();
    for (menu, label) in TABS {
        let mut groups: Vec<Group> = Vec::new();
        for (group, item) in page::items(work, menu)? {
            push(&mut groups, group, item);
        }
        for at in At::all(registry).filter(|at| at.screen.menu == *menu) {
            let looks = match at.definition.singleton {
                Some(_) => Operation::Get,
                None => Operation::List,
            };
            if !may(work, at, looks) {
                continue;
            }
            let adds = may(work, at, Operation::Create);
            let item = Item {
                label: at.screen.label.1.clone(),
                href: at.href(),
                add: adds.then(|| format!("{}/add", at.href())),
                one: at.screen.label.0.clone(),
            };
            push(&mut groups, at.screen.group.as_deref().unwrap_or(""), item);
        }
        let place = |item: &Item| {
            let name = item.href.trim_start_matches('/');
            FIRST
                .iter()
                .position(|known| *known == name)
                .unwrap_or(FIRST.len())
        };
        for group in &mut groups {
            group
                .items
                .sort_by(|a, b| place(a).cmp(&place(b)).then(a.label.cmp(&b.label)));
        }
        // What has a heading comes before the rest.
        groups.sort_by_key(|group| group.label.is_empty());
        if !groups.is_empty() {
            tabs.push(Tab {
                label: (*label).to_owned(),
                groups,
            });
        }
    }
    Ok(tabs)
}

fn push(groups: &mut Vec<Group>, label: &str, item: Item) {
    match groups.iter_mut().find(|group| group.label == label) {
        Some(group) => group.items.push(item),
        None => groups.push(Group {
            label: label.to_owned(),
            items: vec![item],
        }),
    }
}

/// The path to a page, as guides say it: `Company ▸ Admin`.
pub(super) fn path(menu: &str) -> Vec<Crumb> {
    let words = menu.split('/');
    words
        .map(|word| Crumb {
            label: sidegate_model::definition::label_of(word),
            href: (word == "company").then(|| "/overview".to_owned()),
        })
        .collect()
}
