//! Sends requests with the access token, if there is one. If the server refuses the token, it is renewed and the request repeated once.

use gloo_net::http::{Request, Response};
use inkstream_wire::{Problem, Secret};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, RequestCache, RequestInit};

use super::{base::address, session, token};
use crate::state::Failure;

/// The header with a PDF's password.
const DOCUMENT_PASSWORD: &str = "x-document-password";

/// A request that can be sent again.
#[derive(Clone)]
pub(super) struct Call {
    method: &'static str,
    url: String,
    body: Body,
    signal: Option<AbortSignal>,
    outlives: bool,
    no_store: bool,
    password: Option<Secret>,
}

#[derive(Clone)]
enum Body {
    Empty,
    Json(String),
    /// A form, which the browser encodes. The browser also sets its content type.
    Form(JsValue),
}

impl Call {
    /// A GET request to one of the server's routes.
    pub(super) fn get(route: &str) -> Self {
        Self::new("GET", route)
    }

    /// A request with this method to one of the server's routes.
    pub(super) fn new(method: &'static str, route: &str) -> Self {
        Self::at(method, address(route))
    }

    /// A request with this method to a URL.
    pub(super) fn at(method: &'static str, url: String) -> Self {
        Self { method, url, body: Body::Empty, signal: None, outlives: false, no_store: false, password: None }
    }

    /// Sets a JSON body. Values of the wire types always serialize.
    pub(super) fn json(self, value: &impl Serialize) -> Self {
        Self { body: Body::Json(serde_json::to_string(value).unwrap_or_default()), ..self }
    }

    /// Sets a `FormData` or `URLSearchParams` as body.
    pub(super) fn form(self, form: impl Into<JsValue>) -> Self {
        Self { body: Body::Form(form.into()), ..self }
    }

    /// Aborts the request with the signal.
    pub(super) fn signal(self, signal: Option<AbortSignal>) -> Self {
        Self { signal, ..self }
    }

    /// Lets the request continue after its page is left (`keepalive`).
    pub(super) fn keepalive(self) -> Self {
        Self { outlives: true, ..self }
    }

    /// Bypasses the browser's cache, which then does not store the answer either.
    pub(super) fn no_store(self) -> Self {
        Self { no_store: true, ..self }
    }

    /// Sets the password of the requested PDF.
    pub(super) fn password(self, password: Option<Secret>) -> Self {
        Self { password, ..self }
    }

    /// Sends the request. If the token is refused, renews it and sends the request once more.
    pub(super) async fn send(&self) -> Result<Response, Failure> {
        let bearer = token::bearer();
        let answer = self.once(bearer.as_deref()).await;
        let (Err(failure), Some(bearer)) = (&answer, bearer) else { return answer };
        if !failure.is_unauthorized() || session::renew(Some(bearer)).await.is_err() {
            return answer;
        }
        self.once(token::bearer().as_deref()).await
    }

    /// Sends the request once with this token, or without one.
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
        if self.no_store {
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
            // A header is a byte string: write each byte as the character with its code.
            let bytes: String = password.0.bytes().map(char::from).collect();
            headers.set(DOCUMENT_PASSWORD, &bytes)?;
        }
        Ok(request)
    }
}

/// Fetches `url` as JSON.
pub(super) async fn get<T: DeserializeOwned>(url: &str) -> Result<T, Failure> {
    json(Call::get(url).send().await?).await
}

/// The answer if it is successful, otherwise its failure.
pub(super) async fn sent(answer: Result<Response, gloo_net::Error>) -> Result<Response, Failure> {
    let response = answer.map_err(|_| Failure::Unreachable)?;
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    let seconds = response.headers().get("retry-after").and_then(|seconds| seconds.trim().parse().ok());
    match response.json::<Problem>().await {
        Ok(problem) => Err(Failure::Problem(Box::new(problem), seconds)),
        Err(_) => Err(Failure::Answer(status)),
    }
}

/// The answer's JSON. If it is invalid, it is truncated or does not come from the server.
pub(super) async fn json<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    response.json().await.map_err(|_| Failure::Broken)
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn a_token_is_sent_only_in_the_header() {
        let call = Call::new("PATCH", "/api/users/me/password").json(&1);
        let request = call.request(Some("abc")).unwrap();
        assert_eq!(request.headers().get("authorization").unwrap().as_deref(), Some("Bearer abc"));
        assert_eq!(request.headers().get("content-type").unwrap().as_deref(), Some("application/json"));
        assert!(!request.url().contains("abc"));
        assert_eq!(call.request(None).unwrap().headers().get("authorization").unwrap(), None);
    }

    #[wasm_bindgen_test]
    fn a_pdfs_password_is_a_utf_8_header_and_its_answer_is_not_cached() {
        let call = Call::get("/api/documents/1/pages/1/image").password(Some(Secret("Tür €".to_owned()))).no_store();
        let request = call.request(None).unwrap();
        let sent = request.headers().get("x-document-password").unwrap().unwrap();
        assert_eq!(sent.chars().map(|byte| byte as u8).collect::<Vec<_>>(), "Tür €".as_bytes());
        assert_eq!(request.cache(), RequestCache::NoStore);
        assert!(!request.url().contains("Tür"));
    }

    #[wasm_bindgen_test]
    fn a_form_sets_its_content_type_each_time_it_is_sent() {
        let form = web_sys::UrlSearchParams::new().unwrap();
        form.append("password", "a b&c");
        let call = Call::new("POST", "/api/auth/token").form(form);
        for _ in 0..2 {
            let kind = call.request(None).unwrap().headers().get("content-type").unwrap().unwrap_or_default();
            assert!(kind.starts_with("application/x-www-form-urlencoded"), "{kind}");
        }
    }
}
