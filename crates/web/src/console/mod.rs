//! The admin console: pages for people, made on the server and useful without script.
//!
//! Pages are derived from declarations (`list`, `view`, `form`); what no declaration gives has a file of
//! its own in `page`. Nothing here decides who may do what: pages leave out what the engine would
//! refuse, and the engine refuses it at every address.

mod answer;
mod asked;
mod asset;
mod control;
mod exported;
mod filter;
mod form;
mod frame;
mod guest;
mod layout;
mod list;
mod menu;
mod page;
mod pairs;
mod pick;
mod picked;
mod preferred;
mod record;
mod saved_view;
mod shown;
mod step;
mod view;
mod visit;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use sidegate_engine::Engine;
use sidegate_model::{Definition, Registry, Screen, problem};

use answer::Answer;
use visit::Visit;

use crate::export::Exports;

/// What every handler of the console has.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    engine: Engine,
    exports: Exports,
    /// Whether this is the stand-in and not a server.
    stand_in: bool,
}

/// The console of a server.
pub(crate) fn router(engine: Engine) -> Router {
    paths(Console {
        exports: Exports::new(engine.clone()),
        engine,
        stand_in: false,
    })
}

/// The console of the stand-in.
pub(crate) fn stand_in_router(engine: Engine) -> Router {
    paths(Console {
        exports: Exports::new(engine.clone()),
        engine,
        stand_in: true,
    })
}

fn paths(console: Console) -> Router {
    let screens = console.engine.registry().all();
    let screens: Vec<String> = screens
        .flat_map(|definition| &definition.screens)
        .map(|screen| screen.name.clone())
        .collect();
    let pages = page::NAMES.iter().map(|name| (*name).to_owned());
    let mut router = Router::new()
        .route("/", any(handle))
        .route("/assets/{name}", any(asset::serve));
    for name in screens.into_iter().chain(pages) {
        router = router
            .route(&format!("/{name}"), any(handle))
            .route(&format!("/{name}/{{*below}}"), any(handle));
    }
    router.with_state(console)
}

async fn handle(State(console): State<Console>, request: Request) -> Response {
    let mut visit = match Visit::begin(&console, request).await {
        Ok(visit) => visit,
        Err(reply) => return reply,
    };
    let done = dispatch(&console, &mut visit).await;
    visit.answered(&console, done).await
}

async fn dispatch(console: &Console, visit: &mut Visit) -> sidegate_model::Result<Answer> {
    let path = visit.path.clone();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    if let Some(answer) = page::open(console, visit, &segments).await? {
        return Ok(answer);
    }
    visit.enter(console).await?;
    if visit.guest.is_none() {
        return page::sign_in::ask(console, visit);
    }
    if let Some(answer) = page::own(console, visit, &segments).await? {
        return Ok(answer);
    }
    let absent = || problem::PATH_ABSENT.with("PATH", &path);
    let registry = console.engine.registry().clone();
    let (name, below) = segments.split_first().ok_or_else(absent)?;
    let at = At::named(&registry, name).ok_or_else(absent)?;
    match below {
        [] => match at
            .definition
            .singleton
            .as_deref()
            .and_then(|word| at.definition.key_of(word))
        {
            Some(only) => view::view(console, visit, at, only).await,
            None => list::list(console, visit, at).await,
        },
        ["add"] => form::add(console, visit, at).await,
        ["list", what] => match *what {
            "columns" => layout::columns(console, visit, at).await,
            "export" => exported::export(console, visit, at).await,
            "file" => exported::file(console, visit, at),
            "selected" => picked::selected(console, visit, at).await,
            "style" | "inactive" => list::choose(console, visit, at, what).await,
            "view" => saved_view::view(console, visit, at).await,
            _ => Err(absent().into()),
        },
        [key, rest @ ..] => {
            let key = at.definition.key_of(key).ok_or_else(absent)?;
            match rest {
                [] => view::view(console, visit, at, key).await,
                ["edit"] => form::edit(console, visit, at, key).await,
                ["delete"] => form::delete(console, visit, at, key).await,
                [page] => page::of_record(console, visit, at, key, page)
                    .await?
                    .ok_or_else(|| absent().into()),
                _ => Err(absent().into()),
            }
        }
    }
}

/// A declared page: the object and the screen over it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'r> {
    definition: &'r Definition,
    screen: &'r Screen,
}

impl<'r> At<'r> {
    fn named(registry: &'r Registry, name: &str) -> Option<Self> {
        Self::all(registry).find(|at| at.screen.name == name)
    }

    fn all(registry: &'r Registry) -> impl Iterator<Item = Self> {
        let screens = |definition: &'r Definition| {
            let of = move |screen| Self { definition, screen };
            definition.screens.iter().map(of)
        };
        registry.all().flat_map(screens)
    }

    /// The first screen over an object.
    fn of(registry: &'r Registry, object: &str) -> Option<Self> {
        Self::all(registry).find(|at| at.definition.name == object)
    }

    fn href(&self) -> String {
        format!("/{}", self.screen.name)
    }

    fn record(&self, key: sidegate_model::RecordKey) -> String {
        format!("/{}/{}", self.screen.name, self.definition.key_text(key))
    }
}
