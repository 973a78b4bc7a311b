//! Files dropped or pasted anywhere on the page.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DragEvent, File, FileList};
use yew::prelude::*;

/// Calls `taken` with files that are dropped or pasted. Returns whether files are dragged over the page.
#[hook]
pub(crate) fn use_files(taken: Callback<Vec<File>>) -> bool {
    let over = use_state(|| false);
    let setter = over.setter();
    // The callback changes with every rendering; the listeners stay.
    let latest = use_mut_ref(|| taken.clone());
    *latest.borrow_mut() = taken;
    use_effect_with((), move |()| {
        let taken = Callback::from(move |files| {
            let taken = latest.borrow().clone();
            taken.emit(files);
        });
        let listeners = web_sys::window().map(|window| listeners(&window, &taken, &setter));
        move || drop(listeners)
    });
    *over
}

fn listeners(window: &web_sys::Window, taken: &Callback<Vec<File>>, over: &UseStateSetter<bool>) -> [EventListener; 4] {
    // Without `preventDefault`, the browser leaves the app and opens the file.
    let options = EventListenerOptions::enable_prevent_default();
    let hover = {
        let over = over.clone();
        EventListener::new_with_options(window, "dragover", options, move |event| {
            if carries_files(event) {
                event.prevent_default();
                over.set(true);
            }
        })
    };
    let leave = {
        let over = over.clone();
        EventListener::new(window, "dragleave", move |event| {
            // A drag that leaves the page has no related target.
            let outside = event.dyn_ref::<DragEvent>().is_some_and(|drag| drag.related_target().is_none());
            if outside {
                over.set(false);
            }
        })
    };
    let dropped = {
        let (over, taken) = (over.clone(), taken.clone());
        EventListener::new_with_options(window, "drop", options, move |event| {
            if carries_files(event) {
                event.prevent_default();
            }
            over.set(false);
            let transfer = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
            emit(&taken, transfer.and_then(|transfer| transfer.files()));
        })
    };
    let pasted = {
        let taken = taken.clone();
        EventListener::new(window, "paste", move |event| {
            let transfer = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
            emit(&taken, transfer.and_then(|transfer| transfer.files()));
        })
    };
    [hover, leave, dropped, pasted]
}

fn carries_files(event: &web_sys::Event) -> bool {
    let transfer = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
    transfer.is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0))
}

fn emit(taken: &Callback<Vec<File>>, list: Option<FileList>) {
    let files = files(list);
    if !files.is_empty() {
        taken.emit(files);
    }
}

/// The files of a list.
pub(crate) fn files(list: Option<FileList>) -> Vec<File> {
    let Some(list) = list else { return Vec::new() };
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use js_sys::Array;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
    use web_sys::DataTransfer;

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    fn transfer() -> DataTransfer {
        let transfer = DataTransfer::new().unwrap();
        for name in ["a.png", "b.pdf"] {
            let file = File::new_with_str_sequence(&Array::of1(&"x".into()), name).unwrap();
            transfer.items().add_with_file(&file).unwrap();
        }
        transfer
    }

    #[wasm_bindgen_test]
    fn every_file_of_a_drop_is_taken_in_order() {
        let names: Vec<String> = files(transfer().files()).iter().map(File::name).collect();
        assert_eq!(names, ["a.png", "b.pdf"]);
    }

    #[wasm_bindgen_test]
    fn a_drag_of_text_is_not_a_drag_of_files() {
        let drag = |transfer: &DataTransfer| {
            let init = web_sys::DragEventInit::new();
            init.set_data_transfer(Some(transfer));
            DragEvent::new_with_event_init_dict("dragover", &init).unwrap()
        };
        let text = DataTransfer::new().unwrap();
        text.set_data("text/plain", "hello").unwrap();
        assert!(carries_files(&drag(&transfer())));
        assert!(!carries_files(&drag(&text)));
    }
}
