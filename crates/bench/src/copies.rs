//! How long the stand-in takes to copy its company for a test, and to bring the copy back.

use std::path::Path;
use std::process::Command;

use sidegate::demo_data::{COMPANY, USER};

use crate::exchange::{Client, Request, middle};
use crate::process::Server;
use crate::{Outcome, say, stop};

const PATH: &str = "/sidegate/v1/demo/companies";
/// So many copies are made and brought back.
const COPIES: u32 = 20;
/// So many records a test makes before each reset.
const WRITES: u32 = 10;

/// Milliseconds: median, least and most.
pub(crate) struct Copies {
    pub(crate) copy: [f64; 3],
    pub(crate) reset: [f64; 3],
}

pub(crate) fn measure(program: &Path, folder: &Path) -> Outcome<Copies> {
    say("copies and resets");
    let data = folder.join("demo");
    let mut command = Command::new(program);
    command.args(["demo", "--listen", "127.0.0.1:0", "--reset", "--data"]);
    let server = Server::start(command.arg(&data))?;
    let mut client = Client::to(server.address)?;
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..COPIES {
        let copy = post(PATH, None, format!(r#"{{"from":"{COMPANY}"}}"#));
        let (answer, time) = client.timed(&copy)?;
        let told: serde_json::Value = serde_json::from_slice(&answer).map_err(stop)?;
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        let id = text("COMPANY_ID");
        let grant = serde_json::json!({
            "grant_type": "client_credentials", "client_id": text("CLIENT_ID"),
            "client_secret": text("CLIENT_SECRET"), "username": format!("{USER}@{id}"),
        });
        let grant = post("/ia/api/v1/oauth2/token", None, grant.to_string());
        let granted: serde_json::Value =
            serde_json::from_slice(&client.ask(&grant)?).map_err(stop)?;
        let token = granted["access_token"].as_str().unwrap_or_default();
        for number in 0..WRITES {
            let body = format!(r#"{{"id":"T{number}","printAs":"Test {number}"}}"#);
            let path = "/ia/api/v1/objects/company-config/contact";
            client.ask(&post(path, Some(token), body))?;
        }
        let reset = post(&format!("{PATH}/{id}/reset"), None, String::new());
        let (same, back) = client.timed(&reset)?;
        if same != answer {
            return Err("a reset changed what reaches the company".to_owned());
        }
        times[0].push(time / 1e3);
        times[1].push(back / 1e3);
    }
    drop(server);
    // What stays is made anew by the next run.
    let _ = std::fs::remove_dir_all(data);
    let [copy, reset] = times.map(spread);
    Ok(Copies { copy, reset })
}

fn spread(mut times: Vec<f64>) -> [f64; 3] {
    times.sort_by(f64::total_cmp);
    let ends = [times.first(), times.last()].map(|time| time.copied().unwrap_or_default());
    [middle(times), ends[0], ends[1]]
}

fn post(path: &str, token: Option<&str>, body: String) -> Request {
    let mut headers = vec![("content-type", "application/json".to_owned())];
    headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
    Request {
        method: "POST",
        path: path.to_owned(),
        headers,
        body,
    }
}
