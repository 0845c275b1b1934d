//! Any body at all: the reader refuses it, or what it read holds together and can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidegate_web::xml::reader::{Document, Limits, NodeRef, read};
use sidegate_web::xml::writer::{Layout, Writer};

fuzz_target!(|body: &[u8]| look(body));

fn look(body: &[u8]) {
    // Small, so that a few bytes reach them.
    let limits = Limits {
        depth: 12,
        elements: 200,
        attributes: 4,
        name: 24,
        value: 60,
        text: 200,
        skipped: 200,
        ..Limits::default()
    };
    let length = body.len();
    match read(body.to_vec(), None, &limits) {
        Err(error) => {
            assert!(error.bytes_read <= length);
            assert!(
                error
                    .message()
                    .ends_with(&format!("(at {})", error.position))
            );
        }
        Ok(document) => {
            check(&document, &limits);
            again(&document, &limits);
        }
    }
}

/// Every element, in the order of their start tags.
fn elements(document: &Document) -> Vec<NodeRef<'_>> {
    let mut found = Vec::new();
    let mut waiting = vec![document.root()];
    while let Some(node) = waiting.pop() {
        found.push(node);
        let children: Vec<_> = node.children().collect();
        waiting.extend(children.into_iter().rev());
    }
    found
}

fn check(document: &Document, limits: &Limits) {
    let elements = elements(document);
    assert_eq!(elements.len(), document.elements());
    assert!(elements.len() <= limits.elements);
    for node in elements {
        assert!(node.name().len() <= limits.name && node.text().len() <= limits.text);
        assert!(!node.text().contains('\0'));
        assert!(node.attributes().count() <= limits.attributes);
        for (name, value) in node.attributes() {
            assert_eq!(node.attribute(name), Some(value));
        }
        for child in node.children() {
            assert_eq!(child.parent().map(NodeRef::position), Some(node.position()));
            assert!(node.child(child.name()).is_some());
        }
        let ancestors = std::iter::successors(Some(node), |node| node.parent());
        assert!(ancestors.count() <= limits.depth);
    }
}

fn write(writer: &mut Writer, node: NodeRef<'_>) {
    let attributes: Vec<_> = node.attributes().collect();
    if !node.has_children() {
        return writer.leaf_with(node.name(), &attributes, node.text());
    }
    writer.open_with(node.name(), &attributes);
    for child in node.children() {
        write(writer, child);
    }
    writer.close();
}

/// Written and read, the document says the same.
fn again(document: &Document, limits: &Limits) {
    for layout in [Layout::Compact, Layout::Lines] {
        let mut writer = Writer::new(Vec::new(), layout);
        writer.declaration();
        write(&mut writer, document.root());
        let written = writer.finish();
        // What is escaped, or indented, is longer than what was sent.
        let limits = Limits {
            value: 1000,
            text: 4000,
            ..limits.clone()
        };
        let second = read(written, Some("utf-8"), &limits).expect("what was written can be read");
        let (first, second) = (elements(document), elements(&second));
        assert_eq!(first.len(), second.len());
        for (first, second) in first.into_iter().zip(second) {
            assert_eq!((first.name(), first.text()), (second.name(), second.text()));
            assert!(first.attributes().eq(second.attributes()));
            assert_eq!(first.has_children(), second.has_children());
        }
    }
}
