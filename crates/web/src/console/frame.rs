//! What stands around every page: menu, path, who is signed in, notices.

use sidegate_engine::Work;
use sidegate_model::problem::Problem;
use sidegate_model::{Operation, Result};

use super::guest::Guest;
use super::menu::{self, Tab};
use super::pick::{self, Choice};
use super::visit::Visit;
use super::{At, Console, asset};

/// The frame of one page.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) style: String,
    pub(super) script: String,
    /// `light`, `dark`, or nothing for what the system says.
    pub(super) theme: &'static str,
    pub(super) stand_in: bool,
    pub(super) guest: Option<Seated>,
    pub(super) menu: Vec<Tab>,
    pub(super) crumbs: Vec<Crumb>,
    pub(super) notice: Option<String>,
    pub(super) faults: Vec<Fault>,
    /// Whether the page is a step that stands over another one where there is script.
    pub(super) dialog: bool,
}

/// Who is signed in, as pages show her.
#[derive(Clone, Debug)]
pub(super) struct Seated {
    pub(super) company: String,
    pub(super) user: String,
    pub(super) csrf: String,
    pub(super) trial: Option<String>,
    /// Where she may work; nothing where there is only one place.
    pub(super) entities: Vec<Choice>,
}

/// One piece of the path above a page's title.
#[derive(Clone, Debug)]
pub(super) struct Crumb {
    pub(super) label: String,
    pub(super) href: Option<String>,
}

/// Something that the reader can change.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// The id of the control that it is about; nothing if it is about none.
    pub(super) at: String,
    pub(super) text: String,
    pub(super) code: String,
}

impl Fault {
    pub(super) fn of(problem: &Problem) -> Self {
        Self {
            at: problem.place.as_deref().map(anchor).unwrap_or_default(),
            text: problem.message(),
            code: problem.code.rest.to_owned(),
        }
    }

    /// A sentence of the page's own.
    pub(super) fn said(at: &str, text: impl Into<String>) -> Self {
        Self {
            at: at.to_owned(),
            text: text.into(),
            code: String::new(),
        }
    }
}

/// The id of the control for a place such as `/contact/firstName`.
pub(super) fn anchor(place: &str) -> String {
    place.trim_start_matches('/').replace(['/', '.'], "-")
}

/// What is read of the company for a frame.
struct Around {
    menu: Vec<Tab>,
    entities: Vec<Choice>,
}

impl Frame {
    /// A frame without anybody.
    pub(super) fn bare(console: &Console, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            style: asset::style(),
            script: asset::script(),
            stand_in: console.stand_in,
            ..Self::default()
        }
    }

    /// The frame for whoever visits.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn new(console: &Console, visit: &Visit, title: &str) -> Result<Self> {
        let mut frame = Self::bare(console, title);
        let Some(guest) = &visit.guest else {
            return Ok(frame);
        };
        let place = guest.seen.entity.as_ref().map(|entity| entity.id.clone());
        let around = console
            .engine
            .read(visit.call(), move |work| {
                Ok(Around {
                    menu: menu::of(work)?,
                    entities: entities(work, place.as_deref())?,
                })
            })
            .await?;
        frame.theme = visit.manner.theme;
        frame.menu = around.menu;
        frame.guest = Some(seated(guest, around.entities));
        frame.notice = notice(visit.asked.get("done"));
        frame.crumbs = vec![Crumb {
            label: "Company".to_owned(),
            href: Some("/overview".to_owned()),
        }];
        Ok(frame)
    }

    /// The frame of a page over an object.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn at(
        console: &Console,
        visit: &Visit,
        at: At<'_>,
        title: &str,
    ) -> Result<Self> {
        let mut frame = Self::new(console, visit, title).await?;
        frame.crumbs = menu::path(&at.screen.menu);
        let is_list = title == at.screen.label.1;
        frame.crumbs.push(Crumb {
            label: at.screen.label.1.clone(),
            href: (!is_list).then(|| at.href()),
        });
        Ok(frame)
    }

    /// The word that forms of the session carry.
    pub(super) fn csrf(&self) -> &str {
        self.guest.as_ref().map_or("", |guest| &guest.csrf)
    }
}

fn seated(guest: &Guest, entities: Vec<Choice>) -> Seated {
    let seen = &guest.seen;
    Seated {
        company: seen.company.id.clone(),
        user: seen.user.id.clone(),
        csrf: seen.csrf.clone(),
        trial: seen.trial.as_ref().map(|role| role.id.clone()),
        entities,
    }
}

/// The top level and the entities, with where she is.
fn entities(work: &mut Work<'_>, place: Option<&str>) -> Result<Vec<Choice>> {
    let found = pick::places(work)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = vec![Choice {
        value: String::new(),
        label: "Top level".to_owned(),
        selected: place.is_none(),
    }];
    for mut entity in found {
        entity.selected = place == Some(entity.value.as_str());
        all.push(entity);
    }
    Ok(all)
}

/// What a page says that was come to after something was done.
fn notice(word: &str) -> Option<String> {
    let text = match word {
        "created" => "Saved. The record is new in the list.",
        "saved" => "Saved.",
        "deleted" => "Deleted.",
        "reset" => "The password is reset. The new one is on its way to the account e-mail.",
        "ended" => "Ended at once.",
        "switched" => "You work here now.",
        "stale" => "Nothing was changed.",
        "granted" => "The permissions are saved and hold from the next request.",
        _ => return None,
    };
    Some(text.to_owned())
}

/// Whether she may do this to the object of a screen.
pub(super) fn may(work: &Work<'_>, at: At<'_>, operation: Operation) -> bool {
    at.definition.answers(operation) && work.may(at.definition, operation)
}
