use super::{Document, Fault, Limits, Position, ReadError, read};

fn read_text(body: &str) -> Result<Document, ReadError> {
    read(body.as_bytes().to_vec(), None, &Limits::default())
}

fn document(body: &str) -> Document {
    read_text(body).unwrap()
}

fn refusal(body: impl AsRef<[u8]>) -> ReadError {
    read(body.as_ref().to_vec(), None, &Limits::default()).unwrap_err()
}

fn place(body: &str) -> (Fault, u32, u32) {
    let error = refusal(body);
    (error.what, error.position.line, error.position.column)
}

#[test]
fn names_texts_and_attributes_read_as_sent() {
    let document = document(
        "\u{FEFF}<?xml version='1.0' encoding=\"utf-8\" standalone='yes'?>\n\
         <request>\n  <control>\n    <senderid> a b\t</senderid><empty/><none></none>\n  </control>\n\
         \x20 <function controlid=\"x &amp; y\" plain = 'p\"q' xmlns:i='urn:i'><i:read/></function>\n</request>\n",
    );
    let root = document.root();
    assert_eq!(
        (root.name(), root.text(), root.has_children()),
        ("request", "", true)
    );
    let control = root.child("control").unwrap();
    assert_eq!(control.child("senderid").unwrap().text(), " a b\t");
    assert_eq!(control.child("empty").unwrap().text(), "");
    assert_eq!(control.child("none").unwrap().text(), "");
    assert!(control.child("SenderId").is_none());
    assert_eq!(control.parent().unwrap().name(), "request");
    assert!(root.parent().is_none());
    let function = root.child("function").unwrap();
    assert_eq!(function.attribute("controlid"), Some("x & y"));
    assert_eq!(function.attribute("plain"), Some("p\"q"));
    assert_eq!(function.attribute("absent"), None);
    assert_eq!(function.attributes().count(), 3);
    assert_eq!(
        function.child("i:read").unwrap().position(),
        Position {
            line: 6,
            column: 65
        }
    );
    let names: Vec<_> = control.children().map(super::NodeRef::name).collect();
    assert_eq!(names, ["senderid", "empty", "none"]);
    assert_eq!(document.elements(), 7);
}

#[test]
fn a_text_is_its_parts_together() {
    let text = |inner: &str| {
        let document = document(&format!("<a><b x='>'>{inner}</b></a>"));
        let b = document.root().child("b").unwrap();
        (b.text().to_owned(), b.is_interrupted())
    };
    assert_eq!(
        text("a&lt;b&#x41;&#66;&apos;&quot;&gt;&amp;"),
        ("a<bAB'\">&".to_owned(), false)
    );
    assert_eq!(text("<![CDATA[a&b<c>]]> d"), ("a&b<c> d".to_owned(), false));
    assert_eq!(text("a<!-- x -->b"), ("ab".to_owned(), true));
    assert_eq!(text("<?x y?>ab"), ("ab".to_owned(), true));
    assert_eq!(text("<!---->"), (String::new(), true));
    assert_eq!(text("<![CDATA[]]>"), (String::new(), false));
    assert_eq!(text("&#x1F600;é"), ("😀é".to_owned(), false));
    assert_eq!(text("\u{FEFF}&#65;"), ("\u{FEFF}A".to_owned(), false));
    assert_eq!(text("&#65;\u{FEFF}"), ("A\u{FEFF}".to_owned(), false));
    assert_eq!(text(" a \r\n "), (" a \r\n ".to_owned(), false));
}

#[test]
fn what_is_given_twice_is_told() {
    let document = document("<a>\n<b/><c/>\n <b/></a>");
    let duplicate = document.root().only_child("b").unwrap_err();
    assert_eq!(
        duplicate.to_string(),
        "The element b is given twice; remove one (at line 3, column 2)"
    );
    assert_eq!(
        document.root().only_child("c").unwrap().unwrap().name(),
        "c"
    );
    assert!(document.root().only_child("d").unwrap().is_none());
}

#[test]
fn what_is_no_xml_is_refused_with_its_place() {
    let mismatch = Fault::Mismatch {
        open: "b".into(),
        closed: "a".into(),
    };
    assert_eq!(place("<a c='é'>\n <b></a>"), (mismatch, 2, 5));
    assert_eq!(place("<a/>\n x"), (Fault::OutsideText, 2, 2));
    assert_eq!(place("\u{FEFF}\u{FEFF}<a/>"), (Fault::OutsideText, 1, 1));
    assert_eq!(place("x<a/>"), (Fault::OutsideText, 1, 1));
    assert_eq!(place("<a/><b/>"), (Fault::SecondRoot, 1, 5));
    assert_eq!(place("<a/></b>"), (Fault::NothingOpen, 1, 5));
    assert_eq!(place(""), (Fault::Nothing, 1, 1));
    assert_eq!(place(" <!-- a -->"), (Fault::Nothing, 1, 12));
    assert_eq!(place("<a><b>"), (Fault::Unclosed("b".into()), 1, 7));
    assert_eq!(place("<a><b"), (Fault::CutOff, 1, 4));
    assert_eq!(place("<a><!-- b"), (Fault::CutOff, 1, 4));
    assert_eq!(place("<a><![CDATA[ b"), (Fault::CutOff, 1, 4));
    assert_eq!(place("<a>x<b/></a>"), (Fault::MixedText("a".into()), 1, 5));
    assert_eq!(place("<a><b/>x</a>"), (Fault::MixedText("a".into()), 1, 8));
    assert_eq!(
        place("<a b='1' b='2'/>"),
        (Fault::DuplicateAttribute("b".into()), 1, 10)
    );
    assert_eq!(place("<a b='1'c='2'/>"), (Fault::Attribute, 1, 9));
    assert_eq!(place("<a b/>").0, Fault::Attribute);
    assert_eq!(place("<a b=1/>").0, Fault::Attribute);
    assert_eq!(place("<a b='<'/>").0, Fault::Attribute);
    assert_eq!(place("<a / b='1'/>").0, Fault::Attribute);
    assert_eq!(place("<1a/>").0, Fault::Name);
    assert_eq!(place("<a 1b=''/>").0, Fault::Name);
    assert_eq!(place("< a/>").0, Fault::Name);
    assert_eq!(place("<a></a b='1'>").0, Fault::Name);
    assert_eq!(place("<a>]]></a>").0, Fault::Markup);
    assert_eq!(place("<a><!-- a--b --></a>").0, Fault::Markup);
    assert_eq!(place("<a><!ENTITY x 'y'></a>").0, Fault::Markup);
    assert_eq!(place("<a><? b?></a>"), (Fault::Markup, 1, 4));
    assert_eq!(place("<a><??></a>").0, Fault::Markup);
    assert_eq!(place("<?XML version='1.0'?><a/>").0, Fault::Markup);
    assert_eq!(place("<a>&nbsp;</a>"), (Fault::Reference, 1, 4));
    assert_eq!(place("<a>p&ssw0rd</a>"), (Fault::Reference, 1, 5));
    assert_eq!(place("<a b='&c'/>").0, Fault::Reference);
    assert_eq!(place("<a>&#+65;</a>").0, Fault::Reference);
    assert_eq!(place("&amp;<a/>").0, Fault::OutsideText);
    assert_eq!(place("<![CDATA[ ]]><a/>").0, Fault::OutsideText);
    assert_eq!(place("<a>b\u{1}</a>"), (Fault::Character(1), 1, 5));
    assert_eq!(place("<a><!--b\u{1}--></a>"), (Fault::Character(1), 1, 9));
    assert_eq!(place("<a b='\u{FFFE}'/>").0, Fault::Character(0xFFFE));
    assert_eq!(place(" <?xml version='1.0'?><a/>").0, Fault::Declaration);
    assert_eq!(place("<?xml version='1.1'?><a/>").0, Fault::Declaration);
    assert_eq!(place("<?xml encoding='utf-8'?><a/>").0, Fault::Declaration);
    assert_eq!(
        place("<?xml version='1.0' other='1'?><a/>").0,
        Fault::Declaration
    );
}

#[test]
fn messages_say_what_to_do_and_never_a_text() {
    let error = refusal("<a>\n<password>secret&word</password></a>");
    assert_eq!(
        error.message(),
        "Only &lt; &gt; &amp; &apos; &quot; and numbers of characters are known after an &; \
         write an & that stands for itself as &amp; (at line 2, column 17)"
    );
    assert!(!format!("{error:?}").contains("secret"));
    assert_eq!(
        format!("{:?}", document("<a>secret</a>")),
        "Document of 1 elements"
    );
}

#[test]
fn other_encodings_are_refused_whoever_names_them() {
    let named = |charset| read(b"<a/>".to_vec(), Some(charset), &Limits::default());
    assert!(named("UTF-8").is_ok() && named("\"utf8\"").is_ok());
    assert_eq!(
        named("iso-8859-1").unwrap_err().what,
        Fault::Charset("iso-8859-1".into())
    );
    let declared =
        |encoding: &str| read_text(&format!("<?xml version='1.0' encoding='{encoding}'?><a/>"));
    assert!(declared("UTF-8").is_ok() && declared("utf-8").is_ok());
    for encoding in ["ISO-8859-1", "UTF-16", "us-ascii"] {
        assert_eq!(
            declared(encoding).unwrap_err().what,
            Fault::DeclaredEncoding(encoding.into())
        );
    }
}
