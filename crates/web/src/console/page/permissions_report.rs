//! What a user may do: each right with where it comes from and what limits it, to read, print and keep.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _};
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use sidegate_engine::explain::{ExplainedRight, Report, Whom};
use sidegate_model::access::{Factor, Origin};
use sidegate_model::definition::{label_of, title_of};
use sidegate_model::{Failure, RecordKey, Result};

use crate::console::answer::Answer;
use crate::console::frame::{Crumb, Frame};
use crate::console::record::Found;
use crate::console::shown;
use crate::console::visit::Visit;
use crate::console::{At, Console};
use crate::export::{Cell, Column, DateFormat, Format, Kind, Progress, Sheet, With, start};

/// The address of the page below its user.
pub(super) const PAGE: &str = "permissions-report";
const USER: &str = "company-config/user";
/// What the user is restricted to: field, and how sentences say it.
const RESTRICTIONS: &[(&str, &str)] = &[
    ("entities", "entities"),
    ("locations", "locations"),
    ("departments", "departments"),
    ("territories", "territories"),
];

#[derive(Template)]
#[template(path = "console/permissions_report.html")]
struct Page {
    frame: Frame,
    facts: Vec<(String, String)>,
    rows: Vec<Row>,
    /// Where each format is had, and what it is called.
    exports: Vec<(String, &'static str)>,
    here: String,
    back: String,
    asked: String,
}

/// Rights of one permission that come from the same places and meet the same limits.
struct Row {
    module: String,
    permission: String,
    rights: String,
    has_effect: bool,
    origins: String,
    limits: String,
    sentence: String,
}

impl Row {
    fn cells(&self) -> [&str; 6] {
        [
            &self.module,
            &self.permission,
            &self.rights,
            if self.has_effect { "Yes" } else { "No" },
            &self.origins,
            &self.limits,
        ]
    }
}

/// What stands above the columns.
const COLUMNS: [&str; 6] = [
    "Module",
    "Permission",
    "Rights",
    "In effect",
    "Granted by",
    "Limited by",
];

/// `/SCREEN/KEY/permissions-report`
///
/// # Errors
/// What the engine says.
pub(super) async fn report(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Option<Answer>> {
    if at.definition.name != USER {
        return Ok(None);
    }
    let name = at.definition.name.clone();
    let (report, found, is_user_based) = console
        .engine
        .read(visit.call(), move |work| {
            let report = work.report(&Whom::Key(key))?;
            let found = Found::read(work, work.object(&name), key)?;
            Ok((report, found, work.is_user_based()?))
        })
        .await?;
    let title = if is_user_based {
        "View permissions"
    } else {
        "Permissions report"
    };
    let title = format!("{title}: {}", report.user.id);
    let restricted = restrictions(at, &found);
    let mut rows = rows(console, &report, &restricted);
    let asked = visit.asked.get("q").trim().to_owned();
    if !asked.is_empty() {
        let wanted = asked.to_lowercase();
        rows.retain(|row| row.sentence.to_lowercase().contains(&wanted));
    }
    if let Some(format) = Format::named(visit.asked.get("as")) {
        let file = export(console, visit, format, &title, &asked, &rows)?;
        let name = format!("permissions-{}.{}", report.user.id, format.extension());
        return Ok(Some(Answer::file(
            Body::from(file),
            format.content_type(),
            &name,
        )));
    }
    let mut frame = Frame::at(console, visit, at, &title).await?;
    frame.crumbs.push(Crumb {
        label: report.user.id.clone(),
        href: Some(at.record(key)),
    });
    let back = at.record(key);
    let here = format!("{back}/{PAGE}");
    let formats = [
        ("csv", "CSV"),
        ("xlsx", "Excel"),
        ("docx", "Word"),
        ("pdf", "PDF"),
    ];
    let exports = formats.into_iter().map(|(word, label)| {
        let of = visit.asked.with("as", word);
        (format!("{here}{}", of.query()), label)
    });
    let page = Page {
        frame,
        exports: exports.collect(),
        facts: facts(at, &report, &found, &restricted, is_user_based),
        rows,
        here,
        back,
        asked,
    };
    Answer::page(&page).map(Some)
}

/// What restricts the rows that she sees, in sentences.
fn restrictions(at: At<'_>, found: &Found) -> Vec<String> {
    let all = RESTRICTIONS.iter().filter_map(|(name, label)| {
        let field = at.definition.named(name)?;
        let text = shown::fact(field, found.at(name), false, &shown::Taste::default());
        (!text.is_empty()).then(|| format!("limited to {label} {text}"))
    });
    all.collect()
}

fn facts(
    at: At<'_>,
    report: &Report,
    found: &Found,
    restricted: &[String],
    is_user_based: bool,
) -> Vec<(String, String)> {
    let shown = |name: &str| {
        let field = at.definition.named(name);
        let taste = shown::Taste::default();
        field.map_or(String::new(), |field| {
            shown::fact(field, found.at(name), false, &taste)
        })
    };
    let mut facts = vec![
        ("User type".to_owned(), shown("userType")),
        ("Admin privileges".to_owned(), shown("adminPrivileges")),
        (
            "Enters by".to_owned(),
            (if report.web_services {
                "Web Services only"
            } else {
                "Sign-in and Web Services"
            })
            .to_owned(),
        ),
        ("Status".to_owned(), shown("status")),
    ];
    let none = |text: String| {
        if text.is_empty() {
            "none".to_owned()
        } else {
            text
        }
    };
    if !is_user_based {
        let mut groups: Vec<&str> = Vec::new();
        for origin in report.rights.iter().flat_map(|right| &right.origins) {
            if let Origin::Group(_, group) = origin
                && !groups.contains(&group.as_str())
            {
                groups.push(group);
            }
        }
        facts.push(("Roles of her own".to_owned(), none(shown("roles"))));
        facts.push(("Groups that give roles".to_owned(), none(groups.join(", "))));
    }
    facts.push(("Restrictions".to_owned(), none(restricted.join("; "))));
    facts
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Admin => "admin privileges".to_owned(),
        Origin::Role(role) => format!("role {role}"),
        Origin::Group(role, group) => format!("role {role} (through group {group})"),
        Origin::Own => "the user's own permissions".to_owned(),
    }
}

fn limit(factor: Factor, report: &Report, module: &str) -> String {
    match factor {
        Factor::Subscription => format!("the company does not subscribe to {}", title_of(module)),
        Factor::UserType => format!(
            "the user type {} does not reach so far",
            label_of(&report.user_type)
        ),
        Factor::AdminPrivileges => "more admin privileges are needed".to_owned(),
        Factor::Permission => "nothing grants it".to_owned(),
    }
}

fn rows(console: &Console, report: &Report, restricted: &[String]) -> Vec<Row> {
    type Together<'r> = (&'r str, &'r str, Vec<Origin>, Vec<Factor>);
    let mut order: Vec<Together<'_>> = Vec::new();
    let mut together: BTreeMap<usize, Vec<&ExplainedRight>> = BTreeMap::new();
    for right in &report.rights {
        let of = (
            right.module.as_str(),
            right.name.as_str(),
            right.origins.clone(),
            right.refused.clone(),
        );
        let place = order.iter().rposition(|known| *known == of);
        let place = place.unwrap_or_else(|| {
            order.push(of);
            order.len() - 1
        });
        together.entry(place).or_default().push(right);
    }
    let catalogue = console.engine.catalogue();
    let mut rows = Vec::new();
    for ((module, name, origins, refused), rights) in order.into_iter().zip(together.into_values())
    {
        let index = catalogue.named(&format!("{module}.{name}"));
        let permission = match index.map(|index| catalogue.at(index)) {
            Some(known) if !known.label.is_empty() => known.label.clone(),
            _ => label_of(name),
        };
        let words: Vec<String> = rights.iter().map(|right| label_of(&right.right)).collect();
        let words = words.join(", ");
        let from: Vec<String> = origins.iter().map(origin).collect();
        let from = from.join("; ");
        let has_effect = refused.is_empty();
        let mut limits: Vec<String> = refused
            .iter()
            .map(|factor| limit(*factor, report, module))
            .collect();
        if has_effect {
            limits.extend(restricted.iter().cloned());
        }
        let limits = limits.join("; ");
        let verb = words.to_lowercase();
        let mut sentence = match has_effect {
            true => format!("May {verb} {permission} ({})", title_of(module)),
            false => format!("May not {verb} {permission} ({})", title_of(module)),
        };
        sentence.push_str(&match (has_effect, limits.is_empty()) {
            (true, true) => format!(": granted by {from}."),
            (true, false) => format!(": granted by {from}; {limits}."),
            (false, _) => format!(", although granted by {from}: {limits}."),
        });
        rows.push(Row {
            module: title_of(module),
            permission,
            rights: words,
            has_effect,
            origins: from,
            limits,
            sentence,
        });
    }
    rows
}

fn export(
    console: &Console,
    visit: &Visit,
    format: Format,
    title: &str,
    asked: &str,
    rows: &[Row],
) -> Result<Vec<u8>> {
    let seen = &visit.guest()?.seen;
    let sheet = Sheet {
        title: title.to_owned(),
        company: seen.company.id.clone(),
        entity: seen.entity.as_ref().map(|entity| entity.id.clone()),
        filters: match asked {
            "" => Vec::new(),
            asked => vec![format!("Contains {asked}")],
        },
        made_at: console.engine.source().now(),
        dates: DateFormat::ISO,
        columns: COLUMNS
            .iter()
            .map(|label| Column {
                label: (*label).to_owned(),
                kind: Kind::Text,
            })
            .collect(),
    };
    let write = || -> std::io::Result<Vec<u8>> {
        let mut file = tempfile::tempfile()?;
        let out = file.try_clone()?;
        let mut writer = start(
            format,
            With::Mark,
            sheet,
            out,
            Arc::new(Progress::default()),
        )?;
        for row in rows {
            writer.row(&row.cells().map(|text| Cell::Text(text.to_owned())))?;
        }
        writer.finish()?;
        file.rewind()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    write().map_err(|error| Failure::Broken(Box::new(error)))
}
