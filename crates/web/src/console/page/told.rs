//! A page that says something and leads on.

use askama::Template;

use crate::console::frame::Frame;

/// A few sentences and one way on.
#[derive(Template)]
#[template(path = "console/told.html")]
pub(in crate::console) struct Told {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) lines: Vec<String>,
    pub(in crate::console) href: String,
    pub(in crate::console) label: String,
}
