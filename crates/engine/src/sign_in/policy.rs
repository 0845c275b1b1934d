//! What a company asks of passwords that people choose.

use sidegate_model::text::has_control;
use sidegate_model::{Problem, Result, Value, problem};

use crate::credential;
use crate::work::Work;

const PREFERENCE: &str = "company-config/company-preference";
const DAY: i64 = 86_400_000_000;
/// So many passwords of before cannot be chosen again where the company does not say.
const USUAL_HISTORY: usize = 3;
const SHORTEST: usize = 8;
/// Nobody types more; a longer text is no password but work for the hashers.
const LONGEST: usize = 128;
/// User ids of fewer characters stand in too many words.
const SHORTEST_ID: usize = 3;

/// Words that many passwords are made of; ours, one a line.
static COMMON: &str = include_str!("../../../../catalogue/common-passwords.txt");

/// A sort of characters, and the problem of a password without one.
type Sort = (fn(char) -> bool, &'static problem::Code);

/// The company's settings for passwords.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// How many failed sign-ins of a day lock; none means that nothing does.
    pub(super) most_failures: Option<i64>,
    /// After how long a password has to be changed.
    pub(super) lives: Option<i64>,
    /// How many passwords of before cannot be chosen again.
    pub(super) history: usize,
    shortest: usize,
    /// How often a day a password is changed.
    pub(super) changes: usize,
    /// How many links of a day go unused before no more are sent.
    pub(super) links: usize,
}

impl Policy {
    pub(super) fn of(work: &mut Work<'_>) -> Result<Self> {
        let fields = [
            "passwordSettings.maxLoginAttempts",
            "passwordSettings.changeFrequency",
            "passwordSettings.passwordReuseHistoryLength",
            "passwordSettings.minLength",
            "passwordSettings.maxDailyChangeAttempts",
            "passwordSettings.maxFailAttemptsPerPasswordReset",
        ];
        let row = work.first(PREFERENCE, &fields, &[])?.unwrap_or_default();
        let number = |at: usize, usual: i64| {
            let said = row.get(at).and_then(Value::as_number);
            said.unwrap_or(usual)
        };
        let count = |at: usize, usual: usize| {
            let said = row.get(at).and_then(Value::as_number);
            said.and_then(|n| usize::try_from(n).ok()).unwrap_or(usual)
        };
        let days = match row.get(1).and_then(Value::as_text) {
            Some("weekly") => Some(7),
            Some("everyTwoWeeks") => Some(14),
            Some("monthly") => Some(30),
            Some("everyTwoMonths") => Some(60),
            Some("everySixMonths") => Some(182),
            Some("yearly") => Some(365),
            Some("never") => None,
            _ => Some(90),
        };
        Ok(Self {
            most_failures: Some(number(0, 5)).filter(|most| *most > 0),
            lives: days.map(|days| days * DAY),
            history: count(2, USUAL_HISTORY).max(1),
            shortest: count(3, SHORTEST).max(SHORTEST),
            changes: count(4, 5),
            links: count(5, 5),
        })
    }

    /// All that is wrong with a password that a user chose, but for what she had before. With
    /// `any_characters` it need not have one of each sort.
    pub(super) fn violations(
        &self,
        password: &str,
        user: &str,
        any_characters: bool,
        place: &str,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut say = |problem: Problem| problems.push(problem.with("FIELD", place).at(place));
        let length = password.chars().count();
        if length > LONGEST {
            say(problem::PASSWORD_LONG.with("MOST", LONGEST.to_string()));
            return problems;
        }
        if length < self.shortest {
            say(problem::PASSWORD_SHORT.with("LEAST", self.shortest.to_string()));
        }
        if has_control(password, false) {
            say(problem::PASSWORD_CONTROL.problem());
        }
        if credential::kind_of(password).is_some() {
            say(problem::PASSWORD_GENERATED.problem());
        }
        if !any_characters {
            let sorts: [Sort; 4] = [
                (|c| c.is_numeric(), &problem::PASSWORD_DIGIT),
                (char::is_lowercase, &problem::PASSWORD_LOWER),
                (char::is_uppercase, &problem::PASSWORD_UPPER),
                (|c| !c.is_alphanumeric(), &problem::PASSWORD_SPECIAL),
            ];
            for (is, code) in sorts {
                if !password.chars().any(is) {
                    say(code.problem());
                }
            }
        }
        let folded = password.to_lowercase();
        if user.chars().count() >= SHORTEST_ID && folded.contains(&user.to_lowercase()) {
            say(problem::PASSWORD_HAS_USER.problem());
        }
        if is_common(&folded) {
            say(problem::PASSWORD_COMMON.problem());
        }
        problems
    }
}

/// Whether little is left of a password without a common word, with letters for the signs that stand
/// for them, and without what people put before and behind to please rules.
fn is_common(folded: &str) -> bool {
    let plain = |c: char| match c {
        '@' | '4' => 'a',
        '3' => 'e',
        '1' | '!' => 'i',
        '0' => 'o',
        '$' | '5' => 's',
        '7' => 't',
        c => c,
    };
    let is_sign = |c: char| !c.is_alphabetic();
    // A sign in front may stand for a letter.
    let [whole, after, between] = [
        folded,
        folded.trim_end_matches(is_sign),
        folded.trim_matches(is_sign),
    ]
    .map(|text| text.chars().map(plain).collect::<String>());
    let words = COMMON.lines().filter(|line| !line.starts_with('#'));
    let mut words = words.map(|word| word.chars().map(plain).collect::<String>());
    words.any(|word| !word.is_empty() && (word == whole || word == after || word == between))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(password: &str) -> Vec<&'static str> {
        let policy = Policy {
            most_failures: None,
            lives: None,
            history: 3,
            shortest: 10,
            changes: 5,
            links: 5,
        };
        let problems = policy.violations(password, "Ada", false, "/newPassword");
        problems.iter().map(|problem| problem.code.code).collect()
    }

    #[test]
    fn each_rule_is_told_by_itself() {
        assert_eq!(wrong("Tidal-Crane-48"), [""; 0]);
        assert_eq!(wrong("Tidal-48"), ["passwordTooShort"]);
        assert_eq!(wrong("Tidal-Crane-"), ["passwordWithoutDigit"]);
        assert_eq!(wrong("TIDAL-CRANE-48"), ["passwordWithoutLower"]);
        assert_eq!(wrong("tidal-crane-48"), ["passwordWithoutUpper"]);
        assert_eq!(wrong("TidalCrane48"), ["passwordWithoutSpecial"]);
        assert_eq!(wrong("Tidal-aDa-Crane-48"), ["passwordHasUserId"]);
        assert_eq!(wrong("Tidal\u{7}-Crane-48"), ["passwordControl"]);
        assert_eq!(wrong(&"Tidal-48".repeat(17)), ["passwordTooLong"]);
    }

    #[test]
    fn common_words_are_found_behind_what_pleases_rules() {
        for password in [
            "Password2026!",
            "P@ssw0rd-2026",
            "$ummer-2026!",
            "!!Welcome123",
            "Qwerty12345!",
            "!QAZ2wsx3edc",
        ] {
            assert!(wrong(password).contains(&"passwordCommon"), "{password}");
        }
        for password in ["Tidal-Crane-48", "Passwordless-Otter-5"] {
            assert!(!wrong(password).contains(&"passwordCommon"), "{password}");
        }
    }
}
