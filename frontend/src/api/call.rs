//! The one place that sends requests: with the access token if there is one, and once more with a
//! new one where the server does not take it any longer.

use gloo_net::http::{Request, Response};
use inkstream_wire::Secret;
use serde::Serialize;
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, RequestCache, RequestInit};

use super::{answer::sent, base::address, session, token};
use crate::state::Failure;

/// Carries a PDF's password.
const DOCUMENT_PASSWORD: &str = "x-document-password";

/// A request that can be sent again.
#[derive(Clone)]
pub(super) struct Call {
    method: &'static str,
    url: String,
    body: Body,
    signal: Option<AbortSignal>,
    outlives: bool,
    fresh: bool,
    password: Option<Secret>,
}

#[derive(Clone)]
enum Body {
    Empty,
    Json(String),
    /// A form, which the browser encodes and names by itself.
    Form(JsValue),
}

impl Call {
    /// A GET request of one of the server's routes.
    pub(super) fn get(route: &str) -> Self {
        Self::new("GET", route)
    }

    /// A request of this method, of one of the server's routes.
    pub(super) fn new(method: &'static str, route: &str) -> Self {
        Self::at(method, address(route))
    }

    /// A request of this method, of an address as it is.
    pub(super) fn at(method: &'static str, url: String) -> Self {
        Self { method, url, body: Body::Empty, signal: None, outlives: false, fresh: false, password: None }
    }

    /// With JSON. Values of the wire always serialise.
    pub(super) fn json(self, value: &impl Serialize) -> Self {
        Self { body: Body::Json(serde_json::to_string(value).unwrap_or_default()), ..self }
    }

    /// With a `FormData` or `URLSearchParams`.
    pub(super) fn form(self, form: impl Into<JsValue>) -> Self {
        Self { body: Body::Form(form.into()), ..self }
    }

    /// Given up when the signal says so.
    pub(super) fn signal(self, signal: Option<AbortSignal>) -> Self {
        Self { signal, ..self }
    }

    /// Goes on when the page that sends it is left.
    pub(super) fn outliving(self) -> Self {
        Self { outlives: true, ..self }
    }

    /// Past the browser's cache, which neither answers nor keeps the answer.
    pub(super) fn fresh(self) -> Self {
        Self { fresh: true, ..self }
    }

    /// With the password of the PDF that it is about.
    pub(super) fn password(self, password: Option<Secret>) -> Self {
        Self { password, ..self }
    }

    /// Sends it. A token that is not taken is renewed once, and the request sent once more.
    pub(super) async fn send(&self) -> Result<Response, Failure> {
        let bearer = token::bearer();
        let answer = self.once(bearer.as_deref()).await;
        let (Err(failure), Some(bearer)) = (&answer, bearer) else { return answer };
        if !failure.is_unauthorized() || session::renew(Some(bearer)).await.is_err() {
            return answer;
        }
        self.once(token::bearer().as_deref()).await
    }

    /// Sends it with this token, or none, and takes the answer as it is.
    pub(super) async fn once(&self, bearer: Option<&str>) -> Result<Response, Failure> {
        let request = self.request(bearer).map_err(|_| Failure::Unreachable)?;
        sent(Request::from(request).send().await).await
    }

    fn request(&self, bearer: Option<&str>) -> Result<web_sys::Request, JsValue> {
        let init = RequestInit::new();
        init.set_method(self.method);
        init.set_signal(self.signal.as_ref());
        if self.outlives {
            js_sys::Reflect::set(&init, &"keepalive".into(), &true.into())?;
        }
        if self.fresh {
            init.set_cache(RequestCache::NoStore);
        }
        match &self.body {
            Body::Empty => {}
            Body::Json(text) => init.set_body(&text.into()),
            Body::Form(form) => init.set_body(form),
        }
        let request = web_sys::Request::new_with_str_and_init(&self.url, &init)?;
        let headers = request.headers();
        if matches!(self.body, Body::Json(_)) {
            headers.set("content-type", "application/json")?;
        }
        if let Some(bearer) = bearer {
            headers.set("authorization", &format!("Bearer {bearer}"))?;
        }
        if let Some(password) = &self.password {
            // A header is bytes, each written as the character of its number.
            let bytes: String = password.0.bytes().map(char::from).collect();
            headers.set(DOCUMENT_PASSWORD, &bytes)?;
        }
        Ok(request)
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn a_token_goes_into_the_header_and_nowhere_else() {
        let call = Call::new("PATCH", "/api/users/me/password").json(&1);
        let request = call.request(Some("abc")).unwrap();
        assert_eq!(request.headers().get("authorization").unwrap().as_deref(), Some("Bearer abc"));
        assert_eq!(request.headers().get("content-type").unwrap().as_deref(), Some("application/json"));
        assert!(!request.url().contains("abc"));
        assert_eq!(call.request(None).unwrap().headers().get("authorization").unwrap(), None);
    }

    #[wasm_bindgen_test]
    fn a_pdfs_password_is_a_header_in_utf_8_and_its_answer_is_not_kept() {
        let call = Call::get("/api/documents/1/pages/1/image").password(Some(Secret("Tür €".to_owned()))).fresh();
        let request = call.request(None).unwrap();
        let sent = request.headers().get("x-document-password").unwrap().unwrap();
        assert_eq!(sent.chars().map(|byte| byte as u8).collect::<Vec<_>>(), "Tür €".as_bytes());
        assert_eq!(request.cache(), RequestCache::NoStore);
        assert!(!request.url().contains("Tür"));
    }

    #[wasm_bindgen_test]
    fn a_form_names_its_own_type_each_time_it_is_sent() {
        let form = web_sys::UrlSearchParams::new().unwrap();
        form.append("password", "a b&c");
        let call = Call::new("POST", "/api/auth/token").form(form);
        for _ in 0..2 {
            let kind = call.request(None).unwrap().headers().get("content-type").unwrap().unwrap_or_default();
            assert!(kind.starts_with("application/x-www-form-urlencoded"), "{kind}");
        }
    }
}
