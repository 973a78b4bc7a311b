//! Takes files into the workspace.

use inkstream_wire::RunOptions;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::{Reader, open};
use crate::{
    api,
    hooks::ToastStore,
    state::{Gap, ToastAction, counted, refusal},
};

/// Reads the first file, and stores the others one after the other. If a choice is missing, no file is taken, and the field of that
/// choice gets the focus.
pub(crate) fn take(reader: &Reader, toasts: &ToastStore, files: Vec<File>) {
    let mut files = files.into_iter();
    let Some(first) = files.next() else { return };
    let choices = (*reader.choices).clone();
    if let Some(gap) = choices.gap(&reader.engines, true) {
        stop_at(reader, gap);
        return;
    }
    let options = RunOptions { pages: choices.range(), ..choices.options(&reader.engines) };
    reader.choices.set(choices.after_reading());
    open(reader, first, options);
    let others: Vec<File> = files.collect();
    if others.is_empty() {
        return;
    }
    let toasts = toasts.dispatcher();
    spawn_local(async move {
        let mut stored = 0;
        for file in &others {
            match api::store(file).await {
                Ok(_) => stored += 1,
                Err(failure) => {
                    let said = format!("{} could not be stored. {}", file.name(), refusal(&failure));
                    toasts.dispatch(ToastAction::Say(said));
                }
            }
        }
        if stored > 0 {
            let (files, them) = (counted(stored, "other file"), if stored == 1 { "it" } else { "them" });
            toasts.dispatch(ToastAction::Say(format!("{files} stored: find {them} under Recent")));
        }
    });
}

/// Reads the sample page. The typed page range is ignored.
pub(crate) fn try_sample(reader: &Reader, toasts: &ToastStore) {
    if let Some(gap) = reader.choices.gap(&reader.engines, false) {
        stop_at(reader, gap);
        return;
    }
    let toasts = toasts.dispatcher();
    let reader = reader.clone();
    let begun = reader.live.0.borrow().begun.ask();
    spawn_local(async move {
        match api::sample().await {
            // A file that was taken meanwhile takes precedence.
            Ok(_) if !begun.is_newest() => {}
            Ok(file) => open(&reader, file, reader.choices.options(&reader.engines)),
            Err(_) => toasts.dispatch(ToastAction::Say("The sample did not come. Is this device online?".to_owned())),
        }
    });
}

/// Moves the focus to the field of the missing choice, without which nothing is read.
pub(super) fn stop_at(reader: &Reader, gap: Gap) {
    let mut choices = (*reader.choices).clone();
    choices.stop_at(gap);
    reader.choices.set(choices);
}
