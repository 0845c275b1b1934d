//! `POST /services/core/query`.

use axum::http::StatusCode;
use sidegate_engine::{Call, Engine};
use sidegate_model::{Failure, Operation, Result};

use super::json::Node;
use super::query::parse;
use super::render::{ROWS_BEGIN, Rows, rows_end};
use super::reply::{self, Reply};

/// Flat rows of one page, and how many there are in all.
pub(super) async fn query(engine: &Engine, ours: bool, body: &Node, call: Call) -> Result<Reply> {
    let mut query = parse(body).map_err(Failure::Refused)?;
    query.ours = ours;
    let today = engine.source().now().div_euclid(86_400_000_000);
    query.as_of = query.as_of.or(i32::try_from(today).ok());
    let body = engine
        .read_page(call, move |work| {
            if let Some(definition) = work.registry().called(&query.object, query.ours) {
                work.authorise(definition, Operation::List)?;
            }
            let plan = query
                .plan(work.registry(), work.actor().page_sight(query.private))
                .map_err(Failure::Refused)?;
            let rows = Rows::new(work.registry(), &plan);
            let mut body = Vec::with_capacity(64 * 1024);
            body.extend_from_slice(ROWS_BEGIN);
            let paged = work.page(&plan, &mut |row| {
                rows.row(&mut body, row);
                Ok(())
            })?;
            rows_end(&mut body, paged.total, query.start, query.size);
            Ok(body)
        })
        .await?;
    Ok(reply::json(StatusCode::OK, body))
}
