//! Images that an `<img>` cannot fetch itself, because they need a password.

use std::rc::Rc;

use inkstream_wire::{PageStatus, Secret};
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;
use yew::prelude::*;

use super::object_url::ObjectUrl;
use crate::api;

/// The source of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageSource {
    /// Its address.
    pub(crate) url: AttrValue,
    /// The password of its PDF.
    pub(crate) password: Option<Secret>,
}

/// The state of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ImageState {
    /// It is being fetched.
    Waiting,
    /// Its address, which is valid as long as the component is mounted.
    At(AttrValue),
    /// It is not available.
    Absent,
}

/// The image of a source. An image without a password is loaded by the browser from its address. One with a password is fetched; if that
/// fails, it is fetched again when `status` changes.
#[hook]
pub(crate) fn use_image(source: Option<&ImageSource>, status: PageStatus) -> ImageState {
    let fetched = use_state(|| None::<(ImageSource, Option<Rc<ObjectUrl>>)>);
    let attempt = use_state(|| 0_u32);
    let sealed = source.filter(|source| source.password.is_some()).cloned();
    use_effect_with((sealed, *attempt), {
        let fetched = fetched.setter();
        move |(sealed, _)| {
            let abort = AbortController::new().ok();
            match sealed.clone() {
                Some(source) => spawn_local(fetch(source, abort.as_ref().map(AbortController::signal), fetched)),
                None => fetched.set(None),
            }
            move || {
                if let Some(abort) = abort {
                    abort.abort();
                }
            }
        }
    });
    let shown = match (source, &*fetched) {
        (None, _) => ImageState::Absent,
        (Some(source), _) if source.password.is_none() => ImageState::At(source.url.clone()),
        (Some(source), Some((of, image))) if of == source => match image {
            Some(image) => ImageState::At(image.address()),
            None => ImageState::Absent,
        },
        _ => ImageState::Waiting,
    };
    // An image that was not available may be available now.
    let missed = source.is_some() && shown == ImageState::Absent;
    use_effect_with(status, move |_| {
        if missed {
            attempt.set(*attempt + 1);
        }
    });
    shown
}

async fn fetch(
    source: ImageSource,
    signal: Option<web_sys::AbortSignal>,
    fetched: UseStateSetter<Option<(ImageSource, Option<Rc<ObjectUrl>>)>>,
) {
    let answer = api::image(&source.url, source.password.clone(), signal.clone()).await;
    // Nothing waits for an aborted request.
    if !signal.is_some_and(|signal| signal.aborted()) {
        fetched.set(Some((source, answer.ok().as_ref().and_then(ObjectUrl::from_blob).map(Rc::new))));
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use js_sys::{Promise, Reflect};
    use wasm_bindgen::{JsValue, closure::Closure};
    use wasm_bindgen_futures::JsFuture;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
    use web_sys::{HtmlImageElement, Request, Response, ResponseInit};

    use super::*;
    use crate::components::stage::{Stage, drawn};

    wasm_bindgen_test_configure!(run_in_browser);

    #[component]
    fn Pane() -> Html {
        let there = use_state(|| true);
        let onclick = {
            let there = there.clone();
            Callback::from(move |_| there.set(false))
        };
        html! {
            <>
                <button {onclick} />
                if *there {
                    <Sealed />
                }
            </>
        }
    }

    #[component]
    fn Sealed() -> Html {
        let status = use_state(|| PageStatus::Pending);
        let source = ImageSource { url: "/sealed".into(), password: Some(Secret("open".to_owned())) };
        let shown = use_image(Some(&source), *status);
        let onclick = Callback::from(move |_| status.set(PageStatus::Running));
        match shown {
            ImageState::At(src) => html! { <img {src} /> },
            ImageState::Waiting => html! { "waiting" },
            ImageState::Absent => html! { <i {onclick}>{ "absent" }</i> },
        }
    }

    async fn gone(address: &str) -> bool {
        JsFuture::from(web_sys::window().unwrap().fetch_with_str(address)).await.is_err()
    }

    #[wasm_bindgen_test]
    async fn a_protected_image_is_retried_when_available_and_revoked_on_unmount() {
        let window = web_sys::window().unwrap();
        let real = Reflect::get(&window, &"fetch".into()).unwrap();
        let passwords = Rc::new(RefCell::new(Vec::new()));
        let fetch = Closure::new({
            let passwords = passwords.clone();
            move |request: Request| {
                let mut passwords = passwords.borrow_mut();
                passwords.push(request.headers().get("x-document-password").unwrap());
                let init = ResponseInit::new();
                init.set_status(if passwords.len() == 1 { 503 } else { 200 });
                let answer = Response::new_with_opt_str_and_init(Some("image"), &init).unwrap();
                Promise::resolve(&JsValue::from(answer))
            }
        });
        let fetch: Closure<dyn FnMut(Request) -> Promise> = fetch;
        Reflect::set(&window, &"fetch".into(), fetch.as_ref()).unwrap();
        let stage = Stage::render::<Pane>(()).await;
        let until = async |what: &str| {
            for _ in 0..1_000 {
                if stage.find::<web_sys::Element>(what).is_some() {
                    return;
                }
                drawn().await;
            }
            panic!("{what} never came");
        };
        until("i").await;
        stage.click("i").await;
        until("img").await;
        Reflect::set(&window, &"fetch".into(), &real).unwrap();

        assert_eq!(*passwords.borrow(), [Some("open".to_owned()), Some("open".to_owned())]);
        let address = stage.find::<HtmlImageElement>("img").unwrap().src();
        assert!(address.starts_with("blob:"), "{address}");
        assert!(!gone(&address).await);
        stage.click("button").await;
        assert!(gone(&address).await);
    }
}
