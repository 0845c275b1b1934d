//! Key rotation as an operator does it, on the running program.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::json;
use sidegate_engine::Location;
use sidegate_store::Connection;
use sidegate_store::backend::Access;

use crate::process::{Client, Server, empty, key_file, place, refusal, run, secrets};
use crate::site::Site;
use crate::support::rows;

/// Lines of `key list` as columns, and its exit code.
fn listed(location: &Location, key_file: &str) -> (Vec<Vec<String>>, Option<i32>) {
    let output = run(&[
        "key",
        "list",
        "--database",
        &place(location),
        "--key-file",
        key_file,
    ]);
    let text = String::from_utf8(output.stdout).expect("text");
    let columns = |line: &str| line.split('\t').map(str::to_owned).collect();
    (text.lines().map(columns).collect(), output.status.code())
}

fn list_users(client: &mut Client, token: &str) -> u16 {
    client
        .call("GET", "/objects/company-config/user", token, None)
        .expect("an answer")
        .0
}

#[test]
fn what_older_keys_hashed_stays_good_and_what_is_new_names_the_new_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_database, location) = empty(folder.path());
    let path = key_file(folder.path());
    let shown = path.display().to_string();
    let server = Server::demo(folder.path(), Some(&location), &[]);
    let known = secrets(folder.path());
    let grant = json!({
        "grant_type": "client_credentials", "client_id": known["client_id"],
        "client_secret": known["client_secret"], "username": "ws_sync@HARBOR",
    });
    let ask = |client: &mut Client, path: &str, body: &serde_json::Value| {
        let (status, answer) = client
            .call("POST", path, "", Some(body))
            .expect("an answer");
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    let old = ask(&mut server.client(), "/oauth2/token", &grant);
    server.stop();
    let before = fs::read_to_string(&path).expect("the key file");

    let rotated = run(&["key", "rotate", "--key-file", &shown]);
    assert_eq!(String::from_utf8_lossy(&rotated.stdout), "2\n");
    let told = String::from_utf8_lossy(&rotated.stderr).into_owned();
    assert!(told.contains("restart"), "{told}");
    assert_eq!(fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
    let after = fs::read_to_string(&path).expect("the key file");
    assert!(after.starts_with(&before) && after.lines().count() == 3);
    let (keys, code) = listed(&location, &shown);
    // Ten users' secrets in two companies, the sender's, the client's; an access and a refresh token;
    // a signing key.
    assert_eq!((keys[0][2].as_str(), keys[0][3].as_str()), ("14", "1"));
    assert_eq!((keys[1][2].as_str(), keys[1][3].as_str()), ("0", "0"));
    assert_eq!(code, Some(0));
    assert!(keys.iter().all(|key| key[1].ends_with('Z')), "{keys:?}");

    let server = Server::serve(&location, &path);
    let mut client = server.client();
    let text =
        |answer: &serde_json::Value, name: &str| answer[name].as_str().expect("a token").to_owned();
    let (access, refresh) = (text(&old, "access_token"), text(&old, "refresh_token"));
    assert_eq!(list_users(&mut client, &access), 200);
    let asking = json!({"client_id": known["client_id"], "client_secret": known["client_secret"], "token": refresh});
    let worth = ask(&mut client, "/oauth2/introspect", &asking);
    assert_eq!(worth["active"], true, "{worth}");
    let refreshing = json!({
        "grant_type": "refresh_token", "client_id": known["client_id"],
        "client_secret": known["client_secret"], "refresh_token": refresh,
    });
    let new = ask(&mut client, "/oauth2/token", &refreshing);
    let new_access = text(&new, "access_token");
    assert_eq!(list_users(&mut client, &new_access), 200);
    // The family of a used refresh token still ends with its second use.
    let (status, _) = client
        .call("POST", "/oauth2/token", "", Some(&refreshing))
        .expect("an answer");
    assert_eq!(status, 400);
    assert_eq!(list_users(&mut client, &new_access), 401);
    let newest = text(&ask(&mut client, "/oauth2/token", &grant), "access_token");
    assert_eq!(list_users(&mut client, &newest), 200);
    // Revoking by a new token ends the old ones.
    assert_eq!(list_users(&mut client, &access), 401);
    server.stop();

    let mut connection = Connection::open(&location, Access::Read).expect("the database");
    let sql = "select cast(\"key_number\" as text), cast(count(*) as text) from \"token\" group by \"key_number\" order by \"key_number\"";
    assert_eq!(rows(&mut connection, 2, sql), [["1", "2"], ["2", "4"]]);
    drop(connection);
    let (keys, code) = listed(&location, &shown);
    assert_eq!((keys[0][2].as_str(), keys[1][2].as_str()), ("14", "4"));
    assert_eq!(code, Some(0));

    // With the file of before, what the new key hashed is told and is worth nothing.
    fs::write(&path, before).expect("mine");
    let (keys, code) = listed(&location, &shown);
    assert_eq!((keys.len(), code), (1, Some(1)));
    let server = Server::serve(&location, &path);
    assert_eq!(list_users(&mut server.client(), &newest), 401);
    server.stop();
}

#[test]
fn a_key_file_that_is_not_right_is_not_rotated() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = key_file(folder.path());
    let shown = path.display().to_string();
    let rotate = || refusal(&["key", "rotate", "--key-file", &shown]);
    let (code, line) = rotate();
    assert_eq!(code, 1);
    assert!(line.contains(&shown), "{line}");
    assert!(!path.exists(), "nothing was made");
    fs::write(&path, "1 short\n").expect("a file");
    let (code, line) = rotate();
    assert_eq!(code, 1);
    assert!(line.contains("chmod 600"), "{line}");
    let (code, line) = refusal(&["key", "rotate"]);
    assert_eq!(code, 2);
    assert!(line.contains("--database"), "{line}");
    assert_eq!(fs::read_to_string(&path).expect("the file"), "1 short\n");
}

#[test]
fn a_settings_file_may_name_the_key_file_and_no_database() {
    let site = Site::new();
    site.prints(&["init"]);
    let (path, shown) = site.file("sidegate.toml");
    let key_file = site.key_file.display();
    fs::write(&path, format!("key_file = \"{key_file}\"\n")).expect("a file");
    let rotated = run(&["key", "rotate", "--config", &shown]);
    assert_eq!(String::from_utf8_lossy(&rotated.stdout), "2\n");
}
