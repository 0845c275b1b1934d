//! Reads a statement and says what in it is not bounded to the company.
//!
//! A closed world: a construct that the compiler does not write today is reported too, so that
//! whoever writes it first also teaches this reader what it means.

mod broken;

use std::collections::BTreeSet;

use sidegate_model::{Realm, Registry};
use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, ConflictTarget, Expr, FromTable, Function,
    FunctionArg, FunctionArgExpr, FunctionArguments, Insert, JoinConstraint, JoinOperator,
    LimitClause, ObjectName, OnConflictAction, OnInsert, OrderByExpr, OrderByKind, Query, Select,
    SelectItem, SetExpr, Statement, TableFactor, TableObject, TableWithJoins, Value,
};
use sqlparser::dialect::{Dialect as Grammar, PostgreSqlDialect, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::sql::dialect::Dialect;
use crate::sql::{Slot, Text};

const COMPANY_BOOKKEEPING: [&str; 3] = ["access_version", "company_key", "change_number"];
const SERVER_BOOKKEEPING: [&str; 3] = ["server_version", "server_key", "schema_migration"];
const TABLE_FUNCTIONS: [&str; 1] = ["json_each"];

/// What keeps a statement from being bounded to the company; nothing when it is.
pub(super) fn violations(registry: &Registry, dialect: Dialect, text: &Text) -> Vec<String> {
    let statements = match Parser::parse_sql(&*grammar(dialect), &text.sql) {
        Ok(statements) => statements,
        Err(error) => return vec![format!("the parser says: {error}")],
    };
    let [statement] = statements.as_slice() else {
        return vec![format!("{} statements instead of one", statements.len())];
    };
    let parameter = |of: Slot| {
        let at = text.slots.iter().position(|slot| *slot == of);
        at.map(|at| format!("{}{}", dialect.mark(), at + 1))
    };
    let mut reader = Reader {
        company: tables(registry, Realm::Company, &COMPANY_BOOKKEEPING),
        server: tables(registry, Realm::Server, &SERVER_BOOKKEEPING),
        parameter: parameter(Slot::Company),
        original: parameter(Slot::Original),
        read: 0,
        found: Vec::new(),
    };
    reader.statement(statement);
    let (read, named) = (reader.read, named_tables(dialect, &text.sql));
    if read != named {
        reader
            .found
            .push(format!("{named} tables are named and {read} were read"));
    }
    reader.found
}

/// What is wrong with the numbering of a statement's parameters.
pub(super) fn misnumbered(dialect: Dialect, text: &Text) -> Vec<String> {
    let used: BTreeSet<String> = tokens(dialect, &text.sql)
        .into_iter()
        .filter_map(|token| match token {
            Token::Placeholder(name) => Some(name),
            _ => None,
        })
        .collect();
    let bound: BTreeSet<String> = (1..=text.slots.len())
        .map(|at| format!("{}{at}", dialect.mark()))
        .collect();
    used.symmetric_difference(&bound)
        .map(|name| format!("{name} is either not used or not bound"))
        .collect()
}

fn grammar(dialect: Dialect) -> Box<dyn Grammar> {
    match dialect {
        Dialect::Sqlite => Box::new(SQLiteDialect {}),
        Dialect::Postgres => Box::new(PostgreSqlDialect {}),
    }
}

fn tokens(dialect: Dialect, sql: &str) -> Vec<Token> {
    let tokens = Tokenizer::new(&*grammar(dialect), sql)
        .tokenize()
        .expect("text of tokens");
    tokens
        .into_iter()
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .collect()
}

/// Counts tables in another way than the reader finds them: quoted names where a table can stand.
fn named_tables(dialect: Dialect, sql: &str) -> usize {
    let tokens = tokens(dialect, sql);
    let names_one = |pair: &&[Token]| match pair {
        [Token::Word(before), Token::Word(name)] => {
            let expected = [Keyword::FROM, Keyword::JOIN, Keyword::INTO, Keyword::UPDATE];
            expected.contains(&before.keyword) && name.quote_style.is_some()
        }
        _ => false,
    };
    tokens.windows(2).filter(names_one).count()
}

fn tables(registry: &Registry, realm: Realm, bookkeeping: &[&str]) -> BTreeSet<String> {
    let mut tables: BTreeSet<String> = bookkeeping.iter().map(|&name| name.to_owned()).collect();
    for definition in registry.all().filter(|d| d.realm == realm) {
        tables.insert(definition.table.clone());
        tables.extend(definition.lists().map(|(_, list)| list.table.clone()));
    }
    tables
}

struct Reader {
    company: BTreeSet<String>,
    server: BTreeSet<String>,
    /// The text of the company's parameter, if the statement binds it.
    parameter: Option<String>,
    /// The text of the parameter of the company it was copied from, whose rows are only read.
    original: Option<String>,
    read: usize,
    found: Vec<String>,
}

impl Reader {
    fn unread(&mut self, what: impl std::fmt::Display) {
        self.found.push(format!("cannot judge: {what}"));
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Query(query) => self.query(query),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => {
                if update.from.is_some() || !update.table.joins.is_empty() {
                    self.unread(statement);
                }
                let table = std::slice::from_ref(&update.table);
                self.writes(table, update.selection.as_ref());
                self.from(table, update.selection.as_ref());
                self.assignments(&update.assignments);
                self.items(update.returning.as_deref().unwrap_or_default());
            }
            Statement::Delete(delete) => {
                let FromTable::WithFromKeyword(from) = &delete.from else {
                    return self.unread(statement);
                };
                if delete.using.is_some() {
                    self.unread(statement);
                }
                self.writes(from, delete.selection.as_ref());
                self.from(from, delete.selection.as_ref());
                self.items(delete.returning.as_deref().unwrap_or_default());
            }
            other => self.unread(other),
        }
    }

    fn query(&mut self, query: &Query) {
        if query.with.is_some() || query.fetch.is_some() {
            self.unread(query);
        }
        self.set(&query.body);
        match query.order_by.as_ref().map(|order| &order.kind) {
            Some(OrderByKind::Expressions(list)) => self.orders(list),
            Some(OrderByKind::All(_)) | None => {}
        }
        match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                self.expressions(
                    limit
                        .iter()
                        .chain(offset.iter().map(|offset| &offset.value)),
                );
            }
            Some(LimitClause::OffsetCommaLimit { .. }) => self.unread(query),
            None => {}
        }
    }

    fn set(&mut self, set: &SetExpr) {
        match set {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                self.set(left);
                self.set(right);
            }
            other => self.unread(other),
        }
    }

    fn select(&mut self, select: &Select) {
        if select.having.is_some() || select.into.is_some() {
            self.unread(select);
        }
        self.items(&select.projection);
        self.from(&select.from, select.selection.as_ref());
    }

    /// Tables of which rows are changed or deleted: those of the original never are.
    fn writes(&mut self, tables: &[TableWithJoins], selection: Option<&Expr>) {
        let original = self.original.take();
        let bounds = selection.map(conjuncts).unwrap_or_default();
        let read = self.read;
        for table in tables {
            self.factor(&table.relation, &bounds);
        }
        (self.original, self.read) = (original, read);
    }

    /// Tables with what bounds them: conditions of the whole, and of the join itself.
    fn from(&mut self, from: &[TableWithJoins], selection: Option<&Expr>) {
        let whole = selection.map(conjuncts).unwrap_or_default();
        self.expressions(selection);
        for table in from {
            let mut whole = whole.clone();
            let mut joined = Vec::new();
            for join in &table.joins {
                // Only an inner join's condition bounds the tables on both of its sides.
                let (on, inner) = match &join.join_operator {
                    JoinOperator::Join(JoinConstraint::On(on))
                    | JoinOperator::Inner(JoinConstraint::On(on)) => (on, true),
                    JoinOperator::Left(JoinConstraint::On(on))
                    | JoinOperator::LeftOuter(JoinConstraint::On(on)) => (on, false),
                    _ => {
                        self.unread(join);
                        self.factor(&join.relation, &whole);
                        continue;
                    }
                };
                self.expressions([on]);
                if inner {
                    whole.extend(conjuncts(on));
                }
                joined.push((&join.relation, conjuncts(on)));
            }
            self.factor(&table.relation, &whole);
            for (relation, own) in joined {
                self.factor(relation, &[own, whole.clone()].concat());
            }
        }
    }

    fn factor(&mut self, factor: &TableFactor, bounds: &[&Expr]) {
        match factor {
            TableFactor::Table {
                name,
                alias: _,
                args: Some(args),
                ..
            } => {
                if !TABLE_FUNCTIONS.contains(&name.to_string().as_str()) {
                    self.unread(factor);
                }
                self.arguments(&args.args);
            }
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let name = plain(name);
                let alias = alias
                    .as_ref()
                    .map_or_else(|| name.clone(), |alias| alias.name.value.clone());
                let bounded = bounds.iter().any(|bound| self.is_bound(bound, &alias));
                if self.is_company(&name) && !bounded {
                    self.found.push(format!("{name} as {alias} is not bounded"));
                }
            }
            TableFactor::Derived { subquery, .. } => self.query(subquery),
            other => self.unread(other),
        }
    }

    fn is_company(&mut self, table: &str) -> bool {
        self.read += 1;
        if !self.company.contains(table) && !self.server.contains(table) {
            self.found
                .push(format!("{table} is a table that nobody declared"));
        }
        self.company.contains(table)
    }

    /// Whether a conjunct says `alias.company = <a company's parameter>`, either way round.
    fn is_bound(&self, conjunct: &Expr, alias: &str) -> bool {
        let Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } = conjunct
        else {
            return false;
        };
        let is_column = |side: &Expr| match side {
            Expr::CompoundIdentifier(parts) => {
                matches!(parts.as_slice(), [of, column] if of.value == alias && column.value == "company")
            }
            _ => false,
        };
        let is_company = |side: &Expr| self.is_parameter(side) || self.is_original(side);
        (is_column(left) && is_company(right)) || (is_column(right) && is_company(left))
    }

    fn is_parameter(&self, side: &Expr) -> bool {
        self.parameter.is_some() && placeholder(side) == self.parameter.as_deref()
    }

    fn is_original(&self, side: &Expr) -> bool {
        self.original.is_some() && placeholder(side) == self.original.as_deref()
    }

    fn insert(&mut self, insert: &Insert) {
        let TableObject::TableName(name) = &insert.table else {
            return self.unread(insert);
        };
        let name = plain(name);
        let source = insert.source.as_ref().map(|source| &*source.body);
        let place = insert
            .columns
            .iter()
            .position(|column| plain(column) == "company");
        if let Some(SetExpr::Select(select)) = source {
            return self.copy(insert, &name, place, select);
        }
        let Some(SetExpr::Values(values)) = source else {
            return self.unread(insert);
        };
        let company = self.is_company(&name);
        for row in &values.rows {
            self.expressions(&row.content);
            let own = place
                .and_then(|place| row.content.get(place))
                .is_some_and(|value| self.is_parameter(value));
            if company && !own {
                self.found
                    .push(format!("a row of {name} is not of the company"));
            }
        }
        match &insert.on {
            Some(OnInsert::OnConflict(conflict)) => {
                let own = match &conflict.conflict_target {
                    Some(ConflictTarget::Columns(columns)) => {
                        columns.iter().any(|column| column.value == "company")
                    }
                    Some(ConflictTarget::OnConstraint(_)) | None => false,
                };
                if company && !own {
                    self.found.push(format!(
                        "a conflict in {name} may be with another company's row"
                    ));
                }
                if let OnConflictAction::DoUpdate(update) = &conflict.action {
                    self.assignments(&update.assignments);
                    self.expressions(&update.selection);
                }
            }
            Some(other) => self.unread(other),
            None => {}
        }
        self.items(insert.returning.as_deref().unwrap_or_default());
    }

    /// Rows of the original, as rows of the company.
    fn copy(&mut self, insert: &Insert, name: &str, place: Option<usize>, select: &Select) {
        let same = match select.from.as_slice() {
            [only] => {
                matches!(&only.relation, TableFactor::Table { name: from, .. } if plain(from) == name)
            }
            _ => false,
        };
        let given = place.and_then(|place| select.projection.get(place));
        let own = match given {
            Some(SelectItem::UnnamedExpr(Expr::Cast { expr, .. })) => self.is_parameter(expr),
            _ => false,
        };
        if !same || !own || insert.on.is_some() || insert.returning.is_some() {
            return self.unread(insert);
        }
        self.is_company(name);
        self.select(select);
    }

    fn assignments(&mut self, assignments: &[Assignment]) {
        for assignment in assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) if plain(name) != "company" => {}
                _ => self
                    .found
                    .push(format!("{assignment} may move a row to another company")),
            }
            self.expressions([&assignment.value]);
        }
    }

    fn items(&mut self, items: &[SelectItem]) {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    self.expressions([expr]);
                }
                other => self.unread(other),
            }
        }
    }

    fn orders(&mut self, orders: &[OrderByExpr]) {
        self.expressions(orders.iter().map(|order| &order.expr));
    }

    fn arguments(&mut self, arguments: &[FunctionArg]) {
        for argument in arguments {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expressions([expr]),
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => {}
                other => self.unread(other),
            }
        }
    }

    fn function(&mut self, function: &Function) {
        match &function.args {
            FunctionArguments::List(list) => self.arguments(&list.args),
            FunctionArguments::Subquery(query) => self.query(query),
            FunctionArguments::None => {}
        }
        if function.filter.is_some() || function.over.is_some() {
            self.unread(function);
        }
    }

    /// Looks for subqueries.
    fn expressions<'a>(&mut self, expressions: impl IntoIterator<Item = &'a Expr>) {
        for expr in expressions {
            match expr {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) => {}
                Expr::Nested(of) | Expr::IsNull(of) | Expr::IsNotNull(of) => {
                    self.expressions([&**of]);
                }
                // What stands inside bounds nothing, but may read tables.
                Expr::Cast { expr: of, .. }
                | Expr::UnaryOp { expr: of, .. }
                | Expr::Collate { expr: of, .. } => self.expressions([&**of]),
                Expr::BinaryOp { left, right, .. }
                | Expr::AnyOp { left, right, .. }
                | Expr::IsNotDistinctFrom(left, right) => {
                    self.expressions([&**left, &**right]);
                }
                Expr::Substring {
                    expr: of,
                    substring_from,
                    substring_for,
                    ..
                } => {
                    self.expressions([&**of]);
                    for part in substring_from.iter().chain(substring_for) {
                        self.expressions([&**part]);
                    }
                }
                Expr::Case {
                    operand: None,
                    conditions,
                    else_result,
                    ..
                } => {
                    for when in conditions {
                        self.expressions([&when.condition, &when.result]);
                    }
                    if let Some(otherwise) = else_result {
                        self.expressions([&**otherwise]);
                    }
                }
                Expr::InList { expr: of, list, .. } => {
                    self.expressions([&**of]);
                    self.expressions(list);
                }
                Expr::InSubquery {
                    expr: of, subquery, ..
                } => {
                    self.expressions([&**of]);
                    self.query(subquery);
                }
                Expr::Exists { subquery, .. } | Expr::Subquery(subquery) => self.query(subquery),
                Expr::Function(function) => self.function(function),
                other => self.unread(other),
            }
        }
    }
}

/// The name of a parameter.
fn placeholder(side: &Expr) -> Option<&str> {
    match side {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The parts of a condition that all have to hold.
fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => [conjuncts(left), conjuncts(right)].concat(),
        Expr::Nested(inside) => conjuncts(inside),
        other => vec![other],
    }
}

fn plain(name: &ObjectName) -> String {
    let parts: Vec<&str> = name
        .0
        .iter()
        .map(|part| part.as_ident().map_or("", |ident| ident.value.as_str()))
        .collect();
    parts.join(".")
}
