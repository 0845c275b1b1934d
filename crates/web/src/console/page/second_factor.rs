//! The second factor at the sign-in: a code, and setting one up.

use askama::Template;
use axum::http::StatusCode;
use qrcodegen::{QrCode, QrCodeEcc};
use sidegate_engine::sign_in::{Confirmed, ConsoleEntry, Enrolment, Sitting};
use sidegate_model::{Failure, Result};

use super::sign_in::{inside, next};
use crate::console::Console;
use crate::console::answer::Answer;
use crate::console::control::Control;
use crate::console::frame::{Fault, Frame};
use crate::console::guest;
use crate::console::step::{self, Proof, Step};
use crate::console::visit::Visit;

const PENDING: &str = "pending";

#[derive(Template)]
#[template(path = "console/enrol.html")]
struct Enrol {
    frame: Frame,
    lines: Vec<String>,
    action: String,
    side: i32,
    path: String,
    secret: String,
    uri: String,
    fields: Vec<Control>,
    cancel: String,
}

#[derive(Template)]
#[template(path = "console/codes.html")]
struct Codes {
    frame: Frame,
    codes: Vec<String>,
    all: String,
    next: String,
}

/// `/second-factor`: the code that is asked for after the password.
///
/// # Errors
/// What the engine says.
pub(in crate::console) async fn code(console: &Console, visit: &Visit) -> Result<Answer> {
    let Some(pending) = guest::cookie(&visit.headers, PENDING, visit.is_secure) else {
        return Ok(Answer::to("/"));
    };
    let over = || guest::set(PENDING, "", Some(0), visit.is_secure);
    let mut faults = Vec::new();
    if visit.is_post() {
        let form = &visit.form;
        let remember = (form.last("trust") == Some("true")).then(|| device(visit));
        let code = form.get("code").trim().to_owned();
        let answered = console
            .engine
            .answer_second(&pending, code, remember, &visit.call())
            .await?;
        match answered.entry {
            ConsoleEntry::In(opened) => {
                let mut answer = inside(visit, &opened, &next(visit.asked.get("next")));
                answer = answer.with_cookie(over());
                if let Some(device) = answered.device {
                    let seconds = (device.ends - console.engine.source().now()) / 1_000_000;
                    let cookie = &device.cookie;
                    answer = answer.with_cookie(guest::set(
                        "device",
                        cookie,
                        Some(seconds),
                        visit.is_secure,
                    ));
                }
                return Ok(answer);
            }
            ConsoleEntry::SecondFactor { .. } => faults.push(Fault::said(
                "code",
                "That code does not fit. Type the one that your app shows now, each only once, or a recovery code that you have not used.",
            )),
            ConsoleEntry::EnrolSecondFactor { .. }
            | ConsoleEntry::PasswordExpired
            | ConsoleEntry::Refused => {
                return Ok(Answer::to("/?done=ended-session").with_cookie(over()));
            }
        }
    }
    let mut code = Control::plain("code", "Code", "text", "");
    code.required = true;
    code.help = Some(
        "The six digits that your app shows now; without the app, one of your recovery codes."
            .to_owned(),
    );
    let mut trust = Control::plain("trust", "Trust this device for 30 days", "tick", "false");
    trust.help = Some("Only on a device that nobody else uses.".to_owned());
    let is_wrong = !faults.is_empty();
    let mut frame = Frame::bare(console, "Your second factor");
    frame.faults = faults;
    let step = Step {
        frame,
        wide: false,
        lines: Vec::new(),
        action: visit.address(),
        carried: Vec::new(),
        fields: vec![code, trust],
        cancel: Some("/".to_owned()),
        danger: false,
        go: "code".to_owned(),
        button: "Sign in".to_owned(),
    };
    let answer = step.answer()?;
    Ok(if is_wrong {
        answer.with_status(StatusCode::UNPROCESSABLE_ENTITY)
    } else {
        answer
    })
}

/// What a browser is called in the list of trusted devices.
fn device(visit: &Visit) -> String {
    let said = visit.headers.get("user-agent");
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    let one = |names: &[(&'static str, &'static str)], other: &'static str| {
        let found = names.iter().find(|(mark, _)| said.contains(mark));
        found.map_or(other, |(_, name)| name)
    };
    let browser = one(
        &[
            ("Edg/", "Edge"),
            ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
        ],
        "A browser",
    );
    let system = one(
        &[
            ("Windows", "Windows"),
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Mac OS X", "macOS"),
            ("Linux", "Linux"),
        ],
        "an unknown system",
    );
    format!("{browser} on {system}")
}

/// `/second-factor/enrol`: sets one up, before coming in where the company wants one, or later.
///
/// # Errors
/// What the engine says.
pub(in crate::console) async fn enrol(console: &Console, visit: &mut Visit) -> Result<Answer> {
    visit.enter(console).await?;
    let pending = guest::cookie(&visit.headers, PENDING, visit.is_secure);
    let who = match (&visit.guest, pending) {
        (Some(guest), _) => Sitting::Session(guest.cookie.clone()),
        (None, Some(pending)) => Sitting::Pending(pending),
        (None, None) => return Ok(Answer::to("/")),
    };
    match visit.form.get("go") {
        "confirm" => return confirm(console, visit, &who).await,
        "back" => return Ok(Answer::to("/my-preferences/security")),
        _ => {}
    }
    // Who is in proves first that it is she who sits there.
    if visit.guest.is_some() {
        if visit.form.get("go") != "verify" {
            let said = visit.form.clone();
            return step::ask(console, visit, &said, Vec::new(), Vec::new()).await;
        }
        let taken = step::take(console, visit, &visit.form, Vec::new()).await?;
        if let Proof::Missing(answer) = taken {
            return Ok(answer);
        }
    }
    match console.engine.begin_enrolment(&who, &visit.call()).await {
        Ok(begun) => show(console, visit, &begun, Vec::new()).await,
        Err(Failure::Refused(_)) if visit.guest.is_none() => Ok(Answer::to("/?done=ended-session")),
        Err(failure) => Err(failure),
    }
}

async fn show(
    console: &Console,
    visit: &Visit,
    begun: &Enrolment,
    faults: Vec<Fault>,
) -> Result<Answer> {
    let title = "Set up a second factor";
    let mut frame = Frame::new(console, visit, title).await?;
    frame.crumbs.clear();
    frame.faults = faults;
    let is_wrong = !frame.faults.is_empty();
    let (side, path) = picture(&begun.uri)?;
    let mut code = Control::plain("code", "Code", "text", "");
    code.required = true;
    code.help = Some("The six digits that the app shows now.".to_owned());
    let mut lines = vec!["Open an authenticator app on your phone and scan this.".to_owned()];
    if visit.guest.is_none() {
        lines.insert(
            0,
            "Your company wants a second factor beside your password.".to_owned(),
        );
    }
    let cancel = match visit.guest {
        Some(_) => "/my-preferences/security",
        None => "/",
    };
    let answer = Answer::page(&Enrol {
        frame,
        lines,
        action: visit.address(),
        side,
        path,
        secret: begun.secret_text.clone(),
        uri: begun.uri.clone(),
        fields: vec![code],
        cancel: cancel.to_owned(),
    })?;
    Ok(if is_wrong {
        answer.with_status(StatusCode::UNPROCESSABLE_ENTITY)
    } else {
        answer
    })
}

/// A QR code as the path of a drawing, with its side; a white border of four is part of it.
fn picture(text: &str) -> Result<(i32, String)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium)
        .map_err(|error| Failure::Broken(Box::new(error)))?;
    let side = code.size();
    let mut path = String::new();
    for y in 0..side {
        for x in (0..side).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + 4, y + 4));
        }
    }
    Ok((side + 8, path))
}

async fn confirm(console: &Console, visit: &Visit, who: &Sitting) -> Result<Answer> {
    let code = visit.form.get("code").trim().to_owned();
    let confirmed = console
        .engine
        .confirm_enrolment(who, code, &visit.call())
        .await?;
    let over = || guest::set(PENDING, "", Some(0), visit.is_secure);
    match confirmed {
        Confirmed::Wrong => {
            let begun = Enrolment {
                secret_text: visit.form.get("secret").to_owned(),
                uri: visit.form.get("uri").to_owned(),
            };
            let fault = Fault::said(
                "code",
                "That is not the code of this account. Scan it again, or look whether the phone's clock is right.",
            );
            show(console, visit, &begun, vec![fault]).await
        }
        Confirmed::Over => Ok(Answer::to("/?done=ended-session").with_cookie(over())),
        Confirmed::Done {
            recovery_codes,
            opened,
        } => {
            let to = next(visit.asked.get("next"));
            let after = match &opened {
                Some(_) => to.as_str(),
                None => "/my-preferences/security",
            };
            let answer = codes(console, visit, recovery_codes, after).await?;
            Ok(match opened {
                Some(opened) => answer
                    .with_cookie(guest::set("session", &opened.cookie, None, visit.is_secure))
                    .with_cookie(over()),
                None => answer,
            })
        }
    }
}

/// Recovery codes, shown once.
///
/// # Errors
/// What the database says.
pub(super) async fn codes(
    console: &Console,
    visit: &Visit,
    codes: Vec<String>,
    next: &str,
) -> Result<Answer> {
    let mut frame = Frame::new(console, visit, "Your recovery codes").await?;
    frame.crumbs.clear();
    Answer::page(&Codes {
        frame,
        all: codes.join("\n"),
        codes,
        next: next.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_finder_in_its_corner() {
        let (side, path) = picture("otpauth://totp/Sidegate:a?secret=ABC").expect("it is short");
        assert!(side > 29, "{side}");
        assert!(path.starts_with("M4 4h1v1h-1z"), "{path}");
        assert!(
            !path.contains("M5 5h1v1h-1z"),
            "the ring inside the finder is light"
        );
    }
}
