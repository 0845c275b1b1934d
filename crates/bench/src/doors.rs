//! What it costs to come in: tokens by client credentials, sessions and logins of the XML gateway,
//! chosen passwords, and the check of a token that comes with every request.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use sidegate::demo_data::{ADMIN, COMPANY, USER};
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::{Engine, Location, Settings, Source};
use sidegate_model::Registry;

use crate::data::Data;
use crate::exchange::{Request, cookie, exchange, middle};
use crate::workload::Workload;
use crate::{Outcome, stop, token};

const PATH: &str = "/ia/xml/xmlgw.phtml";
/// So many tokens are verified for the first time.
const TOKENS: usize = 30;
/// So many times a token is verified that is known.
const KNOWN: u32 = 200_000;

/// What the check of a token costs, in microseconds.
pub(crate) struct Checked {
    /// The first time: its signature is verified.
    pub(crate) first: f64,
    /// Afterwards: it is remembered.
    pub(crate) known: f64,
}

/// All sorts of coming in, and the same read behind each.
pub(crate) fn workloads(data: &Data, to: SocketAddr, token: &str) -> Outcome<Vec<Workload>> {
    let key = data.keys.first().ok_or("there are no users")?;
    let read = format!(
        "<read><object>USERINFO</object><keys>{key}</keys><fields>RECORDNO,LOGINID,DESCRIPTION,STATUS</fields></read>"
    );
    let credentials = &data.credentials;
    let login = |user: &str, password: &str| {
        format!(
            "<login><userid>{user}</userid><companyid>{COMPANY}</companyid><password>{password}</password></login>"
        )
    };
    let own = login(USER, &credentials.user_password);
    let opened = exchange(to, &xml(data, &own, "<getAPISession/>"))?;
    let opened = String::from_utf8_lossy(&opened).into_owned();
    let session = opened
        .split_once("<sessionid>")
        .and_then(|(_, rest)| rest.split_once("</sessionid>"))
        .map(|(session, _)| format!("<sessionid>{session}</sessionid>"))
        .ok_or_else(|| format!("no session in {opened}"))?;
    // Whom nobody knows costs what everybody costs, and nobody is locked out by a load.
    let chosen = login("nobody", "a password that somebody chose");
    let workload = |title, request| Workload {
        title,
        aim: 0.0,
        requests: vec![request],
    };
    Ok(vec![
        workload(
            "a token by client credentials, generated secrets",
            grant(data),
        ),
        workload(
            "a user by key over REST, with a token",
            Request {
                method: "GET",
                path: format!("/ia/api/v1/objects/company-config/user/{key}"),
                headers: vec![("authorization", format!("Bearer {token}"))],
                body: String::new(),
            },
        ),
        workload("`read` over XML, in a session", xml(data, &session, &read)),
        workload("`read` over XML, with a login", xml(data, &own, &read)),
        workload(
            "a sign-in with a chosen password",
            xml(data, &chosen, &read),
        ),
    ])
}

/// The two pages of the console that are asked for most: a list, and the dialog of a role's permissions.
pub(crate) fn pages(data: &Data, to: SocketAddr) -> Outcome<Vec<Workload>> {
    let form = |path: &str, cookie: Option<&str>, pairs: &[(&str, &str)]| {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(pairs);
        let mut headers = vec![(
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        )];
        headers.extend(cookie.map(|cookie| ("cookie", cookie.to_owned())));
        Request {
            method: "POST",
            path: path.to_owned(),
            headers,
            body: body.finish(),
        }
    };
    let password = data.credentials.admin_password.as_str();
    let signs_in = [("company", COMPANY), ("user", ADMIN), ("password", password)];
    let cookie = cookie(to, &form("/", None, &signs_in))?;
    let get = |path: &str| Request {
        method: "GET",
        path: path.to_owned(),
        headers: vec![("cookie", cookie.clone())],
        body: String::new(),
    };
    let page = exchange(to, &get("/roles/1/subscriptions"))?;
    let page = String::from_utf8_lossy(&page).into_owned();
    let csrf = page
        .split_once("name=\"csrf\" value=\"")
        .and_then(|(_, rest)| rest.split('"').next())
        .ok_or("the page has no word of its session")?;
    let opens = [("csrf", csrf), ("go", "open:generalLedger")];
    let workload = |title, request| Workload {
        title,
        aim: 0.0,
        requests: vec![request],
    };
    Ok(vec![
        workload(
            "the console's list of users, a page of 100",
            get("/users?f="),
        ),
        workload(
            "the console's permissions of a role, one module",
            form("/roles/1/subscriptions", Some(&cookie), &opens),
        ),
    ])
}

fn grant(data: &Data) -> Request {
    Request {
        method: "POST",
        path: "/ia/api/v1/oauth2/token".to_owned(),
        headers: vec![(
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        )],
        body: format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&username={USER}%40{COMPANY}",
            data.credentials.client_id, data.credentials.client_secret
        ),
    }
}

fn xml(data: &Data, authentication: &str, function: &str) -> Request {
    let (sender, password) = (
        &data.credentials.sender_id,
        &data.credentials.sender_password,
    );
    Request {
        method: "POST",
        path: PATH.to_owned(),
        headers: vec![("content-type", "application/xml".to_owned())],
        body: format!(
            "<request><control><senderid>{sender}</senderid><password>{password}</password><controlid>bench</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion><includewhitespace>false</includewhitespace></control><operation><authentication>{authentication}</authentication><content><function controlid='f'>{function}</function></content></operation></request>"
        ),
    }
}

/// Tokens of a running server.
pub(crate) fn tokens(data: &Data, to: SocketAddr) -> Outcome<Vec<String>> {
    (0..TOKENS).map(|_| token(to, data)).collect()
}

/// What their check costs, on the server's own database after it ended.
pub(crate) fn check(
    data: &Data,
    database: &std::path::Path,
    tokens: &[String],
) -> Outcome<Checked> {
    let source = Source::system();
    let keys = KeyFile::open_or_create(&data.folder.join("sidegate.key"), &source).map_err(stop)?;
    let registry = Registry::shipped().map_err(|broken| format!("{broken:?}"))?;
    let location = Location::Sqlite(database.to_owned());
    let settings = Settings::usual(location.dialect());
    let engine =
        Engine::start(Arc::new(registry), location, keys, source, settings).map_err(stop)?;
    let mut first = Vec::new();
    for token in tokens {
        let began = Instant::now();
        let claims = engine.claims(black_box(token));
        first.push(began.elapsed().as_nanos() as f64 / 1e3);
        claims.ok_or("a token that was given is not verified")?;
    }
    let token = tokens.first().ok_or("there are no tokens")?;
    let began = Instant::now();
    for _ in 0..KNOWN {
        black_box(engine.claims(black_box(token)));
    }
    let known = began.elapsed().as_nanos() as f64 / 1e3 / f64::from(KNOWN);
    engine.stop();
    Ok(Checked {
        first: middle(first),
        known,
    })
}
