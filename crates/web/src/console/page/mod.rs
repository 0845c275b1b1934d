//! Pages that no declaration gives, and what single objects add to the pages that it gives.
//!
//! Each page is a file and a row here.

mod connect;
mod entering;
mod go;
mod integration;
mod mails;
mod overview;
mod permissions;
mod permissions_report;
mod preferences;
mod proving;
mod role;
mod second_factor;
pub(super) mod sign_in;
pub(super) mod tables;
pub(super) mod told;
mod trail;
mod user;
mod user_record;

use sidegate_engine::Work;
use sidegate_model::access::AdminLevel;
use sidegate_model::{RecordKey, Result, Source};

use super::answer::Answer;
use super::control::Section;
use super::menu::Item;
use super::pairs::Pairs;
use super::record::Found;
use super::shown::Taste;
use super::view::{Beside, Lead};
use super::visit::Visit;
use super::{At, Console};

/// The first words of the addresses of these pages.
pub(super) const NAMES: &[&str] = &[
    "connect",
    "forgotten",
    "go",
    "mails",
    "my-preferences",
    "new-password",
    "overview",
    "second-factor",
    "session",
];

/// Pages for whoever comes, signed in or not.
///
/// # Errors
/// What the page says.
pub(super) async fn open(
    console: &Console,
    visit: &mut Visit,
    segments: &[&str],
) -> Result<Option<Answer>> {
    Ok(Some(match segments {
        [""] => sign_in::sign_in(console, visit).await?,
        ["forgotten"] => entering::forgotten(console, visit).await?,
        ["second-factor"] => second_factor::code(console, visit).await?,
        ["second-factor", "enrol"] => second_factor::enrol(console, visit).await?,
        ["new-password"] => entering::new_password(console, visit).await?,
        _ => return Ok(None),
    }))
}

/// Pages for whoever is signed in.
///
/// # Errors
/// What the page says.
pub(super) async fn own(
    console: &Console,
    visit: &Visit,
    segments: &[&str],
) -> Result<Option<Answer>> {
    Ok(Some(match segments {
        ["go"] => go::go(console, visit).await?,
        ["mails"] => mails::mails(console, visit).await?,
        ["my-preferences", below @ ..] => {
            return preferences::mine(console, visit, below).await;
        }
        [connect::PAGE] => connect::connect(console, visit).await?,
        ["overview"] => overview::overview(console, visit).await?,
        ["session", what] => entering::session(console, visit, what).await?,
        _ => return Ok(None),
    }))
}

/// Further pages of one record.
///
/// # Errors
/// What the page says.
pub(super) async fn of_record(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    page: &str,
) -> Result<Option<Answer>> {
    Ok(match page {
        "audit-trail" => Some(trail::trail(console, visit, at, key).await?),
        integration::PAGE => integration::check(console, visit, at, key).await?,
        permissions_report::PAGE => permissions_report::report(console, visit, at, key).await?,
        role::COPY | role::MEMBERS | role::TRY => {
            role::of_role(console, visit, at, key, page).await?
        }
        permissions::PAGE => permissions::subscriptions(console, visit, at, key).await?,
        _ if at.definition.name == user::USER => {
            user_record::page(console, visit, at, key, page).await?
        }
        _ => None,
    })
}

/// What an object adds to the page of its record.
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
    if at.definition.name == user::USER {
        return user_record::beside(work, at, key, found, taste);
    }
    Ok(Beside::default())
}

/// What these pages have in a column of the menu, each under a heading or none.
///
/// # Errors
/// What the database says.
pub(super) fn items(work: &mut Work<'_>, menu: &str) -> Result<Vec<(&'static str, Item)>> {
    let item = |label: &str, href: &str| Item {
        label: label.to_owned(),
        href: href.to_owned(),
        add: None,
        one: String::new(),
    };
    Ok(match menu {
        "company/admin" => {
            let mut items = vec![("", item("Company overview", "/overview"))];
            if connect::is_open(work) {
                items.push(("", item("Connect an integration", "/connect")));
            }
            items
        }
        _ => Vec::new(),
    })
}

/// The ways from a record to its further pages.
///
/// # Errors
/// What the database says.
pub(super) fn leads(work: &mut Work<'_>, at: At<'_>, key: RecordKey) -> Result<Vec<Lead>> {
    let user_based = work.is_user_based()?;
    let here = at.record(key);
    let links = at
        .screen
        .links
        .iter()
        .filter(|link| match link.company.as_deref() {
            Some("userBased") => user_based,
            Some(_) => !user_based,
            None => true,
        });
    let lead = |label: &str, to: &str| Lead {
        label: label.to_owned(),
        // What begins with a slash is a page of its own.
        to: match to.strip_prefix('/') {
            Some(_) => to.to_owned(),
            None => format!("{here}/{to}"),
        },
        step: false,
        tab: to.starts_with('/'),
    };
    let is_full = work.actor().reach.as_ref().map(|reach| reach.admin()) == Some(AdminLevel::Full);
    let links = links.filter(|link| link.to != role::TRY || is_full);
    let mut leads: Vec<Lead> = links.map(|link| lead(&link.label, &link.to)).collect();
    if at.definition.audited && at.definition.source == Source::Stored {
        leads.push(lead("Audit trail", "audit-trail"));
    }
    Ok(leads)
}

/// What an object adds to its form.
///
/// # Errors
/// What the database says.
pub(super) fn decorate(
    work: &mut Work<'_>,
    at: At<'_>,
    found: Option<&Found>,
    said: Option<&Pairs>,
    sections: &mut Vec<Section>,
) -> Result<()> {
    if at.definition.name == user::USER {
        user::decorate(work, found, said, sections)?;
    }
    Ok(())
}

/// Fills what a form may leave open.
pub(super) fn complete(at: At<'_>, key: Option<RecordKey>, said: &mut Pairs) {
    if at.definition.name == user::USER && key.is_none() {
        user::complete(said);
    }
}

/// What a form opens beside itself, when one of its buttons was pressed.
///
/// # Errors
/// What the page says.
pub(super) async fn aside(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: Option<RecordKey>,
    go: &str,
) -> Result<Option<Answer>> {
    if at.definition.name == user::USER {
        return user::aside(console, visit, at, key, go).await;
    }
    Ok(None)
}

/// What will happen when the form is saved, in sentences.
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
    if at.definition.name == user::USER {
        return user::will_happen(console, visit, at, key, said).await;
    }
    Ok(Vec::new())
}

/// Where a saved form leads, if not to the record.
///
/// # Errors
/// What the database says.
pub(super) async fn after_save(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    is_new: bool,
    key: RecordKey,
) -> Result<Option<String>> {
    if at.definition.name == user::USER && is_new {
        return permissions::after_user(console, visit, at, key).await;
    }
    Ok(None)
}
