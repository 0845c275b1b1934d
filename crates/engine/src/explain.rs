//! Why a user may do something, or why not: the decision told by its factors, and all that she may.

use sidegate_model::access::{
    AdminLevel, Factor, Judged, Need, Origin, PermissionIndex, Right, Standing, UserTypes,
};
use sidegate_model::words::split;
use sidegate_model::{Operation, RecordKey, Result, Value, problem};

use crate::actor::Named;
use crate::sign_in::Person;
use crate::work::Work;

const USER: &str = "company-config/user";
const ROLE_PERMISSION: &str = "company-config/role-permission-assignment";
/// At most so many roles are named that would grant a right.
const MOST_ROLES: u32 = 1000;

/// What is asked about.
#[derive(Clone, Debug)]
pub enum Question {
    /// An operation or action of an object, as `list`, `get`, `create`, `update`, `delete` or its own
    /// word.
    Operation {
        /// The object, as `application/object`.
        object: String,
        /// The word.
        operation: String,
    },
    /// Rights, each as `module.permission.right`.
    Rights(Vec<String>),
}

/// Whom it is about: a user, or where that is said a role.
#[derive(Clone, Debug)]
pub enum Whom {
    /// The one of a key.
    Key(RecordKey),
    /// The one of an id.
    Id(String),
}

/// Why something is allowed or not.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The user.
    pub user: Named,
    /// Whether it is allowed.
    pub allowed: bool,
    /// What the operation itself refuses: the user type or the admin privileges.
    pub refused: Vec<Factor>,
    /// The admin privileges that the operation asks for, if it asks for any.
    pub needs_admin: Option<AdminLevel>,
    /// The user types that the operation is for; none where it is for all.
    pub needs_types: Vec<String>,
    /// Each right that is needed; for somebody who may only know about herself those that are missing.
    pub rights: Vec<ExplainedRight>,
    /// Whether only what is missing is told.
    pub brief: bool,
}

/// What became of one right.
#[derive(Clone, Debug)]
pub struct ExplainedRight {
    /// The permission's key in the catalogue, if it can be granted.
    pub key: Option<RecordKey>,
    /// The module.
    pub module: String,
    /// The permission's name.
    pub name: String,
    /// The right.
    pub right: String,
    /// Whether the user has it.
    pub allowed: bool,
    /// Who grants it.
    pub origins: Vec<Origin>,
    /// What refuses it.
    pub refused: Vec<Factor>,
    /// The roles that would grant it, where roles do and nothing else grants it.
    pub roles: Vec<String>,
}

/// What a user may do.
#[derive(Clone, Debug)]
pub struct Report {
    /// The user.
    pub user: Named,
    /// Her type.
    pub user_type: String,
    /// Her admin privileges.
    pub admin: AdminLevel,
    /// Whether she enters through API calls only.
    pub web_services: bool,
    /// Each right that was granted to her, with what refuses it, if anything does.
    pub rights: Vec<ExplainedRight>,
}

impl Work<'_> {
    /// Explains a decision.
    ///
    /// # Errors
    /// When there is no such user, object, operation or right, or the actor may not know.
    pub fn explain(&mut self, whom: &Whom, question: &Question) -> Result<Explained> {
        let brief = !self.knows_everybody();
        let user = self.asked_about(whom)?;
        let need = self.need_of(question)?;
        let person = self.known_person(user, whom)?;
        let policy = &self.inner().policy;
        let decision = policy.decide(&person.standing, &need);
        let catalogue = policy.catalogue();
        let needs_types = catalogue.words_of_types(need.types);
        let allowed = decision.allowed();
        let mut rights = Vec::new();
        for judged in decision.rights {
            if brief && judged.refused.is_empty() {
                continue;
            }
            rights.push(self.told(judged, brief)?);
        }
        Ok(Explained {
            user: Named {
                key: user,
                id: person.id,
            },
            allowed,
            refused: decision.refused,
            needs_admin: Some(need.admin).filter(|admin| *admin != AdminLevel::Off),
            needs_types,
            rights,
            brief,
        })
    }

    /// All that a user may do, each right with where it comes from.
    ///
    /// # Errors
    /// When there is no such user, or the actor may not know.
    pub fn report(&mut self, whom: &Whom) -> Result<Report> {
        let user = self.fully_known(whom)?;
        let person = self.known_person(user, whom)?;
        let standing = &person.standing;
        let mut rights = Vec::new();
        for (permission, right) in self.granted_rights(standing) {
            let judged = self.inner().policy.judge(standing, permission, right);
            rights.push(self.named(judged));
        }
        let catalogue = self.inner().policy.catalogue();
        Ok(Report {
            user: Named {
                key: user,
                id: person.id,
            },
            user_type: catalogue.type_word(standing.user_type).to_owned(),
            admin: standing.admin,
            web_services: standing.web_services,
            rights,
        })
    }

    /// The user of whom the actor may know everything.
    pub(crate) fn fully_known(&mut self, whom: &Whom) -> Result<RecordKey> {
        if self.knows_everybody() {
            self.asked_about(whom)
        } else {
            Err(may_not_know())
        }
    }

    pub(crate) fn known_person(&mut self, user: RecordKey, whom: &Whom) -> Result<Person> {
        // What she tries is what she may just now.
        let own = self.actor().user.as_ref();
        let own = own.is_some_and(|own| own.key == user);
        let trial = self.actor().trial.clone().filter(|_| own);
        self.person_now(user, trial.as_ref())?
            .ok_or_else(|| no_user(whom))
    }

    /// Every right that something grants, in the order of the catalogue.
    pub(crate) fn granted_rights(&self, standing: &Standing) -> Vec<(PermissionIndex, Right)> {
        let policy = &self.inner().policy;
        let catalogue = policy.catalogue();
        let mut found = Vec::new();
        for (index, permission) in catalogue.all() {
            for right in catalogue.each(permission.rights) {
                if !policy.judge(standing, index, right).origins.is_empty() {
                    found.push((index, right));
                }
            }
        }
        found
    }

    /// The user that is meant. Who may only know about herself is not told whether there are others.
    fn asked_about(&mut self, whom: &Whom) -> Result<RecordKey> {
        if !self.knows_everybody() {
            let own = self.actor().user.as_ref();
            let own = own.filter(|own| match whom {
                Whom::Key(key) => own.key == *key,
                Whom::Id(id) => own.id == *id,
            });
            return own.map(|own| own.key).ok_or_else(may_not_know);
        }
        let definition = self.object(USER);
        let found = match whom {
            Whom::Key(key) => self.record(definition, *key)?.map(|_| *key),
            Whom::Id(id) => self.find(definition, id)?,
        };
        found.ok_or_else(|| no_user(whom))
    }

    /// Whether the actor may know about others; administrators who see users may.
    pub(crate) fn knows_everybody(&self) -> bool {
        let Some(reach) = &self.actor().reach else {
            return true;
        };
        reach.admin() != AdminLevel::Off && self.may(self.object(USER), Operation::Get)
    }

    fn need_of(&self, question: &Question) -> Result<Need> {
        let policy = &self.inner().policy;
        match question {
            Question::Operation { object, operation } => {
                let definition = self.registry().named(object);
                let definition = definition.filter(|found| found.published).ok_or_else(|| {
                    problem::QUERY_OBJECT
                        .with("OBJECT", object)
                        .at("/operation/object")
                })?;
                let need = match Operation::named(operation) {
                    Some(known) => policy.need(definition, known),
                    None => policy.action(definition, operation),
                };
                let need = need.ok_or_else(|| {
                    let mut words: Vec<&str> = definition
                        .operations
                        .iter()
                        .map(|known| known.word())
                        .collect();
                    words.extend(definition.needs.iter().map(|need| need.what.as_str()));
                    words.sort_unstable();
                    words.dedup();
                    unfit(
                        "/operation/name",
                        format!("must be one of {}", words.join(", ")),
                    )
                })?;
                Ok(need.clone())
            }
            Question::Rights(names) => {
                let catalogue = policy.catalogue();
                let mut rights = Vec::new();
                for (at, name) in names.iter().enumerate() {
                    let found = name.rsplit_once('.').and_then(|(permission, right)| {
                        let index = catalogue.named(permission)?;
                        let right = catalogue.right(right)?;
                        catalogue
                            .at(index)
                            .rights
                            .has(right)
                            .then_some((index, right))
                    });
                    rights.push(found.ok_or_else(|| {
                        let reason = "must be a right that exists, as module.permission.right";
                        unfit(&format!("/rights/{at}"), reason.to_owned())
                    })?);
                }
                Ok(Need {
                    rights,
                    admin: AdminLevel::Off,
                    types: UserTypes::ALL,
                })
            }
        }
    }

    fn told(&mut self, judged: Judged, brief: bool) -> Result<ExplainedRight> {
        let asks = judged.origins.is_empty() && !brief;
        let mut right = self.named(judged);
        if let (true, Some(key)) = (asks, right.key) {
            right.roles = self.roles_with(key, &right.right)?;
        }
        if brief {
            right.origins.clear();
            right.refused.clear();
        }
        Ok(right)
    }

    pub(crate) fn named(&self, judged: Judged) -> ExplainedRight {
        let catalogue = self.inner().policy.catalogue();
        let permission = catalogue.at(judged.permission);
        ExplainedRight {
            key: permission.key,
            module: permission.module.clone(),
            name: permission.name.clone(),
            right: catalogue.right_word(judged.right).to_owned(),
            allowed: judged.refused.is_empty(),
            origins: judged.origins,
            refused: judged.refused,
            roles: Vec::new(),
        }
    }

    /// The roles that grant a right.
    fn roles_with(&mut self, permission: RecordKey, right: &str) -> Result<Vec<String>> {
        let of = [("permission.key", Value::Key(permission))];
        let rows = self.all(
            ROLE_PERMISSION,
            &["role.id", "accessRights"],
            &of,
            MOST_ROLES,
        )?;
        let mut roles: Vec<String> = rows
            .iter()
            .filter(|row| split(row[1].as_text().unwrap_or_default()).any(|word| word == right))
            .filter_map(|row| row[0].as_text().map(str::to_owned))
            .collect();
        roles.sort_unstable();
        Ok(roles)
    }
}

pub(crate) fn may_not_know() -> sidegate_model::Failure {
    problem::NO_RIGHT
        .with("OPERATION", "explain")
        .with("OBJECT", "what other users may do")
        .needing(Some("adminPrivileges".to_owned()))
        .into()
}

fn unfit(place: &str, reason: String) -> sidegate_model::Problem {
    problem::VALUE_UNFIT
        .with("FIELD", place)
        .with("REASON", reason)
        .at(place)
}

fn no_user(whom: &Whom) -> sidegate_model::Failure {
    absent("user", whom)
}

/// Nothing of the sort has this key or id.
pub(crate) fn absent(what: &str, whom: &Whom) -> sidegate_model::Failure {
    let (member, value) = match whom {
        Whom::Key(key) => ("key", key.to_string()),
        Whom::Id(id) => ("id", id.clone()),
    };
    let field = format!("/{what}");
    problem::REFERENCE_UNKNOWN
        .with("FIELD", &field)
        .with("OBJECT", what)
        .with("MEMBER", member)
        .with("VALUE", value)
        .at(format!("{field}/{member}"))
        .into()
}
