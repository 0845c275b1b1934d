//! A strict reader of the gateway's answers, written from what is published of them: every element in
//! its order and no other, four texts in each error, the attributes that each function's data has,
//! times in their exact form, counts that agree with the rows.

use axum::http::HeaderValue;

use super::element::{Element, parse};
use crate::harness::Answer;

/// How answers say what they are.
const CONTENT_TYPE: &str = "text/xml; encoding=\"UTF-8\"";
/// Functions whose answers are records.
const READ: [&str; 2] = ["read", "readByName"];
const PAGES: [&str; 2] = ["readByQuery", "readMore"];
const WRITTEN: [&str; 4] = ["create", "update", "approve", "decline"];
const CONTROL: [&str; 5] = ["status", "senderid", "controlid", "uniqueid", "dtdversion"];
const LET_IN: [&str; 6] = [
    "status",
    "userid",
    "companyid",
    "locationid",
    "sessiontimestamp",
    "sessiontimeout",
];

/// An error, as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) number: String,
    pub(super) description: String,
    pub(super) description2: String,
    pub(super) correction: String,
}

/// What one function answered.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) status: String,
    pub(super) function: String,
    pub(super) key: Option<String>,
    pub(super) data: Option<Element>,
    pub(super) errors: Vec<Told>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// The request was refused before anybody was let in.
    Control(Vec<Told>),
    /// The caller was not let in.
    Authentication(Vec<Told>),
    /// She was, and these functions answered.
    Done {
        user: String,
        company: String,
        entity: String,
        at: String,
        until: String,
        outcomes: Vec<Outcome>,
    },
}

impl Outcome {
    pub(super) fn is_done(&self) -> bool {
        self.status == "success"
    }

    /// The data of a function that was carried out.
    pub(super) fn data(&self) -> &Element {
        assert!(self.is_done(), "{self:?}");
        self.data.as_ref().expect("data")
    }

    /// The texts of a field in the rows, in their order.
    pub(super) fn column(&self, name: &str) -> Vec<String> {
        let rows = self.data().children.iter();
        rows.map(|row| row.child(name).expect("the field").text.clone())
            .collect()
    }

    /// An attribute of the data.
    pub(super) fn told(&self, name: &str) -> String {
        let value = self.data().attribute(name);
        value.unwrap_or_else(|| panic!("{name}")).to_owned()
    }

    /// Code and text of the first error of a function that failed.
    pub(super) fn refusal(&self) -> (&str, &str) {
        assert_ne!(self.status, "success", "{self:?}");
        (&self.errors[0].number, &self.errors[0].description2)
    }
}

impl Reply {
    /// The outcomes of the functions of a caller who was let in.
    pub(super) fn outcomes(self) -> Vec<Outcome> {
        match self {
            Self::Done { outcomes, .. } => outcomes,
            other => panic!("not let in: {other:?}"),
        }
    }

    /// The outcome of the only function.
    pub(super) fn one(self) -> Outcome {
        let mut outcomes = self.outcomes();
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        outcomes.remove(0)
    }

    /// The level at which a request failed and the code of its first failure; nothing for success.
    pub(super) fn failure(&self) -> Option<(&'static str, String)> {
        let first = |errors: &[Told]| errors[0].number.clone();
        match self {
            Self::Control(errors) => Some(("control", first(errors))),
            Self::Authentication(errors) => Some(("authentication", first(errors))),
            Self::Done { outcomes, .. } => {
                let failed = outcomes.iter().find(|outcome| outcome.status == "failure");
                failed.map(|outcome| ("function", first(&outcome.errors)))
            }
        }
    }
}

/// Reads an answer to a request; both are compared.
///
/// # Errors
/// Whatever is not as it should be.
pub(super) fn read(answer: &Answer, request: &Element) -> Result<Reply, String> {
    if answer.status != 200 {
        return Err(format!("status {}", answer.status));
    }
    let told = answer.headers.get("content-type");
    if told.map(HeaderValue::as_bytes) != Some(CONTENT_TYPE.as_bytes()) {
        return Err(format!("content type {told:?}"));
    }
    let text = std::str::from_utf8(&answer.body).map_err(|error| error.to_string())?;
    if !text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {
        return Err(format!("no declaration: {text:.60}"));
    }
    let response = parse(text)?;
    expect(response.name == "response", "response", &response)?;
    let control = response.child("control").ok_or("no control")?;
    exactly(control, &CONTROL)?;
    leaves(control)?;
    let asked = |path: &str| request.text_at(path).to_owned();
    let same = |name: &str, wanted: &str| {
        let got = control.text_at(name);
        let told = || format!("{name}: {wanted:?} was sent, {got:?} came");
        (got == wanted).then_some(()).ok_or_else(told)
    };
    same("senderid", &asked("control/senderid"))?;
    same("controlid", &asked("control/controlid"))?;
    let unique = match asked("control/uniqueid").to_ascii_lowercase().as_str() {
        "false" => "false",
        _ => "true",
    };
    same("uniqueid", unique)?;
    let version = asked("control/dtdversion");
    same(
        "dtdversion",
        if version.is_empty() { "3.0" } else { &version },
    )?;
    match control.text_at("status") {
        "failure" => {
            exactly(&response, &["control", "errormessage"])?;
            Ok(Reply::Control(errors(&response.children[1])?))
        }
        "success" => {
            exactly(&response, &["control", "operation"])?;
            operation(&response.children[1], request)
        }
        other => Err(format!("control status {other:?}")),
    }
}

fn operation(operation: &Element, request: &Element) -> Result<Reply, String> {
    let authentication = operation
        .children
        .first()
        .filter(|first| first.name == "authentication")
        .ok_or("no authentication")?;
    leaves(authentication)?;
    if authentication.text_at("status") == "failure" {
        exactly(operation, &["authentication", "errormessage"])?;
        exactly(authentication, &["status", "userid", "companyid"])?;
        let told = errors(&operation.children[1])?;
        return Ok(Reply::Authentication(told));
    }
    exactly(authentication, &LET_IN)?;
    expect(
        authentication.text_at("status") == "success",
        "success",
        authentication,
    )?;
    let [at, until] = ["sessiontimestamp", "sessiontimeout"].map(|name| {
        let text = authentication.text_at(name).to_owned();
        is_time(&text).then_some(text)
    });
    let (Some(at), Some(until)) = (at, until) else {
        return Err(format!("times: {authentication:?}"));
    };
    expect(until > at, "a session that ends later", authentication)?;
    let asked = request.at("operation").ok_or("no operation")?;
    let contents = asked
        .children
        .iter()
        .filter(|child| child.name == "content");
    let functions: Vec<&Element> = contents.flat_map(|content| &content.children).collect();
    let results = &operation.children[1..];
    expect(
        results.len() == functions.len(),
        "a result for each function",
        operation,
    )?;
    let mut outcomes = Vec::new();
    for (result, function) in results.iter().zip(functions) {
        outcomes.push(outcome(result, function)?);
    }
    let text = |name: &str| authentication.text_at(name).to_owned();
    Ok(Reply::Done {
        user: text("userid"),
        company: text("companyid"),
        entity: text("locationid"),
        at,
        until,
        outcomes,
    })
}

fn outcome(result: &Element, asked: &Element) -> Result<Outcome, String> {
    expect(result.name == "result", "result", result)?;
    let names = result.names();
    expect(
        names.starts_with(&["status", "function", "controlid"]),
        "status, function, controlid",
        result,
    )?;
    let function = result.text_at("function").to_owned();
    expect(
        asked
            .children
            .first()
            .is_some_and(|child| child.name == function),
        "the function that was asked",
        result,
    )?;
    let id = result.text_at("controlid");
    expect(
        asked.attribute("controlid") == Some(id),
        "its control id",
        result,
    )?;
    let status = result.text_at("status").to_owned();
    let is_legacy = function.contains('_');
    let writes = ["create", "update"].contains(&function.as_str());
    let has_data = names.get(3) == Some(&"data");
    let wanted: &[&str] = match status.as_str() {
        "success" if function == "delete" => &[],
        "success" if is_legacy => &["key"],
        "success" => &["data"],
        // What was made before one failed stays, and stands before the errors.
        "failure" if writes && has_data => &["data", "errormessage"],
        "failure" | "aborted" => &["errormessage"],
        other => return Err(format!("status {other:?}")),
    };
    expect(names[3..] == *wanted, &format!("{wanted:?}"), result)?;
    let data = result.child("data").cloned();
    if let Some(data) = &data {
        shape(&function, data)?;
    }
    let told = match result.child("errormessage") {
        Some(message) => errors(message)?,
        None => Vec::new(),
    };
    Ok(Outcome {
        status,
        function,
        key: result.child("key").map(|key| key.text.clone()),
        data,
        errors: told,
    })
}

fn errors(message: &Element) -> Result<Vec<Told>, String> {
    expect(message.name == "errormessage", "errormessage", message)?;
    expect(!message.children.is_empty(), "an error at least", message)?;
    let mut told = Vec::new();
    for error in &message.children {
        expect(error.name == "error", "error", error)?;
        exactly(
            error,
            &["errorno", "description", "description2", "correction"],
        )?;
        leaves(error)?;
        let text = |name: &str| error.text_at(name).to_owned();
        let one = Told {
            number: text("errorno"),
            description: text("description"),
            description2: text("description2"),
            correction: text("correction"),
        };
        expect(!one.number.is_empty(), "an errorno", error)?;
        expect(!one.description2.trim().is_empty(), "description2", error)?;
        expect(
            one.description2.contains("[Support ID: "),
            "a support id",
            error,
        )?;
        told.push(one);
    }
    Ok(told)
}

/// What stands in `data`, by function.
fn shape(function: &str, data: &Element) -> Result<(), String> {
    let rows = data.children.len();
    let count = |name: &str| -> Result<usize, String> {
        let text = data.attribute(name).unwrap_or_default();
        text.parse().map_err(|_| format!("{name} is {text:?}"))
    };
    let named = |wanted: &str| data.children.iter().all(|row| row.name == wanted);
    let list = data.attribute("listtype").unwrap_or_default();
    if READ.contains(&function) {
        has_attributes(data, &["listtype", "count"])?;
        expect(list == list.to_uppercase() && named(list), "rows", data)?;
        expect(count("count")? == rows, "as many rows", data)
    } else if PAGES.contains(&function) {
        let names = [
            "listtype",
            "count",
            "totalcount",
            "numremaining",
            "resultId",
        ];
        has_attributes(data, &names)?;
        expect(list == list.to_lowercase() && named(list), "rows", data)?;
        expect(count("count")? == rows, "as many rows", data)?;
        let left = count("numremaining")?;
        let is_whole = data.attribute("resultId") == Some("");
        expect(is_whole == (left == 0), "a result id for the rest", data)?;
        if function == "readByQuery" {
            expect(count("totalcount")? == rows + left, "the total", data)?;
        }
        if list == "userrestriction" {
            data.children.iter().try_for_each(restricted)
        } else {
            flat(data)
        }
    } else if function == "query" {
        let names = ["listtype", "totalcount", "offset", "count", "numremaining"];
        has_attributes(data, &names)?;
        expect(list == list.to_uppercase() && named(list), "rows", data)?;
        expect(count("count")? == rows, "as many rows", data)?;
        let (total, offset) = (count("totalcount")?, count("offset")?);
        let left = total.saturating_sub(offset).saturating_sub(rows);
        expect(count("numremaining")? == left, "what is left", data)?;
        flat(data)
    } else if WRITTEN.contains(&function) {
        has_attributes(data, &["listtype", "count"])?;
        expect(list == "objects", "objects", data)?;
        expect(count("count")? == rows, "as many rows", data)?;
        for row in &data.children {
            expect(row.name == row.name.to_lowercase(), "small letters", row)?;
            expect(row.names().first() == Some(&"RECORDNO"), "RECORDNO", row)?;
            leaves(row)?;
        }
        Ok(())
    } else {
        other(function, data)
    }
}

fn other(function: &str, data: &Element) -> Result<(), String> {
    match function {
        "getAPISession" => {
            has_attributes(data, &[])?;
            exactly(data, &["api"])?;
            let api = &data.children[0];
            exactly(api, &["sessionid", "endpoint", "locationid"])?;
            leaves(api)?;
            // Opaque text, of letters that need no escape anywhere.
            let id = api.text_at("sessionid");
            let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let fits = id.len() >= 20 && id.chars().all(is_letter);
            expect(fits, "a session id", api)?;
            let endpoint = api.text_at("endpoint");
            expect(
                endpoint.ends_with("/ia/xml/xmlgw.phtml"),
                "an endpoint",
                api,
            )
        }
        "lookup" => {
            all_of_one(data)?;
            exactly(data, &["Type"])?;
            let kind = &data.children[0];
            has_attributes(kind, &["Name", "DocumentType"])?;
            exactly(kind, &["Fields", "Relationships"])?;
            for field in &kind.children[0].children {
                let mut names = field.names();
                if names.last() == Some(&"VALIDVALUES") {
                    names.pop();
                }
                let wanted = [
                    "ID",
                    "LABEL",
                    "DESCRIPTION",
                    "REQUIRED",
                    "READONLY",
                    "DATATYPE",
                    "ISCUSTOM",
                ];
                expect(field.name == "Field" && names == wanted, "a field", field)?;
            }
            for relation in &kind.children[1].children {
                expect(relation.name == "Relationship", "a relationship", relation)?;
                let wanted = [
                    "OBJECTPATH",
                    "OBJECTNAME",
                    "LABEL",
                    "RELATIONSHIPTYPE",
                    "RELATEDBY",
                ];
                exactly(relation, &wanted)?;
            }
            Ok(())
        }
        "inspect" => {
            all_of_one(data)?;
            if data.children.iter().all(|child| child.name == "type") {
                return data
                    .children
                    .iter()
                    .try_for_each(|kind| has_attributes(kind, &["typename"]));
            }
            exactly(data, &["Type"])?;
            let kind = &data.children[0];
            has_attributes(kind, &["Name"])?;
            exactly(kind, &["Attributes", "Fields"])?;
            let attributes = ["SingularName", "PluralName", "Description"];
            exactly(&kind.children[0], &attributes)?;
            let fields = &kind.children[1].children;
            let whole = fields.iter().all(|field| field.name == "Field");
            expect(whole && !fields.is_empty(), "fields", kind)
        }
        "getUserPermissions" => {
            has_attributes(data, &[])?;
            exactly(data, &["permissions"])?;
            for application in &data.children[0].children {
                expect(application.name == "appSubscription", "one", application)?;
                exactly(application, &["applicationName", "policies"])?;
                for policy in &application.children[1].children {
                    expect(policy.name == "policy", "policy", policy)?;
                    exactly(policy, &["policyName", "rights"])?;
                    expect(!policy.text_at("rights").is_empty(), "rights", policy)?;
                }
            }
            Ok(())
        }
        "getDimensions" => {
            has_attributes(data, &[])?;
            exactly(data, &["dimensions"])?;
            let names = [
                "objectName",
                "objectLabel",
                "termLabel",
                "userDefinedDimension",
                "enabledInGL",
            ];
            data.children[0].children.iter().try_for_each(|dimension| {
                expect(dimension.name == "dimension", "dimension", dimension)?;
                exactly(dimension, &names)
            })
        }
        other => Err(format!("nothing is known of the data of {other}")),
    }
}

fn all_of_one(data: &Element) -> Result<(), String> {
    has_attributes(data, &["listtype", "count"])?;
    let told = (data.attribute("listtype"), data.attribute("count"));
    expect(told == (Some("All"), Some("1")), "All, 1", data)
}

/// Rows of queries have fields and nothing in these.
fn flat(data: &Element) -> Result<(), String> {
    data.children.iter().try_for_each(leaves)
}

/// A row that may have lists: of locations and of departments, each item with its members alone.
fn restricted(row: &Element) -> Result<(), String> {
    let lists = [("LOCATIONS", "LOCATION"), ("DEPARTMENTS", "DEPARTMENT")];
    for child in &row.children {
        match lists.iter().find(|(list, _)| child.name == *list) {
            Some((_, item)) => {
                expect(!child.children.is_empty(), "what it lists", child)?;
                for found in &child.children {
                    expect(found.name == *item, item, found)?;
                    leaves(found)?;
                }
            }
            None => expect(child.children.is_empty(), "a text", child)?,
        }
    }
    Ok(())
}

/// Children without children or attributes.
fn leaves(element: &Element) -> Result<(), String> {
    let plain = |child: &Element| child.children.is_empty() && child.attributes.is_empty();
    expect(element.children.iter().all(plain), "texts alone", element)
}

fn exactly(element: &Element, names: &[&str]) -> Result<(), String> {
    expect(element.names() == names, &format!("{names:?}"), element)
}

fn has_attributes(element: &Element, names: &[&str]) -> Result<(), String> {
    let has: Vec<&str> = element.attributes.iter().map(|(name, _)| &**name).collect();
    expect(has == names, &format!("attributes {names:?}"), element)
}

fn expect(holds: bool, what: &str, element: &Element) -> Result<(), String> {
    let shown = || format!("{what} expected: {:.600}", format!("{element:?}"));
    holds.then_some(()).ok_or_else(shown)
}

/// `YYYY-MM-DDTHH:MM:SS+00:00` and nothing else.
fn is_time(text: &str) -> bool {
    let form = "0000-00-00T00:00:00+00:00";
    let fits = |(is, wanted): (char, char)| match wanted {
        '0' => is.is_ascii_digit(),
        sign => is == sign,
    };
    text.len() == form.len() && text.chars().zip(form.chars()).all(fits) && text.ends_with("+00:00")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};

    use super::*;

    const GOOD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response><control><status>success</status><senderid>s</senderid><controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><status>success</status><userid>u</userid><companyid>C</companyid><locationid></locationid><sessiontimestamp>2026-11-22T12:00:00+00:00</sessiontimestamp><sessiontimeout>2026-11-22T14:00:00+00:00</sessiontimeout></authentication><result><status>success</status><function>readByQuery</function><controlid>f</controlid><data listtype=\"userinfo\" count=\"1\" totalcount=\"2\" numremaining=\"1\" resultId=\"x\"><userinfo><RECORDNO>1</RECORDNO></userinfo></data></result></operation></response>";
    const ASKED: &str = "<request><control><senderid>s</senderid><controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><content><function controlid=\"f\"><readByQuery></readByQuery></function></content></operation></request>";

    fn judged(body: &str) -> Result<Reply, String> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", CONTENT_TYPE.parse().expect("a value"));
        let answer = Answer {
            status: StatusCode::OK,
            headers,
            body: body.as_bytes().to_vec(),
        };
        read(&answer, &parse(ASKED).expect("a request"))
    }

    #[test]
    fn what_is_not_as_it_should_be_is_noticed() {
        judged(GOOD).expect("as it should be");
        for (is, other) in [
            ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", ""),
            ("<senderid>s</senderid>", ""),
            ("<controlid>c</controlid>", "<controlid>d</controlid>"),
            (">false<", ">true<"),
            ("<userid>u</userid>", ""),
            ("12:00:00+00:00", "12:00:00Z"),
            ("12:00:00+00:00", "12:00:00.5+00:00"),
            ("T14:00", "T11:00"),
            ("<locationid></locationid>", ""),
            ("<function>readByQuery", "<function>read"),
            ("<controlid>f<", "<controlid>g<"),
            ("\"userinfo\"", "\"USERINFO\""),
            ("count=\"1\"", "count=\"2\""),
            ("totalcount=\"2\"", "totalcount=\"3\""),
            ("resultId=\"x\"", "resultId=\"\""),
            (" resultId=\"x\"", ""),
            ("<RECORDNO>1</RECORDNO>", "<RECORDNO><a></a></RECORDNO>"),
            ("</data>", "</data><key>1</key>"),
            ("</data>", "</data><errormessage></errormessage>"),
            (
                "<status>success</status><function>",
                "<status>failure</status><function>",
            ),
        ] {
            assert!(GOOD.contains(is), "{is}");
            let changed = GOOD.replacen(is, other, 1);
            let rejudged = if is == ">false<" || is == "count=\"1\"" {
                judged(&GOOD.replace(is, other))
            } else {
                judged(&changed)
            };
            assert!(rejudged.is_err(), "{is} as {other}");
        }
    }

    #[test]
    fn an_error_has_four_texts_of_which_one_is_never_empty() {
        let message = |error: &str| {
            let text = format!("<errormessage>{error}</errormessage>");
            errors(&parse(&text).expect("XML"))
        };
        let whole = "<error><errorno>X</errorno><description></description><description2>y [Support ID: 1]</description2><correction></correction></error>";
        message(whole).expect("whole");
        assert!(message("").is_err());
        for part in [
            "<description></description>",
            "<correction></correction>",
            "y [Support ID: 1]",
            ">X<",
        ] {
            let replacement = if part == ">X<" { "><" } else { "" };
            assert!(
                message(&whole.replace(part, replacement)).is_err(),
                "{part}"
            );
        }
    }
}
