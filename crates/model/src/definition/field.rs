//! One field: from what its file says, and those that every object has.

use super::check::Shared;
use super::file::{ChoiceFile, FieldFile};
use super::{Audit, Field, FieldIndex, Realm, Rule, Was};
use crate::field_type::{Choice, FieldType};
use crate::value::{Scalar, Value};

/// The fields that every stored object has, in the order of the published contract's first and last ones.
pub(super) fn implied(
    realm: Realm,
    audit: Audit,
    acting: &str,
    shows_key_as_id: bool,
) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut add = |name: &str, column: &str, label: &str, kind: FieldType, rules: &[Rule]| {
        let mut all = vec![Rule::ReadOnly];
        all.extend_from_slice(rules);
        fields.push(Field {
            index: FieldIndex(u16::try_from(fields.len()).expect("a handful")),
            name: name.to_owned(),
            column: column.to_owned(),
            was: None,
            kind,
            rules: all,
            default: Value::Null,
            label: label.to_owned(),
            help: None,
            xml: None,
            shows: Vec::new(),
            inline: Vec::new(),
            accepts: Vec::new(),
            from: None,
            list: None,
            by: None,
            most: None,
            range: None,
        });
    };
    let hidden: &[Rule] = if audit == Audit::Hidden {
        &[Rule::Internal]
    } else {
        &[]
    };
    let strings: &[Rule] = if audit == Audit::Full {
        &[Rule::Nullable, Rule::Deprecated]
    } else {
        &[Rule::Internal]
    };
    add("key", "key", "Record number", FieldType::Key, &[]);
    if shows_key_as_id {
        add("id", "key", "ID", FieldType::Key, &[]);
    }
    add(
        "version",
        "version",
        "Version",
        FieldType::Integer,
        &[Rule::Internal],
    );
    add(
        "audit.createdDateTime",
        "created_at",
        "Created",
        FieldType::Moment,
        hidden,
    );
    add(
        "audit.modifiedDateTime",
        "modified_at",
        "Modified",
        FieldType::Moment,
        hidden,
    );
    if realm == Realm::Company {
        let user = || FieldType::Reference(acting.to_owned());
        add(
            "audit.createdBy",
            "created_by",
            "Created by (key)",
            FieldType::Key,
            strings,
        );
        add(
            "audit.modifiedBy",
            "modified_by",
            "Modified by (key)",
            FieldType::Key,
            strings,
        );
        add(
            "audit.createdByUser",
            "created_by",
            "Created by",
            user(),
            hidden,
        );
        add(
            "audit.modifiedByUser",
            "modified_by",
            "Modified by",
            user(),
            hidden,
        );
    }
    fields
}

pub(super) fn field(
    index: FieldIndex,
    image: &FieldFile,
    shared: &Shared,
) -> Result<Field, String> {
    let kind = field_type(image, shared)?;
    let rules = image
        .rules
        .iter()
        .map(|word| rule(word))
        .collect::<Result<Vec<_>, _>>()?;
    if image.name.is_empty() || !image.name.split('.').all(is_name) {
        return Err("a name is letters and digits, with dots between groups".to_owned());
    }
    let default = match &image.default {
        None => Value::Null,
        Some(toml::Value::Array(list)) => {
            let scalars = list.iter().map(scalar).collect::<Result<Vec<_>, _>>()?;
            kind.accept_words(&scalars)
                .map_err(|unfit| format!("its default {}", unfit.sentence()))?
        }
        Some(value) => kind
            .accept(&scalar(value)?)
            .map_err(|unfit| format!("its default {}", unfit.sentence()))?,
    };
    let references = matches!(kind, FieldType::Reference(_) | FieldType::References(_));
    let shows_members = !image.shows.is_empty() || !image.inline.is_empty();
    if shows_members && !references {
        return Err("only references can show members of a target".to_owned());
    }
    if rules.contains(&Rule::Fold) && !kind.is_textual() {
        return Err("only text can be folded".to_owned());
    }
    let owned = matches!(kind, FieldType::Owned(_));
    if !owned && (image.by.is_some() || image.most.is_some() || rules.contains(&Rule::Replaced)) {
        return Err("by, most and replaced are for owned lists".to_owned());
    }
    if image.range.is_some() && kind != FieldType::Integer {
        return Err("only whole numbers have a range".to_owned());
    }
    if image.through.is_some() && !matches!(kind, FieldType::References(_)) {
        return Err("only a list of references is kept through another object".to_owned());
    }
    let column = image.column.clone().unwrap_or_else(|| snake(&image.name));
    let was = match &image.was {
        None => None,
        Some(_) if image.from.is_some() || owned || matches!(kind, FieldType::References(_)) => {
            return Err("only a field with a column of its own was another column".to_owned());
        }
        Some(text) => Some(was(text, &column)?),
    };
    Ok(Field {
        index,
        column,
        was,
        name: image.name.clone(),
        kind,
        rules,
        default,
        label: image.label.clone(),
        help: image.help.clone(),
        xml: image.xml.clone(),
        shows: image.shows.clone(),
        inline: image.inline.clone(),
        accepts: image.accepts.clone(),
        from: image.from.clone(),
        list: None,
        by: None,
        most: image.most,
        range: image.range,
    })
}

/// `old_column`, or `old_table.old_column`.
fn was(text: &str, column: &str) -> Result<Was, String> {
    let (table, old) = match text.split_once('.') {
        Some((table, old)) => (Some(table), old),
        None => (None, text),
    };
    let named = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !named(old) || !table.is_none_or(named) {
        return Err(format!(
            "was is column or table.column, as the database calls them, not {text}"
        ));
    }
    if table.is_none() && old == column {
        return Err(format!("was {old}, which still is its column"));
    }
    Ok(Was {
        table: table.map(str::to_owned),
        column: old.to_owned(),
    })
}

pub(super) fn scalar(value: &toml::Value) -> Result<Scalar, String> {
    Ok(match value {
        toml::Value::String(text) => Scalar::Text(text.clone()),
        toml::Value::Boolean(yes) => Scalar::Boolean(*yes),
        toml::Value::Integer(number) => Scalar::Number(number.to_string()),
        other => return Err(format!("a value cannot be {other}")),
    })
}

/// The choices that a field writes out or takes from the shared lists.
fn choices(image: &FieldFile, shared: &Shared) -> Result<Vec<Choice>, String> {
    if image.titles && image.choices_from.is_none() {
        return Err("titles are of shared words".to_owned());
    }
    if let Some(name) = &image.choices_from {
        let words = shared
            .get(name)
            .ok_or_else(|| format!("there is no shared list of words {name}"))?;
        let choice = |word: &String| Choice {
            value: word.clone(),
            xml: image.titles.then(|| super::title_of(word)),
            code: None,
            label: super::label_of(word),
        };
        return Ok(words.iter().map(choice).collect());
    }
    let choice = |choice: &ChoiceFile| Choice {
        value: choice.value.clone(),
        xml: choice.xml.clone(),
        code: choice.code.clone(),
        label: choice.label.clone(),
    };
    Ok(image.choices.iter().map(choice).collect())
}

fn field_type(image: &FieldFile, shared: &Shared) -> Result<FieldType, String> {
    let (word, argument) = match image.kind.split_once([' ', '(']) {
        Some((word, rest)) => (word, Some(rest.trim_end_matches(')'))),
        None => (image.kind.as_str(), None),
    };
    let choices = choices(image, shared)?;
    if !matches!(word, "choice" | "words") && !choices.is_empty() {
        return Err("only a choice has choices".to_owned());
    }
    let number = |what: &str| {
        argument
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| format!("{word} needs {what} in parentheses"))
    };
    let target = || {
        argument
            .map(str::to_owned)
            .ok_or_else(|| format!("{word} needs the name of an object"))
    };
    Ok(match word {
        "text" => FieldType::Text {
            max: number("its most characters")?,
        },
        "email" => FieldType::Email,
        "boolean" => FieldType::Boolean,
        "integer" => FieldType::Integer,
        "decimal" | "number" => FieldType::Decimal {
            scale: u8::try_from(number("its places")?).map_err(|_| "too many places".to_owned())?,
            bare: word == "number",
        },
        "date" => FieldType::Date,
        "moment" => FieldType::Moment,
        "bytes" => FieldType::Bytes,
        "file" => FieldType::File,
        "json" | "query" => FieldType::Json {
            max: number("its most bytes")?,
            query: word == "query",
        },
        "key" => FieldType::Key,
        "ref" => FieldType::Reference(target()?),
        "refs" => FieldType::References(target()?),
        "owned" => FieldType::Owned(target()?),
        "words" => FieldType::Words(choices),
        "choice" if choices.is_empty() => return Err("a choice needs choices".to_owned()),
        "choice" => FieldType::Choice(choices),
        other => return Err(format!("there is no type {other}")),
    })
}

fn rule(word: &str) -> Result<Rule, String> {
    Ok(match word {
        "required" => Rule::Required,
        "unique" => Rule::Unique,
        "fixed" => Rule::Fixed,
        "read-only" => Rule::ReadOnly,
        "nullable" => Rule::Nullable,
        "fold" => Rule::Fold,
        "deprecated" => Rule::Deprecated,
        "secret" => Rule::Secret,
        "internal" => Rule::Internal,
        "indexed" => Rule::Indexed,
        "replaced" => Rule::Replaced,
        other => return Err(format!("there is no rule {other}")),
    })
}

fn is_name(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphabetic())
        && part.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// `webServices.isRestricted` as `web_services_is_restricted`, `URL1` as `url1`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut previous = '.';
    for c in name.chars() {
        if c == '.' {
            out.push('_');
        } else if c.is_ascii_uppercase() {
            if previous.is_ascii_lowercase() || previous.is_ascii_digit() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
        previous = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_snake_case() {
        assert_eq!(
            snake("webServices.isRestricted"),
            "web_services_is_restricted"
        );
        assert_eq!(snake("URL1"), "url1");
        assert_eq!(snake("sso.isSSOEnabled"), "sso_is_ssoenabled");
    }
}
