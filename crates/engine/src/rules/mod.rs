//! What declarations cannot say: a file for each object that has rules of its own.

mod approval_chain;
mod approval_record;
mod attachment;
mod client_application;
mod client_authorization;
mod company;
mod company_preference;
mod console_session;
mod contact;
mod contact_tax_group;
mod counter;
pub(crate) mod credential;
mod document_sequence;
mod employee;
mod entity;
mod exchange_rate;
mod external_authorization;
mod file_type;
mod folder;
mod location;
mod offline;
mod outbox;
mod permission_assignment;
mod power;
mod refusal;
mod role;
mod second_factor;
mod sender;
mod sender_authorization;
mod timesheet;
mod timesheet_line;
mod timesheet_ruling;
mod tree;
mod txn_allocation_template;
mod txn_currency;
mod user;
mod user_group;
mod user_preference;
mod user_view;
mod way_in;

pub use document_sequence::TakenValue;
pub use timesheet_ruling::{AskedRuling, Ruled, Ruling};
pub use user_preference::Preferences;

use sidegate_model::{Definition, Registry, Result};

use crate::pipeline::Change;
use crate::work::Work;

pub(crate) use company_preference::is_user_based;
pub(crate) use power::refuse_stronger;

/// A rule that runs before the record is stored and may still change it.
pub(crate) type Before = fn(&mut Work<'_>, &mut Change<'_>) -> Result<()>;
/// A rule that runs after the record is stored, in the same transaction.
pub(crate) type After = fn(&mut Work<'_>, &Change<'_>) -> Result<()>;

/// The rules of one object.
#[derive(Clone, Copy)]
pub(crate) struct RuleSet {
    object: &'static str,
    /// Every field that the rules name, checked against the declaration at the start.
    fields: &'static [&'static str],
    pub(crate) before: &'static [Before],
    /// Run once the record's own items are stored, and may change the record again.
    pub(crate) settle: &'static [Before],
    pub(crate) after: &'static [After],
    /// Whether keys are random instead of counted, so that they tell nothing and fit any shard.
    pub(crate) random_key: bool,
}

const NONE: RuleSet = RuleSet {
    object: "",
    fields: &[],
    before: &[],
    settle: &[],
    after: &[],
    random_key: false,
};

/// In alphabetical order.
const SETS: &[RuleSet] = &[
    attachment::FILE_RULES,
    attachment::RULES,
    client_application::RULES,
    client_authorization::RULES,
    company::RULES,
    company_preference::RULES,
    console_session::RULES,
    contact::RULES,
    contact_tax_group::RULES,
    credential::RULES,
    document_sequence::ROLLOVERS,
    document_sequence::RULES,
    employee::RULES,
    entity::RULES,
    exchange_rate::LINES,
    exchange_rate::RULES,
    exchange_rate::TYPES,
    external_authorization::RULES,
    folder::RULES,
    location::RULES,
    offline::POLICIES,
    offline::REQUESTS,
    outbox::RULES,
    permission_assignment::OF_ROLE,
    permission_assignment::OF_USER,
    role::RULES,
    second_factor::DEVICES,
    second_factor::FACTORS,
    sender::RULES,
    sender_authorization::RULES,
    timesheet::RULES,
    timesheet_line::RULES,
    tree::CLASS,
    tree::DEPARTMENT,
    tree::TERRITORY,
    txn_allocation_template::LINE_RULES,
    txn_allocation_template::RULES,
    txn_currency::RULES,
    user::RULES,
    user_group::MEMBERS,
    user_group::RULES,
    user_preference::RULES,
    way_in::SESSIONS,
    way_in::TOKENS,
    user_view::RULES,
];

/// The rules of all objects, by their place in the registry.
pub(crate) struct Rules {
    sets: Vec<RuleSet>,
}

impl Rules {
    /// Lays the rules beside their declarations.
    ///
    /// # Errors
    /// Names an object or field that rules speak of and no declaration has.
    pub(crate) fn new(registry: &Registry) -> std::result::Result<Self, String> {
        for set in SETS {
            let definition = registry.named(set.object).ok_or_else(|| {
                format!("there are rules for {}, which is not declared", set.object)
            })?;
            for field in set.fields {
                if definition.named(field).is_none() {
                    return Err(format!(
                        "the rules of {} name the field {field}, which is not declared",
                        set.object
                    ));
                }
            }
        }
        let of = |definition: &Definition| {
            SETS.iter()
                .find(|set| set.object == definition.name)
                .copied()
                .unwrap_or(NONE)
        };
        Ok(Self {
            sets: registry.all().map(of).collect(),
        })
    }

    pub(crate) fn of(&self, definition: &Definition) -> RuleSet {
        self.sets[usize::from(definition.index.0)]
    }
}
