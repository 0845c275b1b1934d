//! What the gateway makes of users beyond their declaration: a contact that comes along, an e-mail
//! address that is taken from it, and entities that stand among the locations.

use std::collections::BTreeSet;

use sidegate_engine::Work;
use sidegate_model::query::{Filter, MOST_SIZE, Operand, Operator, Query};
use sidegate_model::{Failure, Operation, Result, Scalar, problem};

use super::read::chosen;
use crate::xml::face::{Known, Meaning};
use crate::xml::record::Sent;
use crate::xml::value;

const USER: &str = "USERINFO";
const CONTACT: &str = "CONTACTINFO.CONTACTNAME";
const INSIDE_CONTACT: &str = "CONTACTINFO.";
const LOCATIONS: &str = "USERLOCATIONS.LOCATIONID";
/// The most locations of one user: as many as one query looks for.
const MOST_LOCATIONS: usize = MOST_SIZE as usize;
/// Where ids of entities go as well.
const ENTITIES: &str = "entities";

/// Fills what a new user was not sent with.
pub(super) fn complete(work: &mut Work<'_>, known: Known<'_>, sent: &mut Sent) -> Result<()> {
    if known.face.name != USER {
        return Ok(());
    }
    let given = |sent: &Sent, name: &str| sent.text(name).map(str::to_owned);
    let contact = match given(sent, CONTACT) {
        Some(name) => find_contact(work, known, &name, sent)?,
        None => None,
    };
    if contact.is_none() {
        let (first, last) = (
            given(sent, "CONTACTINFO.FIRSTNAME"),
            given(sent, "CONTACTINFO.LASTNAME"),
        );
        if let (Some(first), Some(last)) = (first, last) {
            if given(sent, CONTACT).is_none()
                && let Some(id) = given(sent, "LOGINID")
            {
                sent.set(CONTACT, id);
            }
            if given(sent, "CONTACTINFO.PRINTAS").is_none() {
                sent.set("CONTACTINFO.PRINTAS", format!("{first} {last}"));
            }
        }
    }
    if given(sent, "EMAIL").is_none() {
        let email = given(sent, "CONTACTINFO.EMAIL1").or_else(|| contact.flatten());
        if let Some(email) = email {
            sent.set("EMAIL", email);
        }
    }
    Ok(())
}

/// Takes what was sent of the contact of a user who keeps it; contacts are changed by themselves.
pub(super) fn unchanged(work: &mut Work<'_>, known: Known<'_>, sent: &mut Sent) -> Result<()> {
    if known.face.name != USER {
        return Ok(());
    }
    match sent.text(CONTACT).map(str::to_owned) {
        Some(name) => find_contact(work, known, &name, sent).map(drop),
        // The vendor does not change contacts through users: what is sent of one is left alone.
        None => {
            sent.values
                .retain(|name, _| !name.starts_with(INSIDE_CONTACT));
            Ok(())
        }
    }
}

/// The primary e-mail address of a contact that is there, if it has one; what else was sent of the
/// contact must be as it is, and goes no further.
fn find_contact(
    work: &mut Work<'_>,
    known: Known<'_>,
    name: &str,
    sent: &mut Sent,
) -> Result<Option<Option<String>>> {
    let contacts = known.registry.related(known.definition, "contact");
    let Some(contacts) = contacts else {
        return Ok(None);
    };
    let Some(face) = contacts.xml.first() else {
        return Ok(None);
    };
    let contacts = Known {
        definition: contacts,
        face,
        ..known
    };
    let mut names = vec!["EMAIL1".to_owned()];
    let inside = sent.values.keys().filter(|name| *name != CONTACT);
    names.extend(
        inside
            .filter_map(|name| name.strip_prefix(INSIDE_CONTACT))
            .map(str::to_owned),
    );
    let fields = chosen(contacts, &names.join(","))?;
    let query = Query {
        object: contacts.definition.name.clone(),
        fields: fields
            .iter()
            .filter_map(|field| match &field.meaning {
                Meaning::Path(path, _) => Some(path.clone()),
                Meaning::Listed(..) | Meaning::Empty | Meaning::Always(_) => None,
            })
            .collect(),
        filters: vec![Filter {
            operator: Operator::Equal,
            field: "id".to_owned(),
            operand: Operand::One(Scalar::Text(name.to_owned())),
            place: CONTACT.to_owned(),
        }],
        start: 1,
        size: 1,
        ..Query::default()
    };
    let plan = query
        .plan_on(known.registry, contacts.definition, work.actor().sight())
        .map_err(Failure::Refused)?;
    let mut found: Option<Vec<(String, String)>> = None;
    work.visit(&plan, &mut |row| {
        let shown = fields.iter().filter_map(|field| {
            let Meaning::Path(path, kind) = &field.meaning else {
                return None;
            };
            let at = plan.names.iter().position(|name| name == path)?;
            let mut text = String::new();
            let _ = value::text(&mut text, row, at, kind);
            Some((field.name.clone(), text))
        });
        found = Some(shown.collect());
    })?;
    let Some(found) = found else {
        return Ok(None);
    };
    for (field, is) in &found {
        let full = format!("{INSIDE_CONTACT}{field}");
        if let Some(wanted) = sent.text(&full)
            && wanted != is
        {
            return Err(problem::XML_CONTACT_DIFFERS
                .with("FIELD", &full)
                .with("CONTACT", name)
                .at(full)
                .into());
        }
    }
    sent.values
        .retain(|name, _| name == CONTACT || !name.starts_with(INSIDE_CONTACT));
    let email = found.into_iter().find(|(name, _)| name == "EMAIL1");
    Ok(Some(
        email.map(|(_, text)| text).filter(|text| !text.is_empty()),
    ))
}

/// Restrictions that name an entity restrict to it as an entity too. A list that an update does not
/// send is cleared.
pub(super) fn spread(
    work: &mut Work<'_>,
    known: Known<'_>,
    operation: Operation,
    sent: &mut Sent,
) -> Result<()> {
    let ids = sent.values.get(LOCATIONS).cloned();
    if known.face.name != USER || (ids.is_none() && operation == Operation::Create) {
        return Ok(());
    }
    let ids = ids.unwrap_or_default();
    let field = known.definition.named(ENTITIES);
    let Some(entities) = field.and_then(|field| known.registry.target_of(field)) else {
        return Ok(());
    };
    let ids = ids.iter().map(|id| id.trim()).filter(|id| !id.is_empty());
    let ids: BTreeSet<&str> = ids.collect();
    if ids.len() > MOST_LOCATIONS {
        return Err(problem::XML_RECORD_LARGE
            .with("OBJECT", LOCATIONS)
            .with("MOST", MOST_LOCATIONS.to_string())
            .at(LOCATIONS)
            .into());
    }
    let mut named = Vec::new();
    if !ids.is_empty() {
        let values = ids.iter().map(|id| Scalar::Text((*id).to_owned()));
        let query = Query {
            object: entities.name.clone(),
            fields: vec!["id".to_owned()],
            filters: vec![Filter {
                operator: Operator::In,
                field: "id".to_owned(),
                operand: Operand::Many(values.collect()),
                place: LOCATIONS.to_owned(),
            }],
            start: 1,
            size: MOST_SIZE,
            ..Query::default()
        };
        let plan = query
            .plan_on(known.registry, entities, work.actor().sight())
            .map_err(Failure::Refused)?;
        work.visit(&plan, &mut |row| {
            named.extend(row.text(0).map(str::to_owned));
        })?;
    }
    sent.lists.insert(ENTITIES, named);
    Ok(())
}
