//! How a case file is written.
//!
//! ```text
//! # compat: same | A rule that this file shows, in its first lines; crate::compatibility has more
//! # Comments stand before the request.
//! @advance 60s                              what happens before: the clock moves
//! @deliver                                  or the mails that are due are delivered
//! @company QUAY                             or another company appears, like HARBOR
//! @demo QUAY                                or one of the stand-in's, with its own data; `@demo HARBOR`
//!                                           stands first and is HARBOR as the stand-in has it
//! POST /objects/company-config/role   as ws_sync
//! If-Match: "1"                             headers, if any; [none] leaves a usual one out
//!
//! {"id": "{{name}}"}                        the body, if any: sent as it stands
//! ---
//! 201
//! ETag: "1"                                 headers of the answer that matter
//!
//! {"ia::result": {"key": "[key=role]", …}, …}
//! ===
//! the next exchange
//! ```
//!
//! `{{client_id}}`, `{{client_secret}}`, `{{admin_secret}}` and `{{ws_secret}}` are known from the start.
//! `as nobody` sends no token; `as ws_sync|E100` one for an entity, `as ws_sync@QUAY` of another company.
//! Bodies that nobody wants to read are generated: `@nested 100000` opens so many arrays,
//! `@size 10485760` is a JSON text of so many bytes, `@hex 7b ff 7d` are bytes.
//! In the place of the answer's body nothing means that there is none, and a lone `…` anything.

use sidegate_web::rest::json::Node;

use super::matching;

/// One request and what is expected.
pub(super) struct Exchange {
    pub(super) line: usize,
    pub(super) directives: Vec<Directive>,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) user: Option<String>,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    pub(super) status: u16,
    pub(super) answer_headers: Headers,
    pub(super) expected: Expected,
}

type Headers = Vec<(String, String)>;

/// What happens before a request.
pub(super) enum Directive {
    /// The clock moves by so many seconds.
    Advance(i64),
    /// The mails that are due are delivered.
    Deliver,
    /// A company like HARBOR appears.
    Company(String),
    /// A company of the stand-in appears, with its own data.
    Demo(String),
}

/// The body that is expected.
pub(super) enum Expected {
    Nothing,
    Anything,
    Json(Node),
}

/// The exchanges of a file.
pub(super) fn parse(text: &str) -> Result<Vec<Exchange>, String> {
    let mut exchanges = Vec::new();
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line == "===" {
            exchanges.push(exchange(&lines)?);
            lines.clear();
        } else {
            lines.push((number + 1, line));
        }
    }
    exchanges.push(exchange(&lines)?);
    Ok(exchanges)
}

fn exchange(lines: &[(usize, &str)]) -> Result<Exchange, String> {
    let first = lines.first().map_or(1, |(line, _)| *line);
    let cut = lines
        .iter()
        .position(|(_, line)| *line == "---")
        .ok_or_else(|| format!("{first} the line --- is missing"))?;
    let (asked, answered) = (&lines[..cut], &lines[cut + 1..]);
    let mut directives = Vec::new();
    let mut asked = asked
        .iter()
        .skip_while(|(_, line)| line.is_empty() || line.starts_with('#'));
    let mut head = asked.next();
    while let Some((line, text)) = head.filter(|(_, text)| text.starts_with('@')) {
        directives.push(directive(text).ok_or_else(|| format!("{line} {text} is no directive"))?);
        head = asked.next();
    }
    let (line, request) = *head.ok_or_else(|| format!("{first} the request is missing"))?;
    let words: Vec<&str> = request.split_whitespace().collect();
    let [method, path, "as", name] = words.as_slice() else {
        return Err(format!("{line} a request reads: METHOD path as NAME"));
    };
    let (headers, body) = message(asked.map(|(_, text)| *text), line)?;
    let mut answered = answered.iter().map(|(_, text)| *text);
    let status = answered
        .next()
        .and_then(|status| status.trim().parse().ok());
    let (answer_headers, wanted) = message(answered, line)?;
    let expected = match wanted.as_str() {
        "" => Expected::Nothing,
        "…" => Expected::Anything,
        text => Expected::Json(
            matching::pattern(text).map_err(|e| format!("{line} the expected body: {e}"))?,
        ),
    };
    Ok(Exchange {
        line,
        directives,
        method: (*method).to_owned(),
        path: (*path).to_owned(),
        user: Some((*name).to_owned()).filter(|name| name != "nobody"),
        headers,
        body: generated(&body).ok_or_else(|| format!("{line} {body} is no body"))?,
        status: status.ok_or_else(|| format!("{line} the status is missing"))?,
        answer_headers,
        expected,
    })
}

/// Header lines up to the first empty one, and the text after it.
fn message<'l>(
    lines: impl Iterator<Item = &'l str>,
    at: usize,
) -> Result<(Headers, String), String> {
    let mut headers = Vec::new();
    let mut lines = lines;
    for line in lines.by_ref().take_while(|line| !line.trim().is_empty()) {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| format!("{at} {line} is no header"))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let body: Vec<&str> = lines.collect();
    Ok((headers, body.join("\n").trim_end().to_owned()))
}

fn directive(text: &str) -> Option<Directive> {
    if text.trim() == "@deliver" {
        return Some(Directive::Deliver);
    }
    match text.split_once(' ')? {
        ("@advance", time) => time
            .trim()
            .strip_suffix('s')?
            .parse()
            .ok()
            .map(Directive::Advance),
        ("@company", id) => Some(Directive::Company(id.trim().to_owned())),
        ("@demo", id) => Some(Directive::Demo(id.trim().to_owned())),
        _ => None,
    }
}

/// The bytes of a body.
fn generated(text: &str) -> Option<Vec<u8>> {
    let Some((word, rest)) = text
        .split_once(' ')
        .filter(|(word, _)| word.starts_with('@'))
    else {
        return Some(text.as_bytes().to_vec());
    };
    let number = || rest.trim().parse::<usize>().ok();
    match word {
        "@nested" => number().map(|levels| vec![b'['; levels]),
        "@size" => {
            number().map(|size| format!("\"{}\"", "x".repeat(size.saturating_sub(2))).into_bytes())
        }
        "@hex" => rest
            .split_whitespace()
            .map(|byte| u8::from_str_radix(byte, 16).ok())
            .collect(),
        _ => None,
    }
}
