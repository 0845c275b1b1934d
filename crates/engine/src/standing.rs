//! How a user stands: whether she ever came in, when she did last, what keeps her out.

use sidegate_model::{Operation, RecordKey, Result, Value};

use crate::rules::credential::CREDENTIAL;
use crate::sign_in::has_second_factor;
use crate::work::Work;

const USER: &str = "company-config/user";
/// So many credentials of a user are looked at, the newest.
const MOST: u32 = 1000;

/// How a user stands. Moments are microseconds since the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserStanding {
    /// When she first came in through any door; from then on she is kept.
    pub activated: Option<i64>,
    /// When failed sign-ins locked her out.
    pub locked: Option<i64>,
    /// When she last proved herself with a credential that is still there.
    pub last_used: Option<i64>,
    /// The address of that.
    pub last_from: Option<String>,
    /// Whether she has a second factor.
    pub second_factor: bool,
}

impl Work<'_> {
    /// How a user stands whom the actor may view.
    ///
    /// # Errors
    /// When the actor may not, or what the database says.
    pub fn user_standing(&mut self, user: RecordKey) -> Result<UserStanding> {
        self.authorise(self.object(USER), Operation::Get)?;
        let fields = ["activatedAt", "automaticLockAt"];
        let row = self.first(USER, &fields, &[("key", Value::Key(user))])?;
        let Some(row) = row else {
            return Ok(UserStanding::default());
        };
        let of_user = [("user.key", Value::Key(user))];
        let fields = ["lastUsedAt", "lastUsedFrom"];
        let used = self.all(CREDENTIAL, &fields, &of_user, MOST)?;
        let used = used
            .iter()
            .filter_map(|row| Some((row[0].as_number()?, row[1].as_text())));
        let last = used.max();
        Ok(UserStanding {
            activated: row[0].as_number(),
            locked: row[1].as_number(),
            last_used: last.map(|(at, _)| at),
            last_from: last.and_then(|(_, from)| from.map(str::to_owned)),
            second_factor: has_second_factor(self, user)?,
        })
    }
}
