use std::{cell::RefCell, collections::VecDeque};

use js_sys::{Array, ArrayBuffer, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsValue, closure::Closure};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use super::*;
use crate::{
    components::stage::{Stage, drawn},
    hooks::use_selector,
};

wasm_bindgen_test_configure!(run_in_browser);

thread_local! {
    /// What is dropped next.
    static FILES: RefCell<VecDeque<File>> = RefCell::default();
}

#[component]
fn Page() -> Html {
    html! { <ReaderProvider><DocumentName /></ReaderProvider> }
}

/// Drops the next file on a click; shows whose document is on the screen, and what would be sent again.
#[component]
fn DocumentName() -> Html {
    let name = use_selector(|workspace| workspace.name.clone());
    let reader = use_context::<Reader>().unwrap();
    let again = reader.live.0.borrow().source.as_ref().map(|(file, _)| file.name());
    let shown = format!("{name} {}", again.unwrap_or_default());
    let onclick = Callback::from(move |_| {
        let file = FILES.with_borrow_mut(VecDeque::pop_front).unwrap();
        open(&reader, file, RunOptions::default());
    });
    html! { <><button {onclick} /><p>{ shown }</p></> }
}

fn file(name: &str) -> File {
    File::new_with_str_sequence(&Array::of1(&"bytes".into()), name).unwrap()
}

/// A file on a slow disk: its first bytes come when the function is called.
fn slow_file(name: &str) -> (File, Function) {
    let file = file(name);
    let mut come = None;
    let bytes = Promise::new(&mut |resolve, _| come = Some(resolve));
    let head = Object::new();
    let array_buffer = Closure::<dyn Fn() -> Promise>::new(move || bytes.clone()).into_js_value();
    Reflect::set(&head, &"arrayBuffer".into(), &array_buffer).unwrap();
    let slice = Closure::<dyn Fn() -> Object>::new(move || head.clone()).into_js_value();
    Reflect::set(&file, &"slice".into(), &slice).unwrap();
    (file, come.unwrap())
}

#[wasm_bindgen_test]
async fn of_two_files_dropped_quickly_the_second_is_shown_and_sent_again() {
    let (first, come) = slow_file("first.png");
    FILES.set([first, file("second.png")].into());
    let stage = Stage::render::<Page>(()).await;
    stage.click("button").await;
    stage.click("button").await;
    for _ in 0..1_000 {
        if stage.words().contains("second.png") {
            break;
        }
        drawn().await;
    }
    assert_eq!(stage.words(), "second.png second.png");
    come.call1(&JsValue::NULL, &ArrayBuffer::new(8)).unwrap();
    // As many turns as the second one took, and more.
    for _ in 0..50 {
        drawn().await;
    }
    assert_eq!(stage.words(), "second.png second.png");
}
