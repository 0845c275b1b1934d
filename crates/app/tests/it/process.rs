//! The built program as a child process, and a plain HTTP client for it.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidegate_engine::Location;
use sidegate_store::Dialect;
use sidegate_store::testing::{TestDatabase, dialect};

/// How long a process may take to come up or go.
const AT_LAST: Duration = Duration::from_secs(60);

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidegate"));
    for name in [
        "CONFIG",
        "CREDENTIAL_MAIL",
        "DATABASE",
        "KEY_FILE",
        "LISTEN",
        "LOG",
        "MAX_CONNECTIONS",
        "PUBLIC_NAMES",
        "PUBLIC_URL",
        "SMTP_CA_FILE",
        "SMTP_FROM",
        "SMTP_HOST",
        "SMTP_PASSWORD",
        "SMTP_PORT",
        "SMTP_TLS",
        "SMTP_USER",
        "TLS_CERT",
        "TLS_KEY",
        "TRUSTED_PROXIES",
    ] {
        command.env_remove(format!("SIDEGATE_{name}"));
    }
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

/// What a command says and how it ends, when it refuses: one line on stderr, nothing on stdout.
pub(crate) fn refusal(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    let line = String::from_utf8(output.stderr).expect("text");
    assert_eq!(line.matches('\n').count(), 1, "one line: {line}");
    assert!(
        output.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    (
        output.status.code().expect("an exit code"),
        line.trim_end().to_owned(),
    )
}

/// A location as `--database` takes it.
pub(crate) fn place(location: &Location) -> String {
    match location {
        Location::Sqlite(path) => format!("sqlite:{}", path.display()),
        Location::Postgres(text) => text.clone(),
    }
}

/// A place for data on the database of this run, empty: a file in this folder on SQLite.
pub(crate) fn empty(folder: &Path) -> (TestDatabase, Location) {
    let database = TestDatabase::empty();
    let location = match dialect() {
        Dialect::Sqlite => Location::Sqlite(folder.join("sidegate.sqlite")),
        Dialect::Postgres => database.location.clone(),
    };
    (database, location)
}

/// A program that serves.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// What it printed until it served.
    pub(crate) greeting: String,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts the stand-in with its data in a folder, or in this PostgreSQL database.
    pub(crate) fn demo(folder: &Path, location: Option<&Location>, more: &[&str]) -> Self {
        let mut command = program();
        command
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .args(more);
        if let Some(Location::Postgres(text)) = location {
            command.args(["--postgres", text]);
        }
        Self::start(command)
    }

    pub(crate) fn serve(location: &Location, key_file: &Path) -> Self {
        Self::serve_with(location, key_file, &[])
    }

    /// The same with more words on the command line.
    pub(crate) fn serve_with(location: &Location, key_file: &Path, more: &[&str]) -> Self {
        let mut command = program();
        command.args(["serve", "--database", &place(location)]);
        if !more.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.arg("--key-file").arg(key_file).args(more);
        Self::start(command)
    }

    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let errors = child.stderr.take().expect("a pipe");
        let kept = Arc::clone(&log);
        let reader = thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                let mut log = kept.lock().expect("nobody panics with it");
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut greeting = String::new();
        let mut address = None;
        let mut stand_in = false;
        while let Some(Ok(line)) = lines.next() {
            greeting.push_str(&line);
            greeting.push('\n');
            stand_in |= line.contains("stand-in");
            let found = ["http://", "https://"]
                .iter()
                .find_map(|scheme| line.split_once(scheme));
            if let Some((_, rest)) = found.filter(|_| address.is_none()) {
                address = Some(rest.split('/').next().unwrap_or(rest).to_owned());
            }
            if address.is_some() && (!stand_in || line.starts_with("Ctrl-C")) {
                break;
            }
        }
        let rest = thread::spawn(move || lines.for_each(drop));
        let address = address.unwrap_or_else(|| {
            let _ = child.wait();
            panic!("it did not come up: {}", log.lock().expect("the log"))
        });
        Self {
            child,
            address,
            greeting,
            log,
            readers: vec![reader, rest],
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to stderr so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits for the end: exit code and the whole of stderr.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let end = Instant::now() + AT_LAST;
        let status = loop {
            match self.child.try_wait().expect("a child") {
                Some(status) => break status,
                None => assert!(Instant::now() < end, "it does not end: {}", self.log()),
            }
            thread::yield_now();
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader");
        }
        (status.code(), self.log())
    }

    /// Stops it as Ctrl-C does.
    pub(crate) fn stop(self) -> String {
        self.signal("INT");
        let (code, log) = self.ended();
        assert_eq!(code, Some(0), "{log}");
        log
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone, most often.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -{name} {pid}"))
        .status();
    assert!(sent.expect("a shell").success());
}

/// What bytes come and go on.
pub(crate) trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// One connection that is kept open.
pub(crate) struct Client {
    stream: BufReader<Box<dyn Stream>>,
}

/// A plain connection.
pub(crate) fn connected(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    stream.set_read_timeout(Some(AT_LAST)).expect("a socket");
    stream
}

impl Client {
    fn new(address: &str) -> Self {
        Self::on(connected(address))
    }

    pub(crate) fn on(stream: impl Stream + 'static) -> Self {
        Self {
            stream: BufReader::new(Box::new(stream)),
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.get_mut().write_all(bytes).ok()
    }

    /// The whole text of a request.
    pub(crate) fn request(method: &str, path: &str, token: &str, body: Option<&Value>) -> String {
        let body = body.map(Value::to_string).unwrap_or_default();
        let token = if token.is_empty() {
            String::new()
        } else {
            format!("Authorization: Bearer {token}\r\n")
        };
        format!(
            "{method} /ia/api/v1{path} HTTP/1.1\r\nHost: sidegate\r\nContent-Type: application/json\r\n{token}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// The answer to what was sent; nothing when the connection broke.
    pub(crate) fn answer(&mut self) -> Option<(u16, String)> {
        let mut line = String::new();
        self.stream
            .read_line(&mut line)
            .ok()
            .filter(|read| *read > 0)?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream
                .read_line(&mut line)
                .ok()
                .filter(|read| *read > 0)?;
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line
                .split_once(':')
                .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            {
                length = value
                    .trim()
                    .parse()
                    .unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        Some((status, String::from_utf8(body).ok()?))
    }

    pub(crate) fn call(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Option<(u16, Value)> {
        self.write(Self::request(method, path, token, body).as_bytes())?;
        let (status, body) = self.answer()?;
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&body).expect("JSON")
        };
        Some((status, body))
    }

    /// An access token for a user of the stand-in, with the credentials in its folder.
    pub(crate) fn token(&mut self, folder: &Path, username: &str) -> String {
        let secrets = secrets(folder);
        let body = json!({
            "grant_type": "client_credentials", "client_id": secrets["client_id"],
            "client_secret": secrets["client_secret"], "username": username,
        });
        let (status, answer) = self
            .call("POST", "/oauth2/token", "", Some(&body))
            .expect("an answer");
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().expect("a token").to_owned()
    }
}

/// Makes a contact in the stand-in whose credentials are in this folder.
pub(crate) fn make_contact(server: &Server, folder: &Path, id: &str) {
    let mut client = server.client();
    let token = client.token(folder, "ws_sync@HARBOR");
    let body = json!({"id": id, "printAs": id});
    let path = "/objects/company-config/contact";
    let made = client.call("POST", path, &token, Some(&body));
    let (status, answer) = made.expect("an answer");
    assert_eq!(status, 201, "{answer}");
}

/// The credentials of a stand-in.
pub(crate) fn secrets(folder: &Path) -> Value {
    let text =
        std::fs::read_to_string(folder.join("demo-credentials.json")).expect("the credentials");
    serde_json::from_str(&text).expect("JSON")
}

/// The key file of a stand-in.
pub(crate) fn key_file(folder: &Path) -> PathBuf {
    folder.join("sidegate.key")
}
