//! Lists the declarations under `objects/` and the integrations under `catalogue/integrations/`, so that
//! adding one is adding a file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[expect(
    clippy::disallowed_methods,
    reason = "a build script is told its output folder by its environment"
)]
fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("set by cargo"));
    let objects = root.join("objects");
    println!("cargo:rerun-if-changed={}", objects.display());
    let applications = sorted(&objects);
    let files = applications.iter().flat_map(|folder| declarations(folder));
    write(
        &out.join("shipped.rs"),
        files.collect(),
        &objects,
        "objects/",
    );
    let integrations = root.join("catalogue/integrations");
    let files = declarations(&integrations);
    write(&out.join("integrations.rs"), files, &integrations, "");
}

/// The TOML files of a folder.
fn declarations(folder: &Path) -> Vec<PathBuf> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let files = sorted(folder).into_iter();
    files
        .filter(|file| file.extension().is_some_and(|e| e == "toml"))
        .collect()
}

/// Writes a list of names below a folder, each with its text.
fn write(out: &Path, files: Vec<PathBuf>, below: &Path, prefix: &str) {
    let mut list = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(below).expect("listed below the folder");
        let full = file.canonicalize().expect("just listed");
        writeln!(
            list,
            "    (\"{prefix}{}\", include_str!({full:?})),",
            name.display()
        )
        .expect("a String takes everything");
    }
    list.push_str("]\n");
    std::fs::write(out, list).expect("the build folder can be written");
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("readable folder").path())
        .collect();
    entries.sort();
    entries
}
