//! What mails say: one template each.

use sidegate_model::field_type::moment_text;

/// A mail's subject and text, with `{PLACEHOLDER}`s.
pub(crate) struct Template {
    subject: &'static str,
    body: &'static str,
}

/// A mail as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// A new user is told who she is.
pub(crate) const USER_ID: Template = Template {
    subject: "Your user ID at {COMPANY}",
    body: "\
Hello {NAME},

there is an account for you at {COMPANY_NAME} now.

    Company ID  {COMPANY}
    User ID     {USER}
    Account     {SORT}

Write both IDs exactly as they stand here.
{NEXT}
",
};

/// A secret that was made for a user.
pub(crate) const PASSWORD: Template = Template {
    subject: "Your new password at {COMPANY}",
    body: "\
Hello {NAME},

this is the password of the user {USER} at {COMPANY_NAME}:

{SECRET}

Keep it where programs keep their secrets, and then delete this mail.
{BEFORE}
If you did not expect this, tell an administrator of {COMPANY}.
",
};

/// A link that makes a secret and shows it.
pub(crate) const REVEAL_LINK: Template = Template {
    subject: "Fetch your new password at {COMPANY}",
    body: "\
Hello {NAME},

a new password waits for the user {USER} at {COMPANY_NAME}.
This page makes it and shows it once:

{LINK}

The link works until {UNTIL} and only once.
Until you use it, a password that you have goes on working.
If you did not expect this, do not use the link, and tell an administrator of {COMPANY}.
",
};

/// A link to choose another password.
pub(crate) const FORGOTTEN: Template = Template {
    subject: "A new password at {COMPANY}",
    body: "\
Hello {NAME},

somebody asked for a new password of the user {USER} at {COMPANY_NAME}.
If it was you, choose one on this page:

{LINK}

The link works until {UNTIL} and only once.
Until you use it, your password stays as it is.
If it was not you, there is nothing to do: nobody can use the link without this mail.
",
};

/// A password was chosen.
pub(crate) const PASSWORD_CHOSEN: Template = Template {
    subject: "Your password at {COMPANY} was changed",
    body: "\
Hello {NAME},

the user {USER} at {COMPANY_NAME} has a new password.
Passwords of before no longer work.

If it was not you who chose it, tell an administrator of {COMPANY} at once.
",
};

/// The old address hears that it is no longer the one.
pub(crate) const ADDRESS_CHANGED: Template = Template {
    subject: "Your address at {COMPANY} was changed",
    body: "\
Hello {NAME},

mail about the user {USER} at {COMPANY_NAME} went to this address until now.
An administrator has just entered another one, so this is the last mail here.
Links to a new password that were sent here no longer work.

If you did not expect this, tell an administrator of {COMPANY}.
",
};

impl Template {
    /// The mail with these values. What people typed stays on its line.
    pub(crate) fn letter(&self, values: &[(&str, &str)]) -> Letter {
        Letter {
            subject: filled(self.subject, values),
            body: filled(self.body, values),
        }
    }
}

fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 100);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        let (_, value) = value.expect("every placeholder of a template has its value");
        out.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// A moment as mails write it.
pub(crate) fn moment(at: i64) -> String {
    let text = moment_text(at);
    let day_and_time = text.trim_end_matches('Z').replace('T', " ");
    format!("{day_and_time} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_on_their_line_and_are_no_templates() {
        let template = Template {
            subject: "For {NAME}",
            body: "{NAME} at {COMPANY}\n",
        };
        let letter = template.letter(&[("NAME", "Eve\r\n{COMPANY}"), ("COMPANY", "A")]);
        assert_eq!(letter.subject, "For Eve  {COMPANY}");
        assert_eq!(letter.body, "Eve  {COMPANY} at A\n");
    }

    #[test]
    fn moments_are_written_for_people() {
        assert_eq!(moment(1_795_348_800_000_000), "2026-11-22 12:00:00 UTC");
    }
}
