//! What a server writes to its log, and what it never may.

use serde_json::json;
use sidegate_engine::Location;

use crate::process::{Server, empty, program, secrets};

#[test]
fn the_log_holds_no_secret() {
    for level in ["info", "trace"] {
        let folder = tempfile::tempdir().expect("a folder");
        let (_database, location) = empty(folder.path());
        let mut command = program();
        command
            .env("SIDEGATE_LOG", level)
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path());
        if let Location::Postgres(text) = &location {
            command.args(["--postgres", text]);
        }
        let server = Server::start(command);
        let secrets = secrets(folder.path());
        let mut found: Vec<String> = secrets
            .as_object()
            .expect("an object")
            .iter()
            .filter(|(name, _)| name.ends_with("password") || name.ends_with("secret"))
            .map(|(_, value)| value.as_str().expect("text").to_owned())
            .collect();
        assert_eq!(found.len(), 5);
        let others = secrets["others"].as_object().expect("an object").values();
        found.extend(others.map(|value| value.as_str().expect("text").to_owned()));
        let mut client = server.client();
        let (id, secret) = (&secrets["client_id"], &secrets["client_secret"]);
        // Used rightly, refreshed, revoked, and used wrongly in every place.
        let grant = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret, "username": "ws_sync@HARBOR"});
        let (_, granted) = client
            .call("POST", "/oauth2/token", "", Some(&grant))
            .expect("an answer");
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        let (token, refresh) = (
            text(&granted["access_token"]),
            text(&granted["refresh_token"]),
        );
        let body = json!({"grant_type": "refresh_token", "client_id": id, "client_secret": secret, "refresh_token": refresh});
        let (_, second) = client
            .call("POST", "/oauth2/token", "", Some(&body))
            .expect("an answer");
        found.extend([
            token.clone(),
            refresh.clone(),
            text(&second["access_token"]),
            text(&second["refresh_token"]),
        ]);
        let token = text(&second["access_token"]);
        let contact = json!({"id": "logged", "printAs": "Logged"});
        let wrong = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secrets["user_password"], "username": "ws_sync@HARBOR"});
        let secret_text = text(secret);
        let calls = [
            (
                "GET",
                "/objects/company-config/user".to_owned(),
                Some(&token),
                None,
            ),
            (
                "POST",
                "/objects/company-config/contact".to_owned(),
                Some(&token),
                Some(contact.clone()),
            ),
            (
                "POST",
                "/objects/company-config/contact".to_owned(),
                Some(&token),
                Some(contact),
            ),
            (
                "POST",
                "/objects/company-config/contact".to_owned(),
                Some(&token),
                Some(json!({"id": secret, "pasword": secret})),
            ),
            ("POST", "/oauth2/token".to_owned(), None, Some(wrong)),
            (
                "GET",
                format!("/oauth2/token?client_secret={secret_text}"),
                None,
                None,
            ),
            (
                "GET",
                "/objects/company-config/user".to_owned(),
                Some(&refresh),
                None,
            ),
            ("POST", "/oauth2/token".to_owned(), None, Some(body)),
            (
                "POST",
                "/oauth2/introspect".to_owned(),
                Some(&token),
                Some(json!({"token": token})),
            ),
            (
                "POST",
                "/oauth2/introspect".to_owned(),
                None,
                Some(json!({"client_id": id, "client_secret": secret, "token": refresh})),
            ),
            (
                "POST",
                "/oauth2/revoke".to_owned(),
                None,
                Some(json!({"client_id": id, "client_secret": secret, "token": token})),
            ),
            (
                "GET",
                "/objects/company-config/user".to_owned(),
                Some(&token),
                None,
            ),
        ];
        for (method, path, token, body) in calls {
            client
                .call(
                    method,
                    &path,
                    token.map_or("", |token| token.as_str()),
                    body.as_ref(),
                )
                .expect("an answer");
        }
        drop(client);
        let log = server.stop();
        assert!(log.contains("/oauth2/token"), "{level}: {log}");
        for secret in &found {
            let at = log.find(secret.as_str());
            assert!(
                at.is_none(),
                "{level}: a secret in the log: {}",
                &log[at.unwrap_or(0).saturating_sub(200)..][..400]
            );
        }
    }
}
