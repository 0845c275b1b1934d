//! The mails of the stand-in, to read. A server has no such page: its mails have gone out.

use askama::Template;
use sidegate_model::{Result, problem};

use crate::console::Console;
use crate::console::answer::Answer;
use crate::console::frame::Frame;
use crate::console::shown::Taste;
use crate::console::visit::Visit;

/// The newest mails that the page shows.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "console/mails.html")]
struct Page {
    frame: Frame,
    mails: Vec<Mail>,
    total: usize,
}

struct Mail {
    when: String,
    to: String,
    subject: String,
    body: String,
}

/// `/mails`
///
/// # Errors
/// In a server, or for somebody who does not administer the company.
pub(in crate::console) async fn mails(console: &Console, visit: &Visit) -> Result<Answer> {
    let guest = visit.guest()?;
    let company = guest.seen.company.id.clone();
    let administers = console
        .engine
        .read(visit.call(), |work| Ok(work.administers()))
        .await?;
    let mailbox = console.engine.mailbox().filter(|_| console.stand_in);
    let Some(mailbox) = mailbox.filter(|_| administers) else {
        return Err(problem::PATH_ABSENT.with("PATH", &visit.path).into());
    };
    let taste = Taste::default();
    let (kept, _) = mailbox.newest(0, usize::MAX);
    let own: Vec<_> = kept
        .into_iter()
        .filter(|mail| mail.company == company)
        .collect();
    let total = own.len();
    let mail = |mail: sidegate_engine::mail::Kept| Mail {
        when: taste.moment(mail.at),
        to: mail.to,
        subject: mail.subject,
        body: mail.body,
    };
    let mut frame = Frame::new(console, visit, "Mails").await?;
    frame.crumbs.truncate(1);
    Answer::page(&Page {
        frame,
        mails: own.into_iter().take(MOST).map(mail).collect(),
        total,
    })
}
