//! From the JSON of the query service to a query: its shape only, names stay text.
//!
//! Takes what clients in production send for "nothing": empty lists, empty parameters and nulls.

use std::fmt::Write as _;

use sidegate_model::problem::{self, Problem};
use sidegate_model::query::{
    Direction, Filter, MOST_SIZE, MOST_START, OPERATORS, Operand, Operator, Query, USUAL_SIZE,
};
use sidegate_model::{FieldType, Scalar, Value};

use super::json::{Node, misshapen, pointer, unfit};
use super::problem::Found;

/// The query that a body asks.
///
/// # Errors
/// Every member that is unknown or of the wrong shape, with its place.
pub fn parse(body: &Node) -> Result<Query, Vec<Problem>> {
    let members = match body {
        Node::Object(members) => members,
        // The vendor's guide has several queries in one body, without saying what the answer is.
        Node::Array(_) => return Err(vec![body.misshapen("", "one query as an object")]),
        other => return Err(vec![other.misshapen("", "an object")]),
    };
    let mut reader = Reader::default();
    let mut query = Query {
        start: 1,
        size: USUAL_SIZE,
        ..Query::default()
    };
    for (member, node) in members {
        let place = pointer("", member);
        match member.as_str() {
            "object" => query.object = reader.text(node, &place).unwrap_or_default(),
            "fields" => query.fields = reader.fields(node),
            "filters" => query.filters = reader.filters(node),
            "filterExpression" => query.expression = reader.text(node, &place),
            "filterParameters" => reader.parameters(node, &mut query),
            "orderBy" => query.order = reader.order(node),
            "start" => query.start = reader.number(node, &place, 1, MOST_START),
            "size" => query.size = reader.number(node, &place, USUAL_SIZE, MOST_SIZE),
            _ => reader
                .found
                .add(problem::QUERY_MEMBER.with("MEMBER", member).at(place)),
        }
    }
    for place in ["/object", "/fields"] {
        let sent = members
            .iter()
            .find(|(name, _)| *name == place[1..])
            .map(|(_, node)| node);
        if sent.is_none_or(is_empty) {
            reader
                .found
                .add(problem::REQUIRED_MISSING.with("FIELD", place).at(place));
        }
    }
    reader.found.or(query)
}

fn is_empty(node: &Node) -> bool {
    match node {
        Node::Null => true,
        Node::Text(text) => text.is_empty(),
        Node::Array(items) => items.is_empty(),
        Node::Boolean(_) | Node::Number(_) | Node::Object(_) => false,
    }
}

#[derive(Default)]
struct Reader {
    found: Found,
}

impl Reader {
    /// Text, or nothing for null.
    fn text(&mut self, node: &Node, place: &str) -> Option<String> {
        match node {
            Node::Text(text) => return Some(text.clone()),
            Node::Null => {}
            other => self.found.add(other.misshapen(place, "text")),
        }
        None
    }

    /// The items of a list; none for null.
    fn items<'n>(&mut self, node: &'n Node, place: &str, wanted: &str) -> &'n [Node] {
        match node {
            Node::Array(items) => return items,
            Node::Null => {}
            other => self.found.add(other.misshapen(place, wanted)),
        }
        &[]
    }

    /// The only member of an object.
    fn only<'n>(
        &mut self,
        node: &'n Node,
        place: &str,
        wanted: &str,
    ) -> Option<&'n (String, Node)> {
        match node {
            Node::Object(members) => {
                if let [only] = members.as_slice() {
                    return Some(only);
                }
                let got = format!("one with {} members", members.len());
                self.found.add(misshapen(place, wanted, &got));
            }
            other => self.found.add(other.misshapen(place, wanted)),
        }
        None
    }

    fn fields(&mut self, node: &Node) -> Vec<String> {
        let mut fields = Vec::new();
        for (number, item) in self
            .items(node, "/fields", "an array of field names")
            .iter()
            .enumerate()
        {
            match item {
                Node::Text(name) => fields.push(name.clone()),
                other => self
                    .found
                    .add(other.misshapen(&format!("/fields/{number}"), "the name of a field")),
            }
        }
        fields
    }

    fn filters(&mut self, node: &Node) -> Vec<Filter> {
        let items = self.items(node, "/filters", "an array of filters");
        items
            .iter()
            .enumerate()
            .filter_map(|(number, item)| self.filter(item, &format!("/filters/{number}")))
            .collect()
    }

    /// `{"$eq": {"contact.id": "C1"}}`.
    fn filter(&mut self, node: &Node, place: &str) -> Option<Filter> {
        let (word, tested) = self.only(node, place, "an object with one operator")?;
        let place = pointer(place, word);
        let Some(operator) = Operator::named(word) else {
            self.found.add(
                problem::QUERY_OPERATOR
                    .with("OPERATOR", word)
                    .with("KNOWN", known_operators())
                    .at(place),
            );
            return None;
        };
        let (field, value) = self.only(tested, &place, "an object with one field and its value")?;
        let place = pointer(&place, field);
        let operand = self.operand(value, &place)?;
        Some(Filter {
            operator,
            field: field.clone(),
            operand,
            place,
        })
    }

    fn operand(&mut self, node: &Node, place: &str) -> Option<Operand> {
        const WANTED: &str = "a value or a list of values";
        let Node::Array(items) = node else {
            let one = node.scalar().map(Operand::One);
            if one.is_none() {
                self.found.add(node.misshapen(place, WANTED));
            }
            return one;
        };
        let values: Option<Vec<Scalar>> = items.iter().map(Node::scalar).collect();
        if values.is_none() {
            self.found
                .add(misshapen(place, WANTED, "a list of lists or objects"));
        }
        values.map(Operand::Many)
    }

    fn order(&mut self, node: &Node) -> Vec<(String, Direction)> {
        let items = self.items(node, "/orderBy", "an array of fields with asc or desc");
        items
            .iter()
            .enumerate()
            .filter_map(|(number, item)| self.direction(item, &format!("/orderBy/{number}")))
            .collect()
    }

    /// `{"id": "asc"}`.
    fn direction(&mut self, node: &Node, place: &str) -> Option<(String, Direction)> {
        let (field, word) = self.only(node, place, "an object with one field and asc or desc")?;
        let direction = match word {
            Node::Text(word) if word == "asc" => Direction::Ascending,
            Node::Text(word) if word == "desc" => Direction::Descending,
            _ => {
                self.found
                    .add(unfit(&pointer(place, field), "must be asc or desc"));
                return None;
            }
        };
        Some((field.clone(), direction))
    }

    /// A number of the page; the usual one for null.
    fn number(&mut self, node: &Node, place: &str, usual: u32, most: u32) -> u32 {
        let number = match node {
            Node::Null => return usual,
            Node::Number(text) | Node::Text(text) if text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().ok()
            }
            _ => None,
        };
        number
            .filter(|number| (1..=most).contains(number))
            .unwrap_or_else(|| {
                let page = problem::QUERY_PAGE
                    .with("FIELD", place)
                    .with("LEAST", "1")
                    .with("MOST", most.to_string());
                self.found.add(page.at(place));
                usual
            })
    }

    fn parameters(&mut self, node: &Node, query: &mut Query) {
        let members = match node {
            Node::Null => return,
            // What PHP writes for an empty map.
            Node::Array(items) if items.is_empty() => return,
            Node::Object(members) => members,
            other => {
                return self
                    .found
                    .add(other.misshapen("/filterParameters", "an object"));
            }
        };
        for (member, node) in members {
            let place = pointer("/filterParameters", member);
            match PARAMETERS.iter().find(|parameter| parameter.name == member) {
                Some(parameter) => self.parameter(parameter, node, &place, query),
                None => self
                    .found
                    .add(problem::QUERY_MEMBER.with("MEMBER", member).at(place)),
            }
        }
    }

    fn parameter(&mut self, parameter: &Parameter, node: &Node, place: &str, query: &mut Query) {
        let Some(scalar) = node.scalar() else {
            return self.found.add(node.misshapen(place, "a single value"));
        };
        match parameter.kind.accept(&scalar) {
            Err(reason) => self.found.add(unfit(place, &reason.sentence())),
            Ok(value) => (parameter.set)(query, &value),
        }
    }
}

/// One member of `filterParameters`.
struct Parameter {
    name: &'static str,
    kind: FieldType,
    /// What it changes in the query.
    set: fn(&mut Query, &Value),
}

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "asOfDate",
        kind: FieldType::Date,
        set: |query, value| {
            if let Value::Date(day) = value {
                query.as_of = Some(*day);
            }
        },
    },
    Parameter {
        name: "caseSensitiveComparison",
        kind: FieldType::Boolean,
        set: |query, value| query.ignore_case = value.as_boolean() == Some(false),
    },
    Parameter {
        name: "includeHierarchyFields",
        kind: FieldType::Boolean,
        set: |query, value| query.hierarchy = value.as_boolean() == Some(true),
    },
    Parameter {
        name: "includePrivate",
        kind: FieldType::Boolean,
        set: |query, value| query.private = value.as_boolean() == Some(true),
    },
];

fn known_operators() -> String {
    let mut known = String::new();
    for (number, (name, ..)) in OPERATORS.iter().enumerate() {
        let _ = write!(known, "{}{name}", if number == 0 { "" } else { ", " });
    }
    known
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json;
    use super::*;

    fn asked(body: &str) -> Query {
        parse(&json::parse(body.as_bytes()).unwrap()).unwrap()
    }

    fn problems(body: &str) -> String {
        let found = parse(&json::parse(body.as_bytes()).unwrap()).expect_err(body);
        let lines: Vec<_> = found
            .iter()
            .map(|p| format!("{}: {}", p.place.as_deref().unwrap_or("-"), p.message()))
            .collect();
        lines.join("\n")
    }

    /// The body of a query with these members beside the ones that it needs.
    fn with(members: &str) -> String {
        format!(r#"{{"object": "company-config/user", "fields": ["id"], {members}}}"#)
    }

    #[test]
    fn the_printed_sample_is_understood() {
        let query = asked(
            r#"{"object": "company-config/user", "filters": [{"$eq": {"contact.id": "2374"}}],
                "fields": ["key", "id", "userName", "status", "href"]}"#,
        );
        let filter = Filter {
            operator: Operator::Equal,
            field: "contact.id".to_owned(),
            operand: Operand::One(Scalar::Text("2374".to_owned())),
            place: "/filters/0/$eq/contact.id".to_owned(),
        };
        assert_eq!(
            query,
            Query {
                object: "company-config/user".to_owned(),
                fields: ["key", "id", "userName", "status", "href"]
                    .map(str::to_owned)
                    .to_vec(),
                filters: vec![filter],
                expression: None,
                order: Vec::new(),
                start: 1,
                size: 100,
                ..Query::default()
            }
        );
    }

    #[test]
    fn every_member_is_read() {
        let query = asked(&with(
            r#""filters": [{"$in": {"status": ["active", 1]}}, {"$ne": {"entity.id": null}}],
               "filterExpression": "1 or 2", "orderBy": [{"userName": "desc"}, {"id": "asc"}],
               "filterParameters": {"asOfDate": "2026-01-31", "caseSensitiveComparison": true,
                                    "includeHierarchyFields": false, "includePrivate": false},
               "start": "201", "size": 4000"#,
        ));
        assert_eq!(
            query.filters[0].operand,
            Operand::Many(vec![
                Scalar::Text("active".into()),
                Scalar::Number("1".into())
            ])
        );
        assert_eq!(query.filters[1].operand, Operand::One(Scalar::Null));
        assert_eq!(query.expression.as_deref(), Some("1 or 2"));
        assert_eq!(
            query.order,
            [
                ("userName".to_owned(), Direction::Descending),
                ("id".to_owned(), Direction::Ascending)
            ]
        );
        assert_eq!((query.start, query.size), (201, 4000));
    }

    #[test]
    fn what_clients_send_for_nothing_is_nothing() {
        let plain = asked(r#"{"object": "company-config/user", "fields": ["id"]}"#);
        for members in [
            r#""filters": [], "filterExpression": null, "filterParameters": {}, "orderBy": []"#,
            r#""filters": null, "filterParameters": null, "orderBy": null, "start": null, "size": null"#,
            r#""filterParameters": []"#,
            r#""filterParameters": {"asOfDate": null, "includePrivate": null}"#,
        ] {
            assert_eq!(asked(&with(members)), plain, "{members}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let known = known_operators();
        let cases = [
            (
                r#""limit": 5"#,
                "/limit: unrecognized key limit in query payload",
            ),
            (
                r#""caseSensitiveComparison": true"#,
                "/caseSensitiveComparison: unrecognized key caseSensitiveComparison in query payload",
            ),
            (
                r#""filters": {}"#,
                "/filters: /filters must be an array of filters, not an object",
            ),
            (
                r#""filters": ["x"]"#,
                "/filters/0: /filters/0 must be an object with one operator, not text",
            ),
            (
                r#""filters": [{}]"#,
                "/filters/0: /filters/0 must be an object with one operator, not one with 0 members",
            ),
            (
                r#""filters": [{"$eq": {"a": 1}, "$ne": {"a": 1}}]"#,
                "/filters/0: /filters/0 must be an object with one operator, not one with 2 members",
            ),
            (
                r#""filters": [{"$eq": {"a": 1}}, {"$like": {"a": 1}}]"#,
                "/filters/1/$like: $like is not an operator; there are KNOWN",
            ),
            (
                r#""filters": [{"a/b": {"a": 1}}]"#,
                "/filters/0/a~1b: a/b is not an operator; there are KNOWN",
            ),
            (
                r#""filters": [{"$eq": "a"}]"#,
                "/filters/0/$eq: /filters/0/$eq must be an object with one field and its value, not text",
            ),
            (
                r#""filters": [{"$eq": {"a": 1, "b": 2}}]"#,
                "/filters/0/$eq: /filters/0/$eq must be an object with one field and its value, not one with 2 members",
            ),
            (
                r#""filters": [{"$eq": {"a": {}}}]"#,
                "/filters/0/$eq/a: /filters/0/$eq/a must be a value or a list of values, not an object",
            ),
            (
                r#""filters": [{"$in": {"a": [1, [2]]}}]"#,
                "/filters/0/$in/a: /filters/0/$in/a must be a value or a list of values, not a list of lists or objects",
            ),
            (
                r#""filterExpression": 1"#,
                "/filterExpression: /filterExpression must be text, not a number",
            ),
            (
                r#""filterParameters": "x""#,
                "/filterParameters: /filterParameters must be an object, not text",
            ),
            (
                r#""filterParameters": {"asOf": 1}"#,
                "/filterParameters/asOf: unrecognized key asOf in query payload",
            ),
            (
                r#""filterParameters": {"asOfDate": "2026-02-30"}"#,
                "/filterParameters/asOfDate: /filterParameters/asOfDate must be a date such as 2026-01-31",
            ),
            (
                r#""filterParameters": {"includePrivate": "no"}"#,
                "/filterParameters/includePrivate: /filterParameters/includePrivate must be true or false, not text",
            ),
            (
                r#""filterParameters": {"includePrivate": []}"#,
                "/filterParameters/includePrivate: /filterParameters/includePrivate must be a single value, not an array",
            ),
            (
                r#""orderBy": {"id": "asc"}"#,
                "/orderBy: /orderBy must be an array of fields with asc or desc, not an object",
            ),
            (
                r#""orderBy": ["id"]"#,
                "/orderBy/0: /orderBy/0 must be an object with one field and asc or desc, not text",
            ),
            (
                r#""orderBy": [{"a": "asc", "b": "asc"}]"#,
                "/orderBy/0: /orderBy/0 must be an object with one field and asc or desc, not one with 2 members",
            ),
            (
                r#""orderBy": [{"id": "up"}]"#,
                "/orderBy/0/id: /orderBy/0/id must be asc or desc",
            ),
            (
                r#""size": 4001"#,
                "/size: /size must be a whole number from 1 to 4000",
            ),
            (
                r#""size": 0"#,
                "/size: /size must be a whole number from 1 to 4000",
            ),
            (
                r#""size": -1"#,
                "/size: /size must be a whole number from 1 to 4000",
            ),
            (
                r#""size": 1.5"#,
                "/size: /size must be a whole number from 1 to 4000",
            ),
            (
                r#""size": true"#,
                "/size: /size must be a whole number from 1 to 4000",
            ),
            (
                r#""size": """#,
                "/size: /size must be a whole number from 1 to 4000",
            ),
            (
                r#""start": 99999999999999999999"#,
                "/start: /start must be a whole number from 1 to 2000000000",
            ),
        ];
        for (members, wanted) in cases {
            assert_eq!(
                problems(&with(members)),
                wanted.replace("KNOWN", &known),
                "{members}"
            );
        }
    }

    #[test]
    fn object_and_fields_are_needed() {
        let both = "/object: /object is required and must not be empty\n/fields: /fields is required and must not be empty";
        for body in [
            "{}",
            r#"{"object": null, "fields": null}"#,
            r#"{"object": "", "fields": []}"#,
        ] {
            assert_eq!(problems(body), both, "{body}");
        }
        assert_eq!(
            problems(r#"{"object": 1, "fields": "id"}"#),
            "/object: /object must be text, not a number\n/fields: /fields must be an array of field names, not text"
        );
        assert_eq!(
            problems(r#"{"object": "a/b", "fields": ["id", 2]}"#),
            "/fields/1: /fields/1 must be the name of a field, not a number"
        );
    }

    #[test]
    fn a_body_is_one_query() {
        assert_eq!(
            problems("[]"),
            "-: The body must be one query as an object, not an array"
        );
        assert_eq!(problems("7"), "-: The body must be an object, not a number");
    }

    proptest! {
        #[test]
        fn no_body_can_break_the_reader(
            name in "object|fields|filters|filterParameters|orderBy|size|\\PC{0,3}",
            value in r#"(\[|\{"(\$eq|id|asOfDate)":){0,3}(null|1|"asc"|true|\[\]|\{\})"#,
        ) {
            let closed: String = value.chars().filter(|c| matches!(c, '[' | '{' | ']' | '}')).fold(String::new(), |mut open, c| {
                match c {
                    '[' => open.insert(0, ']'),
                    '{' => open.insert(0, '}'),
                    _ => { open.remove(0); }
                }
                open
            });
            let body = format!("{{{}:{value}{closed}}}", serde_json::to_string(&name).unwrap());
            let _ = parse(&json::parse(body.as_bytes()).unwrap());
        }
    }
}
