//! The first page: company, user, password.

use askama::Template;
use axum::http::StatusCode;
use sidegate_engine::sign_in::{ConsoleEntry, ConsoleOpened, Knock, refusal};
use sidegate_model::Result;

use crate::console::Console;
use crate::console::answer::Answer;
use crate::console::frame::{Fault, Frame};
use crate::console::guest;
use crate::console::pairs::Pairs;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct Page {
    frame: Frame,
    company: String,
    user: String,
    next: String,
}

/// Asks whoever opened another page to sign in first; the page is remembered.
///
/// # Errors
/// When the page cannot be made.
pub(in crate::console) fn ask(console: &Console, visit: &Visit) -> Result<Answer> {
    let next = if visit.is_post() {
        String::new()
    } else {
        visit.address()
    };
    let mut frame = Frame::bare(console, "Sign in");
    frame.dialog = visit.headers.contains_key("sidegate-part");
    let page = Page {
        frame,
        company: String::new(),
        user: String::new(),
        next,
    };
    Ok(Answer::page(&page)?.with_status(StatusCode::UNAUTHORIZED))
}

/// `/`
///
/// # Errors
/// What the engine says; a refusal is a page.
pub(in crate::console) async fn sign_in(console: &Console, visit: &mut Visit) -> Result<Answer> {
    if !visit.is_post() {
        visit.enter(console).await?;
        if visit.guest.is_some() {
            return Ok(Answer::to("/overview"));
        }
        return page(console, visit, Vec::new(), StatusCode::OK);
    }
    let form = &visit.form;
    let knock = Knock {
        company: form.get("company").trim().to_owned(),
        user: form.get("user").trim().to_owned(),
        password: form.get("password").to_owned(),
        device: guest::cookie(&visit.headers, "device", visit.is_secure),
    };
    let entry = console.engine.open_console(knock, visit.call()).await?;
    let next = next(form.get("next"));
    let mut on = Pairs::default();
    on.push("next", &next);
    let on = on.query();
    Ok(match entry {
        ConsoleEntry::In(opened) => inside(visit, &opened, &next),
        ConsoleEntry::SecondFactor { pending } => Answer::to(format!("/second-factor{on}"))
            .with_cookie(guest::set("pending", &pending, Some(300), visit.is_secure)),
        ConsoleEntry::EnrolSecondFactor { pending } => Answer::to(format!(
            "/second-factor/enrol{on}"
        ))
        .with_cookie(guest::set("pending", &pending, Some(300), visit.is_secure)),
        ConsoleEntry::PasswordExpired => Answer::to("/new-password?why=expired"),
        ConsoleEntry::Refused => {
            let fault = Fault::of(&refusal());
            page(console, visit, vec![fault], StatusCode::UNAUTHORIZED)?
        }
    })
}

/// The way in, with the session's cookie.
pub(in crate::console) fn inside(visit: &Visit, opened: &ConsoleOpened, next: &str) -> Answer {
    Answer::to(next).with_cookie(guest::set("session", &opened.cookie, None, visit.is_secure))
}

/// A page of this console and nothing else.
pub(in crate::console) fn next(said: &str) -> String {
    let own = said.starts_with('/') && !said.starts_with("//") && !said.contains('\\');
    if own && said.len() < 2000 && !said.chars().any(char::is_control) {
        said.to_owned()
    } else {
        "/overview".to_owned()
    }
}

fn page(
    console: &Console,
    visit: &Visit,
    faults: Vec<Fault>,
    status: StatusCode,
) -> Result<Answer> {
    let mut frame = Frame::bare(console, "Sign in");
    frame.faults = faults;
    frame.notice = match visit.asked.get("done") {
        "left" => Some("You are signed out.".to_owned()),
        "ended-session" => Some("Your session has ended. Sign in again.".to_owned()),
        "mailed" => Some("If there is such a user, a mail with a link is on its way.".to_owned()),
        "changed" => Some("Your new password holds from now on. Sign in with it.".to_owned()),
        _ => None,
    };
    let page = Page {
        frame,
        company: visit.form.get("company").to_owned(),
        user: visit.form.get("user").to_owned(),
        next: visit.form.get("next").to_owned(),
    };
    Ok(Answer::page(&page)?.with_status(status))
}
