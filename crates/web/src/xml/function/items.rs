//! Records that others own, as `read` shows them inside of their owners.

use std::collections::BTreeMap;

use sidegate_model::definition::XmlField;
use sidegate_model::query::{Direction, Filter, MOST_SIZE, Operand, Operator};
use sidegate_model::{Failure, Result, Scalar, problem};

use super::Run;
use super::read::{asking, chosen, split};
use crate::xml::face::{Known, Rows};
use crate::xml::listing::ROW_DEPTH;
use crate::xml::writer::Writer;

/// The lists among the names that were asked for, and the other names. A star asks for all lists, and the
/// name of a list's group is enough.
pub(super) fn lists<'r>(known: Known<'r>, fields: &str) -> (Vec<&'r XmlField>, String) {
    let all = fields.trim().is_empty() || fields.trim() == "*";
    let owned = known.face.fields.iter();
    let owned = owned.filter(|field| known.items(&field.name).is_some());
    let is_named = |field: &XmlField, name: &str| {
        let group = field.name.split_once('.').map_or("", |(group, _)| group);
        name.eq_ignore_ascii_case(&field.name) || name.eq_ignore_ascii_case(group)
    };
    let names = split(fields);
    let lists: Vec<&XmlField> = owned
        .filter(|field| all || names.iter().any(|name| is_named(field, name)))
        .collect();
    let mut others = names;
    others.retain(|name| !lists.iter().any(|list| is_named(list, name)));
    (lists, others.join(","))
}

/// The elements of the records that these own, by the owner's number.
pub(super) fn of_owners(
    run: &mut Run<'_, '_, '_>,
    known: Known<'_>,
    lists: &[&XmlField],
    owners: &[i64],
) -> Result<BTreeMap<i64, Vec<u8>>> {
    let mut elements: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
    for list in lists {
        let (Some(of), Some(field)) = (known.items(&list.name), known.definition.named(&list.path))
        else {
            continue;
        };
        let Some(by) = field.by else { continue };
        let owner = format!("{}.key", of.definition.field(by).name);
        let (group, element) = list.name.split_once('.').unwrap_or(("", &list.name));
        let chosen = chosen(of, "*")?;
        let mut query = asking(of, &chosen, 1, MOST_SIZE);
        if !query.fields.contains(&owner) {
            query.fields.push(owner.clone());
        }
        let keys = owners.iter().map(|key| Scalar::Number(key.to_string()));
        query.filters.push(Filter {
            operator: Operator::In,
            field: owner.clone(),
            operand: Operand::Many(keys.collect()),
            place: "keys".to_owned(),
        });
        query.order = vec![("key".to_owned(), Direction::Ascending)];
        let plan = query
            .plan_on(of.registry, of.definition, run.work.actor().sight())
            .map_err(Failure::Refused)?;
        let rows = Rows::new(element, &chosen, &plan);
        let at = plan.names.iter().position(|name| *name == owner);
        let layout = run.out.layout();
        let mut writers: BTreeMap<i64, Writer> = BTreeMap::new();
        let paged = run.work.page(&plan, &mut |row| {
            let owner = at.and_then(|at| row.number(at)).unwrap_or_default();
            let out = writers.entry(owner).or_insert_with(|| {
                let mut out = Writer::piece(layout, ROW_DEPTH + 1);
                if !group.is_empty() {
                    out.open(group);
                }
                out
            });
            rows.nested(out, row, &[]);
            Ok(())
        })?;
        if paged.total > i64::from(paged.rows) {
            let large = problem::XML_RECORD_LARGE.with("OBJECT", &list.name);
            return Err(large.with("MOST", MOST_SIZE.to_string()).into());
        }
        for (owner, mut out) in writers {
            if !group.is_empty() {
                out.close();
            }
            elements.entry(owner).or_default().extend(out.into_piece());
        }
    }
    Ok(elements)
}
