//! References in a draft: key, id, and what is written through them.

use std::collections::HashSet;

use sidegate_model::problem;
use sidegate_model::{Definition, Draft, Field, FieldIndex, Given, Pointed, RecordKey, Value};

use super::super::json::{Node, unfit};
use super::{MOST_ITEMS, Reader, Spot, unknown};

/// A reference whose members are being read.
struct Through<'a> {
    field: &'a Field,
    target: &'a Definition,
    /// All it has of key and id is null: nulls among its members then say nothing more.
    cleared: bool,
}

impl Reader<'_> {
    pub(super) fn reference(&mut self, field: &Field, node: &Node, place: &str) -> Option<Given> {
        let members = match node {
            Node::Null => return Some(Given::Value(Value::Null)),
            Node::Object(members) => members,
            other => {
                self.found
                    .add(other.misshapen(place, "an object with key or id"));
                return None;
            }
        };
        let mut names = members
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "key" | "id"))
            .peekable();
        let cleared = names.peek().is_some() && names.all(|(_, node)| *node == Node::Null);
        let pointed = self.pointed(field, members, place, cleared)?;
        let reason = match (
            names_one(&pointed),
            cleared,
            pointed.inline.entries.is_empty(),
        ) {
            (true, ..) | (false, false, false) => return Some(Given::Reference(pointed)),
            (false, true, true) => return Some(Given::Value(Value::Null)),
            (false, false, true) => "needs key or id",
            (false, true, false) => {
                "is cleared by a null key or id but has other members; send one or the other"
            }
        };
        self.found.add(unfit(place, reason));
        None
    }

    pub(super) fn references(&mut self, field: &Field, node: &Node, place: &str) -> Option<Given> {
        let wanted = "an array of objects with key or id";
        let items = self.array(node, place, wanted, MOST_ITEMS)?;
        let list: Vec<Pointed> = items
            .iter()
            .enumerate()
            .filter_map(|(number, item)| self.item(field, item, &format!("{place}/{number}")))
            .collect();
        let (mut keys, mut ids) = (HashSet::new(), HashSet::new());
        for item in &list {
            let key_again = item.key.is_some_and(|key| !keys.insert(key));
            let id_again = item.id.as_deref().is_some_and(|id| !ids.insert(id));
            if key_again || id_again {
                self.found.add(
                    problem::LISTED_TWICE
                        .with("FIELD", &item.place)
                        .at(&item.place),
                );
            }
        }
        Some(Given::References(list))
    }

    fn item(&mut self, field: &Field, node: &Node, place: &str) -> Option<Pointed> {
        let Node::Object(members) = node else {
            self.found
                .add(node.misshapen(place, "an object with key or id"));
            return None;
        };
        let pointed = self.pointed(field, members, place, false)?;
        if !names_one(&pointed) {
            self.found.add(unfit(place, "needs key or id"));
            return None;
        }
        Some(pointed)
    }

    /// What the members of a reference say; nothing if one of them is wrong.
    fn pointed(
        &mut self,
        field: &Field,
        members: &[(String, Node)],
        place: &str,
        cleared: bool,
    ) -> Option<Pointed> {
        let before = self.found.count();
        let target = self
            .registry
            .target_of(field)
            .expect("a reference to nothing stops the start");
        let mut pointed = Pointed {
            place: place.to_owned(),
            ..Pointed::default()
        };
        let through = Through {
            field,
            target,
            cleared,
        };
        let here = Spot {
            name: String::new(),
            place: place.to_owned(),
        };
        for (member, node) in members {
            let at = here.inner(member);
            match member.as_str() {
                "key" => pointed.key = self.key(target, node, &at.place),
                "id" => pointed.id = self.id(target, node, &at.place),
                // Clients send back what they read.
                "href" => {}
                _ => self.inline(&through, node, &at, &mut pointed.inline),
            }
        }
        (self.found.count() == before).then_some(pointed)
    }

    pub(super) fn key(
        &mut self,
        target: &Definition,
        node: &Node,
        place: &str,
    ) -> Option<RecordKey> {
        self.accept(target.field(FieldIndex::KEY), node, place)?
            .as_key()
    }

    fn id(&mut self, target: &Definition, node: &Node, place: &str) -> Option<String> {
        let Some(id) = target.id else {
            self.found.add(unknown(place));
            return None;
        };
        if *node == Node::Text(String::new()) {
            self.found
                .add(unfit(place, "must not be empty text; leave the member out"));
            return None;
        }
        let value = self.accept(target.field(id), node, place)?;
        let key = value.as_key().map(|key| key.to_string());
        value.as_text().map(str::to_owned).or(key)
    }

    /// A member of a reference's target: written if it can be, ignored if it is only shown.
    fn inline(&mut self, through: &Through<'_>, node: &Node, at: &Spot, draft: &mut Draft) {
        let Through {
            field,
            target,
            cleared,
        } = *through;
        let written = target
            .input_named(&at.name)
            .filter(|found| field.inline.contains(&found.name));
        let group = format!("{}.", at.name);
        if let Some(written) = written {
            if !(cleared && *node == Node::Null) {
                self.field(written, node, &at.place, draft);
            }
        } else if field.shows.contains(&at.name) {
            // Clients send back what they read.
        } else if !at.name.is_empty()
            && field
                .inline
                .iter()
                .chain(&field.shows)
                .any(|name| name.starts_with(&group))
        {
            match node {
                Node::Object(members) => {
                    for (member, node) in members {
                        self.inline(through, node, &at.inner(member), draft);
                    }
                }
                Node::Null if cleared => {}
                other => self.found.add(other.misshapen(&at.place, "an object")),
            }
        } else {
            self.found.add(unknown(&at.place));
        }
    }
}

fn names_one(pointed: &Pointed) -> bool {
    pointed.key.is_some() || pointed.id.is_some()
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;

    #[test]
    fn references_say_where_they_are_wrong() {
        let cases = [
            (
                r#"{"contact": "C1"}"#,
                "/contact: /contact must be an object with key or id, not text",
            ),
            (
                r#"{"contact": 12}"#,
                "/contact: /contact must be an object with key or id, not a number",
            ),
            (
                r#"{"contact": [{"id": "C1"}]}"#,
                "/contact: /contact must be an object with key or id, not an array",
            ),
            (r#"{"contact": {}}"#, "/contact: /contact needs key or id"),
            (
                r#"{"contact": {"href": "/x"}}"#,
                "/contact: /contact needs key or id",
            ),
            (
                r#"{"contact": {"id": ""}}"#,
                "/contact/id: /contact/id must not be empty text; leave the member out",
            ),
            (
                r#"{"contact": {"id": 7}}"#,
                "/contact/id: /contact/id must be text, not a number",
            ),
            (
                r#"{"contact": {"id": "a\u0000"}}"#,
                "/contact/id: /contact/id must not contain control characters",
            ),
            (
                r#"{"contact": {"key": "012"}}"#,
                "/contact/key: /contact/key must be a key: the digits that the system assigned",
            ),
            (
                r#"{"contact": {"key": "9007199254740992"}}"#,
                "/contact/key: /contact/key must be a key: the digits that the system assigned",
            ),
            (
                r#"{"contact": {"key": {}}}"#,
                "/contact/key: /contact/key must be a single value, not an object",
            ),
            (
                r#"{"contact": {"id": "C1", "status": "active"}}"#,
                "/contact/status: /contact/status is not a valid field",
            ),
            (
                r#"{"contact": {"id": "C1", "printAs": null}}"#,
                "/contact/printAs: /contact/printAs must not be null",
            ),
            (
                r#"{"contact": {"id": "C1", "mailingAddress": "Ulm"}}"#,
                "/contact/mailingAddress: /contact/mailingAddress must be an object, not text",
            ),
            (
                r#"{"contact": {"id": "C1", "mailingAddress": {"town": "Ulm"}}}"#,
                "/contact/mailingAddress/town: /contact/mailingAddress/town is not a valid field",
            ),
            (
                r#"{"contact": {"id": "C1", "mailingAddress.city": "Ulm"}}"#,
                "/contact/mailingAddress.city: /contact/mailingAddress.city is not a valid field",
            ),
            (
                r#"{"contact": {"key": null, "printAs": "x"}}"#,
                "/contact: /contact is cleared by a null key or id but has other members; send one or the other",
            ),
            (
                r#"{"roles": {"id": "R"}}"#,
                "/roles: /roles must be an array of objects with key or id, not an object",
            ),
            (
                r#"{"roles": ["R"]}"#,
                "/roles/0: /roles/0 must be an object with key or id, not text",
            ),
            (
                r#"{"roles": [{"id": "R"}, {"key": null}]}"#,
                "/roles/1: /roles/1 needs key or id",
            ),
            (
                r#"{"roles": [{"id": "R", "applyTo": "x"}]}"#,
                "/roles/0/applyTo: /roles/0/applyTo is not a valid field",
            ),
            (
                r#"{"roles": [{"id": "R"}, {"key": "1"}, {"id": "R", "key": "2"}]}"#,
                "/roles/2: /roles/2 names the same record as an earlier item; name each once",
            ),
            (
                r#"{"roles": [{"key": 1}, {"key": "1"}]}"#,
                "/roles/1: /roles/1 names the same record as an earlier item; name each once",
            ),
        ];
        for (body, wanted) in cases {
            assert_eq!(
                read("company-config/user", body),
                format!("! {wanted}\n"),
                "{body}"
            );
        }
    }

    #[test]
    fn a_reference_is_cleared_by_null_and_by_what_an_empty_one_reads_as() {
        for body in [
            r#"{"contacts": {"primary": null}}"#,
            r#"{"contacts": {"primary": {"key": null}}}"#,
            r#"{"contacts": {"primary": {"id": null}}}"#,
            r#"{"contacts": {"primary": {"key": null, "id": null, "href": null, "printAs": null, "mailingAddress": {"city": null}}}}"#,
            r#"{"contacts": {"primary": {"key": null, "id": null, "mailingAddress": null}}}"#,
        ] {
            assert_eq!(
                read("company-config/location", body),
                "contacts.primary at /contacts/primary = Null\n",
                "{body}"
            );
        }
    }

    #[test]
    fn a_null_member_beside_a_named_record_is_written() {
        let sent = read(
            "company-config/user",
            r#"{"contact": {"key": null, "id": "C1", "email1": null}}"#,
        );
        assert!(sent.contains("email1 at /contact/email1 = Null"), "{sent}");
    }
}
