//! A certificate for the stand-in, and clients that trust it in one process.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustls::version::TLS13;
use tempfile::TempDir;

use super::certificate::connect;
use crate::process::{Server, refusal, run};

/// What the program printed with `trust` and these words.
fn trust(data: &Path, words: &[&str]) -> (String, String) {
    let data = data.display().to_string();
    let output = run(&[&["trust", "--data", &data], words].concat());
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    (out, err)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn mode(path: &Path) -> u32 {
    let found = fs::metadata(path).expect("it is there");
    found.permissions().mode() & 0o777
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let tls = folder.join("tls");
    ["authority.pem", "server-key.pem", "server.pem"]
        .map(|name| tls.join(name))
        .to_vec()
}

/// What openssl shows of a certificate.
fn shown(cert: &Path) -> String {
    let output = Command::new("openssl")
        .args(["x509", "-noout", "-text", "-in"])
        .arg(cert)
        .output()
        .expect("openssl");
    text(&output.stdout)
}

#[test]
fn trust_makes_files_for_this_account_alone_and_removes_them() {
    let folder = TempDir::new().expect("a folder");
    let (out, err) = trust(folder.path(), &[]);
    let authority = folder.path().join("tls/authority.pem");
    assert_eq!(out.trim_end(), authority.display().to_string());
    assert!(
        err.contains("its own key is gone") && !err.contains("WARNING"),
        "{err}"
    );
    assert_eq!(mode(&folder.path().join("tls")), 0o700);
    for path in files(folder.path()) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    // The only key is the server's.
    let all: String = files(folder.path())
        .iter()
        .map(|path| fs::read_to_string(path).expect("text"))
        .collect();
    assert_eq!(all.matches("BEGIN PRIVATE KEY").count(), 1);
    let before = fs::read(&authority).expect("a file");
    let said = shown(&authority);
    for wanted in [
        "X509v3 Name Constraints: critical",
        "DNS:local.intacct.com",
        "DNS:localhost",
        "IP:127.0.0.0/255.0.0.0",
        "CA:TRUE, pathlen:0",
    ] {
        assert!(said.contains(wanted), "no {wanted}: {said}");
    }
    assert!(!said.contains("api.intacct.com"), "{said}");

    // Again, with the vendor's name: everything is another one.
    let (_, err) = trust(folder.path(), &["--vendor-name"]);
    assert!(
        err.contains("WARNING") && err.contains("takes this machine for api.intacct.com"),
        "{err}"
    );
    assert_ne!(fs::read(&authority).expect("a file"), before);
    for name in ["tls/authority.pem", "tls/server.pem"] {
        let said = shown(&folder.path().join(name));
        assert!(said.contains("DNS:api.intacct.com"), "{said}");
    }

    let (out, _) = trust(folder.path(), &["--remove"]);
    assert_eq!(out.lines().count(), 3, "{out}");
    assert!(!folder.path().join("tls").exists());
    let (out, err) = trust(folder.path(), &["--remove"]);
    assert_eq!(
        (out.as_str(), err.trim_end()),
        ("", "There was nothing to remove.")
    );
}

#[test]
fn without_a_certificate_the_way_to_one_is_told() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().display().to_string();
    let wanted = format!("make one with: sidegate trust --data {data}");
    for words in [
        &["trust", "--print", "env", "--data", &data][..],
        &["demo", "--tls", "--listen", "127.0.0.1:0", "--data", &data],
    ] {
        let (code, said) = refusal(words);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&wanted), "{said}");
    }
    let (code, said) = refusal(&[
        "demo",
        "--tls",
        "--tls-listen",
        "0.0.0.0:8443",
        "--data",
        &data,
    ]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("demo listens on this machine only"), "{said}");
}

#[test]
fn what_is_printed_is_for_one_process_and_names_the_port() {
    let folder = TempDir::new().expect("a folder");
    trust(folder.path(), &["--vendor-name"]);
    let authority = folder
        .path()
        .join("tls/authority.pem")
        .canonicalize()
        .expect("a path");
    let authority = authority.display().to_string();
    for (client, wanted) in [
        (
            "env",
            vec![
                "https://local.intacct.com:9443/ia/xml/xmlgw.phtml",
                &authority,
                "REQUESTS_CA_BUNDLE",
            ],
        ),
        (
            "node",
            vec!["NODE_EXTRA_CA_CERTS", &authority, "\"api.intacct.com\""],
        ),
        (
            "python",
            vec!["REQUESTS_CA_BUNDLE", &authority, "port = 9443"],
        ),
        ("php", vec!["openssl.cafile", &authority, "--print hosts"]),
        ("dotnet", vec!["SSL_CERT_FILE", &authority, "--print hosts"]),
    ] {
        let (out, _) = trust(folder.path(), &["--print", client, "--port", "9443"]);
        for wanted in wanted {
            assert!(out.contains(wanted), "{client} has no {wanted}: {out}");
        }
    }
    // Whatever the certificate names, no machine's names are turned around for everybody but our own.
    let (out, _) = trust(folder.path(), &["--print", "hosts"]);
    assert_eq!(out, "127.0.0.1 local.intacct.com\n");
}

/// A stand-in that serves HTTPS too.
struct Stage {
    folder: TempDir,
    server: Server,
    port: String,
}

impl Stage {
    fn new(words: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        trust(folder.path(), words);
        let more = ["--tls", "--tls-listen", "127.0.0.1:0"];
        let server = Server::demo(folder.path(), None, &more);
        let (_, rest) = server
            .greeting
            .split_once("https://local.intacct.com:")
            .expect("a URL");
        let port = rest.split_whitespace().next().expect("a port").to_owned();
        Self {
            folder,
            server,
            port,
        }
    }

    fn print(&self, client: &str, file: &str) {
        let words = ["--print", client, "--port", &self.port];
        let (out, _) = trust(self.folder.path(), &words);
        fs::write(self.folder.path().join(file), out).expect("a file");
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("tls/authority.pem")
    }
}

fn said(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn the_stand_in_answers_over_http_and_https() {
    let stage = Stage::new(&[]);
    let port = &stage.port;
    let curl = |words: &[&str]| {
        let mut command = Command::new("curl");
        command
            .args(["-sS", "-o", "/dev/null", "-w", "%{http_code}"])
            .args(words);
        command.output().expect("curl")
    };
    let plain = format!("http://{}/ia/api/v1/nothing", stage.server.address);
    assert_eq!(said(&curl(&[&plain])), "404");
    let authority = stage.authority().display().to_string();
    for name in ["local.intacct.com", "localhost", "127.0.0.1"] {
        let secure = format!("https://{name}:{port}/ia/api/v1/nothing");
        let resolve = format!("local.intacct.com:{port}:127.0.0.1");
        let output = curl(&["--cacert", &authority, "--resolve", &resolve, &secure]);
        assert_eq!(said(&output), "404", "{name}");
        assert!(
            !curl(&["--resolve", &resolve, &secure]).status.success(),
            "{name}"
        );
    }
    // A library that reads constraints in its own way.
    let root = fs::read_to_string(stage.authority()).expect("a file");
    connect(&root, &format!("127.0.0.1:{port}"), &TLS13).expect("a handshake");
    stage.server.stop();
}

/// Asks for the URL of the first argument with what comes with Python, and prints the status.
const PYTHON: &str = "import sys, urllib.error, urllib.request\n\
    try:\n    print(urllib.request.urlopen(sys.argv[1]).status)\n\
    except urllib.error.HTTPError as error:\n    print(error.code)\n";

#[test]
fn python_trusts_it_in_one_process() {
    let stage = Stage::new(&["--vendor-name"]);
    stage.print("python", "sitecustomize.py");
    let ask = |url: &str, customized: bool| {
        let mut command = Command::new("python3");
        command
            .args(["-c", PYTHON, url])
            .env_remove("HTTPS_PROXY")
            .env_remove("https_proxy");
        if customized {
            command.env("PYTHONPATH", stage.folder.path());
        }
        command.output().expect("python3")
    };
    let port = &stage.port;
    for url in [
        &format!("https://local.intacct.com:{port}/ia/api/v1/nothing"),
        "https://local.intacct.com/ia/api/v1/nothing",
        "https://api.intacct.com/ia/api/v1/nothing",
        &format!("https://localhost:{port}/ia/api/v1/nothing"),
    ] {
        assert_eq!(said(&ask(url, true)), "404\n", "{url}");
    }
    let untrusted = ask(
        &format!("https://localhost:{port}/ia/api/v1/nothing"),
        false,
    );
    assert!(
        said(&untrusted).contains("CERTIFICATE_VERIFY_FAILED"),
        "{}",
        said(&untrusted)
    );
    stage.server.stop();
}

#[test]
fn node_trusts_it_in_one_process() {
    let stage = Stage::new(&[]);
    stage.print("node", "sidegate.cjs");
    let module = stage.folder.path().join("sidegate.cjs");
    let ask = |script: &str, name: &str| {
        let url = format!("https://{name}:{}/ia/api/v1/nothing", stage.port);
        let mut command = Command::new("node");
        command
            .arg("--require")
            .arg(&module)
            .args(["-e", script, &url]);
        command.env("NODE_EXTRA_CA_CERTS", stage.authority());
        said(&command.output().expect("node"))
    };
    // The two ways to ask that come with Node.
    let https = "require('https').get(process.argv[1], (answer) => { console.log(answer.statusCode); answer.destroy(); })";
    let fetch = "fetch(process.argv[1]).then((answer) => console.log(answer.status))";
    for script in [https, fetch] {
        assert_eq!(ask(script, "local.intacct.com"), "404\n");
        assert_eq!(ask(script, "localhost"), "404\n");
    }
    stage.server.stop();
}
