//! Further runs of the document on the screen: all of it again, the missing pages, or with another engine.

use inkstream_wire::{PageStatus, RunOptions};
use wasm_bindgen_futures::spawn_local;

use super::{Reader, begin, intake::stop_at, open};
use crate::{
    api,
    state::{Action, Choices, Gap, able, another},
};

/// Sends the same file again with the current choices, and with a password if one is given.
pub(crate) fn retry(reader: &Reader, password: Option<String>) {
    send_again(reader, &reader.choices, password);
}

/// Reads the pages of the stored document that have no good result.
pub(crate) fn read_missing(reader: &Reader, password: Option<String>) {
    read_rest(reader, &reader.choices, password);
}

/// Reads pages of the stored document with the current choices, or all pages without a range. New results replace the old ones. If a
/// choice is missing, nothing is read.
pub(crate) fn read(reader: &Reader, pages: Option<String>) {
    if let Some(gap) = reader.choices.gap(&reader.engines, true) {
        stop_at(reader, gap);
        return;
    }
    match reader.workspace().document {
        Some(_) => run(reader, &reader.choices, pages, None),
        None => send(reader, &reader.choices, None, |_| pages),
    }
}

/// Asks the user for another page range, because the document has none of the pages.
pub(crate) fn ask_pages(reader: &Reader) {
    let mut choices = (*reader.choices).clone();
    let asked = reader.live.0.borrow().source.as_ref().and_then(|(_, pages)| pages.clone());
    if let (None, Some(asked)) = (reader.workspace().document, asked) {
        choices.pages = asked;
    }
    choices.stop_at(Gap::Pages);
    reader.choices.set(choices);
}

/// An engine that supports what the chosen one does not.
pub(crate) fn able_engine(reader: &Reader) -> Option<String> {
    let chosen = reader.choices.engine(&reader.engines).map(|engine| engine.model.as_str());
    able(&reader.engines, reader.choices.task?, chosen).map(|engine| engine.model.clone())
}

/// An available engine that can read in place of the chosen one, which failed.
pub(crate) fn another_engine(reader: &Reader) -> Option<String> {
    let chosen = reader.choices.engine(&reader.engines).map(|engine| engine.model.as_str());
    another(&reader.engines, reader.choices.task, chosen).map(|engine| engine.model.clone())
}

/// Chooses another engine, and reads with it.
pub(crate) fn switch(reader: &Reader, model: String) {
    let choices = Choices { model: Some(model), ..(*reader.choices).clone() };
    reader.choices.set(choices.clone());
    match reader.workspace().document {
        Some(_) => read_rest(reader, &choices, None),
        None => send_again(reader, &choices, None),
    }
}

fn send_again(reader: &Reader, choices: &Choices, password: Option<String>) {
    send(reader, choices, password, |pages| pages);
}

/// Sends the file again. `pages` maps the previous page range to the new one.
fn send(
    reader: &Reader,
    choices: &Choices,
    password: Option<String>,
    pages: impl FnOnce(Option<String>) -> Option<String>,
) {
    let (source, known) = {
        let live = reader.live.0.borrow();
        (live.source.clone(), live.password.clone())
    };
    if let Some((file, asked)) = source {
        let pages = pages(asked);
        open(reader, file, RunOptions { pages, password: password.or(known), ..choices.options(&reader.engines) });
    }
}

fn read_rest(reader: &Reader, choices: &Choices, password: Option<String>) {
    if let Some(gap) = choices.gap(&reader.engines, false) {
        stop_at(reader, gap);
        return;
    }
    let done = reader.workspace().pages.iter().any(|page| page.page.status == PageStatus::Done);
    // If nothing was read, omit the page range. The result is the same, and the log is clearer.
    run(reader, choices, done.then(|| "missing".to_owned()), password);
}

fn run(reader: &Reader, choices: &Choices, pages: Option<String>, password: Option<String>) {
    let Some(id) = reader.workspace().document else { return };
    let known = reader.live.0.borrow().password.clone();
    let options = RunOptions { pages, password: password.or(known), ..choices.options(&reader.engines) };
    let (feed, signal, _) = begin(reader);
    reader.live.0.borrow_mut().password.clone_from(&options.password);
    reader.store.dispatch(Action::Read { sought: options.reference.clone() });
    spawn_local(async move {
        let ended = api::read_stored(id, &options, signal.as_ref(), |events| feed.push(events)).await;
        feed.finish(ended);
    });
}
