//! Bounds on how many records one other record holds, from whichever side they come.

use serde_json::{Value as Json, json};
use sidegate_model::Registry;
use sidegate_store::sql::schema::Schema;

use crate::harness::{Answer, World};

const MOST_OWNED: u32 = 10_000;
const MOST_ALONG: u32 = 1000;

/// A Sidegate with somebody who may do everything.
struct Stage {
    world: World,
    token: String,
}

impl Stage {
    fn new() -> Self {
        let world = World::harbor();
        let token = world.token("ws_sync@HARBOR");
        Self { world, token }
    }

    fn call(&self, method: &str, path: &str, body: Option<&Json>) -> Answer {
        let path = format!("/objects/company-config/{path}");
        self.world.call(method, &path, Some(&self.token), body)
    }

    fn post(&self, object: &str, body: &Json) -> String {
        let answer = self.call("POST", object, Some(body));
        assert_eq!(answer.status, 201, "{}", answer.json());
        let key = &answer.json()["ia::result"]["key"];
        key.as_str().expect("a key").to_owned()
    }

    /// Repeats the only row of a table until there are so many, with these columns as expressions of
    /// the number `n.i`.
    fn repeat(&self, table: &str, times: u32, changed: &[(&str, &str)]) {
        let registry = Registry::shipped().expect("whole declarations");
        let mut connection = self.world.database.open();
        let schema = Schema::derived(&registry, connection.dialect());
        let columns = &schema.tables[table].columns;
        let names: Vec<String> = columns.iter().map(|c| format!("\"{}\"", c.name)).collect();
        let values: Vec<String> = columns
            .iter()
            .map(|column| {
                let found = changed.iter().find(|(name, _)| *name == column.name);
                found.map_or_else(
                    || format!("t.\"{}\"", column.name),
                    |(_, value)| (*value).to_owned(),
                )
            })
            .collect();
        let more = format!(
            "with recursive n(i) as (select 2 union all select i + 1 from n where i < {times}) \
             insert into \"{table}\" ({}) select {} from \"{table}\" t cross join n; \
             update \"company_key\" set \"next\" = 100000 where \"object\" = '{table}';",
            names.join(", "),
            values.join(", ")
        );
        connection.batch(&more).unwrap_or_else(|e| panic!("{e}"));
    }
}

fn detail(answer: &Answer) -> Json {
    answer.json()["ia::result"]["ia::error"]["details"][0].clone()
}

#[test]
fn an_owned_list_takes_no_more_on_the_items_own_path_either() {
    let stage = Stage::new();
    let kind = stage.post("exchange-rate-type", &json!({"name": "Daily"}));
    let rate = json!({
        "fromCurrency": "EUR", "toCurrency": "USD", "exchangeRateType": {"key": kind},
        "lines": [{"effectiveStartDate": "2026-01-01", "rate": 1.1}],
    });
    let rate = stage.post("exchange-rate", &rate);
    let changed = [("key", "n.i"), ("effective_start_date", "n.i")];
    stage.repeat("exchange_rate_line", MOST_OWNED, &changed);
    let line =
        json!({"exchangeRate": {"key": rate}, "effectiveStartDate": "2026-01-02", "rate": 1.2});
    let refused = stage.call("POST", "exchange-rate-line", Some(&line));
    assert_eq!(refused.status, 400, "{}", refused.json());
    let told = detail(&refused);
    assert_eq!(told["errorId"], "SG-0108", "{told}");
    assert_eq!(told["target"], "/exchangeRate", "{told}");
    // One goes, one comes.
    let gone = stage.call("DELETE", "exchange-rate-line/2", None);
    assert_eq!(gone.status, 204);
    stage.post("exchange-rate-line", &line);
}

#[test]
fn a_folder_with_very_much_in_it_is_emptied_first() {
    let stage = Stage::new();
    let folder = stage.post("folder", &json!({"id": "Full"}));
    let below = json!({"id": "Below", "parent": {"key": folder}});
    let below = stage.post("folder", &below);
    let deepest = json!({"id": "Deepest", "parent": {"key": below}});
    stage.post("folder", &deepest);
    let attachment = json!({"id": "A", "name": "A", "folder": {"id": "Deepest"}});
    stage.post("attachment", &attachment);
    let changed = [
        ("key", "n.i"),
        ("id", "'A' || n.i"),
        ("id_fold", "'a' || n.i"),
    ];
    stage.repeat("attachment", MOST_ALONG - 1, &changed);
    let path = format!("folder/{folder}");
    let refused = stage.call("DELETE", &path, None);
    assert_eq!(refused.status, 422, "{}", refused.json());
    let told = detail(&refused);
    assert_eq!(told["errorId"], "SG-2193", "{told}");
    assert_eq!(
        told["message"],
        "There are more than 1000 folders and attachments in the folder Full; delete what is in it first"
    );
    let gone = stage.call("DELETE", "attachment/2", None);
    assert_eq!(gone.status, 204);
    let gone = stage.call("DELETE", &path, None);
    assert_eq!(gone.status, 204, "{}", String::from_utf8_lossy(&gone.body));
}
