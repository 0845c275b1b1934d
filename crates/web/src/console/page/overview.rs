//! The company at a glance: what *Done* leads to from the lists of users.

use askama::Template;
use sidegate_model::Result;

use crate::console::Console;
use crate::console::answer::Answer;
use crate::console::frame::Frame;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Page {
    frame: Frame,
}

/// `/overview`
///
/// # Errors
/// What the database says.
pub(in crate::console) async fn overview(console: &Console, visit: &Visit) -> Result<Answer> {
    let mut frame = Frame::new(console, visit, "Company overview").await?;
    frame.crumbs.clear();
    Answer::page(&Page { frame })
}
