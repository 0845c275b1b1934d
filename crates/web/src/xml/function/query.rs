//! `query`: fields and aggregates, a filter, an order, a page.

use sidegate_model::query::{Direction, Function, MOST_VALUES, Operator};
use sidegate_model::{Failure, Operation, Result};

use super::Run;
use super::read::{MOST_FIELDS, asking, too_many_fields};
use crate::xml::face::{Chosen, Known, Meaning, Rows, paths};
use crate::xml::failure::bad_query;
use crate::xml::filter::{self, Condition, Test};
use crate::xml::listing::{Form, Nesting};
use crate::xml::reader::NodeRef;
use crate::xml::value::Words;

const CHILDREN: &[&str] = &[
    "object", "select", "filter", "orderby", "options", "pagesize", "offset", "docparid",
];
const MOST_SIZE: u32 = 2000;
const USUAL_SIZE: u32 = 100;
const MOST_OFFSET: u32 = 1_000_000_000;

pub(super) fn run(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(CHILDREN)?;
    let object = run.object()?;
    run.work.authorise(object.definition, Operation::List)?;
    let known = object.paired(texts(run.node).into_iter());
    if known.definition.index != object.definition.index {
        run.work.authorise(known.definition, Operation::List)?;
    }
    let size = run.number("pagesize", USUAL_SIZE, 1, MOST_SIZE)?;
    let offset = run.number("offset", 0, 0, MOST_OFFSET)?;
    let options = Options::of(run, run.node.child("options"))?;
    let chosen = selected(known, run.node.child("select"))?;
    let grouped = chosen
        .iter()
        .any(|field| matches!(&field.meaning, Meaning::Path(path, _) if path.contains(':')));
    let mut query = asking(known, &chosen, offset + 1, size);
    if grouped {
        query.fields = paths(&chosen);
    }
    query.ignore_case = options.ignores_case;
    query.private = options.private;
    if let Some(node) = run.node.child("filter") {
        let condition = condition_in(node)?;
        filter::add(&mut query, known, &condition, Words::Labels)?;
    }
    query.order = order(known, run.node.child("orderby"))?;
    let sight = run.work.actor().page_sight(query.private);
    let plan = query
        .plan_on(known.registry, known.definition, sight)
        .map_err(Failure::Refused)?;
    let rows = Rows::new(&object.face.name, &chosen, &plan);
    let mut listing = run.listing(rows, options.form, Nesting::Flat);
    let paged = run.work.page(&plan, &mut |row| listing.row(row))?;
    let left = (paged.total - i64::from(offset) - i64::from(paged.rows)).max(0);
    let numbers = [paged.total, i64::from(offset), i64::from(paged.rows), left];
    let [total, offset, count, left] = numbers.map(|number| number.to_string());
    let attributes = [
        ("listtype", object.face.name.as_str()),
        ("totalcount", &total),
        ("offset", &offset),
        ("count", &count),
        ("numremaining", &left),
    ];
    run.plain = listing.finish(run.out, &attributes);
    Ok(())
}

/// The texts in which fields are named: all of `select`, and each `field` elsewhere.
fn texts(query: NodeRef<'_>) -> Vec<&str> {
    let mut texts = Vec::new();
    let mut left = vec![(false, query.children())];
    while let Some((all, children)) = left.last_mut() {
        let all = *all;
        match children.next() {
            None => {
                left.pop();
            }
            Some(node) if node.has_children() => {
                left.push((all || node.name() == "select", node.children()));
            }
            Some(node) if all || node.name() == "field" => texts.push(node.text()),
            Some(_) => {}
        }
    }
    texts
}

/// The fields and aggregates of `select`.
fn selected(known: Known<'_>, select: Option<NodeRef<'_>>) -> Result<Vec<Chosen>> {
    let mut chosen: Vec<Chosen> = Vec::new();
    for node in select.into_iter().flat_map(NodeRef::children) {
        if chosen.len() >= MOST_FIELDS {
            return Err(too_many_fields().into());
        }
        let name = node.text().trim().to_ascii_uppercase();
        let unknown = || bad_query(format!("there is no field {name} in {}", known.face.name));
        let meaning = known.meaning(&name).ok_or_else(unknown)?;
        let field = match (node.name(), Function::named(node.name()), meaning) {
            ("field", _, meaning) => Chosen { name, meaning },
            (word, Some(function), Meaning::Path(path, kind)) => {
                if let Some(reason) = function.refuses(&kind) {
                    return Err(bad_query(format!("{word} of {name}: {reason}")).into());
                }
                Chosen {
                    name: format!("{}.{name}", word.to_ascii_uppercase()),
                    meaning: Meaning::Path(format!("{word}:{path}"), function.kind(&kind)),
                }
            }
            (word, Some(_), Meaning::Listed(..)) => {
                return Err(bad_query(format!("{word} of {name}: it is a list")).into());
            }
            (word, Some(_), meaning) => Chosen {
                name: format!("{}.{name}", word.to_ascii_uppercase()),
                meaning,
            },
            (word, None, _) => {
                let known = "field, count, avg, min, max and sum";
                return Err(
                    bad_query(format!("select has no element {word}; it takes {known}")).into(),
                );
            }
        };
        if chosen.iter().all(|other| other.name != field.name) {
            chosen.push(field);
        }
    }
    if chosen.is_empty() {
        return Err(bad_query("select needs at least one field").into());
    }
    Ok(chosen)
}

/// The condition of the one element in `filter`.
fn condition_in(filter: NodeRef<'_>) -> Result<Condition> {
    let mut children = filter.children();
    match (children.next(), children.next()) {
        (Some(node), None) => condition(node),
        _ => Err(bad_query("filter takes exactly one operator; put several into and or or").into()),
    }
}

// As deep as the reader lets elements stand in each other.
fn condition(node: NodeRef<'_>) -> Result<Condition> {
    let word = node.name();
    if word == "and" || word == "or" {
        let parts = node.children().map(condition).collect::<Result<Vec<_>>>()?;
        if parts.len() < 2 {
            return Err(bad_query(format!("{word} takes two operators or more")).into());
        }
        return Ok(if word == "and" {
            Condition::All(parts)
        } else {
            Condition::Any(parts)
        });
    }
    test(node).map(Condition::Test)
}

/// One row: element, operator, how many values it takes at least and at most.
const OPERATORS: &[(&str, Operator, usize, usize)] = &[
    ("equalto", Operator::Equal, 1, 1),
    ("notequalto", Operator::NotEqual, 1, 1),
    ("lessthan", Operator::Less, 1, 1),
    ("lessthanorequalto", Operator::LessOrEqual, 1, 1),
    ("greaterthan", Operator::Greater, 1, 1),
    ("greaterthanorequalto", Operator::GreaterOrEqual, 1, 1),
    ("like", Operator::Like, 1, 1),
    ("notlike", Operator::NotLike, 1, 1),
    ("between", Operator::Between, 2, 2),
    ("in", Operator::In, 1, MOST_VALUES),
    ("notin", Operator::NotIn, 1, MOST_VALUES),
    ("isnull", Operator::Equal, 0, 0),
    ("isnotnull", Operator::NotEqual, 0, 0),
];

fn test(node: NodeRef<'_>) -> Result<Test> {
    let word = node.name();
    let row = OPERATORS.iter().find(|(known, ..)| *known == word);
    let Some((_, operator, least, most)) = row else {
        let known: Vec<&str> = OPERATORS.iter().map(|(known, ..)| *known).collect();
        let known = known.join(", ");
        return Err(bad_query(format!(
            "there is no operator {word}; there are and, or, {known}"
        ))
        .into());
    };
    let (mut field, mut values) = (None, Vec::new());
    for child in node.children() {
        match child.name() {
            "field" if field.is_none() => field = Some(child.text().to_owned()),
            "value" => values.push(child.text().to_owned()),
            other => {
                return Err(bad_query(format!(
                    "{word} takes one field and its values, not {other}"
                ))
                .into());
            }
        }
    }
    let Some(field) = field else {
        return Err(bad_query(format!("{word} lacks the element field")).into());
    };
    if values.len() < *least || values.len() > *most {
        let wanted = match (least, most) {
            (0, 0) => "no value".to_owned(),
            (least, most) if least == most => format!("exactly {least} of the element value"),
            (least, most) => format!("from {least} to {most} of the element value"),
        };
        return Err(bad_query(format!("{word} on {field} takes {wanted}")).into());
    }
    Ok(Test {
        field,
        operator: *operator,
        values,
    })
}

fn order(known: Known<'_>, orderby: Option<NodeRef<'_>>) -> Result<Vec<(String, Direction)>> {
    let mut order = Vec::new();
    for node in orderby.into_iter().flat_map(NodeRef::children) {
        if node.name() != "order" {
            return Err(bad_query(format!("orderby takes order, not {}", node.name())).into());
        }
        let field = node.child("field").map(NodeRef::text).unwrap_or_default();
        let direction = if node.child("descending").is_some() {
            Direction::Descending
        } else {
            Direction::Ascending
        };
        match known.meaning(field) {
            Some(Meaning::Path(path, _)) => order.push((path, direction)),
            Some(Meaning::Listed(..)) => {
                return Err(bad_query(format!("{field} is a list, which sorts nothing")).into());
            }
            // What no record has sorts nothing.
            Some(Meaning::Empty | Meaning::Always(_)) => {}
            None => {
                return Err(
                    bad_query(format!("there is no field {field} in {}", known.face.name)).into(),
                );
            }
        }
    }
    Ok(order)
}

struct Options {
    ignores_case: bool,
    private: bool,
    form: Form,
}

impl Options {
    fn of(run: &Run<'_, '_, '_>, node: Option<NodeRef<'_>>) -> Result<Self> {
        let mut options = Self {
            ignores_case: false,
            private: false,
            form: Form::Xml,
        };
        for child in node.into_iter().flat_map(NodeRef::children) {
            let text = child.text().trim();
            let yes = text.eq_ignore_ascii_case("true");
            match child.name() {
                "caseinsensitive" => options.ignores_case = yes,
                "showprivate" => options.private = yes,
                "returnformat" => options.form = run.form_of(text)?,
                other => return Err(bad_query(format!("options has no element {other}")).into()),
            }
        }
        Ok(options)
    }
}
