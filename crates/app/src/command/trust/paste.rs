//! What makes one process of a client find and trust the stand-in.

use std::path::Path;

use serde_json::json;

use super::{Client, OWN_NAME, Stop};

/// The text for one client. All names are those that the certificate has.
pub(super) fn text(
    client: Client,
    authority: &Path,
    names: &[&str],
    port: u16,
) -> Result<String, Stop> {
    let shown = authority.display();
    // A path with a quote or a line break in it would say something else to a shell.
    let Some(path) = authority
        .to_str()
        .filter(|path| !path.contains(['\'', '"', '\\', '\n', '$']))
    else {
        return Err(Stop::Failed(format!(
            "{shown} has characters in its path that cannot be pasted; keep the data in another folder with --data"
        )));
    };
    let endpoint = format!("{}/ia/xml/xmlgw.phtml", super::url(port));
    Ok(match client {
        Client::Env => format!(
            "# For this shell alone; close it to be rid of them.\n\
             # Names are resolved by what --print node or python gives, or by the line of --print hosts.\n\
             export INTACCT_ENDPOINT_URL='{endpoint}'\n\
             export NODE_EXTRA_CA_CERTS='{path}'\n\
             export REQUESTS_CA_BUNDLE='{path}'\n\
             export CURL_CA_BUNDLE='{path}'\n\
             export SSL_CERT_FILE='{path}'\n"
        ),
        Client::Node => node(path, &endpoint, names),
        Client::Python => python(path, names, port),
        Client::Php => format!(
            "# For this process alone. The name is resolved by the line of: sidegate trust --print hosts\n\
             INTACCT_ENDPOINT_URL='{endpoint}' php -d openssl.cafile='{path}' -d curl.cainfo='{path}' YOUR.php\n"
        ),
        Client::Dotnet => format!(
            "# For this process alone, on Linux; other systems ask their own store, which is better left alone.\n\
             # The name is resolved by the line of: sidegate trust --print hosts\n\
             INTACCT_ENDPOINT_URL='{endpoint}' SSL_CERT_FILE='{path}' dotnet run\n"
        ),
        Client::Hosts => format!("127.0.0.1 {OWN_NAME}\n"),
    })
}

fn node(path: &str, endpoint: &str, names: &[&str]) -> String {
    let names = json!(names);
    format!(
        r"// Keep this as sidegate.cjs, and start one process of Node with it:
// INTACCT_ENDPOINT_URL='{endpoint}' NODE_EXTRA_CA_CERTS='{path}' node --require ./sidegate.cjs YOUR.js
const dns = require('node:dns');
const names = {names};
const lookup = dns.lookup;
dns.lookup = (name, options, callback) => {{
  if (!names.includes(name)) return lookup(name, options, callback);
  const done = typeof options === 'function' ? options : callback;
  const here = {{ address: '127.0.0.1', family: 4 }};
  process.nextTick(() => (options?.all ? done(null, [here]) : done(null, here.address, here.family)));
}};
"
    )
}

fn python(path: &str, names: &[&str], port: u16) -> String {
    let (names, path) = (json!(names), json!(path));
    format!(
        r#"# Keep this as sitecustomize.py in a folder of its own, and start one process of Python with it:
# PYTHONPATH=FOLDER python YOUR.py
import os
import socket

NAMES = {names}
for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
    os.environ[variable] = {path}
resolve = socket.getaddrinfo


def resolve_here(host, port, *more, **named):
    if host in NAMES:
        host = "127.0.0.1"
        if port in (443, "443", "https"):
            port = {port}
    return resolve(host, port, *more, **named)


socket.getaddrinfo = resolve_here
"#
    )
}
