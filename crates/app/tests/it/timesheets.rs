//! Timesheets after an approver decided: what may be corrected, and what stays.
//!
//! Decisions are the system's writes here; nothing else of them is looked at.

use serde_json::{Value as Json, json};
use sidegate_model::query::Plan;
use sidegate_model::{RecordKey, Value};

use crate::harness::{Answer, World};
use crate::support::{company, set, system};

const SHEET: &str = "time/timesheet";
const LINE: &str = "time/timesheet-line";

/// A Sidegate with a submitted timesheet of two lines, or with a draft of it.
struct Stage {
    world: World,
    token: String,
    sheet: String,
}

impl Stage {
    fn with(state: &str) -> Self {
        let world = World::harbor();
        let token = world.token("ws_sync@HARBOR");
        let mut stage = Self {
            world,
            token,
            sheet: String::new(),
        };
        stage.post(
            "company-config/employee",
            &json!({"id": "CLERK", "primaryContact": {"id": "twriter"}}),
        );
        stage.sheet = stage.post(
            SHEET,
            &json!({
                "beginDate": "2026-11-16", "employee": {"id": "CLERK"}, "state": state,
                "lines": [
                    {"entryDate": "2026-11-16", "quantity": 8},
                    {"entryDate": "2026-11-17", "quantity": 4.5, "isBillable": true},
                ],
            }),
        );
        stage
    }

    fn call(&self, method: &str, object: &str, key: &str, body: Option<&Json>) -> Answer {
        let path = format!("/objects/{object}{key}");
        self.world.call(method, &path, Some(&self.token), body)
    }

    fn post(&self, object: &str, body: &Json) -> String {
        let answer = self.call("POST", object, "", Some(body));
        assert_eq!(answer.status, 201, "{}", answer.json());
        let key = &answer.json()["ia::result"]["key"];
        key.as_str().expect("a key").to_owned()
    }

    fn patch(&self, object: &str, key: &str, body: &Json) -> Answer {
        self.call("PATCH", object, &format!("/{key}"), Some(body))
    }

    fn sheet(&self) -> Json {
        let answer = self.call("GET", SHEET, &format!("/{}", self.sheet), None);
        assert_eq!(answer.status, 200, "{}", answer.json());
        answer.json()["ia::result"].clone()
    }

    /// Key and state of the lines, in their order.
    fn lines(&self) -> Vec<(String, String)> {
        let sheet = self.sheet();
        let lines = sheet["lines"].as_array().expect("lines");
        let text = |line: &Json, name: &str| line[name].as_str().expect("text").to_owned();
        lines
            .iter()
            .map(|line| (text(line, "key"), text(line, "state")))
            .collect()
    }

    fn states(&self) -> Vec<String> {
        self.lines().into_iter().map(|(_, state)| state).collect()
    }

    /// Gives the lines and then the timesheet these states, as an approver's decision does.
    fn decide(&self, lines: &[&str], sheet: &str) {
        let engine = &self.world.engine;
        let harbor = Some(company(engine, "HARBOR"));
        let decided = |object, key: &str, state| {
            let key = RecordKey::parse(key).expect("a key");
            set(engine, harbor, object, key, &[("state", state)]).expect("a decision");
        };
        for ((key, _), state) in self.lines().iter().zip(lines) {
            decided(LINE, key, state);
        }
        decided(SHEET, &self.sheet, sheet);
    }

    /// How many approval records there are of lines in this state.
    fn records(&self) -> u64 {
        let path = "time/timesheet-approval-record";
        let answer = self.call("GET", path, "", None).json();
        answer["ia::meta"]["totalCount"].as_u64().expect("a total")
    }

    /// The billable and the other sum, in hundredths.
    fn sums(&self) -> (i64, i64) {
        let key = Value::from(RecordKey::parse(&self.sheet));
        let harbor = Some(company(&self.world.engine, "HARBOR"));
        let found = self.world.engine.read(system(harbor), move |work| {
            let fields = ["billableQuantity", "nonBillableQuantity"];
            let equal = [("key", key.clone())];
            let plan = Plan::internal(work.registry(), SHEET, &fields, &equal, 1);
            let mut sums = (0, 0);
            work.visit(&plan, &mut |row| {
                sums = (row.number(0).expect("a sum"), row.number(1).expect("a sum"));
            })?;
            Ok(sums)
        });
        found.wait().expect("an answer")
    }
}

fn refused(answer: &Answer, id: &str) {
    assert_eq!(answer.status, 422, "{}", answer.json());
    let detail = &answer.json()["ia::result"]["ia::error"]["details"][0];
    assert_eq!(detail["errorId"], id, "{detail}");
}

#[test]
fn sums_follow_lines_on_their_own_path() {
    let stage = Stage::with("draft");
    assert_eq!(stage.sums(), (450, 800));
    let line = stage.post(
        LINE,
        &json!({"timesheet": {"key": stage.sheet}, "entryDate": "2026-11-18", "quantity": 1}),
    );
    assert_eq!(stage.sums(), (450, 900));
    let changed = stage.patch(LINE, &line, &json!({"quantity": 2.25, "isBillable": true}));
    assert_eq!(changed.status, 200, "{}", changed.json());
    assert_eq!(stage.sums(), (675, 800));
    let gone = stage.call("DELETE", LINE, &format!("/{line}"), None);
    assert_eq!(gone.status, 204);
    assert_eq!(stage.sums(), (450, 800));
}

#[test]
fn a_declined_timesheet_is_corrected_and_submitted_again() {
    let stage = Stage::with("submitted");
    assert_eq!(stage.records(), 2);
    stage.decide(&["declined", "declined"], "declined");
    let lines = stage.lines();
    let corrected = stage.patch(LINE, &lines[0].0, &json!({"quantity": 7}));
    assert_eq!(corrected.status, 200, "{}", corrected.json());
    assert_eq!(stage.states(), ["declined", "declined"]);
    let added = json!({"lines": [{"entryDate": "2026-11-19", "quantity": 1}]});
    let added = stage.patch(SHEET, &stage.sheet, &added);
    assert_eq!(added.status, 200, "{}", added.json());
    assert_eq!(stage.states(), ["declined", "declined", "draft"]);
    let again = stage.patch(SHEET, &stage.sheet, &json!({"state": "submitted"}));
    assert_eq!(again.status, 200, "{}", again.json());
    assert_eq!(stage.states(), ["submitted", "submitted", "submitted"]);
    assert_eq!(stage.records(), 5);
}

#[test]
fn what_was_submitted_once_is_kept_with_its_history() {
    let stage = Stage::with("submitted");
    stage.decide(&["declined", "declined"], "declined");
    let back = stage.patch(SHEET, &stage.sheet, &json!({"state": "draft"}));
    assert_eq!(back.status, 200, "{}", back.json());
    assert_eq!(stage.states(), ["draft", "draft"]);
    let line = &stage.lines()[0].0;
    let gone = stage.call("DELETE", LINE, &format!("/{line}"), None);
    refused(&gone, "SG-2161");
    let gone = stage.call("DELETE", SHEET, &format!("/{}", stage.sheet), None);
    refused(&gone, "SG-2161");
}

#[test]
fn of_a_partly_declined_timesheet_only_the_declined_lines_change() {
    let stage = Stage::with("submitted");
    stage.decide(&["approved", "declined"], "partiallyDeclined");
    let sheet = stage.sheet();
    assert_eq!(sheet["lines"][0]["hours"]["approved"], 8);
    assert_eq!(sheet["lines"][0]["hours"]["approvedBillable"], 0);
    assert_eq!(sheet["lines"][0]["hours"]["approvedNonBillable"], 8);
    assert_eq!(sheet["lines"][1]["hours"]["approved"], Json::Null);
    let lines = stage.lines();

    let described = stage.patch(SHEET, &stage.sheet, &json!({"description": "Late news"}));
    refused(&described, "SG-2158");
    let added = json!({"lines": [{"entryDate": "2026-11-19", "quantity": 1}]});
    refused(&stage.patch(SHEET, &stage.sheet, &added), "SG-2158");
    let drafted = stage.patch(SHEET, &stage.sheet, &json!({"state": "draft"}));
    refused(&drafted, "SG-2157");
    let approved = json!({"lines": [{"key": lines[0].0, "quantity": 9}]});
    refused(&stage.patch(SHEET, &stage.sheet, &approved), "SG-2159");

    let corrected = json!({"state": "submitted", "lines": [
        {"key": lines[0].0, "quantity": 8}, {"key": lines[1].0, "quantity": 4},
    ]});
    let corrected = stage.patch(SHEET, &stage.sheet, &corrected);
    assert_eq!(corrected.status, 200, "{}", corrected.json());
    assert_eq!(stage.states(), ["approved", "submitted"]);
    assert_eq!(stage.sums(), (400, 800));
    assert_eq!(stage.records(), 3);
}

#[test]
fn a_partly_approved_timesheet_without_a_declined_line_waits() {
    let stage = Stage::with("submitted");
    stage.decide(&["approved", "submitted"], "partiallyApproved");
    let again = stage.patch(SHEET, &stage.sheet, &json!({"state": "submitted"}));
    refused(&again, "SG-2157");
}
