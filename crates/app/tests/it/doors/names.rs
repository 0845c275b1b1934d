//! The names that requests may ask for.

use super::Data;
use crate::process::Client;

#[test]
fn a_name_that_is_not_allowed_is_refused_and_never_told_back() {
    let data = Data::new();
    let server = data.serve(&[
        "--public-url",
        "https://gate.example.org",
        "--public-names",
        "api.example.com",
    ]);
    let mut client = server.client();
    let mut asked = |host: &str, path: &str| {
        let request = Client::request("GET", path, "", None)
            .replace("Host: sidegate", &format!("Host: {host}"))
            .replace("/ia/api/v1/sidegate/", "/sidegate/");
        client.write(request.as_bytes()).expect("a connection");
        client.answer().expect("an answer")
    };
    for host in [
        "gate.example.org",
        "API.example.com:443",
        "localhost:8080",
        "192.0.2.1",
    ] {
        let (status, body) = asked(host, "/objects/company-config/contact");
        assert_eq!(status, 401, "{host}: {body}");
    }
    for host in ["evil.example", "gate.example.org.evil.example", ""] {
        for path in [
            "/objects/company-config/contact",
            "/oauth2/token",
            "/nothing",
        ] {
            let (status, body) = asked(host, path);
            assert_eq!(status, 400, "{host}: {body}");
            assert!(body.contains("SG-0139") && !body.contains("evil"), "{body}");
        }
        // The link of a mail is as good as a secret, and was not used up by this.
        for page in ["reveal", "password/new"] {
            let (status, _) = asked(host, &format!("/sidegate/v1/{page}/sg1_link"));
            assert_eq!(status, 400, "{host}");
        }
    }
    // Nor is one of a path that somebody put before it.
    let (status, _) = asked("localhost", "/base/sidegate/v1/reveal/sg1_link");
    assert_eq!(status, 404);
    drop(client);
    let log = server.stop();
    assert!(log.contains("/sidegate/v1/reveal/(link)"), "{log}");
    assert!(!log.contains("sg1_link"), "{log}");
}

#[test]
fn any_name_will_do_where_none_is_listed() {
    let data = Data::new();
    let server = data.serve(&["--public-url", "https://gate.example.org"]);
    let mut client = server.client();
    let answer = client.call("GET", "/objects/company-config/contact", "", None);
    let (status, body) = answer.expect("an answer");
    assert_eq!(status, 401, "{body}");
    server.stop();
}
