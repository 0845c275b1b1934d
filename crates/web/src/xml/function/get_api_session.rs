//! `getAPISession`: a session where the caller is, in an entity, or at the top level.

use sidegate_engine::sign_in::Place;
use sidegate_model::Result;

use super::Run;

pub(super) fn run(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(&["locationid"])?;
    let place = match run.text("locationid")?.map(str::trim) {
        None => Place::Here,
        Some("") => Place::Top,
        Some(entity) => Place::Entity(entity.to_owned()),
    };
    let opened = run.work.open_session(&place)?;
    run.out.open("data");
    run.out.open("api");
    run.out.leaf("sessionid", &opened.id);
    run.out.leaf("endpoint", run.endpoint);
    let entity = opened.entity.as_deref().unwrap_or_default();
    run.out.leaf("locationid", entity);
    run.out.close();
    run.out.close();
    Ok(())
}
