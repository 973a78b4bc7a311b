use std::{cell::RefCell, rc::Rc};

use futures::future::join;
use js_sys::{Promise, Reflect};
use wasm_bindgen::{JsValue, closure::Closure};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Request, Response, ResponseInit};

use super::*;
use crate::api::{TokenChange, documents, listen, signed_in};

wasm_bindgen_test_configure!(run_in_browser);

/// A fake server that replaces `fetch` until it is dropped. It accepts only the token `new`, and returns it for a renewal while `open`.
struct Server {
    real: JsValue,
    seen: Rc<RefCell<Vec<String>>>,
    _fetch: Closure<dyn FnMut(Request) -> Promise>,
}

impl Server {
    fn start(open: bool) -> Self {
        let window = web_sys::window().unwrap();
        let real = Reflect::get(&window, &"fetch".into()).unwrap();
        let seen = Rc::new(RefCell::new(Vec::new()));
        let log = seen.clone();
        let fetch = Closure::new(move |request: Request| {
            let path = web_sys::Url::new(&request.url()).unwrap().pathname();
            let bearer = request.headers().get("authorization").unwrap();
            log.borrow_mut().push(format!("{} {path}", request.method()));
            let (status, body) = match (path.as_str(), bearer.as_deref()) {
                (routes::REFRESH, None) if open => {
                    (200, r#"{"access_token":"new","token_type":"bearer","expires_in":3600}"#)
                }
                (routes::DOCUMENTS, Some("Bearer new")) => (200, r#"{"documents":[]}"#),
                _ => (401, "{}"),
            };
            let init = ResponseInit::new();
            init.set_status(status);
            let answer = Response::new_with_opt_str_and_init(Some(body), &init).unwrap();
            Promise::resolve(&JsValue::from(answer))
        });
        Reflect::set(&window, &"fetch".into(), fetch.as_ref()).unwrap();
        Self { real, seen, _fetch: fetch }
    }

    fn times(&self, what: &str) -> usize {
        self.seen.borrow().iter().filter(|seen| *seen == what).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        Reflect::set(&web_sys::window().unwrap(), &"fetch".into(), &self.real).unwrap();
    }
}

fn signed_in_with(token: &str) {
    let access_token = Secret(token.to_owned());
    token::keep(TokenAnswer { access_token, token_type: "bearer".to_owned(), expires_in: 60, refresh_token: None });
}

/// This is one test, because the page has one token and one `fetch`.
#[wasm_bindgen_test]
async fn a_token_is_renewed_once_for_concurrent_requests_and_its_refusal_is_final() {
    let told = Rc::new(RefCell::new(Vec::new()));
    listen({
        let told = told.clone();
        move |what| told.borrow_mut().push(what)
    });

    signed_in_with("old");
    let server = Server::start(true);
    let (first, second) = join(documents(), documents()).await;
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(server.times("POST /api/auth/refresh"), 1);
    assert_eq!(server.times("GET /api/documents"), 4, "each twice: with the old token and the new one");
    assert_eq!(told.take(), [TokenChange::Granted(60), TokenChange::Granted(3600)]);

    let wrong = PasswordChange { current_password: Secret("a".to_owned()), new_password: Secret("b".to_owned()) };
    assert!(change_password("ada", &wrong).await.unwrap_err().is_unauthorized());
    assert_eq!(server.times("PATCH /api/users/me/password"), 1, "a wrong password is sent once");
    assert!(signed_in(), "and ends no session");
    drop(server);

    let server = Server::start(false);
    signed_in_with("old");
    told.take();
    assert!(documents().await.unwrap_err().is_unauthorized());
    assert_eq!(server.times("GET /api/documents"), 1);
    assert_eq!(told.take(), [TokenChange::Refused]);
    assert!(!signed_in());
}
