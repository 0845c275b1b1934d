//! From nothing to a company that works: `init`, `company create`, `serve`.

use std::fs;

use serde_json::json;
use sidegate_engine::Location;
use sidegate_engine::audit::Verdict;
use sidegate_engine::credential::{SecretKind, kind_of};
use sidegate_engine::key_file::KeyFile;
use sidegate_model::RecordKey;
use sidegate_store::Connection;
use sidegate_store::backend::Access;

use crate::process::{Server, place, program, run};
use crate::site::{INIT, Site, mode};
use crate::support::{company, rows, verified};

#[test]
fn init_makes_what_serve_needs_with_a_company_that_works() {
    let site = Site::new();
    let printed = site.prints(INIT);
    let secret = printed.trim_end();
    assert_eq!(printed.lines().count(), 1);
    assert_eq!(kind_of(secret), Some(SecretKind::User));
    assert_eq!(mode(&site.key_file), 0o600);
    if let Location::Sqlite(path) = &site.location {
        assert_eq!(mode(path), 0o600);
        assert_eq!(mode(path.parent().expect("a folder")), 0o700);
    }
    // Its secret is stored as everybody's, by its hash under the newest key.
    let keys = KeyFile::open(&site.key_file).expect("the key file");
    let hash = keys.hash("user", secret);
    let hex: String = hash.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(site.hashes(), [[hash.number.to_string(), hex]]);

    let server = Server::serve(&site.location, &site.key_file);
    // A company more while it serves.
    let second = site.prints(&[
        "company",
        "create",
        "BETA",
        "--name",
        "Beta GmbH",
        "--permission-type",
        "user-based",
        "--admin",
        "root",
        "--email",
        "rita@beta.example",
        "--first-name",
        "Rita",
        "--last-name",
        "Root",
    ]);
    assert_eq!(kind_of(second.trim_end()), Some(SecretKind::User));
    assert_eq!(
        site.prints(&["company", "list"]),
        "ACME\trole-based\tactive\tAcme Ltd\nBETA\tuser-based\tactive\tBeta GmbH\n"
    );
    let client_secret = site.prints(&["client", "create", "client", "--name", "A client"]);
    let client_secret = client_secret.trim_end();
    for (id, user) in [("ACME", "ada"), ("BETA", "root")] {
        site.prints(&[
            "company",
            "authorize",
            id,
            "--client",
            "client",
            "--user",
            user,
            "--allow-standard-user",
        ]);
    }
    let engine = site.engine();
    for (company_id, user, name) in [
        ("ACME", "ada", "ada Administrator"),
        ("BETA", "root", "Rita Root"),
    ] {
        let mut client = server.client();
        let grant = json!({
            "grant_type": "client_credentials", "client_id": "client", "client_secret": client_secret,
            "username": format!("{user}@{company_id}"),
        });
        let (status, answer) = client
            .call("POST", "/oauth2/token", "", Some(&grant))
            .expect("an answer");
        assert_eq!(status, 200, "{answer}");
        let token = answer["access_token"].as_str().expect("a token").to_owned();
        let query = json!({"object": "company-config/user", "fields":
            ["id", "userName", "contact.id", "adminPrivileges", "userType", "webServices.isRestricted", "status"]});
        let (_, answer) = client
            .call("POST", "/services/core/query", &token, Some(&query))
            .expect("an answer");
        assert_eq!(
            answer["ia::result"],
            json!([{"id": user, "userName": name, "contact.id": user, "adminPrivileges": "full",
                "userType": "business", "webServices.isRestricted": false, "status": "active"}])
        );
        let group = json!({"id": "made", "description": "Made"});
        let (status, answer) = client
            .call(
                "POST",
                "/objects/company-config/user-group",
                &token,
                Some(&group),
            )
            .expect("an answer");
        assert_eq!(status, 201, "{answer}");
        let key = company(&engine, company_id);
        assert!(matches!(verified(&engine, key), Verdict::Whole { .. }));
    }
    engine.stop();
    server.stop();
}

#[test]
fn init_without_a_company_prints_nothing_and_leaves_what_is_there_alone() {
    let site = Site::new();
    assert_eq!(site.prints(&["init"]), "");
    assert_eq!(site.prints(&["company", "list"]), "");
    let key = fs::read(&site.key_file).expect("the key file");
    let (code, line) = site.refuses(&["init"]);
    assert_eq!(code, 1);
    assert!(
        line.contains("a key file") && line.contains("already"),
        "{line}"
    );
    assert_eq!(fs::read(&site.key_file).expect("the key file"), key);
    // Without the key file its data is worthless, and a new one would not fit.
    fs::remove_file(&site.key_file).expect("mine");
    let (code, line) = site.refuses(&["init"]);
    assert_eq!(code, 1);
    assert!(
        line.contains("already") && line.contains("left as it is"),
        "{line}"
    );
    assert!(!site.key_file.exists(), "no key file was made");
    fs::write(&site.key_file, key).expect("mine");
    let output = site.run(&["init", "--name", "Acme"]);
    assert_eq!(output.status.code(), Some(2));
    let (code, line) = site.refuses(&["init", "--secret-file", "x"]);
    assert_eq!(code, 1, "{line}");
}

#[test]
fn init_that_is_refused_makes_nothing() {
    let site = Site::new();
    let (code, line) = site.refuses(&[
        "init",
        "--company",
        "ACME",
        "--name",
        "Acme",
        "--admin",
        "ada",
        "--email",
        "nowhere",
    ]);
    assert_eq!(code, 1);
    assert!(
        line.contains("nowhere") && line.contains("e-mail"),
        "{line}"
    );
    assert!(!site.key_file.exists());
    let (_, secret) = site.file("none/secret");
    let mut words = INIT.to_vec();
    words.extend(["--secret-file", &secret]);
    let (code, line) = site.refuses(&words);
    assert_eq!(code, 1);
    assert!(line.contains(&secret), "{line}");
    assert!(!site.key_file.exists());
    let (code, line) = site.refuses(&["init", "--secret-file", &secret]);
    assert_eq!(code, 2);
    assert!(line.contains("--company"), "{line}");
    // Nothing is in the way of a second try.
    site.prints(INIT);
}

#[test]
fn a_company_is_made_whole_or_not_at_all() {
    let site = Site::new();
    site.prints(INIT);
    let (path, shown) = site.file("secret");
    let create = |id: &str, admin: &str, email: &str| {
        site.refuses(&[
            "company",
            "create",
            id,
            "--name",
            "Other",
            "--admin",
            admin,
            "--email",
            email,
            "--secret-file",
            &shown,
        ])
    };
    for (id, admin, email, wanted) in [
        ("acme", "ada", "ada@acme.example", "already exists"),
        ("OTHER", "a|b", "ada@acme.example", "must not contain |"),
        ("OTHER", "", "ada@acme.example", "required"),
        ("OTHER", "ada", "nowhere", "e-mail address"),
        ("OT@HER", "ada", "ada@acme.example", "@"),
        ("OTH\nER", "ada", "ada@acme.example", "control characters"),
        ("", "ada", "ada@acme.example", "required"),
    ] {
        let (code, line) = create(id, admin, email);
        assert_eq!(code, 1, "{line}");
        assert!(line.contains(wanted), "{wanted}: {line}");
        assert!(!path.exists(), "no secret of nobody is left");
    }
    assert_eq!(site.prints(&["company", "list"]).lines().count(), 1);
    assert_eq!(site.hashes().len(), 1);
    let count = |table: &str| {
        let mut connection = Connection::open(&site.location, Access::Read).expect("the database");
        let sql = format!("select cast(count(*) as text) from \"{table}\"");
        rows(&mut connection, 1, &sql)[0][0].clone()
    };
    assert_eq!(
        (count("contact"), count("user")),
        ("1".to_owned(), "1".to_owned())
    );
    // And then it goes, with the secret in a file of its own.
    let words = [
        "company",
        "create",
        "OTHER",
        "--name",
        "Other",
        "--admin",
        "ada",
        "--email",
        "ada@acme.example",
        "--secret-file",
        &shown,
    ];
    assert_eq!(site.prints(&words), "");
    assert_eq!(mode(&path), 0o600);
    let secret = fs::read_to_string(&path).expect("the secret");
    assert_eq!(kind_of(secret.trim_end()), Some(SecretKind::User));
    let (code, line) = create("THIRD", "ada", "ada@acme.example");
    assert_eq!(code, 1);
    assert!(line.contains(&shown) && line.contains("already"), "{line}");
    assert_eq!(fs::read_to_string(&path).expect("the secret"), secret);
    assert_eq!(site.prints(&["company", "list"]).lines().count(), 2);
    let engine = site.engine();
    let companies: Vec<RecordKey> = ["ACME", "OTHER"].map(|id| company(&engine, id)).to_vec();
    assert_ne!(companies[0], companies[1]);
    engine.stop();
}

#[test]
fn a_copy_is_not_made_without_a_place_for_its_secrets() {
    let site = Site::new();
    site.prints(INIT);
    let copy = |to: &str, file: &str| {
        let words = ["company", "copy", "ACME", to, "--secret-file", file];
        site.refuses(&words)
    };
    let (_, nowhere) = site.file("none/secrets");
    let (code, line) = copy("BETA", &nowhere);
    assert_eq!(code, 1);
    assert!(line.contains(&nowhere), "{line}");
    let (path, shown) = site.file("secrets");
    let (code, line) = copy("acme", &shown);
    assert_eq!(code, 1);
    assert!(line.contains("already exists"), "{line}");
    assert!(!path.exists(), "no secrets of nobody are left");
    assert_eq!(site.prints(&["company", "list"]).lines().count(), 1);
    assert_eq!(site.hashes().len(), 1);
    let words = ["company", "copy", "ACME", "BETA", "--secret-file", &shown];
    assert_eq!(site.prints(&words), "");
    assert_eq!(mode(&path), 0o600);
    let secrets = fs::read_to_string(&path).expect("the secrets");
    let (user, secret) = secrets.trim_end().split_once('\t').expect("a line");
    assert_eq!((user, kind_of(secret)), ("ada", Some(SecretKind::User)));
    let (code, line) = copy("THIRD", &shown);
    assert_eq!(code, 1);
    assert!(line.contains(&shown) && line.contains("already"), "{line}");
    assert_eq!(fs::read_to_string(&path).expect("the secrets"), secrets);
    assert_eq!(site.prints(&["company", "list"]).lines().count(), 2);
}

#[test]
fn a_copy_whose_secrets_cannot_be_written_says_that_they_are_lost() {
    let site = Site::new();
    site.prints(INIT);
    let full = fs::File::options().write(true).open("/dev/full");
    let output = program()
        .args(["company", "copy", "ACME", "BETA"])
        .args(["--database", &place(&site.location), "--key-file"])
        .arg(&site.key_file)
        .stdout(full.expect("Linux has it"))
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        line.contains("was copied to BETA") && line.contains("lost"),
        "{line}"
    );
    assert_eq!(site.prints(&["company", "list"]).lines().count(), 2);
}

#[test]
fn a_copy_of_a_company_without_secrets_prints_nothing() {
    let site = Site::new();
    site.prints(INIT);
    let mut connection = Connection::open(&site.location, Access::Write).expect("the database");
    connection
        .batch("delete from \"credential\"")
        .expect("no secrets");
    drop(connection);
    let output = site.run(&["company", "copy", "ACME", "BETA"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(line.contains("none of its users had a secret"), "{line}");
}

#[test]
fn secrets_made_after_a_rotation_name_the_new_key() {
    let site = Site::new();
    site.prints(INIT);
    let key_file = site.key_file.display().to_string();
    assert!(
        run(&["key", "rotate", "--key-file", &key_file])
            .status
            .success()
    );
    site.prints(&[
        "company",
        "create",
        "BETA",
        "--name",
        "Beta",
        "--admin",
        "bo",
        "--email",
        "bo@beta.example",
    ]);
    let mut numbers: Vec<String> = site
        .hashes()
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    numbers.sort();
    assert_eq!(numbers, ["1", "2"]);
}
