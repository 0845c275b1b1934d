//! Large files through the REST door: content comes back as it was sent, and what is too large is
//! refused at its place.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sidegate_model::field_type::MOST_FILE;

use crate::harness::{Answer, World};

const ATTACHMENT: &str = "/objects/company-config/attachment";

/// Bytes that compress badly and repeat nowhere, after the begin that their name asks for.
fn content(begin: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = begin.to_vec();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// A hash that tells two large contents apart without printing them.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn folder(world: &World, token: &str) {
    let body = json!({"id": "F"});
    let path = "/objects/company-config/folder";
    let made = world.call("POST", path, Some(token), Some(&body));
    assert_eq!(made.status, 201, "{}", made.json());
}

fn attach(world: &World, token: &str, files: &[(&str, &[u8])]) -> Answer {
    let files: Vec<Value> = files
        .iter()
        .map(|(name, bytes)| json!({"name": name, "data": STANDARD.encode(bytes)}))
        .collect();
    let body = json!({"name": "Large", "folder": {"id": "F"}, "files": files});
    world.call("POST", ATTACHMENT, Some(token), Some(&body))
}

fn key(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.json());
    let key = answer.json()["ia::result"]["key"].clone();
    key.as_str().expect("a key").to_owned()
}

fn detail(answer: &Answer) -> Value {
    answer.json()["ia::result"]["ia::error"]["details"][0].clone()
}

#[test]
fn the_largest_files_come_back_as_they_were_sent() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    folder(&world, &token);
    let large = content(b"%PDF-1.7\n", MOST_FILE);
    let small = content(b"\x89PNG\r\n\x1a\n", 1000);
    let sent = [("a.pdf", &large[..]), ("b.png", &small), ("c.pdf", &large)];
    let made = key(&attach(&world, &token, &sent));
    let path = format!("{ATTACHMENT}/{made}");
    let answer = world.call("GET", &path, Some(&token), None);
    assert_eq!(answer.status, 200);
    let whole = answer.json();
    let files = whole["ia::result"]["files"].as_array().expect("files");
    assert_eq!(files.len(), sent.len());
    for (file, (name, bytes)) in files.iter().zip(sent) {
        assert_eq!(file["name"], name);
        assert_eq!(file["size"], bytes.len());
        let data = file["data"].as_str().expect("base64");
        let back = STANDARD.decode(data).expect("base64");
        assert_eq!(hash(&back), hash(bytes), "{name}");
    }
    // One by itself is the same.
    let first = files[0]["key"].as_str().expect("a key");
    let path = format!("/objects/company-config/file/{first}");
    let alone = world.call("GET", &path, Some(&token), None).json();
    assert!(alone["ia::result"]["data"] == files[0]["data"]);
}

#[test]
fn one_byte_more_is_refused_at_its_place() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    folder(&world, &token);
    let small = content(b"%PDF-1.7\n", 100);
    for more in [1, 2, 5000] {
        let large = content(b"%PDF-1.7\n", MOST_FILE + more);
        let answer = attach(&world, &token, &[("a.pdf", &small), ("b.pdf", &large)]);
        assert_eq!(answer.status, 400);
        let detail = detail(&answer);
        assert_eq!(detail["target"], "/files/1/data", "{more}");
        let message = "/files/1/data must have at most 10485760 bytes";
        assert_eq!(detail["message"], message, "{more}");
    }
}

#[test]
fn only_bodies_with_files_may_be_large() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    for (object, most) in [
        ("company-config/attachment", 67_108_864),
        ("company-config/folder", 4_194_304),
    ] {
        let send = |size: usize| {
            let request = Request::builder()
                .method("POST")
                .uri(format!("/ia/api/v1/objects/{object}"))
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .body(Body::from(vec![b' '; size]));
            world.send(request.expect("a request"))
        };
        // Blanks only: large enough to be read, and then empty.
        assert_eq!(send(most).status, 400, "{object}");
        let answer = send(most + 1);
        assert_eq!(answer.status, 413, "{object}");
        let message = format!("The body is larger than {most} bytes");
        assert_eq!(answer.json()["ia::result"]["ia::error"]["message"], message);
    }
}

#[test]
fn what_a_list_of_keys_reads_is_bounded_together() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    folder(&world, &token);
    // 14 million bytes in base64, so that two are less than 32 MiB and three are more.
    let large = content(b"%PDF-1.7\n", MOST_FILE);
    let made = key(&attach(&world, &token, &[("a.pdf", &large)]));
    let read = |keys: &[&str]| {
        let path = format!("{ATTACHMENT}/{}", keys.join(","));
        world.call("GET", &path, Some(&token), None)
    };
    assert_eq!(read(&[&made, &made]).status, 200);
    let refused = read(&[&made, &made, &made]);
    assert_eq!(refused.status, 400);
    let error = refused.json()["ia::result"]["ia::error"].clone();
    assert_eq!(error["errorId"], "SG-0135");
    let message = "These records together are larger than 33554432 bytes; ask for fewer at once";
    assert_eq!(error["message"], message);
}

#[test]
fn the_files_of_an_attachment_are_bounded_together() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    folder(&world, &token);
    let large = content(b"", MOST_FILE);
    let made = key(&attach(&world, &token, &[("1.log", &large)]));
    let path = format!("{ATTACHMENT}/{made}");
    let more = |names: &[&str]| {
        let data = STANDARD.encode(&large);
        let files: Vec<Value> = names
            .iter()
            .map(|name| json!({"name": name, "data": data}))
            .collect();
        world.call("PATCH", &path, Some(&token), Some(&json!({"files": files})))
    };
    assert_eq!(more(&["2.log", "3.log", "4.log"]).status, 200);
    assert_eq!(more(&["5.log", "6.log", "7.log"]).status, 200);
    assert_eq!(more(&["8.log", "9.log", "10.log"]).status, 200);
    let refused = more(&["11.log"]);
    assert_eq!(refused.status, 422);
    assert_eq!(detail(&refused)["errorId"], "SG-2187");
    assert_eq!(detail(&refused)["target"], "/files");
}
