//! Bodies that mean harm to a reader of XML: what stops each, how much of it was read, how much memory it took.
//!
//! Times are printed, not compared: `cargo test -p sidegate-web --test xml_attacks -- --nocapture`.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use peak_alloc::PeakAlloc;
use sidegate_web::xml::reader::{Document, Fault, Limits, ReadError, read};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory is counted for the whole process, so one test runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What a document may take beside twice its body, whatever its length.
const SLACK: usize = 160 * 1024;

/// Reads a body and looks at the most memory it took, the body counted.
#[expect(clippy::print_stdout, reason = "times are to be seen")]
fn read_counted(name: &str, mut body: Vec<u8>, limits: &Limits) -> Result<Document, ReadError> {
    let length = body.len();
    body.shrink_to_fit();
    let others = MEMORY.current_usage() - body.capacity();
    MEMORY.reset_peak_usage();
    let begun = Instant::now();
    let result = read(body, None, limits);
    let time = begun.elapsed();
    let peak = MEMORY.peak_usage() - others;
    let came = result
        .as_ref()
        .map_or_else(|error| error.bytes_read, |_| length);
    println!("{name}: {length} bytes, {came} read, {time:.1?}, {peak} bytes of memory");
    assert!(
        peak < 2 * length + SLACK,
        "{name} took {peak} bytes for {length}"
    );
    result
}

fn refused(name: &str, body: impl Into<Vec<u8>>) -> ReadError {
    read_counted(name, body.into(), &Limits::default()).expect_err(name)
}

/// The body is refused for this, after so many bytes.
fn stops(name: &str, body: impl Into<Vec<u8>>, what: &Fault, read: RangeInclusive<usize>) {
    let error = refused(name, body);
    assert_eq!(&error.what, what, "{name}");
    assert!(
        read.contains(&error.bytes_read),
        "{name}: {} bytes read",
        error.bytes_read
    );
}

fn exactly(bytes: usize) -> RangeInclusive<usize> {
    bytes..=bytes
}

#[test]
fn document_types_stop_where_they_begin() {
    let _alone = alone();
    let declaration = "<?xml version=\"1.0\"?>\n";
    let at = exactly(declaration.len());
    stops(
        "DOCTYPE",
        format!("{declaration}<!DOCTYPE a><a/>"),
        &Fault::Doctype,
        at.clone(),
    );
    stops(
        "doctype",
        format!("{declaration}<!doctype a><a/>"),
        &Fault::Doctype,
        at.clone(),
    );
    let mut laughs = format!("{declaration}<!DOCTYPE a [<!ENTITY l0 \"lol\">");
    for level in 1..=40 {
        let inside = format!("&l{};", level - 1).repeat(10);
        write!(laughs, "<!ENTITY l{level} \"{inside}\">").unwrap();
    }
    laughs.push_str("]><a>&l40;</a>");
    stops("billion laughs", laughs, &Fault::Doctype, at.clone());
    let quadratic = format!(
        "{declaration}<!DOCTYPE a [<!ENTITY l \"{}\">]><a>{}</a>",
        "x".repeat(1 << 20),
        "&l;".repeat(100_000)
    );
    stops("quadratic blowup", quadratic, &Fault::Doctype, at);
    stops(
        "entity without a type",
        "<a>&l40;</a>",
        &Fault::Reference,
        3..=8,
    );
    stops(
        "type inside an element",
        "<a><!DOCTYPE a></a>",
        &Fault::Doctype,
        exactly(3),
    );
}

#[test]
fn nothing_outside_is_looked_at() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let accessed = |path: &std::path::Path| std::fs::metadata(path).unwrap().accessed().unwrap();
    let put = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, "canary").unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_times(std::fs::FileTimes::new().set_accessed(long_ago))
            .unwrap();
        path
    };
    let (canary, control) = (put("canary"), put("control"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();

    let file = format!("file://{}", canary.display());
    let address = format!("http://127.0.0.1:{port}/x.dtd");
    for place in [&file, &address] {
        let bodies = [
            format!("<!DOCTYPE a SYSTEM \"{place}\"><a/>"),
            format!("<!DOCTYPE a [<!ENTITY x SYSTEM \"{place}\">]><a>&x;</a>"),
            format!("<!DOCTYPE a [<!ENTITY % x SYSTEM \"{place}\"> %x;]><a/>"),
        ];
        for body in bodies {
            stops("external entity", body, &Fault::Doctype, exactly(0));
        }
        let fine = [
            format!("<?xml-stylesheet href=\"{place}\"?><a/>"),
            format!(
                "<a xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"{place}\"/></a>"
            ),
            format!("<a xsi:schemaLocation=\"{place}\"/>"),
        ];
        for body in fine {
            let document =
                read_counted("names a place", body.into_bytes(), &Limits::default()).unwrap();
            assert!(!document.root().text().contains("canary"));
        }
    }

    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(accessed(&canary), long_ago);
    // Where reading leaves no trace, the line above says nothing.
    std::fs::read(&control).unwrap();
    assert_ne!(
        accessed(&control),
        long_ago,
        "this file system does not note that files are read"
    );
}

/// On a stack of two mebibytes, as threads of the server have.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("no panic");
}

#[test]
fn depth_costs_no_stack() {
    let _alone = alone();
    const LEVELS: usize = 1_000_000;
    let body = |end: bool| {
        let mut body = "<element>".repeat(LEVELS);
        if end {
            body.push_str(&"</element>".repeat(LEVELS));
        }
        body
    };
    on_a_small_stack(move || {
        let read_to = 64 * "<element>".len();
        let deep = Fault::TooDeep(64);
        let next = read_to + "<element>".len();
        stops(
            "a million levels, never closed",
            body(false),
            &deep,
            exactly(next),
        );
        stops(
            "a million levels",
            "<e>".repeat(LEVELS) + &"</e>".repeat(LEVELS),
            &deep,
            exactly(65 * "<e>".len()),
        );
        // Even without a limit, it is read, walked and freed without recursion.
        let limits = Limits {
            depth: usize::MAX,
            elements: usize::MAX,
            body: usize::MAX,
            ..Limits::default()
        };
        let document = read(body(true).into_bytes(), None, &limits).unwrap();
        assert_eq!(document.elements(), LEVELS);
        let deepest = std::iter::successors(Some(document.root()), |node| node.children().next())
            .last()
            .unwrap();
        assert_eq!(
            std::iter::successors(Some(deepest), |node| node.parent()).count(),
            LEVELS
        );
    });
}

#[test]
fn attributes_are_counted_and_bounded() {
    let _alone = alone();
    let tag = |attribute: &dyn Fn(usize) -> String, count: usize| {
        let mut tag = String::from("<a");
        for number in 0..count {
            tag.push_str(&attribute(number));
        }
        tag.push_str("/>");
        tag
    };
    let many = Fault::TooManyAttributes(16);
    let fifty_thousand = tag(&|number| format!(" b{number}=\"\""), 50_000);
    let length = fifty_thousand.len();
    stops("50 000 attributes", fifty_thousand, &many, exactly(length));
    let namespaces = tag(
        &|number| format!(" xmlns:n{number}=\"urn:{number}\""),
        50_000,
    );
    let length = namespaces.len();
    stops("50 000 namespaces", namespaces, &many, exactly(length));
    let same = tag(&|_| " b=\"\"".to_owned(), 90_000);
    let length = same.len();
    stops(
        "540 KB of one attribute again and again",
        same,
        &Fault::DuplicateAttribute("b".into()),
        exactly(length),
    );
    let long = tag(
        &|number| format!(" b{number}=\"{}\"", "x".repeat(540_000)),
        1,
    );
    let length = long.len();
    stops(
        "540 KB in one value",
        long,
        &Fault::ValueTooLong(4096),
        exactly(length),
    );
    let name = format!("<a {}=\"\"/>", "b".repeat(1 << 20));
    let length = name.len();
    stops(
        "an attribute's name of a mebibyte",
        name,
        &Fault::NameTooLong(256),
        exactly(length),
    );
    let document = read_text(&tag(
        &|number| format!(" b{number}='&#{};'", number + 65),
        16,
    ));
    assert_eq!(document.root().attribute("b15"), Some("P"));
}

fn read_text(body: &str) -> Document {
    read(body.as_bytes().to_vec(), None, &Limits::default()).expect("a fine body")
}

#[test]
fn names_are_bounded_before_they_are_read() {
    let _alone = alone();
    let long = "a".repeat(1 << 20);
    stops(
        "a name of a mebibyte",
        format!("<{long}/>"),
        &Fault::NameTooLong(256),
        exactly(0),
    );
    stops(
        "an end tag of a mebibyte",
        format!("<a></{long}>"),
        &Fault::NameTooLong(256),
        exactly(3),
    );
    stops(
        "a name that never ends",
        format!("<a><{}", "b".repeat(10_000_000)),
        &Fault::NameTooLong(256),
        exactly(3),
    );
    read_text(&format!("<{0}></{0}>", "a".repeat(256)));
}

#[test]
fn what_is_skipped_is_bounded() {
    let _alone = alone();
    let fault = Fault::TooMuchSkipped(256 << 10);
    let one = format!("<a><!--{}--></a>", "x".repeat(10_000_000));
    stops(
        "10 MB in one comment",
        one,
        &fault,
        exactly(3 + 7 + 10_000_000),
    );
    let comment = format!("<!--{}-->", "x".repeat(93));
    let many = format!("<a>{}</a>", comment.repeat(100_000));
    stops("10 MB of comments", many, &fault, exactly(3 + 100 * 2622));
    let instruction = format!("<?x {}?>", "y".repeat(94));
    let many = format!("{}<a/>", instruction.repeat(100_000));
    stops("10 MB of instructions", many, &fault, exactly(100 * 2622));
    let hyphens = format!("<a><!--{}", "-".repeat(10_000_000));
    stops(
        "a comment of hyphens that never ends",
        hyphens,
        &Fault::CutOff,
        3..=10_000_007,
    );
    let brackets = format!("<a><!--{}", ">".repeat(10_000_000));
    stops(
        "a comment of brackets that never ends",
        brackets,
        &Fault::CutOff,
        3..=10_000_007,
    );
}

#[test]
fn texts_elements_and_bodies_are_bounded() {
    let _alone = alone();
    let most = Limits::default();
    let long = format!("<a>{}</a>", "x".repeat(10_000_000));
    stops(
        "a text of 10 MB",
        long,
        &Fault::TextTooLong(most.text),
        exactly(3 + 10_000_000),
    );
    let pieces = format!("<a>{}</a>", "xxxx&amp;".repeat(1_100_000));
    let read = 3 + most.text / 5 * 9;
    stops(
        "a text of 2 200 000 pieces",
        pieces,
        &Fault::TextTooLong(most.text),
        read..=read + 9,
    );
    let elements = format!("<a>{}</a>", "<element-of-a-length/>".repeat(450_000));
    let read = 3 + 22 * 200_000;
    stops(
        "450 000 elements",
        elements,
        &Fault::TooManyElements(most.elements),
        exactly(read),
    );
    let tiny = format!("<a>{}</a>", "<a/>".repeat(100_000));
    stops(
        "100 000 tiny elements",
        tiny,
        &Fault::TooCrowded,
        100_000..=400_000,
    );
    let values = format!("<a>{}</a>", "<b c='&#65;'/>".repeat(50_000));
    stops(
        "50 000 tiny references",
        values,
        &Fault::TooCrowded,
        50_000..=700_000,
    );
    let large = vec![b' '; most.body + 1];
    stops(
        "a body over its limit",
        large,
        &Fault::BodyTooLong(most.body),
        exactly(0),
    );
}

#[test]
fn broken_encodings_are_found_where_they_are() {
    let _alone = alone();
    let within = |bytes: &[u8]| [b"<a>ok", bytes, b"</a>"].concat();
    let broken: [(&str, &[u8]); 8] = [
        ("overlong in two", b"\xC0\xBC"),
        ("overlong in three", b"\xE0\x80\xBC"),
        ("overlong NUL", b"\xC0\x80"),
        ("a surrogate's bytes", b"\xED\xA0\x80"),
        ("beyond Unicode", b"\xF4\x90\x80\x80"),
        ("latin-1", b"\xE9"),
        ("half a character", b"\xE2\x82"),
        ("a byte that follows nothing", b"\x80"),
    ];
    for (name, bytes) in broken {
        let error = refused(name, within(bytes));
        assert_eq!(error.what, Fault::NotUtf8, "{name}");
        assert_eq!(
            (error.position.line, error.position.column),
            (1, 6),
            "{name}"
        );
        assert!(
            error
                .message()
                .starts_with("These bytes are not UTF-8; send the body as UTF-8")
        );
    }
    let utf16 = |little: bool, mark: bool| -> Vec<u8> {
        let text = format!(
            "{}<?xml version=\"1.0\"?><a/>",
            if mark { "\u{FEFF}" } else { "" }
        );
        text.encode_utf16()
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    for (little, mark) in [(true, true), (true, false), (false, true), (false, false)] {
        stops("UTF-16", utf16(little, mark), &Fault::Utf16, exactly(0));
    }
    let declared = "<?xml version='1.0' encoding='ISO-8859-1'?><a/>";
    stops(
        "declared latin-1",
        declared,
        &Fault::DeclaredEncoding("ISO-8859-1".into()),
        exactly(43),
    );
    stops(
        "a lone surrogate's number",
        "<a>&#xD800;</a>",
        &Fault::Character(0xD800),
        exactly(11),
    );
    stops(
        "two surrogates' numbers",
        "<a>&#xD83D;&#xDE00;</a>",
        &Fault::Character(0xD83D),
        exactly(11),
    );
    stops(
        "the number of NUL",
        "<a>&#0;</a>",
        &Fault::Character(0),
        exactly(7),
    );
    stops(
        "a number beyond Unicode",
        "<a>&#x110000;</a>",
        &Fault::Character(0x0011_0000),
        exactly(13),
    );
    stops(
        "a number beyond numbers",
        "<a>&#99999999999;</a>",
        &Fault::Character(u32::MAX),
        exactly(17),
    );
    stops("NUL", "<a>\0</a>", &Fault::Character(0), exactly(4));
    stops(
        "escape",
        "<a b='\u{1B}'/>",
        &Fault::Character(0x1B),
        exactly(10),
    );
    stops(
        "a noncharacter",
        "<a>\u{FFFF}</a>",
        &Fault::Character(0xFFFF),
        exactly(6),
    );
}

const REQUEST: &str = "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- c --><request><control a='&lt;'>\
    <senderid>d&amp;é</senderid><password><![CDATA[<p]]></password></control><?p i?><empty/></request>\n";

#[test]
fn every_beginning_of_a_request_is_refused() {
    let _alone = alone();
    read_text(REQUEST);
    let whole = REQUEST.trim_end().len();
    for end in 0..whole {
        let error = read(REQUEST.as_bytes()[..end].to_vec(), None, &Limits::default())
            .expect_err("cut off");
        assert!(error.bytes_read <= end, "{end}");
    }
}

#[test]
fn what_never_closes_is_refused() {
    let _alone = alone();
    let unclosed = |text: &str| text.repeat(1_000_000);
    for text in [
        "<a ",
        "<a b='",
        "<a b=\"",
        "</",
        "<?",
        "<!--",
        "<![CDATA[",
        "<",
        "&",
        "<a b='c'",
        "<a>&#",
        "<a>&a",
    ] {
        let error = refused(&format!("a million of {text}"), unclosed(text));
        let kinds = matches!(
            error.what,
            Fault::CutOff
                | Fault::Name
                | Fault::Attribute
                | Fault::Reference
                | Fault::OutsideText
                | Fault::Markup
                | Fault::NothingOpen
                | Fault::NameTooLong(_)
        );
        assert!(kinds, "{text}: {:?}", error.what);
    }
    stops(
        "a reference that never ends",
        format!("<a b='{}'/>", "&#0".repeat(1000)),
        &Fault::Reference,
        exactly(3009),
    );
}

#[test]
fn nothing_follows_the_request() {
    let _alone = alone();
    stops("text behind", "<a/>junk", &Fault::OutsideText, exactly(8));
    stops("NUL behind", "<a/>\0", &Fault::Character(0), exactly(5));
    stops(
        "a second request",
        "<a/><a/>",
        &Fault::SecondRoot,
        exactly(8),
    );
    stops(
        "an end behind",
        "<a></a></a>",
        &Fault::NothingOpen,
        exactly(11),
    );
    read_text("<a/>\n<!-- c --><?p i?>\n");
}

#[test]
fn a_comment_inside_a_sender_id_is_told() {
    let _alone = alone();
    for body in [
        "<c><senderid>a<!-- -->b</senderid></c>",
        "<c><senderid>a<?x?>b</senderid></c>",
    ] {
        let document = read_text(body);
        let sender = document.root().only_child("senderid").unwrap().unwrap();
        assert_eq!((sender.text(), sender.is_interrupted()), ("ab", true));
    }
    let document = read_text("<c><senderid>a<![CDATA[b]]></senderid><!-- --></c>");
    let sender = document.root().only_child("senderid").unwrap().unwrap();
    assert_eq!((sender.text(), sender.is_interrupted()), ("ab", false));
}

#[test]
fn the_fullest_documents_stay_under_twice_their_bodies() {
    let _alone = alone();
    let full = |name: &str, element: &str| {
        let times = ((10 << 20) - 100) / element.len();
        let body = format!("<a>{}</a>", element.repeat(times.min(199_999)));
        let document = read_counted(name, body.into_bytes(), &Limits::default()).unwrap();
        assert!(
            document
                .root()
                .children()
                .all(|child| child.text().is_empty() || child.text().ends_with('x'))
        );
    };
    full("elements of 16 bytes", "<abcdefghijklm/>");
    full("leaves of 16 bytes", "<abcd>x</abcd>\r\n");
    full(
        "texts with references",
        "<abcdefg>x&amp;xxxxxxxxxxxxxxxxxxx</abcdefg>",
    );
    full(
        "texts in CDATA",
        "<abcdefg><![CDATA[xxxxxxxxxxxxxxxxxxxxxxx]]></abcdefg>",
    );
    full("plain texts", "<abcdefg>xxxxxxxxxxxxxxxx</abcdefg>");
    full(
        "values with references",
        "<abcdefgh a='yyyyyyyyyy' b='&lt;'>x</abcdefgh>",
    );
    let text = "x&#x78;".repeat(700_000);
    let body = format!("<a><b>{text}</b><b>{text}</b></a>");
    let document = read_counted(
        "two long texts of references",
        body.into_bytes(),
        &Limits::default(),
    )
    .unwrap();
    assert!(
        document
            .root()
            .children()
            .all(|child| child.text().bytes().all(|byte| byte == b'x'))
    );
}
