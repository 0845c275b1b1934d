//! What declarations owe each other: shared tables, references that resolve, columns of one type.

use std::collections::BTreeMap;

use super::check::{Broken, Source};
use super::{Definition, Field, Source as Rows};
use crate::field_type::FieldType;
use crate::value::Scalar;

pub(super) fn share_tables(
    sources: &[Source<'_>],
    definitions: &mut [Definition],
    broken: &mut Vec<Broken>,
) {
    for (at, source) in sources.iter().enumerate() {
        for (name, value) in &source.image.fixed {
            let scalar = match value {
                toml::Value::String(text) => Scalar::Text(text.clone()),
                toml::Value::Boolean(yes) => Scalar::Boolean(*yes),
                other => Scalar::Text(other.to_string()),
            };
            let found = definitions[at]
                .named(name)
                .map(|field| (field.index, field.kind.accept(&scalar)));
            match found {
                Some((index, Ok(value))) => definitions[at].fixed.push((index, value)),
                Some((_, Err(unfit))) => broken.push(source.broken(
                    0,
                    Some(name),
                    format!("fixed: {}", unfit.sentence()),
                )),
                None => broken.push(source.broken(
                    0,
                    Some(name),
                    "fixed names a field that is not declared".to_owned(),
                )),
            }
        }
        let Some(home) = &source.image.shares else {
            continue;
        };
        let found = definitions
            .iter()
            .find(|other| other.name == *home.get_ref());
        match found.map(|other| (other.index, other.table.clone())) {
            Some((index, table)) => {
                definitions[at].home = index;
                definitions[at].table = table;
                if definitions[at].fixed.is_empty() {
                    broken.push(
                        source.broken(
                            home.span().start,
                            None,
                            "an object that shares a table needs [fixed], which tells its rows"
                                .to_owned(),
                        ),
                    );
                }
            }
            None => broken.push(source.broken(
                home.span().start,
                None,
                format!(
                    "shares the table of {}, which is not declared",
                    home.get_ref()
                ),
            )),
        }
    }
}

pub(super) fn check_across(
    sources: &[Source<'_>],
    definitions: &[Definition],
    broken: &mut Vec<Broken>,
) {
    let mut columns: BTreeMap<(&str, &str), (&Field, &str)> = BTreeMap::new();
    for (source, definition) in sources.iter().zip(definitions) {
        if definition.source == Rows::View {
            continue;
        }
        let twice = definitions
            .iter()
            .filter(|d| d.table == definition.table && d.home == d.index && d.source != Rows::View)
            .count();
        if definition.home == definition.index && twice > 1 {
            broken.push(source.broken(
                0,
                None,
                format!(
                    "the table {} is used by another object too; say table or shares",
                    definition.table
                ),
            ));
        }
        for field in &definition.fields {
            let at = source.field_at(&field.name);
            let known = columns
                .entry((&definition.table, &field.column))
                .or_insert((field, source.file));
            if !same_storage(&known.0.kind, &field.kind) {
                broken.push(source.broken(
                    at,
                    Some(&field.name),
                    format!(
                        "its column {} is declared with another type in {}",
                        field.column, known.1
                    ),
                ));
            }
            let (FieldType::Reference(target)
            | FieldType::References(target)
            | FieldType::Owned(target)) = &field.kind
            else {
                continue;
            };
            let Some(target) = definitions.iter().find(|other| other.name == *target) else {
                broken.push(source.broken(
                    at,
                    Some(&field.name),
                    format!("refers to {target}, which is not declared"),
                ));
                continue;
            };
            if target.restriction.own.is_some() {
                broken.push(source.broken(
                    at,
                    Some(&field.name),
                    format!("refers to {}, whose rows one user sees alone", target.name),
                ));
            }
            for member in field.shows.iter().chain(&field.inline) {
                if target.named(member).is_none_or(|f| !f.is_visible()) {
                    broken.push(source.broken(
                        at,
                        Some(&field.name),
                        format!("shows {member}, which {} does not have", target.name),
                    ));
                }
            }
        }
        for (screen, spanned) in definition.screens.iter().zip(&source.image.screen) {
            let fields = screen.sections.iter().flat_map(|(_, fields)| fields);
            let only = screen.only.iter().map(|(field, _)| field);
            let same = definitions
                .iter()
                .flat_map(|other| &other.screens)
                .filter(|other| other.name == screen.name);
            if same.count() > 1 {
                broken.push(source.broken(
                    spanned.span().start,
                    Some(&screen.name),
                    "is the name of another screen too".to_owned(),
                ));
            }
            for column in screen.list.iter().chain(fields).chain(only) {
                let head = column.split('.').next().unwrap_or(column);
                let known = definition
                    .named(column)
                    .or_else(|| definition.named(head))
                    .is_some()
                    || definition.has_group(head);
                if !known {
                    broken.push(source.broken(
                        spanned.span().start,
                        Some(column),
                        "is in a screen's list but not declared".to_owned(),
                    ));
                }
            }
        }
    }
}

/// Values move only out of a column that nobody declares any more.
pub(super) fn check_former(
    sources: &[Source<'_>],
    definitions: &[Definition],
    broken: &mut Vec<Broken>,
) {
    for (source, definition) in sources.iter().zip(definitions) {
        for field in &definition.fields {
            let Some(was) = &field.was else {
                continue;
            };
            let table = was.table.as_ref().unwrap_or(&definition.table);
            let holder = definitions
                .iter()
                .filter(|d| d.source != Rows::View && d.table == *table)
                .find_map(|d| {
                    let holds = |f: &&Field| {
                        f.column == was.column || f.fold_column().as_ref() == Some(&was.column)
                    };
                    d.stored().find(holds).map(|f| (d, f))
                });
            let reason = if definition.source == Rows::View {
                "a view has no columns, so none was another".to_owned()
            } else if let Some((d, f)) = holder {
                format!(
                    "was {table}.{}, which still is the column of {} in {}",
                    was.column, f.name, d.name
                )
            } else {
                continue;
            };
            broken.push(source.broken(source.field_at(&field.name), Some(&field.name), reason));
        }
    }
}

fn same_storage(one: &FieldType, other: &FieldType) -> bool {
    let sort = |kind: &FieldType| match kind {
        FieldType::Text { .. } | FieldType::Email | FieldType::Choice(_) => 0,
        FieldType::Boolean => 1,
        FieldType::Integer | FieldType::Date | FieldType::Moment => 2,
        FieldType::Decimal { scale, .. } => 100 + i32::from(*scale),
        FieldType::Bytes | FieldType::File => 3,
        FieldType::Key | FieldType::Reference(_) => 4,
        FieldType::References(_) => 5,
        FieldType::Words(_) => 6,
        FieldType::Owned(_) => 7,
        FieldType::Json { .. } => 8,
    };
    sort(one) == sort(other)
}
