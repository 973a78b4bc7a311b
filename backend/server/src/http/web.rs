//! The web app: files that are part of the binary, and its page for every address that a person may open.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use inkstream_wire::ErrorCode;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{Service, failure::Failure, request_origin::RequestOrigin, session};
use crate::settings::BasePath;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../frontend/dist"]
#[allow_missing = true]
struct Dist;

const PAGE: &str = "index.html";
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// What the root answers where the binary was built without the web app.
const WITHOUT_APP: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Inkstream</title>\
    <h1>Inkstream is running</h1><p>This binary was built without the web page: <code>make build</code> makes one with \
    it. The API is here all the same: <a href=/docs>its description</a>, <a href=/health>its health</a>.</p></html>";

/// The fallback of every route.
pub(super) async fn serve(State(service): State<Arc<Service>>, head: Parts) -> Result<Response, Failure> {
    let path = head.uri.path().trim_start_matches('/');
    let is_api = matches!(path.split('/').next(), Some("api" | "v1"));
    if !matches!(head.method, Method::GET | Method::HEAD) || is_api {
        return Err(nothing());
    }
    if !path.is_empty() && path != PAGE && Dist::get(path).is_some() {
        return file(path, &head.headers).ok_or_else(nothing);
    }
    if !opened_by_a_person(path, &head.headers) {
        return Err(nothing());
    }
    let base = &service.base_path;
    let page = if base.is_empty() { file(PAGE, &head.headers) } else { placed_page(base, &head.headers) };
    let mut response = match page {
        Some(page) => page,
        None if path.is_empty() => Html(WITHOUT_APP.replace("href=/", &format!("href={base}/"))).into_response(),
        None => return Err(nothing()),
    };
    let secure = RequestOrigin::of(&head, &service.proxies).secure;
    let known = session::of(&head.headers);
    // Browsers do not tell whether a cookie is Secure. By https it is set again, for the one it has may be from before.
    if (known.is_none() || secure)
        && let Some(cookie) = session::cookie(known, secure)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn nothing() -> Failure {
    Failure::new(ErrorCode::NotFound, "Nothing has this address.")
}

/// A browser's navigation to an address of the app, and not a program's request or a missing file's.
fn opened_by_a_person(path: &str, headers: &HeaderMap) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let wants_html = header_text(headers, &header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    path.is_empty() || path == PAGE || (wants_html && !last.contains('.'))
}

/// The app's page beneath a path: its own addresses get it, and it says what it is.
fn placed_page(base: &BasePath, headers: &HeaderMap) -> Option<Response> {
    let mut page = Dist::get(PAGE)?;
    let html = placed_html(base, std::str::from_utf8(&page.data).ok()?);
    page.data = html.into_bytes().into();
    let tag = format!("\"{}{base}\"", entity_tag(&page)?.trim_matches('"'));
    answer(page, None, &tag, false, headers)
}

/// Every address in the page is absolute: it may be shown at any of the app's.
fn placed_html(base: &BasePath, html: &str) -> String {
    html.replace("=\"/", &format!("=\"{base}/")).replacen(
        "<head>",
        &format!("<head><meta name=\"base-path\" content=\"{base}\">"),
        1,
    )
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Dist::get(path)?;
    let (file, encoding) = encoded(path, plain, headers);
    let tag = entity_tag(&file)?;
    let hashed = path.rsplit('/').next().is_some_and(has_hash);
    answer(file, encoding, &tag, hashed, headers)
}

fn answer(
    file: EmbeddedFile,
    encoding: Option<&'static str>,
    tag: &str,
    hashed: bool,
    headers: &HeaderMap,
) -> Option<Response> {
    let mut response = if header_text(headers, &header::IF_NONE_MATCH).is_some_and(|seen| seen.contains(tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let media_type = media_type(file.metadata.mimetype())?;
        ([(header::CONTENT_TYPE, media_type)], Body::from(file.data)).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, if hashed { FOREVER } else { ASK_AGAIN });
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answer.insert(header::ETAG, HeaderValue::from_str(tag).ok()?);
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// Text is UTF-8, and says so.
fn media_type(kind: &str) -> Option<HeaderValue> {
    let charset = if kind.starts_with("text/") { "; charset=utf-8" } else { "" };
    HeaderValue::from_str(&format!("{kind}{charset}")).ok()
}

/// The smallest form that the build has made and the browser takes; the media type stays the plain file's.
fn encoded(path: &str, plain: EmbeddedFile, headers: &HeaderMap) -> (EmbeddedFile, Option<&'static str>) {
    for (encoding, extension) in [("br", "br"), ("gzip", "gz")] {
        if accepts(headers, encoding)
            && let Some(mut file) = Dist::get(&format!("{path}.{extension}"))
        {
            file.metadata = plain.metadata;
            return (file, Some(encoding));
        }
    }
    (plain, None)
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    header_text(headers, &header::ACCEPT_ENCODING).into_iter().flat_map(|value| value.split(',')).any(|item| {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(encoding) && weight.unwrap_or(1.0) > 0.0
    })
}

fn entity_tag(file: &EmbeddedFile) -> Option<String> {
    let hash = file.metadata.sha256_hash();
    Some(format!("\"{:032x}\"", u128::from_be_bytes(*hash.first_chunk()?)))
}

/// Whether trunk put the content's hash into the name: `app-0123456789abcdef.js`, `app-0123456789abcdef_bg.wasm`.
fn has_hash(name: &str) -> bool {
    name.split(['-', '.', '_']).any(|part| part.len() >= 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn header_text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_forever() {
        assert!(has_hash("inkstream-web-1f2e3d4c5b6a7980_bg.wasm"));
        assert!(has_hash("app-1f2e3d4c5b6a7980.js"));
        assert!(!has_hash("index.html"));
        assert!(!has_hash("manifest.webmanifest"));
    }

    #[test]
    fn the_page_beneath_a_path_has_it_in_each_address() {
        let html =
            "<html><head><script src=\"/theme.js\"></script><b data-js=\"/a.js\" href=\"https://a/\" alt=\"a/b\">";
        let placed = placed_html(&"/ocr".parse().unwrap(), html);
        let expected = "<html><head><meta name=\"base-path\" content=\"/ocr\"><script src=\"/ocr/theme.js\"></script>\
                        <b data-js=\"/ocr/a.js\" href=\"https://a/\" alt=\"a/b\">";
        assert_eq!(placed, expected);
    }

    #[test]
    fn an_encoding_of_weight_zero_is_not_accepted() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br;q=0, gzip;q=0.5"));
        assert!(!accepts(&headers, "br"));
        assert!(accepts(&headers, "gzip"));
    }

    #[test]
    fn files_and_api_addresses_are_no_navigation() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/html,*/*"));
        assert!(opened_by_a_person("documents/7", &headers));
        assert!(!opened_by_a_person("missing.js", &headers));
        assert!(!opened_by_a_person("documents/7", &HeaderMap::new()));
    }
}
