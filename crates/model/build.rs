//! Lists the declarations under `objects/`, so that adding an object is adding a file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[expect(
    clippy::disallowed_methods,
    reason = "a build script is told its output folder by its environment"
)]
fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../objects");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    for application in sorted(&root) {
        println!("cargo:rerun-if-changed={}", application.display());
        files.extend(
            sorted(&application)
                .into_iter()
                .filter(|file| file.extension().is_some_and(|e| e == "toml")),
        );
    }
    let mut list = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root).expect("listed below the root");
        let full = file.canonicalize().expect("just listed");
        writeln!(
            list,
            "    (\"objects/{}\", include_str!({full:?})),",
            name.display()
        )
        .expect("a String takes everything");
    }
    list.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("set by cargo")).join("shipped.rs");
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
