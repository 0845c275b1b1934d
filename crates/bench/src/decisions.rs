//! What an access decision costs: asking what was compiled, and compiling it for a user.

use std::hint::black_box;
use std::time::Instant;

use sidegate_model::access::{AdminLevel, Catalogue, Grant, Need, Origin, Policy, Standing};
use sidegate_model::{Operation, Registry};

use crate::exchange::middle;
use crate::{Outcome, say, stop};

/// So many times everything is measured; the figures are medians.
const ROUNDS: usize = 15;
/// So many times in each round every operation is decided.
const PASSES: u32 = 1000;

/// What was measured.
pub(crate) struct Decisions {
    /// Nanoseconds for one decision.
    pub(crate) decide: f64,
    /// Microseconds to compile what a user with every permission can do.
    pub(crate) compile: f64,
    /// How many operations were decided.
    pub(crate) operations: usize,
}

pub(crate) fn measure() -> Outcome<Decisions> {
    say("decisions");
    let registry = Registry::shipped().map_err(|_| "the declarations are broken".to_owned())?;
    let catalogue = Catalogue::shipped().map_err(stop)?;
    let policy = Policy::new(&registry, catalogue).map_err(stop)?;
    let catalogue = policy.catalogue();
    let business = catalogue.user_type("business").ok_or("no business users")?;
    let modules = catalogue
        .all()
        .map(|(_, permission)| permission.module.as_str());
    let grants = catalogue.all().map(|(permission, known)| Grant {
        permission,
        rights: known.rights,
        origin: Origin::Own,
    });
    let standing = Standing {
        user_type: business,
        admin: AdminLevel::Full,
        web_services: true,
        modules: catalogue.modules(modules),
        grants: grants.collect(),
    };
    let needs: Vec<&Need> = registry
        .all()
        .flat_map(|object| {
            let of = |(operation, ..): (Operation, _, _)| policy.need(object, operation);
            Operation::ALL.into_iter().filter_map(of)
        })
        .collect();
    let reach = policy.compile(&standing);
    let (mut decide, mut compile) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut allowed = 0_usize;
        for _ in 0..PASSES {
            for need in &needs {
                allowed += usize::from(policy.may(black_box(&reach), black_box(need)));
            }
        }
        let spent = began.elapsed().as_nanos() as f64;
        if allowed != needs.len() * PASSES as usize {
            return Err("somebody with every permission was refused".to_owned());
        }
        decide.push(spent / f64::from(PASSES) / needs.len() as f64);
        let began = Instant::now();
        black_box(policy.compile(black_box(&standing)));
        compile.push(began.elapsed().as_nanos() as f64 / 1e3);
    }
    Ok(Decisions {
        decide: middle(decide),
        compile: middle(compile),
        operations: needs.len(),
    })
}
