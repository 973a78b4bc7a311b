//! The web app: files that are embedded in the binary, and its page for every address that a person may open.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use inkstream_wire::ErrorCode;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{Service, cookies, failure::Failure, request_origin::RequestOrigin};
use crate::settings::BasePath;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../frontend/dist"]
#[allow_missing = true]
struct Dist;

const PAGE: &str = "index.html";
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// The page of the root if the binary was built without the web app.
const WITHOUT_APP: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Inkstream</title>\
    <h1>Inkstream is running</h1><p>This binary was built without the web page: <code>make build</code> makes one with \
    it. The API is here all the same: <a href=/docs>its description</a>, <a href=/health>its health</a>.</p></html>";

/// The fallback of every route.
pub(super) async fn serve(State(service): State<Arc<Service>>, head: Parts) -> Result<Response, Failure> {
    let path = head.uri.path().trim_start_matches('/');
    let is_api = matches!(path.split('/').next(), Some("api" | "v1"));
    if !matches!(head.method, Method::GET | Method::HEAD) || is_api {
        return Err(not_found());
    }
    if !path.is_empty() && path != PAGE && Dist::get(path).is_some() {
        return file(path, &head.headers).ok_or_else(not_found);
    }
    if !is_navigation(path, &head.headers) {
        return Err(not_found());
    }
    let base = &service.base_path;
    let page = if base.is_empty() { file(PAGE, &head.headers) } else { page_with_base(base, &head.headers) };
    let mut response = match page {
        Some(page) => page,
        None if path.is_empty() => Html(WITHOUT_APP.replace("href=/", &format!("href={base}/"))).into_response(),
        None => return Err(not_found()),
    };
    let secure = RequestOrigin::from_parts(&head, &service.proxies).secure;
    let known = cookies::session(&head.headers);
    // A request does not say whether its cookie has the attribute Secure. Set it again over https, because the browser's may
    // have been set over http.
    if (known.is_none() || secure)
        && let Some(cookie) = cookies::set_session(known, secure)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn not_found() -> Failure {
    Failure::new(ErrorCode::NotFound, "Nothing has this address.")
}

/// Whether a browser navigates to an address of the app, rather than a program calling it or a page loading a missing file.
fn is_navigation(path: &str, headers: &HeaderMap) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let wants_html = header_text(headers, &header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    path.is_empty() || path == PAGE || (wants_html && !last.contains('.'))
}

/// The app's page beneath a base path: its URLs are prefixed, and a `meta` element tells the app the path.
fn page_with_base(base: &BasePath, headers: &HeaderMap) -> Option<Response> {
    let mut page = Dist::get(PAGE)?;
    let html = html_with_base(base, std::str::from_utf8(&page.data).ok()?);
    page.data = html.into_bytes().into();
    let tag = format!("\"{}{base}\"", entity_tag(&page)?.trim_matches('"'));
    respond(page, None, &tag, false, headers)
}

/// Prefixes the page's URLs. All of them are absolute, because the page may be shown at any of the app's addresses.
fn html_with_base(base: &BasePath, html: &str) -> String {
    html.replace("=\"/", &format!("=\"{base}/")).replacen(
        "<head>",
        &format!("<head><meta name=\"base-path\" content=\"{base}\">"),
        1,
    )
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Dist::get(path)?;
    let (file, encoding) = best_encoding(path, plain, headers);
    let tag = entity_tag(&file)?;
    let hashed = path.rsplit('/').next().is_some_and(has_hash);
    respond(file, encoding, &tag, hashed, headers)
}

fn respond(
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
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, if hashed { IMMUTABLE } else { REVALIDATE });
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::ETAG, HeaderValue::from_str(tag).ok()?);
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// The embedded text files are UTF-8.
fn media_type(kind: &str) -> Option<HeaderValue> {
    let charset = if kind.starts_with("text/") { "; charset=utf-8" } else { "" };
    HeaderValue::from_str(&format!("{kind}{charset}")).ok()
}

/// Picks the smallest encoding that the build has made and the browser accepts. The media type stays that of the plain file.
fn best_encoding(path: &str, plain: EmbeddedFile, headers: &HeaderMap) -> (EmbeddedFile, Option<&'static str>) {
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
    fn only_names_with_a_hash_are_immutable() {
        assert!(has_hash("inkstream-web-1f2e3d4c5b6a7980_bg.wasm"));
        assert!(has_hash("app-1f2e3d4c5b6a7980.js"));
        assert!(!has_hash("index.html"));
        assert!(!has_hash("manifest.webmanifest"));
    }

    #[test]
    fn the_page_beneath_a_base_path_has_it_in_every_url() {
        let page =
            "<html><head><script src=\"/theme.js\"></script><b data-js=\"/a.js\" href=\"https://a/\" alt=\"a/b\">";
        let html = html_with_base(&"/ocr".parse().unwrap(), page);
        let expected = "<html><head><meta name=\"base-path\" content=\"/ocr\"><script src=\"/ocr/theme.js\"></script>\
                        <b data-js=\"/ocr/a.js\" href=\"https://a/\" alt=\"a/b\">";
        assert_eq!(html, expected);
    }

    #[test]
    fn an_encoding_of_weight_zero_is_not_accepted() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br;q=0, gzip;q=0.5"));
        assert!(!accepts(&headers, "br"));
        assert!(accepts(&headers, "gzip"));
    }

    #[test]
    fn requests_for_files_or_without_html_are_not_navigations() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/html,*/*"));
        assert!(is_navigation("documents/7", &headers));
        assert!(!is_navigation("missing.js", &headers));
        assert!(!is_navigation("documents/7", &HeaderMap::new()));
    }
}
