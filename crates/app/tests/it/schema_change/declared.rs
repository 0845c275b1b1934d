//! The declarations as a later version may have them.

use sidegate_model::Registry;
use sidegate_store::Dialect;
use sidegate_store::sql::schema::Schema;

const TAXATION: &str = r#"
name  = "company-config/contact-taxation"
label = { one = "Contact taxation", many = "Contact taxations" }
permission = "company.contacts"
operations = ["list", "get", "create", "update", "delete"]
audit = "none"

[[field]]
name  = "contact"
label = "Contact"
type  = "ref company-config/contact"
rules = ["required", "fixed"]
"#;

/// The text of all declarations, to change.
#[derive(Clone)]
pub(super) struct Declared(Vec<(String, String)>);

impl Declared {
    pub(super) fn shipped() -> Self {
        let files = Registry::shipped_files().iter();
        Self(
            files
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect(),
        )
    }

    /// Contacts get a nickname and a standing.
    pub(super) fn with_more_fields(mut self) -> Self {
        self.end(
            "contact",
            r#"
[[field]]
name  = "nickname"
label = "Nickname"
type  = "text(50)"
rules = ["nullable", "fold"]

[[field]]
name  = "standing"
label = "Standing"
type  = "choice"
default = "usual"
rules = ["required"]
choices = [{ value = "usual", label = "Usual" }, { value = "good", label = "Good" }]
"#,
        );
        self
    }

    /// Users get a deputy.
    pub(super) fn with_deputies(mut self) -> Self {
        self.end(
            "user",
            r#"
[[field]]
name  = "deputy"
label = "Deputy"
type  = "ref company-config/user"
rules = ["nullable"]
"#,
        );
        self
    }

    /// A company's name is called a trading name.
    pub(super) fn with_trading_name(mut self) -> Self {
        for (_, text) in &mut self.0 {
            *text = text.replace("companyName\"", "tradingName\"");
        }
        self.field("contact", "tradingName", |block| {
            format!("{block}was   = \"company_name\"\n")
        });
        self
    }

    /// What documents print has another column, and must be there.
    pub(super) fn with_document_name(mut self) -> Self {
        self.field("contact", "printAs", |block| {
            format!("{block}column = \"document_name\"\nwas   = \"print_as\"\n")
        });
        self
    }

    /// Some of what a contact's taxes are stands in an object of its own.
    pub(super) fn with_taxes_apart(mut self, moved: &[(&str, &str)]) -> Self {
        let mut text = TAXATION.to_owned();
        for (old, new) in moved {
            let (name, rest) = match *new {
                "is_taxable" => ("isTaxable", "\"boolean\"\ndefault = true"),
                "tax_id" => ("taxId", "\"text(40)\"\nrules = [\"nullable\"]"),
                "group" => (
                    "group",
                    "\"ref tax/contact-tax-group\"\nrules = [\"nullable\"]",
                ),
                other => panic!("{other} stays"),
            };
            self.field("contact", &format!("tax.{name}"), |_| String::new());
            // What the gateway shows through the field goes with it.
            let through = format!("= \"tax.{name}.");
            let file = self.file("contact");
            let kept = file.lines().filter(|line| !line.contains(&through));
            *file = kept.map(|line| format!("{line}\n")).collect();
            text.push_str(&format!(
                "\n[[field]]\nname  = \"{name}\"\nlabel = \"{name}\"\ntype  = {rest}\nwas   = \"contact.{old}\"\n"
            ));
        }
        let name = "objects/company-config/contact-taxation.toml";
        self.0.push((name.to_owned(), text));
        self
    }

    /// More text at the end of an object's file.
    pub(super) fn end(&mut self, object: &str, more: &str) {
        self.file(object).push_str(more);
    }

    fn file(&mut self, object: &str) -> &mut String {
        let name = format!("objects/company-config/{object}.toml");
        let found = self.0.iter_mut().find(|(file, _)| *file == name);
        &mut found.unwrap_or_else(|| panic!("there is {name}")).1
    }

    /// Changes the text that declares a field.
    fn field(&mut self, object: &str, name: &str, change: impl Fn(&str) -> String) {
        let file = self.file(object);
        let named = format!("name  = \"{name}\"\n");
        let blocks: Vec<&str> = file.split("[[field]]\n").collect();
        assert!(
            blocks.iter().any(|block| block.starts_with(&named)),
            "there is a field {name}"
        );
        let mut text = blocks[0].to_owned();
        for block in &blocks[1..] {
            if !block.starts_with(&named) {
                text.push_str(&format!("[[field]]\n{block}"));
                continue;
            }
            let changed = change(&format!("{}\n", block.trim_end()));
            if !changed.is_empty() {
                text.push_str(&format!("[[field]]\n{changed}\n"));
            }
        }
        *file = text;
    }

    pub(super) fn registry(&self) -> Registry {
        let files: Vec<(&str, &str)> = self
            .0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        Registry::from_files(&files).unwrap_or_else(|broken| {
            let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"))
        })
    }

    pub(super) fn schema(&self, dialect: Dialect) -> Schema {
        Schema::derived(&self.registry(), dialect)
    }
}
