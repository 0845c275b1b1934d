//! Rows of the outbox, written in the transaction of what causes them.

use sidegate_model::{RecordKey, Result, Value};

use super::letter::Letter;
use crate::sign_in::draft_of;
use crate::work::Work;

pub(crate) const OUTBOX: &str = "sidegate/outbox";
pub(crate) const RECORD: &str = "company-config/email-delivery-record";
const HISTORY: &str = "company-config/email-delivery-history";
/// How a body that holds a secret is shown.
pub const SECRET_SHOWN: &str = "(secret)";
/// So many mails of one user are withdrawn at once.
const MOST_WITHDRAWN: u32 = 1000;
const MOST_INFO: usize = 4000;

/// A mail to be sent.
pub(crate) struct Outgoing<'o> {
    /// The user it is about.
    pub(crate) user: RecordKey,
    /// The address.
    pub(crate) to: &'o str,
    pub(crate) letter: &'o Letter,
    /// Whether the text is nobody's but the receiver's.
    pub(crate) secret: bool,
    /// Until when it is of use; always, if not said.
    pub(crate) worth_until: Option<i64>,
}

/// Whose row a sealed body belongs to.
pub(crate) fn identity(company: Option<RecordKey>, row: RecordKey) -> String {
    let company = company.map_or(0, RecordKey::number);
    format!("outbox:{company}:{row}")
}

impl Work<'_> {
    /// Writes a mail into the outbox, with the record that shows administrators what becomes of it.
    /// The rows are nobody's, so they are written in Sidegate's own name.
    pub(crate) fn post(&mut self, mail: &Outgoing<'_>) -> Result<()> {
        self.as_system(|work| {
            let body = mail.letter.body.as_str();
            let shown = if mail.secret { SECRET_SHOWN } else { body };
            let record = work.note_mail(mail, shown)?;
            let mut values = vec![
                ("emailDeliveryRecord", Value::Key(record)),
                ("user", Value::Key(mail.user)),
                ("recipient", Value::from(mail.to)),
                ("subject", Value::from(mail.letter.subject.as_str())),
                ("body", Value::from(shown)),
                ("nextAttemptAt", Value::Moment(work.now())),
            ];
            if mail.secret {
                // Sealed by the row's own rule, which knows its key.
                values.push(("sealed", Value::Bytes(body.as_bytes().to_vec())));
            }
            if let Some(until) = mail.worth_until {
                values.push(("worthUntil", Value::Moment(until)));
            }
            let draft = draft_of(work, OUTBOX, &values);
            work.create(work.object(OUTBOX), &draft)?;
            if let Some(company) = work.actor().company {
                work.inner().postbox.note(company, work.now());
            }
            Ok(())
        })
    }

    /// The e-mail delivery record of a mail that waits from now on.
    fn note_mail(&mut self, mail: &Outgoing<'_>, shown: &str) -> Result<RecordKey> {
        let company = self.company_called()?;
        let from = self.inner().settings.mail.delivery.from();
        let values = [
            ("status", Value::from("queued")),
            ("tenantContext", Value::from(company.0.as_str())),
            ("from", Value::from(from)),
            ("to", Value::from(mail.to)),
            ("subject", Value::from(mail.letter.subject.as_str())),
            ("body", Value::from(shown)),
            ("lastUpdatedDateTime", Value::Moment(self.now())),
        ];
        let draft = draft_of(self, RECORD, &values);
        let record = self.create(self.object(RECORD), &draft)?.key;
        self.note_step(record, mail.to, "queued", "")?;
        Ok(record)
    }

    /// A step in the history of a mail.
    pub(crate) fn note_step(
        &mut self,
        record: RecordKey,
        to: &str,
        status: &str,
        info: &str,
    ) -> Result<()> {
        let values = [
            ("emailDeliveryRecord", Value::Key(record)),
            ("sendTo", Value::from(to)),
            ("status", Value::from(status)),
            ("dateTime", Value::Moment(self.now())),
            ("additionalInfo", Value::Text(cut(info))),
        ];
        let draft = draft_of(self, HISTORY, &values);
        self.create(self.object(HISTORY), &draft).map(drop)
    }

    /// Tells in a mail's record what became of it.
    pub(crate) fn tell_record(
        &mut self,
        record: RecordKey,
        to: &str,
        status: &str,
        info: &str,
        more: &[(&str, Value)],
    ) -> Result<()> {
        let mut values = vec![
            ("status", Value::from(status)),
            ("lastUpdatedDateTime", Value::Moment(self.now())),
        ];
        values.extend(more.iter().cloned());
        let draft = draft_of(self, RECORD, &values);
        self.update(self.object(RECORD), record, &draft, None)?;
        self.note_step(record, to, status, info)
    }

    /// Takes back the mails of a user that hold a secret and were not sent yet.
    pub(crate) fn withdraw_secrets(&mut self, user: RecordKey, reason: &str) -> Result<()> {
        self.as_system(|work| {
            let fields = ["key", "keyNumber", "emailDeliveryRecord.key", "recipient"];
            let waiting = [
                ("user", Value::Key(user)),
                ("status", Value::from("queued")),
            ];
            for row in work.all(OUTBOX, &fields, &waiting, MOST_WITHDRAWN)? {
                let (Some(key), Some(record), false) =
                    (row[0].as_key(), row[2].as_key(), row[1].is_null())
                else {
                    continue;
                };
                work.finish_mail(key, "withdrawn")?;
                let to = row[3].as_text().unwrap_or_default();
                let failure = [
                    ("failureStatus", Value::from("withdrawn")),
                    ("failureReason", Value::from(reason)),
                ];
                work.tell_record(record, to, "failed", reason, &failure)?;
            }
            Ok(())
        })
    }

    /// A mail that is not tried again; nobody needs its secret any more.
    pub(crate) fn finish_mail(&mut self, key: RecordKey, status: &str) -> Result<()> {
        let values = [
            ("status", Value::from(status)),
            ("nextAttemptAt", Value::Null),
            ("finishedAt", Value::Moment(self.now())),
            ("keyNumber", Value::Null),
            ("sealed", Value::Null),
        ];
        let draft = draft_of(self, OUTBOX, &values);
        self.update(self.object(OUTBOX), key, &draft, None)
            .map(drop)
    }

    /// Id and name of the company.
    pub(crate) fn company_called(&mut self) -> Result<(String, String)> {
        let fields = ["id", "name"];
        let row = self.first("company-config/company-preference", &fields, &[])?;
        let text = |at: usize| {
            let value = row.as_ref().and_then(|row| row[at].as_text());
            value.unwrap_or_default().to_owned()
        };
        let (id, name) = (text(0), text(1));
        let name = if name.is_empty() { id.clone() } else { name };
        Ok((id, name))
    }
}

/// As much of a text as fits.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(MOST_INFO).collect()
}
