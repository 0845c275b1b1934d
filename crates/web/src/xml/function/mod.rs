//! The functions of the gateway: a row and a file each.

mod approve;
mod create;
mod delete;
mod get_api_session;
mod get_audit_trail;
mod get_dimensions;
mod get_user_permissions;
mod inspect;
mod items;
mod legacy;
mod lookup;
mod query;
mod read;
mod read_by_query;
mod user;
mod user_role;

use sidegate_engine::Work;
use sidegate_engine::query_result::Rest;
use sidegate_model::{Problem, Registry, Result, problem};

use super::face::{Known, Rows};
use super::failure::Doing;
use super::listing::{Form, Listing, Nesting, Plain};
use super::reader::NodeRef;
use super::writer::Writer;

/// What carries a function out.
type Act = fn(&mut Run<'_, '_, '_>) -> Result<()>;

/// A function: its element's name, what it is called in refusals, and what it does.
pub(super) struct Function {
    name: &'static str,
    operation: &'static str,
    /// Whether it may change anything.
    pub(super) writes: bool,
    act: Act,
}

/// A function at work.
pub(super) struct Run<'r, 'w, 'd> {
    pub(super) work: &'r mut Work<'w>,
    /// Its element.
    pub(super) node: NodeRef<'d>,
    /// Where its result goes.
    pub(super) out: &'r mut Writer,
    /// Where the caller goes on with a session.
    pub(super) endpoint: &'d str,
    /// What is left to read, under the id that was told.
    pub(super) rest: Option<(String, Rest)>,
    /// Whether the request has no other function, so that the answer may be the data alone.
    pub(super) alone: bool,
    /// The data, in an answer without an envelope.
    pub(super) plain: Option<Plain>,
    /// What went wrong after something was done that stays.
    pub(super) failed: Option<Vec<Problem>>,
}

/// A function that reads.
const fn reads(name: &'static str, operation: &'static str, act: Act) -> Function {
    Function {
        name,
        operation,
        writes: false,
        act,
    }
}

/// A function that writes.
const fn writes(name: &'static str, operation: &'static str, act: Act) -> Function {
    Function {
        name,
        operation,
        writes: true,
        act,
    }
}

const FUNCTIONS: &[Function] = &[
    writes("getAPISession", "GET_API_SESSION", get_api_session::run),
    reads("read", "READ", read::by_key),
    reads("readByName", "READ", read::by_name),
    reads("readByQuery", "READ_BY_QUERY", read_by_query::run),
    reads("readMore", "READ_MORE", read_by_query::more),
    reads("query", "QUERY", query::run),
    writes("create", "CREATE", create::create),
    writes("update", "UPDATE", create::update),
    writes("delete", "DELETE", delete::run),
    reads("lookup", "LOOKUP", lookup::run),
    reads("inspect", "INSPECT", inspect::run),
    reads(
        "getUserPermissions",
        "GET_USER_PERMISSIONS",
        get_user_permissions::run,
    ),
    reads("getDimensions", "GET_DIMENSIONS", get_dimensions::run),
    reads("getAuditTrail", "GET_AUDIT_TRAIL", get_audit_trail::run),
    writes("approve", "APPROVE", approve::approve),
    writes("decline", "DECLINE", approve::decline),
    writes("create_contact", "CREATE", legacy::create),
    writes("update_contact", "UPDATE", legacy::update),
    writes("delete_contact", "DELETE", legacy::delete),
    writes("create_territory", "CREATE", legacy::create),
    writes("update_territory", "UPDATE", legacy::update),
    writes("delete_territory", "DELETE", legacy::delete),
    writes("create_location", "CREATE", legacy::create),
    writes("update_location", "UPDATE", legacy::update),
    writes("delete_location", "DELETE", legacy::delete),
    writes("create_department", "CREATE", legacy::create),
    writes("update_department", "UPDATE", legacy::update),
    writes("delete_department", "DELETE", legacy::delete),
];

/// Functions of the vendor's gateway that this one does not have, beside those of [`ELSEWHERE_BY`].
const ELSEWHERE: &[&str] = &[
    "readUserFormatting",
    "readEntityDetails",
    "getFinancialSetup",
    "readRelated",
    "readView",
    "readReport",
    "getDimensionRelationships",
    "getDimensionRestrictions",
    "getDimensionRestrictedData",
    "getDimensionAutofillDetails",
    "getObjectTrail",
    "get",
    "installApp",
    "consolidate",
    "runDdsJob",
    "getDdsObjects",
    "getDdsDdl",
    "recordUserActivity",
    "reverse",
    "void",
    "hold",
    "submit",
    "recall",
    "reclassify",
];
/// How names of its older, object-specific functions begin.
const ELSEWHERE_BY: &[&str] = &[
    "create_",
    "update_",
    "delete_",
    "get_",
    "cancel_",
    "reverse_",
    "void_",
    "apply_",
    "record_",
    "reclassify_",
    "confirm_",
    "decline_",
    "approve_",
    "send_",
    "reallocate_",
];

/// The function of a name.
pub(super) fn named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Whether the schema of any gateway knows a function of this name.
pub(super) fn is_known(name: &str) -> bool {
    named(name).is_some()
        || ELSEWHERE.contains(&name)
        || ELSEWHERE_BY.iter().any(|begin| name.starts_with(begin))
}

impl Function {
    /// Carries it out.
    pub(super) fn carry_out(&self, run: &mut Run<'_, '_, '_>) -> Result<()> {
        (self.act)(run)
    }
}

/// What a function of this element does to which object, for refusals.
pub(super) fn doing(node: NodeRef<'_>) -> Doing {
    let name = node.name();
    let operation = named(name).map_or("PERFORM", |function| function.operation);
    let object = match node.child("object") {
        Some(object) => object.text().trim().to_owned(),
        None => match name.split_once('_') {
            Some((_, object)) => object.to_owned(),
            None => node
                .children()
                .next()
                .filter(|child| child.has_children())
                .map(|child| child.name().to_owned())
                .unwrap_or_default(),
        },
    };
    Doing { operation, object }
}

/// The refusal of a function that this gateway does not have.
pub(super) fn elsewhere(node: NodeRef<'_>) -> Problem {
    let object = match doing(node).object.to_lowercase() {
        none if none.is_empty() => "this gateway".to_owned(),
        object => object,
    };
    problem::XML_CANNOT
        .with("OPERATION", node.name())
        .with("OBJECT", object)
}

impl<'w> Run<'_, 'w, '_> {
    fn registry(&self) -> &'w Registry {
        self.work.registry()
    }

    /// The object that a child element names.
    fn object(&self) -> Result<Known<'w>> {
        let name = self.text("object")?.unwrap_or_default();
        self.called(name.trim())
    }

    fn called(&self, name: &str) -> Result<Known<'w>> {
        Known::named(self.registry(), name)
            .ok_or_else(|| problem::XML_OBJECT.with("OBJECT", name).into())
    }

    /// The text of a child element, which may be given once.
    fn text(&self, name: &'static str) -> Result<Option<&str>> {
        match self.node.only_child(name) {
            Ok(found) => Ok(found.map(NodeRef::text)),
            Err(_) => Err(problem::XML_TWICE.with("FIELD", name).into()),
        }
    }

    /// Refuses elements that the function does not have.
    fn only(&self, names: &[&str]) -> Result<()> {
        let mut strange = self
            .node
            .children()
            .filter(|child| !names.contains(&child.name()));
        match strange.next() {
            None => Ok(()),
            Some(child) => Err(problem::XML_ELEMENT
                .with("FUNCTION", self.node.name())
                .with("ELEMENT", child.name())
                .with("KNOWN", names.join(", "))
                .into()),
        }
    }

    /// The form that an element asks for.
    fn form(&self, name: &'static str) -> Result<Form> {
        self.form_of(self.text(name)?.unwrap_or_default())
    }

    /// The form of a name; other forms than XML have no place for a second function.
    fn form_of(&self, name: &str) -> Result<Form> {
        let form = Form::named(name).ok_or_else(|| problem::XML_FORMAT.with("FORMAT", name))?;
        if form != Form::Xml && !self.alone {
            return Err(problem::XML_FORMAT_ALONE.with("FORMAT", name).into());
        }
        Ok(form)
    }

    /// Rows in a form.
    fn listing(&self, rows: Rows, form: Form, nesting: Nesting) -> Listing {
        Listing::new(rows, form, nesting, self.out.layout())
    }

    /// A whole number within bounds, or the usual one where none is given.
    fn number(&self, name: &'static str, usual: u32, least: u32, most: u32) -> Result<u32> {
        let text = self.text(name)?.map(str::trim).unwrap_or_default();
        if text.is_empty() {
            return Ok(usual);
        }
        let number = text
            .parse()
            .ok()
            .filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            problem::QUERY_PAGE
                .with("FIELD", name)
                .with("LEAST", least.to_string())
                .with("MOST", most.to_string())
                .into()
        })
    }
}
