//! The reference pages say what the program knows.

use std::path::Path;

use sidegate::command::reference::pages;
use sidegate_model::Registry;

#[test]
fn reference_pages_are_current() {
    let registry = Registry::shipped().expect("whole declarations");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for (name, text) in pages(&registry) {
        let kept = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            kept == text,
            "{name} is out of date; run: cargo run -- reference --write docs/reference"
        );
    }
}
