//! Owned lists in a draft: items that come, change and go with their record.

use std::collections::HashSet;

use sidegate_model::problem;
use sidegate_model::{Field, Given, Item, Rule};

use super::super::json::{Node, unfit};
use super::{MOST_ITEMS, Reader, Spot};

impl Reader<'_> {
    /// Items of an owned list: without a key they are new, with a key they change, with the
    /// operation delete they go. Where the list sent replaces the one before, none has a key.
    pub(super) fn owned(&mut self, field: &Field, node: &Node, place: &str) -> Option<Given> {
        let most = field.most.unwrap_or(MOST_ITEMS);
        let nodes = self.array(node, place, "an array of objects", most)?;
        let before = self.found.count();
        let outer = std::mem::take(&mut self.unfit);
        let mut items = Vec::with_capacity(nodes.len());
        let mut keys = HashSet::new();
        for (number, node) in nodes.iter().enumerate() {
            let place = format!("{place}/{number}");
            self.unfit.clear();
            let Some(item) = self.owned_item(field, node, place) else {
                continue;
            };
            if item.key.is_some_and(|key| !keys.insert(key)) {
                let again = problem::LISTED_TWICE.with("FIELD", &item.place);
                self.found.add(again.at(&item.place));
            }
            items.push(item);
        }
        self.unfit = outer;
        (self.found.count() == before).then_some(Given::Owned(items))
    }

    fn owned_item(&mut self, field: &Field, node: &Node, place: String) -> Option<Item> {
        let Node::Object(members) = node else {
            self.found.add(node.misshapen(&place, "an object"));
            return None;
        };
        let target = self
            .registry
            .target_of(field)
            .expect("a list of nothing stops the start");
        let mut item = Item {
            place,
            ..Item::default()
        };
        let replaced = field.is(Rule::Replaced);
        let here = Spot {
            name: String::new(),
            place: item.place.clone(),
        };
        let mut own = Vec::with_capacity(members.len());
        for (member, node) in members {
            let at = here.inner(member);
            match member.as_str() {
                "key" if !replaced => item.key = self.key(target, node, &at.place),
                "ia::operation" if !replaced => item.goes = self.goes(node, &at.place),
                // Clients send back what they read.
                "href" | "audit" => {}
                "id" if !replaced && target.named("id").is_some_and(|id| id.column == "key") => {}
                _ => own.push((member, node)),
            }
        }
        let outer = std::mem::replace(&mut self.was_read, item.key.is_some());
        for (member, node) in own {
            self.member(target, node, &here.inner(member), &mut item.draft);
        }
        self.was_read = outer;
        if item.goes && item.key.is_none() {
            let needs = unfit(
                &item.place,
                "needs the key of the item that is to be deleted",
            );
            self.found.add(needs);
        }
        if item.key.is_none() {
            self.need(target, &item.draft, field.by, &item.place);
        }
        Some(item)
    }

    /// What an item is to do: without a word, or by `patch`, it changes.
    fn goes(&mut self, node: &Node, place: &str) -> bool {
        match node {
            Node::Text(word) if word == "delete" => return true,
            Node::Text(word) if word == "patch" || word == "post" => {}
            _ => self.found.add(unfit(place, "must be delete or patch")),
        }
        false
    }
}
