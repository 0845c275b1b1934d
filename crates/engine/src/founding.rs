//! The founding of a company: its record, its first full administrator and her secret, in one write.

use sidegate_model::field_type::Unfit;
use sidegate_model::text::has_control;
use sidegate_model::{Draft, Given, Problem, RecordKey, Registry, Result, Scalar, Value, problem};

use crate::actor::{Call, Door};
use crate::engine::Engine;
use crate::server::{COMPANY, Owner, new_company};
use crate::work::refuse_all;

const CONTACT: &str = "company-config/contact";
const USER: &str = "company-config/user";

/// A company to be made, and the full administrator that it has from the start, as people typed it.
#[derive(Clone, Debug)]
pub struct NewCompany<'a> {
    /// The company's id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// How its users get permissions: `roleBased` or `userBased`.
    pub permission_type: &'a str,
    /// The administrator's user id, which her contact has as well.
    pub user: &'a str,
    /// Her account e-mail address.
    pub email: &'a str,
    /// Her first name.
    pub first_name: &'a str,
    /// Her last name.
    pub last_name: &'a str,
}

/// The records of a new company, each value of the type that its field has.
#[derive(Clone, Debug)]
pub struct Founding {
    company: Draft,
    contact: Draft,
    user: Draft,
}

impl NewCompany<'_> {
    /// The records to make. Rules look at them when they are made.
    ///
    /// # Errors
    /// All values that do not fit their fields.
    pub fn founding(&self, registry: &Registry) -> Result<Founding> {
        let mut problems = Vec::new();
        let mut typed =
            |object: &str, values: &[(&str, &str)]| typed(registry, object, values, &mut problems);
        let full_name = format!("{} {}", self.first_name, self.last_name);
        let founding = Founding {
            company: typed(
                COMPANY,
                &[
                    ("id", self.id),
                    ("name", self.name),
                    ("permissionType", self.permission_type),
                ],
            ),
            contact: typed(
                CONTACT,
                &[
                    ("id", self.user),
                    ("printAs", &full_name),
                    ("firstName", self.first_name),
                    ("lastName", self.last_name),
                ],
            ),
            user: typed(
                USER,
                &[
                    ("id", self.user),
                    ("accountEmail", self.email),
                    ("adminPrivileges", "full"),
                ],
            ),
        };
        refuse_all(problems).map(|()| founding)
    }
}

/// Values that people typed, each of the type that its field has, as a draft of the object.
pub(crate) fn typed(
    registry: &Registry,
    object: &str,
    values: &[(&str, &str)],
    problems: &mut Vec<Problem>,
) -> Draft {
    let definition = registry.named(object).expect("declared");
    let mut draft = Draft::default();
    for (name, text) in values {
        let field = definition.named(name).expect("declared with its object");
        match field.kind.accept(&Scalar::Text((*text).to_owned())) {
            // These values stand in lists, logs and mail heads, so each is one line.
            Ok(_) if has_control(text, false) => {
                problems.push(unfit_value(&field.label, text, &Unfit::Control.sentence()));
            }
            Ok(value) => draft.set(field.index, field.place(), Given::Value(value)),
            Err(unfit) => problems.push(unfit_value(&field.label, text, &unfit.sentence())),
        }
    }
    draft
}

fn unfit_value(label: &str, text: &str, reason: &str) -> Problem {
    problem::VALUE_UNFIT
        .with("FIELD", format!("{label} {text:?}"))
        .with("REASON", reason)
}

impl Engine {
    /// Makes a company with its first full administrator, a standard user, and her secret: all of it
    /// or nothing.
    ///
    /// # Errors
    /// When an id is taken, or a rule refuses a record.
    pub fn found_company(&self, founding: Founding, secret: &str, door: Door) -> Result<RecordKey> {
        let anybody = RecordKey::new(1).expect("1 is a key");
        let stored = self.stored_secret(&Owner::User(anybody), secret)?;
        self.write(Call::system(None, door), move |work| {
            let company = new_company(work, &founding.company)?;
            work.as_system_of(company, |work| {
                let contacts = work.object(CONTACT);
                let contact = work.create(contacts, &founding.contact)?.key;
                let users = work.object(USER);
                let mut user = founding.user.clone();
                let field = users.named("contact").expect("declared with its object");
                let given = Given::Value(Value::Key(contact));
                user.set(field.index, field.place(), given);
                let user = work.create(users, &user)?.key;
                work.add_user_secret(user, &stored)
            })?;
            Ok(company)
        })
        .wait()
    }
}
