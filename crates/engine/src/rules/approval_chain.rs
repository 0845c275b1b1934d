//! Who decides about the time of an employee: the managers above her, and those of her department
//! and of the departments above it.
//!
//! The chain is that of today, not that of the day of submission. Policies with steps, amounts or
//! projects are not built: one decision of anybody in the chain is enough.

use sidegate_model::{RecordKey, Result, Value};

use crate::work::Work;

const EMPLOYEE: &str = "company-config/employee";
const DEPARTMENT: &str = "company-config/department";
/// No firm has more levels; people who manage each other in a circle end here at the latest.
const MOST_LEVELS: usize = 50;
/// Approval levels are published as 1 to 5.
const MOST_SHOWN: usize = 5;

/// One who may decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Approver {
    pub(super) user: RecordKey,
    /// Why, in the words of approval records.
    pub(super) by: &'static str,
    level: usize,
}

impl Approver {
    /// How far above the employee, in the words of approval records.
    pub(super) fn level(&self) -> String {
        self.level.min(MOST_SHOWN).to_string()
    }
}

pub(super) const BY_MANAGER: &str = "Manager Approval";
const BY_DEPARTMENT: &str = "Department Approval";

/// The users who decide about an employee's time, nearest managers first. Nobody decides about her
/// own.
pub(super) fn approvers(work: &mut Work<'_>, employee: RecordKey) -> Result<Vec<Approver>> {
    let fields = ["primaryContact.key", "department.key"];
    let row = work.first(EMPLOYEE, &fields, &[("key", Value::Key(employee))])?;
    let Some([contact, department]) = row.as_deref() else {
        return Ok(Vec::new());
    };
    let contacts = [
        (BY_MANAGER, EMPLOYEE, "manager", Some(employee)),
        (BY_DEPARTMENT, DEPARTMENT, "parent", department.as_key()),
    ];
    let mut found: Vec<Approver> = Vec::new();
    for (by, object, above, from) in contacts {
        for (level, at) in upwards(work, object, above, from)?.into_iter().enumerate() {
            let above_her = at.filter(|at| Some(*at) != contact.as_key());
            let Some(user) = user_of(work, above_her)? else {
                continue;
            };
            if found.iter().all(|known| known.user != user) {
                let level = level + 1;
                found.push(Approver { user, by, level });
            }
        }
    }
    Ok(found)
}

/// The contacts of the managers on the way up from a record: those of an employee, or those of a
/// department and the departments above it.
fn upwards(
    work: &mut Work<'_>,
    object: &str,
    above: &str,
    from: Option<RecordKey>,
) -> Result<Vec<Option<RecordKey>>> {
    let manager = if object == DEPARTMENT {
        "supervisor"
    } else {
        above
    };
    let next = format!("{above}.key");
    let contact = format!("{manager}.primaryContact.key");
    let (mut seen, mut contacts) = (Vec::new(), Vec::new());
    let mut at = from;
    while let Some(key) = at.filter(|key| !seen.contains(key) && seen.len() < MOST_LEVELS) {
        seen.push(key);
        let row = work.first(object, &[&next, &contact], &[("key", Value::Key(key))])?;
        let Some([next, contact]) = row.as_deref() else {
            break;
        };
        contacts.push(contact.as_key());
        at = next.as_key();
    }
    Ok(contacts)
}

/// The user whose contact this is.
pub(super) fn user_of(
    work: &mut Work<'_>,
    contact: Option<RecordKey>,
) -> Result<Option<RecordKey>> {
    let Some(contact) = contact else {
        return Ok(None);
    };
    let user = work.first(
        "company-config/user",
        &["key"],
        &[("contact.key", Value::Key(contact))],
    )?;
    Ok(user.and_then(|row| row[0].as_key()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_published_up_to_five() {
        let user = RecordKey::new(1).expect("a key");
        let by = BY_MANAGER;
        let level = |level| Approver { user, by, level }.level();
        assert_eq!([level(1), level(5), level(9)], ["1", "5", "5"]);
    }
}
