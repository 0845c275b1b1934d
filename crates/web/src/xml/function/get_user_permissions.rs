//! `getUserPermissions`: what a user may do, by application and policy.

use std::collections::BTreeMap;

use sidegate_engine::explain::Whom;
use sidegate_model::definition::title_of;
use sidegate_model::{Result, problem};

use super::Run;

pub(super) fn run(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(&["userId"])?;
    let user = run.text("userId")?.unwrap_or_default().trim().to_owned();
    if user.is_empty() {
        return Err(problem::REQUIRED_MISSING
            .with("FIELD", "userId")
            .at("userId")
            .into());
    }
    let report = run.work.report(&Whom::Id(user))?;
    let mut applications: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for right in report.rights.iter().filter(|right| right.allowed) {
        let policies = applications.entry(title_of(&right.module)).or_default();
        let rights = policies.entry(right.name.clone()).or_default();
        let word = title_of(&right.right);
        if !rights.contains(&word) {
            rights.push(word);
        }
    }
    let out = &mut *run.out;
    out.open("data");
    out.open("permissions");
    for (application, policies) in &applications {
        out.open("appSubscription");
        out.leaf("applicationName", application);
        out.open("policies");
        for (policy, rights) in policies {
            out.open("policy");
            out.leaf("policyName", policy);
            out.leaf("rights", &rights.join("|"));
            out.close();
        }
        out.close();
        out.close();
    }
    out.close();
    out.close();
    Ok(())
}
