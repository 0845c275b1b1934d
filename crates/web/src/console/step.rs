//! Steps before something is done: a question, one's own password. Pages of their own, and dialogs where
//! there is script.

use askama::Template;
use sidegate_engine::sign_in::Verified;
use sidegate_model::Result;

use super::Console;
use super::answer::Answer;
use super::control::Control;
use super::frame::{Fault, Frame};
use super::pairs::Pairs;
use super::visit::Visit;

/// A step.
#[derive(Template)]
#[template(path = "console/step.html")]
pub(super) struct Step {
    pub(super) frame: Frame,
    pub(super) wide: bool,
    /// What is about to happen.
    pub(super) lines: Vec<String>,
    pub(super) action: String,
    /// What the form before it said.
    pub(super) carried: Vec<(String, String)>,
    pub(super) fields: Vec<Control>,
    /// Where *Cancel* leads; back to the form before it if nowhere.
    pub(super) cancel: Option<String>,
    pub(super) danger: bool,
    /// The word of the button, and what it says.
    pub(super) go: String,
    pub(super) button: String,
}

/// The names that belong to a step and not to the form before it.
pub(super) const OWN: &[&str] = &["csrf", "go", "own_password", "own_code"];

impl Step {
    /// A step over this page.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn new(console: &Console, visit: &Visit, title: &str) -> Result<Self> {
        let mut frame = Frame::new(console, visit, title).await?;
        frame.dialog = true;
        Ok(Self {
            frame,
            wide: false,
            lines: Vec::new(),
            action: visit.address(),
            carried: visit.form.without(OWN).0,
            fields: Vec::new(),
            cancel: None,
            danger: false,
            go: "verify".to_owned(),
            button: "Verify".to_owned(),
        })
    }

    pub(super) fn answer(&self) -> Result<Answer> {
        Answer::page(self)
    }
}

/// Asks for one's own password; `carried` is what the next request needs again.
///
/// # Errors
/// What the database says.
pub(super) async fn ask(
    console: &Console,
    visit: &Visit,
    carried: &Pairs,
    lines: Vec<String>,
    faults: Vec<Fault>,
) -> Result<Answer> {
    let mut step = Step::new(console, visit, "Enter your own password").await?;
    step.lines = lines;
    step.frame.faults = faults;
    step.carried = carried.without(OWN).0;
    step.fields = own_fields(console, visit).await?;
    step.answer()
}

/// What asks for one's own password, and for a code where one has a second factor.
///
/// # Errors
/// What the database says.
pub(super) async fn own_fields(console: &Console, visit: &Visit) -> Result<Vec<Control>> {
    let guest = visit.guest()?;
    let mut password = Control::plain("own_password", "Your password", "password", "");
    password.required = true;
    password.help =
        Some("The password that you sign in with, not the one of the user here.".to_owned());
    let mut fields = vec![password];
    let own = console
        .engine
        .own_security(&guest.cookie, &visit.call())
        .await?;
    if own.enrolled.is_some() {
        let mut code = Control::plain("own_code", "Your code", "text", "");
        code.required = true;
        code.help = Some("From your app, or one of your recovery codes.".to_owned());
        fields.push(code);
    }
    Ok(fields)
}

/// What the answer to [`ask`] was worth.
pub(super) enum Proof {
    /// She proved herself.
    Given,
    /// She did not; this is asked next.
    Missing(Answer),
}

/// Takes the answer to [`ask`]. The third wrong one ends the session.
///
/// # Errors
/// What the database says.
pub(super) async fn take(
    console: &Console,
    visit: &Visit,
    carried: &Pairs,
    lines: Vec<String>,
) -> Result<Proof> {
    let guest = visit.guest()?;
    let password = visit.form.get("own_password").to_owned();
    if password.is_empty() {
        let fault = Fault::said("own_password", "Type your own password.");
        let asked = ask(console, visit, carried, lines, vec![fault]).await?;
        return Ok(Proof::Missing(asked));
    }
    let code = visit.form.find("own_code").map(str::to_owned);
    let proved = console
        .engine
        .verify_own(&guest.cookie, password, code, &visit.call())
        .await?;
    Ok(match proved {
        Verified::Yes => Proof::Given,
        Verified::Wrong { left } => {
            let times = if left == 1 { "once" } else { "twice" };
            let text = format!(
                "That was not your own password or code. You can try {times} more; then you are signed out."
            );
            let fault = Fault::said("own_password", text);
            Proof::Missing(ask(console, visit, carried, lines, vec![fault]).await?)
        }
        Verified::Ended => Proof::Missing(Answer::to("/?done=ended-session")),
    })
}
