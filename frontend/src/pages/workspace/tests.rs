use std::cell::RefCell;

use inkstream_content::PageContent;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use yew::prelude::*;

use super::{actions::Actions, panes::Panes, trouble::Trouble, *};
use crate::{
    components::stage::{Stage, drawn},
    hooks::{ReaderProvider, ToastsProvider, WorkspaceStore, renders},
    state::fixtures::{page_delta, page_end_with, page_start, start},
};

wasm_bindgen_test_configure!(run_in_browser);

thread_local! {
    static STORE: RefCell<Option<WorkspaceStore>> = RefCell::default();
}

/// All that shows a document, but for what needs an address.
#[component]
fn Page() -> Html {
    html! { <ToastsProvider><ReaderProvider><Parts /></ReaderProvider></ToastsProvider> }
}

#[component]
fn Parts() -> Html {
    STORE.set(use_context::<WorkspaceStore>());
    let (view, menu) = (use_state(TextView::default), use_state(|| false));
    let (boxes, annotated) = (use_state(|| false), use_state(|| None::<u32>));
    html! {
        <>
            <Title />
            <Actions {menu} annotated={annotated.clone()} />
            <Trouble />
            <Panes {view} {boxes} {annotated} />
            <Foot />
        </>
    }
}

/// A document of three pages, the first read, the second begun; with the page that is shown.
async fn reading(shown: u32) -> (Stage, WorkspaceStore) {
    let stage = Stage::render::<Page>(()).await;
    let store = STORE.take().unwrap();
    let (name, kind) = ("a.pdf".to_owned(), inkstream_wire::DocumentKind::Pdf);
    store.dispatch(Action::Upload { name, kind, range: None, sought: None });
    store.tell(&[start("pdf", r#""pages":3,"#), page_start(1), page_delta(1, "one")]);
    store.tell(&[page_end_with(1, &PageContent::default()), page_start(2), page_delta(2, "two ")]);
    store.dispatch(Action::Select(shown));
    drawn().await;
    drawn().await;
    renders::take();
    (stage, store)
}

#[wasm_bindgen_test]
async fn a_frame_of_text_renders_the_text_and_nothing_else() {
    let (stage, store) = reading(2).await;
    for _ in 0..10 {
        store.tell(&[page_delta(2, "more "), page_delta(2, "words ")]);
        drawn().await;
    }
    assert_eq!(renders::take(), [("LiveText".to_owned(), 10)].into());
    assert!(stage.words().contains("two more words more words"));
}

#[wasm_bindgen_test]
async fn text_of_a_page_that_is_not_shown_renders_nothing() {
    let (_stage, store) = reading(1).await;
    for _ in 0..10 {
        store.tell(&[page_delta(2, "more ")]);
        drawn().await;
    }
    assert_eq!(renders::take(), [].into());
}
