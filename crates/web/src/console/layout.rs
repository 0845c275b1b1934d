//! Which columns a list has, in which order, and whether the first one stays in place.

use askama::Template;
use serde_json::Value as Json;
use sidegate_model::Result;

use super::answer::Answer;
use super::asked::offered;
use super::frame::{Fault, Frame};
use super::list::read_asked;
use super::preferred::keep_in_list;
use super::visit::Visit;
use super::{At, Console};

#[derive(Template)]
#[template(path = "console/columns.html")]
struct Page {
    frame: Frame,
    action: String,
    columns: Vec<Shown>,
    frozen: bool,
    /// The button that was pressed last, to stay on.
    pressed: String,
}

struct Shown {
    name: String,
    label: String,
    is_chosen: bool,
}

/// `/SCREEN/list/columns`
///
/// # Errors
/// What the engine says.
pub(super) async fn columns(console: &Console, visit: &Visit, at: At<'_>) -> Result<Answer> {
    let said = &visit.asked;
    let back = |pairs: &super::pairs::Pairs| format!("{}{}", at.href(), pairs.query());
    let asked = read_asked(console, visit, at, said).await?;
    let go = visit.form.get("go");
    let offered = offered(console.engine.registry(), at);
    let mut order: Vec<String> = visit.form.all("order").map(str::to_owned).collect();
    let mut chosen: Vec<String> = visit.form.all("column").map(str::to_owned).collect();
    let mut frozen = visit.form.last("frozen") == Some("1");
    if !visit.is_post() {
        order.clone_from(&asked.columns);
        chosen.clone_from(&asked.columns);
        frozen = asked.frozen;
    }
    order.retain(|name| offered.iter().any(|(known, _)| known == name));
    for (name, _) in &offered {
        if !order.contains(name) {
            order.push(name.clone());
        }
    }
    match go {
        "back" => return Ok(Answer::to(back(said))),
        "reset" => {
            if asked.view.is_empty() {
                let nothing = vec![("columns", Json::Null), ("frozen", Json::Null)];
                keep_in_list(console, visit, &at.screen.name, nothing).await?;
            }
            return Ok(Answer::to(back(&said.without(&["columns", "frozen"]))));
        }
        "use" => {
            chosen = order
                .iter()
                .filter(|name| chosen.contains(name))
                .cloned()
                .collect();
            if !chosen.is_empty() {
                let mut pairs = said.without(&["columns", "frozen"]);
                if asked.view.is_empty() {
                    let names = chosen.iter().cloned().map(Json::String).collect();
                    let kept = vec![
                        ("columns", Json::Array(names)),
                        ("frozen", Json::Bool(frozen)),
                    ];
                    keep_in_list(console, visit, &at.screen.name, kept).await?;
                } else {
                    pairs.push("columns", chosen.join(","));
                    pairs.push("frozen", if frozen { "1" } else { "0" });
                }
                return Ok(Answer::to(back(&pairs)));
            }
        }
        _ => moved(&mut order, go),
    }
    let mut frame =
        Frame::new(console, visit, &format!("Columns of {}", at.screen.label.1)).await?;
    frame.dialog = true;
    if go == "use" {
        frame
            .faults
            .push(Fault::said("", "Tick one column at least."));
    }
    let columns = order.iter().filter_map(|name| {
        let (name, label) = offered.iter().find(|(known, _)| known == name)?;
        Some(Shown {
            is_chosen: chosen.contains(name),
            name: name.clone(),
            label: label.clone(),
        })
    });
    Answer::page(&Page {
        frame,
        action: visit.address(),
        columns: columns.collect(),
        frozen,
        pressed: go.to_owned(),
    })
}

/// Moves one column a place up or down: `up:NAME`.
fn moved(order: &mut [String], go: &str) {
    let Some((way, name)) = go.split_once(':') else {
        return;
    };
    let Some(at) = order.iter().position(|known| known == name) else {
        return;
    };
    match way {
        "up" if at > 0 => order.swap(at - 1, at),
        "down" if at + 1 < order.len() => order.swap(at, at + 1),
        _ => {}
    }
}
