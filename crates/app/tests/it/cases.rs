//! Exchanges as files: what a client sends, and what it gets back.
//!
//! Every `cases/<door>/<object>/<claim>.case` is found at run time and runs in a Sidegate of its own
//! with the company HARBOR; [`exchange`] says how a file is written, [`matching`] how an answer is
//! compared. `SIDEGATE_CASE=user/delete` runs only files with that text in their path.

mod exchange;
mod matching;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sidegate::demo_data;

use self::exchange::{Directive, Exchange, Expected};
use self::matching::Captures;
use crate::harness::{Answer, SMALL, World, credentials};

/// Files run on so many threads; each has its own database.
const THREADS: usize = 3;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a developer who works on one file names it so"
)]
fn rest_exchanges_go_as_written() {
    let wanted = std::env::var("SIDEGATE_CASE").unwrap_or_default();
    let files = files_below(&root().join("rest"), &wanted);
    assert!(!files.is_empty(), "there are case files");
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let text = std::fs::read_to_string(path).expect("a case file is text");
                    match run(&text) {
                        Ok(exchanges) => {
                            done.fetch_add(exchanges, Ordering::Relaxed);
                        }
                        Err(failure) => {
                            let name = path.strip_prefix(root()).unwrap_or(path);
                            let told = format!("{}:{failure}", name.display());
                            failures.lock().expect("no thread panics").push(told);
                        }
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no thread panics");
    failures.sort();
    assert!(
        failures.is_empty(),
        "{} of {} case files failed\n\n{}",
        failures.len(),
        files.len(),
        failures.join("\n")
    );
    // For `--nocapture`: how much these files show.
    eprintln!(
        "{} case files, {} exchanges",
        files.len(),
        done.into_inner()
    );
}

/// Every case file.
pub(crate) fn all() -> Vec<PathBuf> {
    files_below(&root(), "")
}

/// The folder of all case files.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases")
}

/// The case files below a folder with this text in their path, in order.
fn files_below(folder: &Path, wanted: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder of cases") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "case")
                && path.to_string_lossy().contains(wanted)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Runs the exchanges of one file and counts them; stops at the first that goes otherwise.
fn run(text: &str) -> Result<usize, String> {
    let exchanges = exchange::parse(text)?;
    let begins_with_demo = exchanges.first().is_some_and(|first| {
        let begins = |directive: &Directive| matches!(directive, Directive::Demo(id) if id == demo_data::COMPANY);
        first.directives.iter().any(begins)
    });
    let mut stage = Stage {
        world: if begins_with_demo {
            World::demo()
        } else {
            World::harbor()
        },
        captures: known_from_the_start(),
        tokens: BTreeMap::new(),
    };
    for exchange in &exchanges {
        stage
            .play(exchange)
            .map_err(|failure| format!("{} {failure}", exchange.line))?;
    }
    Ok(exchanges.len())
}

fn known_from_the_start() -> Captures {
    let known = credentials();
    let basic = STANDARD.encode(format!("{}:{}", known.client_id, known.client_secret));
    let pairs = [
        ("client_id", known.client_id.clone()),
        ("client_secret", known.client_secret.clone()),
        ("basic", basic),
        ("admin_secret", known.admin_password.clone()),
        ("ws_secret", known.user_password.clone()),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// One file on its way.
struct Stage {
    world: World,
    captures: Captures,
    /// Access tokens by the name that the file gives their user.
    tokens: BTreeMap<String, String>,
}

impl Stage {
    fn play(&mut self, exchange: &Exchange) -> Result<(), String> {
        for directive in &exchange.directives {
            match directive {
                Directive::Advance(seconds) => self.world.source.advance(seconds * 1_000_000),
                Directive::Deliver => drop(self.world.mails()),
                Directive::Demo(id) => {
                    let text = demo_data::data_of(id)
                        .ok_or_else(|| format!("the stand-in has no company {id}"))?;
                    demo_data::ensure_from(&self.world.engine, credentials(), id, text)
                        .map_err(|failure| format!("the company {id}: {failure:?}"))?;
                }
                Directive::Company(id) => {
                    demo_data::ensure_from(&self.world.engine, credentials(), id, SMALL)
                        .map_err(|failure| format!("the company {id}: {failure:?}"))?;
                }
            }
        }
        let request = self.request(exchange)?;
        let answer = self.world.send(request);
        let mut differences = Vec::new();
        if answer.status.as_u16() != exchange.status {
            differences.push(format!(
                "status: {} expected, {} came",
                exchange.status, answer.status
            ));
        }
        self.compare_headers(exchange, &answer, &mut differences)?;
        self.compare_body(exchange, &answer, &mut differences)?;
        if differences.is_empty() {
            return Ok(());
        }
        let mut told = format!("{} {}\n", exchange.method, exchange.path);
        for difference in differences {
            let _ = writeln!(told, "    {difference}");
        }
        let body = String::from_utf8_lossy(&answer.body);
        let _ = writeln!(told, "    the whole answer: {} {body}", answer.status);
        Err(told)
    }

    fn request(&mut self, exchange: &Exchange) -> Result<Request<Body>, String> {
        let path = matching::filled(&exchange.path, &self.captures)?;
        let uri = if path.starts_with("/ia/") || path.starts_with("/sidegate/") || path == "/" {
            path
        } else {
            format!("/ia/api/v1{path}")
        };
        let mut request = Request::builder().method(exchange.method.as_str()).uri(uri);
        if let Some(name) = &exchange.user {
            request = request.header("authorization", format!("Bearer {}", self.token(name)?));
        }
        let mut typed = exchange.body.is_empty();
        for (name, value) in &exchange.headers {
            typed |= name.eq_ignore_ascii_case("content-type");
            if value != "[none]" {
                let value = matching::filled(value, &self.captures)?;
                request = request.header(name.as_str(), value.as_bytes());
            }
        }
        if !typed {
            request = request.header("content-type", "application/json");
        }
        let body = match std::str::from_utf8(&exchange.body) {
            Ok(text) if exchange.body.len() < 100_000 => {
                matching::filled(text, &self.captures)?.into_bytes()
            }
            _ => exchange.body.clone(),
        };
        request.body(Body::from(body)).map_err(|e| e.to_string())
    }

    /// An access token for a name such as `ws_sync`, `ws_sync|E100` or `ws_sync@QUAY`; asked once.
    fn token(&mut self, name: &str) -> Result<String, String> {
        if let Some(token) = self.tokens.get(name) {
            return Ok(token.clone());
        }
        let username = if name.contains('@') {
            name.to_owned()
        } else {
            let (user, entity) = name.split_once('|').unwrap_or((name, ""));
            format!("{user}@HARBOR|{entity}")
        };
        let answer = self.world.grant(&username);
        let token = answer.json()["access_token"].as_str().map(str::to_owned);
        let token = token.ok_or_else(|| format!("no token for {name}: {}", answer.json()))?;
        self.tokens.insert(name.to_owned(), token.clone());
        Ok(token)
    }

    fn compare_headers(
        &mut self,
        exchange: &Exchange,
        answer: &Answer,
        differences: &mut Vec<String>,
    ) -> Result<(), String> {
        let found = |name: &str| {
            let value = answer.headers.get(name);
            value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        for (name, wanted) in &exchange.answer_headers {
            let got = found(name);
            let fits = match &got {
                None => wanted == "[none]",
                Some(got) => matching::text(wanted, got, &mut self.captures)?,
            };
            if !fits {
                let got = got.as_deref().unwrap_or("[none]");
                differences.push(format!("header {name}: {wanted} expected, {got} came"));
            }
        }
        // What holds for every answer of this door.
        if found("x-request-id").is_none() {
            differences.push("header X-Request-Id: every answer has one".to_owned());
        }
        if !answer.body.is_empty() && found("content-type").as_deref() != Some("application/json") {
            differences.push("header Content-Type: application/json expected".to_owned());
        }
        Ok(())
    }

    fn compare_body(
        &mut self,
        exchange: &Exchange,
        answer: &Answer,
        differences: &mut Vec<String>,
    ) -> Result<(), String> {
        match &exchange.expected {
            Expected::Anything => {}
            Expected::Nothing if answer.body.is_empty() => {}
            Expected::Nothing => differences.push("body: none expected".to_owned()),
            Expected::Json(wanted) => match matching::parsed(&answer.body) {
                Ok(got) => matching::compare(wanted, &got, "", &mut self.captures, differences)?,
                Err(reason) => differences.push(format!("body: {reason}")),
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "GET /objects/company-config/role/2   as ws_sync\n---\n";

    fn failure(case: &str) -> String {
        run(case).expect_err("this case expects what does not come")
    }

    #[test]
    fn a_wrong_status_is_reported_with_line_and_answer() {
        let told = failure(&format!("# A comment.\n{ROLE}404\n\n…\n"));
        assert!(
            told.starts_with("2 GET /objects/company-config/role/2\n"),
            "{told}"
        );
        assert!(told.contains("status: 404 expected, 200 OK came"), "{told}");
        assert!(told.contains("Integration read"), "{told}");
    }

    #[test]
    fn a_wrong_header_is_reported() {
        let told = failure(&format!("{ROLE}200\nETag: \"7\"\n\n…\n"));
        assert!(
            told.contains("header ETag: \"7\" expected, \"1\" came"),
            "{told}"
        );
    }

    #[test]
    fn a_wrong_value_a_wrong_order_and_a_missing_member_are_reported_with_their_place() {
        let told = failure(&format!(
            "{ROLE}200\n\n{{\"ia::result\": {{\"id\": \"Read\", …}}, …}}\n"
        ));
        assert!(
            told.contains("/ia::result/id: \"Read\" expected, \"Integration read\" came"),
            "{told}"
        );
        let told = failure(&format!(
            "{ROLE}200\n\n{{\"ia::meta\": \"[any]\", \"ia::result\": \"[any]\"}}\n"
        ));
        assert!(
            told.contains("members ia::meta, ia::result expected, ia::result, ia::meta came"),
            "{told}"
        );
        let told = failure(&format!("{ROLE}200\n\n{{\"ia::result\": \"[any]\"}}\n"));
        assert!(told.contains("members ia::result expected"), "{told}");
        let told = failure(&format!(
            "{ROLE}200\n\n{{\"ia::result\": {{\"colour\": \"[any]\", …}}, …}}\n"
        ));
        assert!(told.contains("/ia::result/colour: missing"), "{told}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_reported() {
        assert!(failure("GET /x as nobody\n200\n").contains("--- is missing"));
        assert!(failure(&format!("{ROLE}200\n\n{{\"a\": \n")).contains("expected body"));
        assert!(failure("@dance\nGET /x as nobody\n---\n200\n").contains("@dance"));
        assert!(
            failure(&format!(
                "{ROLE}200\n\n{{\"ia::result\": {{\"key\": \"{{{{x}}}}\", …}}, …}}\n"
            ))
            .contains("{{x}}")
        );
    }
}
