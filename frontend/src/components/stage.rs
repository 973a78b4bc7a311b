//! Where tests put a component on the page.

use futures::channel::oneshot;
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, UnwrapThrowExt};
use web_sys::{Element, HtmlElement};
use yew::{BaseComponent, Renderer};

/// A component on the page, and what is drawn of it.
pub(crate) struct Stage(Element);

impl Stage {
    /// Draws a component.
    pub(crate) async fn render<C: BaseComponent>(props: C::Properties) -> Self {
        let page = web_sys::window().and_then(|window| window.document()).unwrap_throw();
        let root = page.create_element("div").unwrap_throw();
        page.body().unwrap_throw().append_child(&root).unwrap_throw();
        Renderer::<C>::with_root_and_props(root.clone(), props).render();
        drawn().await;
        Self(root)
    }

    /// The first element that a selector finds.
    pub(crate) fn find<E: JsCast>(&self, selector: &str) -> Option<E> {
        self.0.query_selector(selector).unwrap_throw().map(JsCast::unchecked_into)
    }

    /// Clicks on it.
    pub(crate) async fn click(&self, selector: &str) {
        self.find::<HtmlElement>(selector).unwrap_throw().click();
        drawn().await;
    }

    /// All its words.
    pub(crate) fn words(&self) -> String {
        self.0.text_content().unwrap_or_default()
    }
}

/// Yew draws before the browser's next task.
pub(crate) async fn drawn() {
    let (told, next) = oneshot::channel();
    let task = Timeout::new(0, move || told.send(()).unwrap_throw());
    next.await.unwrap_throw();
    drop(task);
}
