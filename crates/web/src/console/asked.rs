//! A list as it is asked for: by the address first, then by the view that is open, by what the reader
//! chose there before, and by the declaration.

use sidegate_model::access::Sight;
use sidegate_model::query::{Direction, Filter, MOST_START, Operand, Operator, Query};
use sidegate_model::{Definition, Field, FieldType, Problem, Registry, Scalar, problem};

use super::At;
use super::filter::{self, Chosen};
use super::pairs::Pairs;
use super::preferred::Preferred;
use super::saved_view::Layout;
use super::shown::Taste;

/// Rows on a page: what can be chosen, the second one where nothing is.
pub(super) const SIZES: [u32; 4] = [50, 100, 250, 500];
const USUAL: u32 = SIZES[1];

/// A list as it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) columns: Vec<String>,
    /// Whether the first column stays in place.
    pub(super) frozen: bool,
    pub(super) filters: Vec<Chosen>,
    pub(super) any: bool,
    /// How an opened view combines its filters, where that is neither all nor any of them.
    pub(super) expression: Option<String>,
    /// Whether inactive records are left out beside the filters, as the classic style does.
    pub(super) no_inactive: bool,
    pub(super) search: String,
    /// The column that rows are sorted by, and which way.
    pub(super) sort: Option<(String, Direction)>,
    pub(super) start: u32,
    pub(super) size: u32,
    /// The view that is open; nothing where none is.
    pub(super) view: String,
    /// Whether the address says its filters itself.
    pub(super) says_filters: bool,
}

impl Asked {
    /// What an address asks of a screen.
    pub(super) fn of(
        at: At<'_>,
        registry: &Registry,
        said: &Pairs,
        preferred: &Preferred,
        view: Option<&Layout>,
    ) -> Self {
        let number = |name: &str, usual: u32, most: u32| {
            let said = said.get(name).parse().unwrap_or(usual);
            said.clamp(1, most)
        };
        let screen = &at.screen.name;
        let fits = |names: Vec<String>| {
            let known = |name: &String| registry.shown(at.definition, name).is_some();
            let names: Vec<String> = names.into_iter().filter(known).collect();
            (!names.is_empty()).then_some(names)
        };
        let columns = said
            .find("columns")
            .and_then(|text| fits(text.split(',').map(str::to_owned).collect()))
            .or_else(|| view.and_then(|view| fits(view.columns.clone())))
            .or_else(|| preferred.columns(screen).and_then(fits))
            .unwrap_or_else(|| at.screen.list.clone());
        let frozen = match said.find("frozen") {
            Some(word) => word == "1",
            None => view.map_or_else(|| preferred.frozen(screen), |view| view.frozen),
        };
        let sort = match said.get("sort") {
            "" => view.and_then(|view| view.sort.clone()),
            said => Some(match said.strip_prefix('-') {
                Some(name) => (name.to_owned(), Direction::Descending),
                None => (said.to_owned(), Direction::Ascending),
            }),
        };
        let sort = sort
            .filter(|(name, _)| columns.contains(name))
            .or_else(|| columns.first().map(|c| (c.clone(), first_order(at, c))));
        let taste = &preferred.taste;
        let own = filter::said(said, registry, at.definition, taste);
        let says_filters = own.is_some();
        let is_classic = preferred.classic && view.is_none();
        let usual = || match view {
            Some(view) => view.filters.clone(),
            None if preferred.classic => Vec::new(),
            None => filter::active(at.definition).into_iter().collect(),
        };
        let kept = view.filter(|_| !says_filters);
        Self {
            columns,
            frozen,
            any: kept.map_or_else(|| said.get("any") == "1", |view| view.any),
            expression: kept.and_then(|view| view.expression.clone()),
            filters: own.unwrap_or_else(usual),
            no_inactive: is_classic
                && filter::has_active(at.definition)
                && !preferred.inactive(screen),
            search: said.get("q").trim().to_owned(),
            sort,
            start: number("start", 1, MOST_START),
            size: number("size", USUAL, SIZES[3]),
            view: view
                .map(|_| said.get("view").to_owned())
                .unwrap_or_default(),
            says_filters,
        }
    }

    /// What the ways from this list to its other shapes carry. `loose` says the filters also where the
    /// view that is open says them.
    pub(super) fn pairs(&self, said: &Pairs, loose: bool) -> Pairs {
        let mut pairs = Pairs::default();
        if !self.view.is_empty() {
            pairs.push("view", &*self.view);
        }
        if loose || self.says_filters {
            for chosen in &self.filters {
                pairs.push("f", chosen.text());
            }
            if self.filters.is_empty() {
                pairs.push("f", "");
            }
            if self.any {
                pairs.push("any", "1");
            }
        }
        for name in ["q", "sort", "size", "columns", "frozen"] {
            if said.has(name) && (name != "q" || !said.get(name).is_empty()) {
                pairs.push(name, said.get(name));
            }
        }
        pairs
    }

    /// What cannot be asked: filters of an address or a view that no list knows.
    pub(super) fn unknown(&self, registry: &Registry, at: At<'_>, taste: &Taste) -> Vec<Problem> {
        let cannot = |chosen: &&Chosen| chosen.filter(registry, at.definition).is_none();
        let told = |chosen: &Chosen| {
            let sentence = chosen.sentence(registry, at.definition, taste);
            problem::LIST_FILTER.with("FILTER", sentence)
        };
        self.filters.iter().filter(cannot).map(told).collect()
    }

    /// How the filters of the reader combine, numbered from 1; nothing where there are none.
    pub(super) fn combined(&self) -> Option<String> {
        if self.filters.is_empty() {
            return None;
        }
        if let Some(expression) = &self.expression {
            return Some(format!("({expression})"));
        }
        let numbers: Vec<String> = (1..=self.filters.len()).map(|n| n.to_string()).collect();
        Some(format!(
            "({})",
            numbers.join(if self.any { " or " } else { " and " })
        ))
    }

    /// The question for the planner, about these fields: the reader's filters, then the screen's own,
    /// then the search.
    pub(super) fn query(&self, registry: &Registry, at: At<'_>, fields: Vec<String>) -> Query {
        let mut filters: Vec<Filter> = self
            .filters
            .iter()
            .filter_map(|chosen| chosen.filter(registry, at.definition))
            .collect();
        let mut parts: Vec<String> = self.combined().into_iter().collect();
        if filters.len() < self.filters.len() {
            // What is unknown is told instead of asked.
            filters.clear();
            parts.clear();
        }
        filters.extend(screens_own(at));
        if self.no_inactive {
            filters.push(Filter {
                operator: Operator::NotEqual,
                field: "status".to_owned(),
                operand: Operand::One(Scalar::Text("inactive".to_owned())),
                place: String::new(),
            });
        }
        let before = if parts.is_empty() {
            0
        } else {
            self.filters.len()
        };
        parts.extend((before + 1..=filters.len()).map(|number| number.to_string()));
        if !self.search.is_empty() {
            let mut found = Vec::new();
            for column in &self.columns {
                let field = registry.shown(at.definition, column);
                if field.is_some_and(|field| {
                    matches!(field.kind, FieldType::Text { .. } | FieldType::Email)
                }) {
                    filters.push(Filter {
                        operator: Operator::Contains,
                        field: column.clone(),
                        operand: Operand::One(Scalar::Text(self.search.clone())),
                        place: "The search".to_owned(),
                    });
                    found.push(filters.len().to_string());
                }
            }
            if !found.is_empty() {
                parts.push(format!("({})", found.join(" or ")));
            }
        }
        Query {
            object: at.definition.name.clone(),
            ours: at.definition.is_ours(),
            fields,
            expression: (!parts.is_empty()).then(|| parts.join(" and ")),
            filters,
            order: self.sort.iter().cloned().collect(),
            start: self.start,
            size: self.size,
            ignore_case: true,
            ..Query::default()
        }
    }
}

/// What happened stands with the newest first, everything else by its first column.
fn first_order(at: At<'_>, column: &str) -> Direction {
    match at.definition.named(column).map(|field| &field.kind) {
        Some(FieldType::Moment | FieldType::Date) => Direction::Descending,
        _ => Direction::Ascending,
    }
}

/// What all records of a screen have.
pub(super) fn screens_own(at: At<'_>) -> Vec<Filter> {
    let own = at.screen.only.iter();
    own.map(|(field, value)| Filter {
        operator: Operator::Equal,
        field: field.clone(),
        operand: Operand::One(value.clone()),
        place: String::new(),
    })
    .collect()
}

/// What a column is called: the field, or the reference that leads to its name.
pub(super) fn label(registry: &Registry, definition: &Definition, name: &str) -> String {
    if let Some(field) = definition.named(name) {
        return field.label.clone();
    }
    let Some(field) = registry.shown(definition, name) else {
        return name.to_owned();
    };
    let through = name
        .rsplit_once('.')
        .and_then(|(head, member)| Some((definition.named(head)?, member)));
    match through {
        Some((head, member)) if is_name(registry, head, member) => head.label.clone(),
        Some((head, _)) => format!("{}: {}", head.label, field.label),
        None => field.label.clone(),
    }
}

/// Whether a member is what people call the record that a reference names.
fn is_name(registry: &Registry, reference: &Field, member: &str) -> bool {
    let target = registry.target_of(reference);
    let id = target.and_then(|target| target.id.map(|id| &target.field(id).name));
    id.is_some_and(|id| id == member)
}

/// The columns that a list can have, by name and label: what a query about the object can show.
pub(super) fn offered(registry: &Registry, at: At<'_>) -> Vec<(String, String)> {
    let definition = at.definition;
    let plain = |field: &&Field| field.is_visible() && !field.is_list() && !field.is_owned();
    let mut names: Vec<String> = at.screen.list.clone();
    for field in definition.fields.iter().filter(plain) {
        let name = match &field.kind {
            FieldType::Reference(_) => {
                let target = registry.target_of(field);
                let id = target.and_then(|t| t.id.map(|id| &t.field(id).name));
                match id {
                    Some(id) => format!("{}.{id}", field.name),
                    None => continue,
                }
            }
            FieldType::File | FieldType::Bytes | FieldType::Json { .. } => continue,
            _ => field.name.clone(),
        };
        if !names.contains(&name) && is_asked(registry, definition, &name) {
            names.push(name);
        }
    }
    let labelled = names.into_iter().map(|name| {
        let label = label(registry, definition, &name);
        (name, label)
    });
    labelled.collect()
}

/// Whether a query can show a field.
fn is_asked(registry: &Registry, definition: &Definition, name: &str) -> bool {
    let query = Query {
        object: definition.name.clone(),
        ours: definition.is_ours(),
        fields: vec![name.to_owned()],
        start: 1,
        size: 1,
        ..Query::default()
    };
    query.plan_on(registry, definition, Sight::ALL).is_ok()
}
