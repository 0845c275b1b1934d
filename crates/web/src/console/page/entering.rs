//! Around signing in: a forgotten password, an expired one, leaving, changing the entity.

use axum::http::StatusCode;
use sidegate_engine::sign_in::PasswordChange;
use sidegate_model::{Failure, Result, problem};

use crate::console::Console;
use crate::console::answer::Answer;
use crate::console::control::Control;
use crate::console::frame::{Fault, Frame};
use crate::console::guest;
use crate::console::step::Step;
use crate::console::visit::{Visit, is_for_form};

/// A step for whoever has not signed in.
fn step(console: &Console, visit: &Visit, title: &str, button: &str) -> Step {
    Step {
        frame: Frame::bare(console, title),
        wide: false,
        lines: Vec::new(),
        action: visit.path.clone(),
        carried: Vec::new(),
        fields: Vec::new(),
        cancel: Some("/".to_owned()),
        danger: false,
        go: "send".to_owned(),
        button: button.to_owned(),
    }
}

fn asked(visit: &Visit, name: &str, label: &str, kind: &'static str) -> Control {
    let value = match kind {
        "password" => "",
        _ => visit.form.get(name),
    };
    let mut control = Control::plain(name, label, kind, value);
    control.required = true;
    control
}

/// `/forgotten`: asks for a mail with a link. The answer is the same whoever is named.
///
/// # Errors
/// What the engine says.
pub(in crate::console) async fn forgotten(console: &Console, visit: &Visit) -> Result<Answer> {
    if visit.is_post() {
        let (company, user) = (visit.form.get("company"), visit.form.get("user"));
        console
            .engine
            .forgot_password(company.trim(), user.trim(), visit.call())
            .await?;
        return Ok(Answer::to("/?done=mailed"));
    }
    let mut step = step(console, visit, "Forgot your password?", "Send the mail");
    step.lines = vec![
        "A mail with a link goes to the account e-mail of the user. The link is good for an hour."
            .to_owned(),
    ];
    step.fields = vec![
        asked(visit, "company", "Company ID", "text"),
        asked(visit, "user", "User ID", "text"),
    ];
    step.answer()
}

/// `/new-password`: changes a password that has expired.
///
/// # Errors
/// What the engine says; what she can change is told in the form.
pub(in crate::console) async fn new_password(console: &Console, visit: &Visit) -> Result<Answer> {
    let mut faults = Vec::new();
    if visit.is_post() {
        let form = &visit.form;
        if form.get("new_password") == form.get("again") {
            let change = PasswordChange {
                company: form.get("company").trim().to_owned(),
                user: form.get("user").trim().to_owned(),
                password: form.get("password").to_owned(),
                new_password: form.get("new_password").to_owned(),
                place: "The new password",
            };
            match console.engine.change_password(change, visit.call()).await {
                Ok(()) => return Ok(Answer::to("/?done=changed")),
                Err(Failure::Refused(problems))
                    if is_for_form(&problems)
                        || problems
                            .iter()
                            .all(|p| p.code.rest == problem::SIGN_IN_REFUSED.rest) =>
                {
                    faults = problems.iter().map(Fault::of).collect();
                    for fault in &mut faults {
                        fault.at = String::new();
                    }
                }
                Err(failure) => return Err(failure),
            }
        } else {
            faults.push(Fault::said(
                "again",
                "The two new passwords are not the same; type the same one twice.",
            ));
        }
    }
    let mut step = step(console, visit, "Choose a new password", "Set the password");
    if visit.asked.get("why") == "expired" {
        step.lines = vec!["Your password has expired. Choose a new one to go on.".to_owned()];
        step.action = visit.address();
    }
    let is_wrong = !faults.is_empty();
    step.frame.faults = faults;
    step.fields = vec![
        asked(visit, "company", "Company ID", "text"),
        asked(visit, "user", "User ID", "text"),
        asked(visit, "password", "Password until now", "password"),
        asked(visit, "new_password", "New password", "password"),
        asked(visit, "again", "The same again", "password"),
    ];
    let answer = step.answer()?;
    Ok(if is_wrong {
        answer.with_status(StatusCode::UNPROCESSABLE_ENTITY)
    } else {
        answer
    })
}

/// `/session/…`: leaving, and where one works.
///
/// # Errors
/// What the engine says.
pub(in crate::console) async fn session(
    console: &Console,
    visit: &Visit,
    what: &str,
) -> Result<Answer> {
    if !visit.is_post() {
        return Ok(Answer::to("/overview"));
    }
    let cookie = visit.guest()?.cookie.clone();
    let gone = || guest::set("session", "", Some(0), visit.is_secure);
    Ok(match what {
        "leave" => {
            console.engine.leave_console(&cookie, &visit.call()).await?;
            Answer::to("/?done=left").with_cookie(gone())
        }
        "leave-everywhere" => {
            console
                .engine
                .leave_everywhere(&cookie, &visit.call())
                .await?;
            Answer::to("/?done=left").with_cookie(gone())
        }
        "entity" => {
            let entity = visit.form.get("entity");
            let entity = (!entity.is_empty()).then(|| entity.to_owned());
            console
                .engine
                .switch_entity(&cookie, entity, &visit.call())
                .await?;
            Answer::to("/overview?done=switched")
        }
        "trial" => {
            let role = visit.form.get("role");
            let role = (!role.is_empty()).then(|| role.to_owned());
            console
                .engine
                .try_role(&cookie, role, &visit.call())
                .await?;
            Answer::to("/roles")
        }
        _ => return Err(problem::PATH_ABSENT.with("PATH", &visit.path).into()),
    })
}
