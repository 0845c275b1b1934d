//! How the cost of a request grows with the users of a company.

use std::path::Path;

use sidegate_engine::filling::filled_id;

use crate::data::Data;
use crate::exchange::{Client, middle};
use crate::process::Server;
use crate::{Outcome, say, token, workload};

/// So many pages of users that nobody asked for before.
const FRESH: u32 = 5;
/// So many pages that follow each of them.
const FOLLOWING: u32 = 20;
const PAGE: u32 = 100;

/// Times of one request on a connection of its own, in microseconds, medians.
pub(crate) struct Grown {
    pub(crate) users: u32,
    pub(crate) bytes: u64,
    pub(crate) filled_in: Option<f64>,
    /// A user by key.
    pub(crate) get: f64,
    /// A filtered page of 100 whose total is known.
    pub(crate) page: f64,
    /// The first page of a query with a total that nobody counted yet.
    pub(crate) first_total: f64,
    /// The same again.
    pub(crate) repeated_total: f64,
    /// A page in the middle of all users, the one before it unread.
    pub(crate) jump: f64,
    /// The pages that follow it.
    pub(crate) next: f64,
}

pub(crate) fn measure(program: &Path, data: &Data) -> Outcome<Grown> {
    say(&format!("{} users", data.users));
    let server = Server::start(&mut data.serve(program, &data.database()))?;
    let token = token(server.address, data)?;
    let mut client = Client::to(server.address)?;
    let reads = workload::reads(data, &token);
    let mut known = [Vec::new(), Vec::new()];
    for (times, workload) in known.iter_mut().zip(&reads) {
        // The first time fills caches, the second counts.
        for round in 0..2 {
            for request in &workload.requests {
                let time = client.time(request)?;
                if round > 0 {
                    times.push(time);
                }
            }
        }
    }
    let [mut first, mut repeated, mut jump, mut next] = [const { Vec::new() }; 4];
    for number in 1..=FRESH {
        // Nearly all active users; the value is another one each time.
        let filters = format!(
            r#"{{"$eq":{{"status":"active"}}}},{{"$gt":{{"id":"{}"}}}}"#,
            filled_id(number)
        );
        let page = |start| workload::query(&token, r#""key","id""#, &filters, start, PAGE);
        first.push(client.time(&page(1))?);
        repeated.push(client.time(&page(1))?);
        let middle = data.users / 2;
        jump.push(client.time(&page(middle))?);
        let following = (1..=FOLLOWING).map(|number| middle + number * PAGE);
        for start in following.filter(|start| *start < data.users / 10 * 8) {
            next.push(client.time(&page(start))?);
        }
    }
    let [get, page] = known.map(middle);
    Ok(Grown {
        users: data.users,
        bytes: data.bytes(),
        filled_in: data.filled_in(),
        get,
        page,
        first_total: middle(first),
        repeated_total: middle(repeated),
        jump: middle(jump),
        next: middle(next),
    })
}
