//! The envelope of a request: who vouches, who asks, and which functions.

use super::failure::Entry;
use super::function;
use super::reader::{Document, NodeRef};

/// The most functions of one request.
pub(super) const MOST_FUNCTIONS: usize = 100;
/// The most characters of a control id, of a request and of a function.
const MOST_ID: usize = 256;
/// The most mistakes that one answer tells.
const MOST_TOLD: usize = 20;

/// What is told back of the control block, also where the rest of it is wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Control {
    pub(super) sender: String,
    pub(super) password: String,
    pub(super) id: String,
    /// Whether a function that was carried out under its control id is refused.
    pub(super) unique: bool,
    pub(super) version: String,
    /// The transport policy that the answer is sent by, later.
    pub(super) policy: Option<String>,
    /// Whether errors tell more than their texts.
    pub(super) tells_more: bool,
    /// Whether the answer is laid out in lines.
    pub(super) whitespace: bool,
}

/// How the caller shows who she is.
#[derive(Clone)]
pub(super) enum Authentication {
    Session(String),
    Login {
        user: String,
        company: String,
        password: String,
        /// The entity; none at the top level.
        place: Option<String>,
    },
}

/// One function of a request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Its own id.
    pub(super) id: String,
    /// The name of its element.
    pub(super) name: String,
    /// Its number among the functions.
    pub(super) at: usize,
}

/// A request that was understood, whatever its functions say.
pub(super) struct Operation {
    pub(super) authentication: Authentication,
    pub(super) transaction: bool,
    pub(super) functions: Vec<Asked>,
}

/// The element of a function by its number.
pub(super) fn function_at(document: &Document, at: usize) -> Option<NodeRef<'_>> {
    let contents = document.root().child("operation")?.children();
    let mut functions = contents
        .filter(|node| node.name() == "content")
        .flat_map(NodeRef::children);
    functions.nth(at)?.children().next()
}

/// A mistake against the schema: what, where, what to do.
pub(super) fn misshapen(node: Option<NodeRef<'_>>, what: impl Into<String>) -> Entry {
    let what = what.into();
    let place = node.map(NodeRef::position);
    let said = match place {
        Some(place) => format!("{what} (line {}, column {})", place.line, place.column),
        None => what,
    };
    Entry {
        description: "XML error".to_owned(),
        ..Entry::new("XL03000003", said)
    }
}

/// Adds a mistake, unless enough were told: finding its place takes a walk over what stands before.
fn note(wrong: &mut Vec<Entry>, node: Option<NodeRef<'_>>, what: impl Into<String>) {
    if wrong.len() < MOST_TOLD {
        wrong.push(misshapen(node, what));
    }
}

fn note_twice(wrong: &mut Vec<Entry>, node: NodeRef<'_>, name: &str) {
    if wrong.len() < MOST_TOLD {
        wrong.push(twice(node, name));
    }
}

/// The control block, as much of it as can be read, and what is wrong with it.
pub(super) fn control(document: &Document) -> (Control, Vec<Entry>) {
    let mut control = Control {
        unique: true,
        whitespace: true,
        version: "3.0".to_owned(),
        ..Control::default()
    };
    let root = document.root();
    if root.name() != "request" {
        let wrong = misshapen(Some(root), "the document's element must be request");
        return (control, vec![wrong]);
    }
    let mut wrong = Vec::new();
    for child in root.children() {
        if !["control", "operation"].contains(&child.name()) {
            note(
                &mut wrong,
                Some(child),
                format!("request has no element {}", child.name()),
            );
        }
    }
    match root.only_child("control") {
        Ok(Some(node)) => block(node, &mut control, &mut wrong),
        Ok(None) => note(&mut wrong, Some(root), "the element control is missing"),
        Err(_) => note_twice(&mut wrong, root, "control"),
    }
    (control, wrong)
}

fn twice(node: NodeRef<'_>, name: &str) -> Entry {
    misshapen(
        Some(node),
        format!("the element {name} is given twice; give it once"),
    )
}

fn block(node: NodeRef<'_>, control: &mut Control, wrong: &mut Vec<Entry>) {
    const KNOWN: &[&str] = &[
        "appid",
        "senderid",
        "password",
        "controlid",
        "uniqueid",
        "dtdversion",
        "policyid",
        "debug",
        "validate",
        "includewhitespace",
        "showadditionalerrorinfo",
    ];
    for child in node.children() {
        let name = child.name();
        if !KNOWN.contains(&name) {
            note(wrong, Some(child), format!("control has no element {name}"));
        } else if child.has_children() {
            note(
                wrong,
                Some(child),
                format!("{name} takes text, not elements"),
            );
        } else if child.is_interrupted() && ["senderid", "password"].contains(&name) {
            let what = format!("a comment stands in {name}; leave it out");
            note(wrong, Some(child), what);
        }
    }
    let mut text = |name: &str| match node.only_child(name) {
        Ok(found) => found.map(|found| found.text().to_owned()),
        Err(_) => {
            note_twice(wrong, node, name);
            None
        }
    };
    control.sender = text("senderid").unwrap_or_default();
    control.password = text("password").unwrap_or_default();
    control.id = text("controlid").unwrap_or_default();
    control.version = text("dtdversion").unwrap_or_else(|| "3.0".to_owned());
    control.policy = text("policyid");
    let flags = [
        ("uniqueid", true),
        ("includewhitespace", true),
        ("showadditionalerrorinfo", false),
    ];
    let told = flags.map(|(name, usual)| (name, usual, text(name)));
    let mut said = [false; 3];
    for (at, (name, usual, told)) in told.into_iter().enumerate() {
        said[at] = match told.as_deref().map(boolean) {
            None => usual,
            Some(Some(said)) => said,
            Some(None) => {
                note(
                    wrong,
                    node.child(name),
                    format!("{name} must be true or false"),
                );
                usual
            }
        };
    }
    [control.unique, control.whitespace, control.tells_more] = said;
    if control.sender.is_empty() {
        note(wrong, Some(node), "senderid is missing or empty");
    }
    if control.id.chars().count() > MOST_ID {
        control.id = control.id.chars().take(MOST_ID).collect();
        let what = format!("controlid has more than {MOST_ID} characters");
        note(wrong, node.child("controlid"), what);
    }
    if !["2.1", "3.0"].contains(&control.version.trim()) {
        let what = "dtdversion must be 3.0 or 2.1".to_owned();
        note(wrong, node.child("dtdversion"), what);
        control.version = "3.0".to_owned();
    }
}

/// `true` and `false` in any case; empty is nothing said.
fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// What is asked for, by whom.
///
/// # Errors
/// All that is against the schema.
pub(super) fn operation(document: &Document) -> Result<Operation, Vec<Entry>> {
    let root = document.root();
    let node = match root.only_child("operation") {
        Ok(Some(node)) => node,
        Ok(None) => {
            return Err(vec![misshapen(
                Some(root),
                "the element operation is missing",
            )]);
        }
        Err(_) => {
            let what = "a request has one operation here; send several requests";
            return Err(vec![misshapen(Some(root), what)]);
        }
    };
    let mut wrong = Vec::new();
    let transaction = match node.attribute("transaction").map(boolean) {
        None => false,
        Some(Some(said)) => said,
        Some(None) => {
            note(&mut wrong, Some(node), "transaction must be true or false");
            false
        }
    };
    for child in node.children() {
        if !["authentication", "preferences", "content"].contains(&child.name()) {
            let what = format!("operation has no element {}", child.name());
            note(&mut wrong, Some(child), what);
        }
    }
    let authentication = match node.only_child("authentication") {
        Ok(Some(node)) => match authentication(node) {
            Ok(found) => Some(found),
            Err(entry) => {
                wrong.push(entry);
                None
            }
        },
        Ok(None) => {
            note(
                &mut wrong,
                Some(node),
                "the element authentication is missing",
            );
            None
        }
        Err(_) => {
            note_twice(&mut wrong, node, "authentication");
            None
        }
    };
    let functions = functions(node, &mut wrong);
    match authentication {
        Some(authentication) if wrong.is_empty() => Ok(Operation {
            authentication,
            transaction,
            functions,
        }),
        _ => Err(wrong),
    }
}

fn authentication(node: NodeRef<'_>) -> Result<Authentication, Entry> {
    let mut children = node.children();
    let (Some(way), None) = (children.next(), children.next()) else {
        let what = "authentication takes exactly one of login and sessionid";
        return Err(misshapen(Some(node), what));
    };
    match way.name() {
        "sessionid" if way.has_children() || way.is_interrupted() => {
            Err(misshapen(Some(way), "sessionid takes text"))
        }
        "sessionid" => Ok(Authentication::Session(way.text().to_owned())),
        "login" => login(way),
        "oauth" => Err(misshapen(
            Some(way),
            "oauth is not offered; use login or sessionid",
        )),
        other => {
            let what =
                format!("authentication has no element {other}; it takes login or sessionid");
            Err(misshapen(Some(way), what))
        }
    }
}

fn login(node: NodeRef<'_>) -> Result<Authentication, Entry> {
    const KNOWN: &[&str] = &["userid", "companyid", "password", "clientid", "locationid"];
    for child in node.children() {
        let name = child.name();
        if !KNOWN.contains(&name) {
            return Err(misshapen(
                Some(child),
                format!("login has no element {name}"),
            ));
        }
        if child.has_children() || child.is_interrupted() {
            return Err(misshapen(Some(child), format!("{name} takes text alone")));
        }
    }
    let text = |name: &str| match node.only_child(name) {
        Ok(found) => Ok(found.map(|found| found.text().to_owned())),
        Err(_) => Err(twice(node, name)),
    };
    let needed = |name: &str| {
        text(name)?.ok_or_else(|| misshapen(Some(node), format!("login lacks the element {name}")))
    };
    let (user, company, password) = (needed("userid")?, needed("companyid")?, needed("password")?);
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let place = filled(text("locationid")?);
    // Whoever comes from a console names the company that she slides into.
    let slides = filled(text("clientid")?);
    let mut parts = company.splitn(3, '|');
    let (first, client, entity) = (parts.next(), parts.next(), parts.next());
    let (company, place) = match (client, entity) {
        (Some(client), entity) => {
            let place = place.or_else(|| filled(entity.map(str::to_owned)));
            (
                if client.is_empty() {
                    first.unwrap_or_default()
                } else {
                    client
                }
                .to_owned(),
                place,
            )
        }
        (None, _) => (slides.unwrap_or(company), place),
    };
    Ok(Authentication::Login {
        user,
        company,
        password,
        place: place.map(|place| place.trim().to_owned()),
    })
}

fn functions(operation: NodeRef<'_>, wrong: &mut Vec<Entry>) -> Vec<Asked> {
    let mut functions = Vec::new();
    let contents = operation.children().filter(|node| node.name() == "content");
    for (at, node) in contents.flat_map(NodeRef::children).enumerate() {
        if at >= MOST_FUNCTIONS {
            let what = format!("a request has at most {MOST_FUNCTIONS} functions; send several");
            note(wrong, Some(node), what);
            break;
        }
        if node.name() != "function" {
            let what = format!("content has no element {}", node.name());
            note(wrong, Some(node), what);
            continue;
        }
        let Some(id) = node.attribute("controlid") else {
            note(wrong, Some(node), "function lacks the attribute controlid");
            continue;
        };
        if id.chars().count() > MOST_ID {
            let what = format!("controlid has more than {MOST_ID} characters");
            note(wrong, Some(node), what);
            continue;
        }
        let mut children = node.children();
        let (Some(child), None) = (children.next(), children.next()) else {
            note(wrong, Some(node), "function takes exactly one element");
            continue;
        };
        if !function::is_known(child.name()) {
            let what = format!("there is no function {}", child.name());
            note(wrong, Some(child), what);
            continue;
        }
        functions.push(Asked {
            id: id.to_owned(),
            name: child.name().to_owned(),
            at,
        });
    }
    if functions.is_empty() && wrong.is_empty() {
        note(wrong, Some(operation), "there is no function in content");
    }
    functions
}
