//! What a form or an address carries: names with values, in order, a name perhaps several times.

/// Names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

impl Pairs {
    /// What the text of a form or of the end of an address says.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(bytes);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The first value of a name; nothing is empty.
    pub(super) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The last value of a name: a box that is ticked follows the hidden word for one that is not.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        let same = self.0.iter().filter(move |(known, _)| known == name);
        same.map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// The same without some names.
    pub(super) fn without(&self, names: &[&str]) -> Self {
        let others = self.0.iter().filter(|(n, _)| !names.contains(&n.as_str()));
        Self(others.cloned().collect())
    }

    /// The same with one value for a name.
    pub(super) fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut pairs = self.without(&[name]);
        pairs.push(name, value);
        pairs
    }

    /// As the end of an address, with its question mark if there is anything.
    pub(super) fn query(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let mut out = form_urlencoded::Serializer::new(String::from("?"));
        for (name, value) in &self.0 {
            out.append_pair(name, value);
        }
        out.finish()
    }
}
