//! The stand-in's mailbox: the newest mails in memory, where a developer reads them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// So many mails are kept; the oldest go first.
pub const MOST_KEPT: usize = 1000;

/// A mailbox. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Mailbox {
    mails: Arc<Mutex<VecDeque<Kept>>>,
}

/// A delivered mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The id of its company.
    pub company: String,
    /// When it was delivered, in microseconds since the epoch.
    pub at: i64,
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
}

impl Mailbox {
    /// Takes a mail.
    pub(crate) fn put(&self, mail: Kept) {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() == MOST_KEPT {
            mails.pop_back();
        }
        mails.push_front(mail);
    }

    /// Mails, the newest first, without the first `skip`, at most `most` of them; and how many there
    /// are in all.
    #[must_use]
    pub fn newest(&self, skip: usize, most: usize) -> (Vec<Kept>, usize) {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        let page = mails.iter().skip(skip).take(most).cloned().collect();
        (page, mails.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_mails_go_first() {
        let mailbox = Mailbox::default();
        for at in 0..=1000 {
            mailbox.put(Kept {
                company: "A".to_owned(),
                at,
                from: String::new(),
                to: String::new(),
                subject: String::new(),
                body: String::new(),
            });
        }
        let (page, total) = mailbox.newest(1, 2);
        assert_eq!(total, MOST_KEPT);
        assert_eq!(page.iter().map(|m| m.at).collect::<Vec<_>>(), [999, 998]);
        assert_eq!(mailbox.newest(999, 5).0[0].at, 1);
    }
}
