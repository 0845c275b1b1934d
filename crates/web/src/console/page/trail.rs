//! What was done to one record, for whoever may look at it.

use askama::Template;
use sidegate_engine::audit::TrailLine;
use sidegate_model::definition::label_of;
use sidegate_model::{RecordKey, Result};

use crate::console::answer::Answer;
use crate::console::form::called;
use crate::console::frame::{Crumb, Frame};
use crate::console::record::Found;
use crate::console::shown::Taste;
use crate::console::visit::Visit;
use crate::console::{At, Console};

#[derive(Template)]
#[template(path = "console/trail.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    done: String,
}

/// One change as people read it.
struct Line {
    when: String,
    action: String,
    by: String,
    source: String,
    field: String,
    before: String,
    after: String,
}

/// `/SCREEN/KEY/audit-trail`
///
/// # Errors
/// When she may not look at the record, or there is none.
pub(in crate::console) async fn trail(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Answer> {
    let name = at.screen.name.clone();
    let (trail, title) = console
        .engine
        .read(visit.call(), move |work| {
            let at = At::named(work.registry(), &name).expect("the screen was found by this name");
            let trail = work.trail(at.definition, key)?;
            let found = Found::read(work, at.definition, key)?;
            Ok((trail, called(at, &found)))
        })
        .await?;
    let mut frame = Frame::at(console, visit, at, "Audit trail").await?;
    frame.crumbs.push(Crumb {
        label: title,
        href: Some(at.record(key)),
    });
    let taste = Taste::default();
    let line = |line: TrailLine| Line {
        when: taste.moment(line.at),
        action: label_of(&line.action),
        by: if line.by.is_empty() {
            "Sidegate".to_owned()
        } else {
            line.by
        },
        source: match line.through.as_str() {
            "" => label_of(&line.source),
            through => format!("{}, {through}", label_of(&line.source)),
        },
        field: at
            .definition
            .named(&line.field)
            .map_or(line.field, |field| field.label.clone()),
        before: line.before,
        after: line.after,
    };
    Answer::page(&Page {
        frame,
        lines: trail.into_iter().map(line).collect(),
        done: at.record(key),
    })
}
