//! How a user wants the console to be.

use sidegate_model::{Operation, RecordKey, Result, Value, problem};

use super::{NONE, RuleSet, power};
use crate::pipeline::{Change, Leave};
use crate::work::{Work, refuse_all};

const OBJECT: &str = "sidegate/user-preference";
const SETTING: &str = "sidegate/company-setting";
const COMPANY: &str = "company-config/company-preference";
const USERS: &str = "company-config/user";
const USER: &str = "user";
const TIME_ZONE: &str = "timeZone";
const DATE_FORMAT: &str = "dateFormat";
const INACTIVITY: &str = "inactivityTimeOutMinutes";
const SESSION: &str = "sessionTimeoutMinutes";
/// Where neither the user nor the company says anything.
const USUAL_ZONE: &str = "UTC";
const USUAL_FORMAT: &str = "MM/DD/YYYY";
const USUAL_INACTIVITY: i64 = 60;
const USUAL_SESSION: i64 = 360;

pub(super) const RULES: RuleSet = RuleSet {
    object: OBJECT,
    fields: &[USER, TIME_ZONE, DATE_FORMAT, INACTIVITY, SESSION],
    before: &[
        is_of_the_caller_or_whom_she_changes,
        power::is_of_no_stronger_user,
        names_a_known_time_zone,
        stays_within_the_companys_times,
    ],
    ..NONE
};

/// What holds for a user: what she chose, and what else stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// The record, with its version, if she ever saved one.
    pub saved: Option<(RecordKey, i64)>,
    /// The name of her time zone.
    pub time_zone: String,
    /// How days are shown, for example `MM/DD/YYYY`.
    pub date_format: String,
    /// `enhanced` or `classic`.
    pub list_style: String,
    /// `system`, `light` or `dark`.
    pub theme: String,
    /// Minutes of inactivity that end a session.
    pub inactivity_minutes: i64,
    /// Minutes after which a session ends in any case.
    pub session_minutes: i64,
    /// What she chose in lists, as an object of JSON.
    pub list_choices: Option<String>,
}

/// What a company says about the times of sessions, in minutes.
struct Times {
    inactivity: i64,
    longest_inactivity: Option<i64>,
    session: i64,
    longest_session: Option<i64>,
}

impl Times {
    fn of(work: &mut Work<'_>) -> Result<Self> {
        let fields = [
            "userSessionSettings.inactivityTimeOutMinutes",
            "userSessionSettings.userPreferenceInactivityMaxHours",
            "userSessionSettings.sessionTimeoutMinutes",
            "userSessionSettings.userPreferenceTimeoutMaxHours",
        ];
        let row = work.first(COMPANY, &fields, &[])?.unwrap_or_default();
        let said = |at: usize| row.get(at).and_then(Value::as_number);
        // No hours are no limit.
        let longest = |at: usize| said(at).filter(|hours| *hours > 0).map(|hours| hours * 60);
        Ok(Self {
            inactivity: said(0).unwrap_or(USUAL_INACTIVITY),
            longest_inactivity: longest(1),
            session: said(2).unwrap_or(USUAL_SESSION),
            longest_session: longest(3),
        })
    }
}

impl Work<'_> {
    /// What holds for a user of the company. What she chose before the company lowered its maximum is
    /// as long as that.
    ///
    /// # Errors
    /// What the database says.
    pub fn preferences(&mut self, user: RecordKey) -> Result<Preferences> {
        let fields = [
            "key",
            "version",
            TIME_ZONE,
            DATE_FORMAT,
            "listStyle",
            "theme",
            INACTIVITY,
            SESSION,
            "listChoices",
        ];
        let of_her = [("user.key", Value::Key(user))];
        let own = self.first(OBJECT, &fields, &of_her)?.unwrap_or_default();
        let company = self.first(SETTING, &[DATE_FORMAT], &[])?;
        let company = company.unwrap_or_default();
        let times = Times::of(self)?;
        let text = |at: usize| own.get(at).and_then(Value::as_text).map(str::to_owned);
        let minutes = |at: usize, usual: i64, longest: Option<i64>| match own
            .get(at)
            .and_then(Value::as_number)
        {
            Some(chosen) => longest.map_or(chosen, |longest| chosen.min(longest)),
            None => usual,
        };
        let format = company.first().and_then(Value::as_text);
        let key = own.first().and_then(Value::as_key);
        Ok(Preferences {
            saved: key.zip(own.get(1).and_then(Value::as_number)),
            time_zone: text(2).unwrap_or_else(|| USUAL_ZONE.to_owned()),
            date_format: text(3).unwrap_or_else(|| format.unwrap_or(USUAL_FORMAT).to_owned()),
            list_style: text(4).unwrap_or_else(|| "enhanced".to_owned()),
            theme: text(5).unwrap_or_else(|| "system".to_owned()),
            inactivity_minutes: minutes(6, times.inactivity, times.longest_inactivity),
            session_minutes: minutes(7, times.session, times.longest_session),
            list_choices: text(8),
        })
    }
}

/// A record without a user is the caller's; that of another user is made by whoever may edit her.
fn is_of_the_caller_or_whom_she_changes(
    work: &mut Work<'_>,
    change: &mut Change<'_>,
) -> Result<()> {
    let own = work.actor().user.as_ref().map(|user| user.key);
    if change.operation == Operation::Create && change.value(USER).is_null() {
        change.set(USER, Value::from(own));
    }
    let others = change.leave == Leave::Own && own.is_some() && change.value(USER).as_key() != own;
    let users = work.object(USERS);
    if !others || work.may(users, Operation::Update) {
        return Ok(());
    }
    let place = change.place(USER);
    Err(problem::NO_RIGHT
        .with("OPERATION", "edit")
        .with("OBJECT", "preferences of other users")
        .at(place)
        .needing(Some("administration.users.edit".to_owned()))
        .into())
}

fn names_a_known_time_zone(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let zone = change.text(TIME_ZONE);
    if zone.is_empty() || !change.was_sent(TIME_ZONE) {
        return Ok(());
    }
    // What is stored is the database's own spelling, whatever the case of the letters sent.
    let zones = jiff::tz::db();
    let known = zones.get(zone).ok();
    if let Some(name) = known.as_ref().and_then(|zone| zone.iana_name()) {
        let name = Value::from(name);
        change.set(TIME_ZONE, name);
        return Ok(());
    }
    let place = change.place(TIME_ZONE);
    Err(problem::TIME_ZONE_UNKNOWN
        .with("FIELD", &place)
        .with("ZONE", zone)
        .at(place)
        .into())
}

/// Nobody chooses longer times than the company allows.
fn stays_within_the_companys_times(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let times = Times::of(work)?;
    let mut problems = Vec::new();
    for (name, longest) in [
        (INACTIVITY, times.longest_inactivity),
        (SESSION, times.longest_session),
    ] {
        let chosen = change
            .value(name)
            .as_number()
            .filter(|_| change.changes(name));
        if let Some(longest) = longest.filter(|longest| chosen.is_some_and(|own| own > *longest)) {
            let place = change.place(name);
            problems.push(
                problem::LONGER_THAN_COMPANY
                    .with("FIELD", &place)
                    .with("MOST", longest.to_string())
                    .at(place),
            );
        }
    }
    refuse_all(problems)
}
