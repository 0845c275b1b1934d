//! The style sheet and the script, named by their content so that browsers may keep them.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Response, StatusCode};

/// One file of ours.
struct Asset {
    name: String,
    content_type: &'static str,
    text: &'static str,
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let text = include_str!("../../assets/console.css");
    asset("console", "css", "text/css; charset=utf-8", text)
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let text = include_str!("../../assets/console.js");
    asset("console", "js", "text/javascript; charset=utf-8", text)
});

fn asset(stem: &str, ending: &str, content_type: &'static str, text: &'static str) -> Asset {
    // FNV-1a: tells one build's file from another's, and guards nothing.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Asset {
        name: format!("{stem}-{hash:016x}.{ending}"),
        content_type,
        text,
    }
}

/// Where the style sheet is.
pub(super) fn style() -> String {
    format!("/assets/{}", STYLE.name)
}

/// Where the script is.
pub(super) fn script() -> String {
    format!("/assets/{}", SCRIPT.name)
}

/// `GET /assets/NAME`
pub(super) async fn serve(Path(name): Path<String>) -> Response<Body> {
    let found = [&*STYLE, &*SCRIPT].into_iter().find(|a| a.name == name);
    let Some(asset) = found else {
        let mut reply = Response::new(Body::empty());
        *reply.status_mut() = StatusCode::NOT_FOUND;
        return reply;
    };
    let mut reply = Response::new(Body::from(asset.text));
    let headers = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in headers {
        reply
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    reply
}
