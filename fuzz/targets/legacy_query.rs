//! Any text at all as a query of the older grammar: it is refused with a place, or what was read can be written
//! and is read as the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidegate_web::xml::filter::{Condition, Test};
use sidegate_web::xml::legacy::parse;

fuzz_target!(|text: &str| look(text));

fn look(text: &str) {
    let Ok(Some(condition)) = parse(text) else {
        return;
    };
    // Nothing writes a backslash at the end of a text, so such texts are only read.
    if text.contains('\\') {
        return;
    }
    let written = write(&condition);
    // Parentheses that were left out come back, and may be one level too deep then.
    if let Ok(again) = parse(&written) {
        assert_eq!(again.as_ref(), Some(&condition), "{text:?} as {written:?}");
    }
}

fn write(condition: &Condition) -> String {
    let many = |parts: &[Condition], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| format!("({})", write(part))).collect();
        parts.join(word)
    };
    match condition {
        Condition::All(parts) => many(parts, " and "),
        Condition::Any(parts) => many(parts, " or "),
        Condition::Not(inner) => format!("not ({})", write(inner)),
        Condition::Test(test) => test_as_text(test),
    }
}

fn test_as_text(test: &Test) -> String {
    let literal = |text: &String| format!("'{}'", text.replace('\'', "\\'"));
    let list: Vec<String> = test.values.iter().map(literal).collect();
    let word = format!("{:?}", test.operator);
    let sign = match word.as_str() {
        "Equal" if list.is_empty() => return format!("{} is null", test.field),
        "NotEqual" if list.is_empty() => return format!("{} is not null", test.field),
        "In" => return format!("{} in ({})", test.field, list.join(", ")),
        "NotIn" => return format!("{} not in ({})", test.field, list.join(", ")),
        "Like" => "like",
        "NotLike" => "not like",
        "Equal" => "=",
        "NotEqual" => "<>",
        "Less" => "<",
        "LessOrEqual" => "<=",
        "Greater" => ">",
        _ => ">=",
    };
    format!("{} {sign} {}", test.field, list[0])
}
