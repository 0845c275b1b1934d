//! Mails on their way out.

use sidegate_model::text::has_control;
use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet};
use crate::mail::outbox::{OUTBOX, identity};
use crate::pipeline::Change;
use crate::work::{Work, refuse_all};

const RECIPIENT: &str = "recipient";
const SUBJECT: &str = "subject";
const KEY_NUMBER: &str = "keyNumber";
const SEALED: &str = "sealed";

pub(super) const RULES: RuleSet = RuleSet {
    object: OUTBOX,
    fields: &[RECIPIENT, SUBJECT, KEY_NUMBER, SEALED],
    before: &[has_heads_of_one_line, is_sealed],
    ..NONE
};

/// What goes into the head of a mail is one line: a line break there would begin another head.
fn has_heads_of_one_line(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let broken = [RECIPIENT, SUBJECT]
        .into_iter()
        .filter(|name| has_control(change.text(name), false))
        .map(|name| {
            let place = change.place(name);
            problem::MAIL_LINE_BREAK.with("FIELD", &place).at(place)
        })
        .collect();
    refuse_all(broken)
}

/// A text with a secret is sealed for its row before anything is stored.
fn is_sealed(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let identity = identity(work.actor().company, change.key());
    seal(work, change, &identity);
    Ok(())
}

/// What a new record holds to be sealed is sealed under an identity, which names its row.
pub(super) fn seal(work: &mut Work<'_>, change: &mut Change<'_>, identity: &str) {
    if change.operation != Operation::Create {
        return;
    }
    let Value::Bytes(plain) = change.value(SEALED).clone() else {
        return;
    };
    let (number, sealed) = work.inner().keys.seal(work.source(), identity, &plain);
    change.set(KEY_NUMBER, Value::Integer(number));
    change.set(SEALED, Value::Bytes(sealed));
}
