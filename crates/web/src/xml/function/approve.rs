//! `approve` and `decline`: timesheets, or entries of one, also for another approver.

use sidegate_engine::{AskedRuling, Ruling};
use sidegate_model::{Draft, Pointed, RecordKey, Result, problem};

use super::Run;
use super::create::told;
use super::read::split;
use crate::xml::failure::{Doing, cannot};
use crate::xml::reader::NodeRef;

pub(super) fn approve(run: &mut Run<'_, '_, '_>) -> Result<()> {
    rule(run, Ruling::Approve)
}

pub(super) fn decline(run: &mut Run<'_, '_, '_>) -> Result<()> {
    rule(run, Ruling::Decline)
}

fn rule(run: &mut Run<'_, '_, '_>, ruling: Ruling) -> Result<()> {
    let (operation, approver) = match ruling {
        Ruling::Approve => ("APPROVE", "APPROVEDBY"),
        Ruling::Decline => ("DECLINE", "DECLINEDBY"),
    };
    let Some(node) = run.node.children().next() else {
        return Err(problem::REQUIRED_MISSING.with("FIELD", "TIMESHEET").into());
    };
    if node.name() != "TIMESHEET" {
        let object = node.name().to_owned();
        return Err(cannot(&Doing { operation, object }).into());
    }
    let known = run.called(node.name())?;
    for child in node.children() {
        if !["RECORDNO", "ENTRYKEYS", "COMMENT", approver].contains(&child.name()) {
            return Err(problem::UNKNOWN_FIELD.with("FIELD", child.name()).into());
        }
    }
    let text = |name: &str| {
        let text = node.child(name).map(NodeRef::text).map(str::trim);
        text.filter(|text| !text.is_empty())
    };
    let key = |name: &str, text: &str| {
        RecordKey::parse(text).ok_or_else(|| {
            problem::VALUE_UNFIT
                .with("FIELD", name)
                .with("REASON", "must be a record number")
                .at(name)
        })
    };
    let sheet =
        text("RECORDNO").ok_or_else(|| problem::REQUIRED_MISSING.with("FIELD", "RECORDNO"))?;
    let lines = match text("ENTRYKEYS") {
        None => None,
        Some(list) => {
            let entry = |text: &str| Ok((key("ENTRYKEYS", text)?, "ENTRYKEYS".to_owned()));
            Some(split(list).into_iter().map(entry).collect::<Result<_>>()?)
        }
    };
    let asked = AskedRuling {
        ruling,
        sheet: key("RECORDNO", sheet)?,
        lines,
        comments: text("COMMENT").map(str::to_owned),
        approver: text(approver).map(|id| Pointed {
            place: approver.to_owned(),
            key: None,
            id: Some(id.to_owned()),
            inline: Draft::default(),
        }),
        version: None,
    };
    run.work.authorise_action(known.definition, ruling.word())?;
    let ruled = told(known, run.work.rule_on_timesheet(&asked))?;
    let name = known.face.name.to_ascii_lowercase();
    run.out
        .open_with("data", &[("listtype", "objects"), ("count", "1")]);
    run.out.open(&name);
    run.out.leaf_shown("RECORDNO", ruled.saved.key);
    run.out.close();
    run.out.close();
    Ok(())
}
