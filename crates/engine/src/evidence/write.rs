//! Evidence on its way into the audit trail.

use sidegate_model::{RecordKey, Result, Value};

use super::noted::Refused;
use super::{Held, Key, Portion, What};
use crate::actor::{Call, Door, Named};
use crate::audit::{Happening, Line, Place, Source, note_evidence, place_of};
use crate::authorizing::Party;
use crate::engine::Engine;
use crate::pipeline::id_of;
use crate::server::COMPANY;
use crate::work::Work;

/// So many entries are written in one transaction.
const AT_ONCE: usize = 100;
const USER: &str = "company-config/user";
const AUTHORIZATION: &str = "sidegate/client-authorization";

impl Engine {
    /// Writes what was refused and read since the last time, as far as it is due. What cannot be written
    /// now is kept for the next. Blocks; not for async code.
    pub fn flush_evidence(&self) {
        self.flush(false);
    }

    /// The same of all that is held, because there is no next time.
    pub(crate) fn flush_last_evidence(&self) {
        self.flush(true);
    }

    fn flush(&self, last: bool) {
        let evidence = &self.inner().evidence;
        for (company, portion) in evidence.due(self.source().now(), last) {
            for some in portion.chunks(AT_ONCE) {
                let mine = some.to_vec();
                let call = Call::system(Some(company), Door::System);
                let done = self.write(call, move |work| write(work, company, &mine));
                if let Err(failure) = done.wait() {
                    tracing::warn!(?failure, "refusals and reads could not be written yet");
                    evidence.put_back(company, some.to_vec());
                }
            }
        }
    }
}

fn write(work: &mut Work<'_>, company: RecordKey, portion: &Portion) -> Result<()> {
    // Tokens outlive their company, and requests name companies that do not exist.
    let there = work.first(COMPANY, &["key"], &[("key", Value::Key(company))])?;
    if there.is_none() {
        return Ok(());
    }
    for (key, held) in portion {
        note(work, key, held)?;
    }
    Ok(())
}

/// What an entry says.
#[derive(Default)]
struct Said {
    object: String,
    record: Option<RecordKey>,
    /// Lines of the entry: what was asked, and why it was refused.
    line: Option<(String, String)>,
    /// Stands where a workflow says its action.
    action: String,
    notes: Vec<String>,
}

fn note(work: &mut Work<'_>, key: &Key, held: &Held) -> Result<()> {
    let mut said = match &key.what {
        What::Refused(refused) => of_refusal(work, refused),
        What::SignIn {
            client,
            user,
            entity,
        } => of_sign_in(work, *client, user.as_deref(), entity.as_deref())?,
        What::Secret { user, cause } => Said {
            object: USER.to_owned(),
            record: user.as_ref().map(|(key, _)| *key),
            line: Some(("signIn".to_owned(), (*cause).to_owned())),
            action: "refused".to_owned(),
            ..Said::default()
        },
        What::Stranger { why, .. } => of_stranger(work, why, held)?,
        What::Unknown { is_sender, id } => {
            let party = if *is_sender {
                Party::Sender
            } else {
                Party::Client
            };
            // Nobody is refused anything by a name that is like no other.
            let Some(hint) = hint(work, party, id)? else {
                return Ok(());
            };
            Said {
                line: Some((
                    "authorize".to_owned(),
                    format!("there is no {} {id}", party.called()),
                )),
                action: "refused".to_owned(),
                notes: vec![hint],
                ..Said::default()
            }
        }
        What::Read(object) => Said {
            object: work.registry().at(*object).name.clone(),
            record: held.record,
            action: format!(
                "read {} in {}",
                many(held.rows, "record"),
                many(held.count, "call")
            ),
            ..Said::default()
        },
        What::Exported(object, file) => Said {
            object: work.registry().at(*object).name.clone(),
            line: Some((
                "export".to_owned(),
                format!("{} as {file}", many(held.rows, "record")),
            )),
            ..Said::default()
        },
        What::Rest(event) => Said {
            line: Some((
                (*event).to_owned(),
                "more than could be told apart".to_owned(),
            )),
            ..Said::default()
        },
    };
    if held.count > 1 {
        said.notes.push(format!("{} times", held.count));
    }
    if !held.request.is_empty() {
        let first = if held.count > 1 { "first " } else { "" };
        said.notes.push(format!("{first}request {}", held.request));
    }
    said.notes.push(format!("through {}", key.who.door.word()));
    let user = key.who.user.clone().map(|(key, id)| Named { key, id });
    let (id, place) = whose(work, &said)?;
    let source = Source {
        at: held.first,
        user: user.as_ref(),
        client: key.who.client.as_deref(),
        sender: key.who.sender.as_deref(),
        entity: key.who.entity,
        address: &key.who.address,
        door: key.who.door,
        request: &held.request,
        workflow: Some(said.action.as_str()),
        notes: &said.notes.join("; "),
    };
    let happening = Happening {
        event: key.what.event(),
        object: &said.object,
        record: said.record,
        id: &id,
        personal: matches!(key.what, What::Read(_)),
        entity: place.entity,
    };
    let lines: Vec<Line> = said
        .line
        .into_iter()
        .map(|(field, after)| Line {
            field,
            before: None,
            after: Some(after),
        })
        .collect();
    note_evidence(work, &source, &happening, &place, &lines)
}

fn many(number: i64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// What the record is called, and where it belongs.
fn whose(work: &mut Work<'_>, said: &Said) -> Result<(String, Place)> {
    let definition = work.registry().named(&said.object);
    let (Some(definition), Some(key)) = (definition, said.record) else {
        return Ok((String::new(), Place::default()));
    };
    let Some(record) = work.record(definition, key)? else {
        return Ok((key.to_string(), Place::default()));
    };
    let place = place_of(work, definition, &record)?;
    Ok((id_of(definition, &record), place))
}

fn of_refusal(work: &Work<'_>, refused: &Refused) -> Said {
    let object = refused
        .object
        .map(|object| work.registry().at(object).name.clone());
    let why = refused
        .needs
        .clone()
        .unwrap_or_else(|| refused.code.to_owned());
    Said {
        object: object.unwrap_or_default(),
        record: refused.record,
        line: Some((refused.operation.clone(), why)),
        action: "refused".to_owned(),
        notes: vec![refused.code.to_owned()],
    }
}

/// The caller was told one thing, whatever was wrong; here stands what is.
fn of_sign_in(
    work: &mut Work<'_>,
    client: RecordKey,
    user: Option<&str>,
    entity: Option<&str>,
) -> Result<Said> {
    let mut said = Said {
        object: USER.to_owned(),
        action: "refused".to_owned(),
        ..Said::default()
    };
    let mut because = |why: &str| said.line = Some(("signIn".to_owned(), why.to_owned()));
    let Some(id) = user else {
        because("the refresh token is not valid any more");
        return Ok(said);
    };
    let fields = ["key", "status", "webServices.isRestricted"];
    let Some(row) = work.first(USER, &fields, &[("id", Value::from(id))])? else {
        because("there is no such user");
        return Ok(said);
    };
    let key = row[0].as_key();
    let pairing = [
        ("clientApplication.key", Value::Key(client)),
        ("user.key", row[0].clone()),
    ];
    let pairings = work.all(
        AUTHORIZATION,
        &["status", "allowStandardUsers"],
        &pairing,
        AT_ONCE_LOOKED,
    )?;
    let active: Vec<_> = pairings
        .iter()
        .filter(|row| row[0].as_text() == Some("active"))
        .collect();
    let yes = Value::Boolean(true);
    because(if pairings.is_empty() {
        "the client application is not authorized for the user"
    } else if active.is_empty() {
        "the authorization of the client application for the user is inactive"
    } else if row[1].as_text() == Some("inactive") {
        "the user is inactive"
    } else if row[1].as_text() == Some("lockedOut") {
        "the user is locked out"
    } else if row[2] != yes && active.iter().all(|row| row[1] != yes) {
        "the user is no Web Services user"
    } else if entity.is_some() {
        "the entity does not exist or is closed to the user"
    } else {
        "the user has no access to the top level"
    });
    said.record = key;
    Ok(said)
}

/// So many authorisations of one client application for one user are looked at.
const AT_ONCE_LOOKED: u32 = 100;

fn of_stranger(work: &mut Work<'_>, why: &str, held: &Held) -> Result<Said> {
    let mut said = Said {
        line: Some(("signIn".to_owned(), why.to_owned())),
        action: "refused".to_owned(),
        ..Said::default()
    };
    if let Some((party, id)) = &held.presented {
        said.notes.extend(hint(work, *party, id)?);
    }
    Ok(said)
}

/// What somebody who does not see her own mistake may have meant.
fn hint(work: &mut Work<'_>, party: Party, id: &str) -> Result<Option<String>> {
    let near = work.near(party, id)?;
    Ok((!near.is_empty()).then(|| {
        let (what, near) = (party.called(), near.join(", "));
        format!(
            "the {what} {id} was named; there is {near}, which differs by case or one character"
        )
    }))
}
