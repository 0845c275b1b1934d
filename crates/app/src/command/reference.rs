//! `sidegate reference`: the pages under `docs/reference`, made from what the program knows.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use sidegate_model::definition::XmlFace;
use sidegate_model::problem::CATALOGUE;
use sidegate_model::{Definition, Field, FieldType, Kind, Registry, Rule};

use super::{Stop, print, registry};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder that the pages are written to
    #[arg(long, value_name = "DIR")]
    write: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let registry = registry()?;
    for (name, text) in pages(&registry) {
        let path = arguments.write.join(name);
        std::fs::write(&path, text)
            .map_err(|e| Stop::Failed(format!("{} cannot be written: {e}", path.display())))?;
        print(&path.display().to_string());
    }
    Ok(ExitCode::SUCCESS)
}

/// All pages, each a file name and its text.
#[must_use]
pub fn pages(registry: &Registry) -> Vec<(&'static str, String)> {
    vec![
        ("commands.md", commands()),
        ("errors.md", errors()),
        ("objects.md", objects(registry)),
    ]
}

fn commands() -> String {
    let mut out = String::from(
        "# Commands\n\nWhat `sidegate --help` says, for each command.\nExit codes: 0 done; 1 something failed, or a difference was found; 2 the arguments or settings cannot be used.\n",
    );
    let mut root = crate::Arguments::command().max_term_width(100);
    root.build();
    help(&mut root, "", &mut out);
    out
}

fn help(command: &mut clap::Command, before: &str, out: &mut String) {
    let name = format!("{before}{}", command.get_name());
    let text = command.render_long_help().to_string();
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    let _ = write!(out, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n"));
    let below: Vec<String> = command
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .filter(|c| c != "help")
        .collect();
    for sub in below {
        if let Some(sub) = command.find_subcommand_mut(&sub) {
            help(sub, &format!("{name} "), out);
        }
    }
}

fn errors() -> String {
    let mut out = String::from(
        "# Errors\n\nEvery problem that an answer can tell, by status.\nIds of the form `REST-nnnn` and `GW-nnnn` are the vendor's, `SG-nnnn` are ours.\n\n| status | code | errorId | messageId | message |\n|---|---|---|---|---|\n",
    );
    let mut rows: Vec<_> = CATALOGUE.iter().collect();
    rows.sort_by_key(|code| sidegate_web::rest::problem::status(code.kind));
    for code in rows {
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | `{}` | {} |",
            sidegate_web::rest::problem::status(code.kind),
            code.code,
            code.rest,
            code.message_id,
            code.text
        );
    }
    let busy = sidegate_web::rest::problem::status(Kind::Busy);
    let _ = write!(
        out,
        "\nA failure of ours answers 500 with `internalError` and a support id, under which the log has the cause.\nA {busy} says in `Retry-After` when to try again.\n"
    );
    out
}

fn objects(registry: &Registry) -> String {
    let mut out = String::from(
        "# Objects\n\nThe objects that the REST API publishes under `/ia/api/v1/objects/`, each with its fields.\n`key` and `href` belong to every object and are not repeated.\nA reference is written as `{\"key\": ...}` or `{\"id\": ...}`.\n\nWhere the XML gateway knows an object, the column `XML` has its names there, and `RECORDNO` is the `key`.\n",
    );
    for definition in registry.all().filter(|d| d.published && !d.is_ours()) {
        object(&mut out, definition);
    }
    out.push_str("\n# Objects of our own\n\nThese are published under `/sidegate/v1/objects/`, in the same form.\n");
    for definition in registry.all().filter(|d| d.published && d.is_ours()) {
        object(&mut out, definition);
    }
    out.push_str("\n# Objects of the XML gateway alone\n\nNo REST path leads to these.\n");
    let hidden = |d: &&Definition| !d.published && !d.xml.is_empty();
    for definition in registry.all().filter(hidden) {
        object(&mut out, definition);
    }
    out
}

fn object(out: &mut String, definition: &Definition) {
    let _ = write!(out, "\n## {}\n\n", definition.name);
    if let Some(help) = &definition.help {
        let _ = write!(out, "{help}\n\n");
    }
    let operations: Vec<String> = definition
        .operations
        .iter()
        .map(|operation| format!("{operation:?}").to_lowercase())
        .collect();
    if definition.published {
        let _ = write!(out, "Operations: {}.\n\n", operations.join(", "));
    }
    for face in &definition.xml {
        face_line(out, face);
    }
    let in_gateway = !definition.xml.is_empty();
    let (head, line) = if in_gateway {
        (" XML |", "---|")
    } else {
        ("", "")
    };
    let _ = write!(
        out,
        "| field | type | default | rules |{head}\n|---|---|---|---|{line}\n"
    );
    for field in definition
        .fields
        .iter()
        .filter(|f| f.is_visible() && f.name != "key")
    {
        let rules: Vec<&str> = field.rules.iter().filter_map(|rule| word(*rule)).collect();
        let default = default(field);
        let _ = write!(
            out,
            "| `{}` | {} | {default} | {} |",
            field.name,
            kind(field),
            rules.join(", ")
        );
        if in_gateway {
            let _ = write!(out, " {} |", names_of(definition, field).join(" "));
        }
        out.push('\n');
    }
    for face in &definition.xml {
        further_names(out, definition, face);
    }
}

fn face_line(out: &mut String, face: &XmlFace) {
    let words: Vec<&str> = face
        .writes
        .iter()
        .map(|operation| operation.word())
        .collect();
    let writes = if words.is_empty() {
        "read only".to_owned()
    } else {
        words.join(", ")
    };
    let _ = write!(out, "XML: `{}`, {writes}.\n\n", face.name);
}

/// The field whose name or id a path is.
fn field_at<'d>(definition: &'d Definition, path: &str) -> Option<&'d Field> {
    let own = || definition.named(path.strip_suffix(".id")?);
    definition
        .named(path)
        .or_else(own)
        .filter(|field| field.is_visible())
}

fn names_of(definition: &Definition, field: &Field) -> Vec<String> {
    let faces = definition.xml.iter();
    let named = faces.flat_map(|face| &face.fields);
    let named = named.filter(|name| {
        field_at(definition, &name.path).is_some_and(|found| found.index == field.index)
    });
    let mut names: Vec<String> = named.map(|name| format!("`{}`", name.name)).collect();
    names.dedup();
    names
}

/// What else a face has: names that stand for no field of the table, and relations.
fn further_names(out: &mut String, definition: &Definition, face: &XmlFace) {
    let pair = |(name, what): &(String, String)| format!("`{name}` {what}");
    let code = |(name, path): &(String, String)| (name.clone(), format!("`{path}`"));
    let further = face
        .fields
        .iter()
        .filter(|name| field_at(definition, &name.path).is_none() && name.name != "RECORDNO");
    let further = further.map(|name| (name.name.clone(), name.path.clone()));
    let lists = [
        (
            "Further names",
            further.map(|name| pair(&code(&name))).collect(),
        ),
        (
            "Always the same",
            face.always.iter().map(|name| pair(&code(name))).collect(),
        ),
        (
            "Without a value",
            face.empty.iter().map(|name| format!("`{name}`")).collect(),
        ),
        (
            "Relations",
            face.relations
                .iter()
                .map(|name| pair(&code(name)))
                .collect(),
        ),
    ];
    for (title, names) in lists {
        let names: Vec<String> = names;
        if !names.is_empty() {
            let _ = write!(out, "\n{title} in `{}`: {}.\n", face.name, names.join(", "));
        }
    }
}

fn default(field: &Field) -> String {
    use sidegate_model::Value;
    match &field.default {
        Value::Null => String::new(),
        Value::Text(text) => format!("`{text}`"),
        Value::Boolean(yes) => format!("`{yes}`"),
        other => other
            .as_number()
            .map(|n| format!("`{n}`"))
            .unwrap_or_default(),
    }
}

fn word(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::Required => "required",
        Rule::Unique => "unique",
        Rule::Fixed => "fixed after saving",
        Rule::ReadOnly => "read-only",
        Rule::Nullable => "nullable",
        Rule::Deprecated => "deprecated",
        Rule::Secret => "never shown",
        Rule::Replaced => "replaced as a whole",
        Rule::Fold | Rule::Internal | Rule::Indexed => return None,
    })
}

/// Choices with more words are not written out.
const MOST_WORDS: usize = 40;

fn kind(field: &Field) -> String {
    let members = |target: &str, many: bool| {
        let shown: Vec<String> = field
            .shows
            .iter()
            .chain(&field.inline)
            .map(|m| format!("`{m}`"))
            .collect();
        let list = if many {
            "list of references to"
        } else {
            "reference to"
        };
        if shown.is_empty() {
            format!("{list} {target}")
        } else {
            format!("{list} {target}; shows {}", shown.join(" "))
        }
    };
    match &field.kind {
        FieldType::Text { max } => format!("text, at most {max} characters"),
        FieldType::Email => "e-mail address".to_owned(),
        FieldType::Boolean => "boolean".to_owned(),
        FieldType::Integer => "integer".to_owned(),
        FieldType::Decimal { scale, bare: false } => format!("decimal, {scale} places"),
        FieldType::Decimal { scale, bare: true } => format!("number, {scale} places"),
        FieldType::Date => "date".to_owned(),
        FieldType::Moment => "date-time".to_owned(),
        FieldType::Choice(choices) if choices.len() > MOST_WORDS => format!(
            "one of {} words: {}",
            choices.len(),
            sidegate_model::field_type::words_of(choices)
        ),
        FieldType::Choice(choices) => {
            let words: Vec<String> = choices.iter().map(|c| format!("`{}`", c.value)).collect();
            words.join(" ")
        }
        FieldType::Words(words) if words.is_empty() => "list of words".to_owned(),
        FieldType::Words(words) => format!(
            "list of words: {}",
            sidegate_model::field_type::words_of(words)
        ),
        FieldType::File => "file, base64".to_owned(),
        FieldType::Json { max, query: true } => format!("query, at most {max} bytes"),
        FieldType::Json { max, query: false } => format!("object, at most {max} bytes"),
        FieldType::Owned(target) => format!("owned list of {target}"),
        FieldType::Bytes => "bytes".to_owned(),
        FieldType::Key => "key".to_owned(),
        FieldType::Reference(target) => members(target, false),
        FieldType::References(target) => members(target, true),
    }
}
