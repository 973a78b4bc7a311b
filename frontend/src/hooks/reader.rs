//! The document on the screen and its run. The provider is above the router, so that navigation neither loses the stream nor reads the
//! document again.

mod contents;
mod images;
mod intake;
mod runs;

use std::{cell::RefCell, collections::HashSet, rc::Rc};

use inkstream_wire::{Document, DocumentId, DocumentKind, EngineState, EventBody, RunOptions};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, AbortSignal, File};
use yew::prelude::*;
use yew_router::prelude::*;

pub(crate) use self::{
    contents::{load_contents, with_contents},
    images::{annotated, new_addresses, stored_result, unlock},
    intake::{take, try_sample},
    runs::{able_engine, another_engine, ask_pages, read, read_missing, retry, switch},
};
use super::{Engines, WorkspaceStore, feed::Feed, object_url::ObjectUrl, store::use_selector_of};
use crate::{
    api,
    route::Route,
    state::{Action, Choices, Newest, NumberedRequest, SNIFF_BYTES, Workspace, may_be_stored, sniff},
};

/// Reads documents into the workspace, for every component below [`ReaderProvider`]. It does not change while a document is read:
/// components select what they show from the store.
#[derive(Clone, PartialEq)]
pub(crate) struct Reader {
    /// The workspace.
    pub(crate) store: WorkspaceStore,
    /// The choices for the next run.
    pub(crate) choices: UseStateHandle<Choices>,
    /// The server's engines.
    pub(crate) engines: Rc<Vec<EngineState>>,
    live: Live,
}

impl Reader {
    /// The current workspace, for callbacks. Components select from the store instead.
    pub(crate) fn workspace(&self) -> Rc<Workspace> {
        self.store.workspace()
    }

    /// Whether a password was given for the document.
    pub(crate) fn has_password(&self) -> bool {
        self.live.0.borrow().password.is_some()
    }
}

/// The current run. It is not rendered, and is therefore not part of a component's state.
#[derive(Clone, Default)]
struct Live(Rc<RefCell<Running>>);

impl PartialEq for Live {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Default)]
struct Running {
    abort: Option<AbortController>,
    feed: Option<Feed>,
    /// The file and its page range, for sending it again.
    source: Option<(File, Option<String>)>,
    /// The password that opened the document, for further runs.
    password: Option<String>,
    image: Option<ObjectUrl>,
    /// The number of opened documents, by which answers about a previous document are recognized.
    opening: u32,
    /// The newest of the actions that replace each other: reading a file, starting a run, fetching a document.
    begun: Newest,
    /// Pages whose content is being fetched.
    contents: HashSet<u32>,
    /// When the images' addresses were last renewed, in milliseconds since 1970.
    addressed_at: f64,
}

impl Running {
    /// The state for the next document.
    fn next(&self) -> Self {
        Self { opening: self.opening + 1, begun: self.begun.clone(), ..Self::default() }
    }
}

/// Properties of [`ReaderProvider`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The components that use the reader.
    pub(crate) children: Html,
}

/// Provides the workspace, and navigates to a document's address when the server has assigned its id.
#[component]
pub(crate) fn ReaderProvider(props: &Props) -> Html {
    let store = use_memo((), |()| WorkspaceStore::default());
    let store = (*store).clone();
    let document = use_selector_of(store.clone(), |workspace| workspace.document);
    let active = use_selector_of(store.clone(), Workspace::active);
    let choices = use_state(Choices::default);
    let Engines { list: engines, ask, .. } = use_context::<Engines>().unwrap_or_default();
    let live = use_memo((), |()| Live::default());
    let navigator = use_navigator();
    let route = use_route::<Route>();
    let reader = Reader { store: store.clone(), choices, engines, live: (*live).clone() };
    // Navigate even if the run is already over: a short run may end before the id arrives.
    use_effect_with(document, move |&document| {
        if let (Some(id), Some(navigator), Some(Route::Home)) = (document, navigator, route) {
            navigator.push(&Route::Document { id });
        }
    });
    // Fetch the engines' states at the start and the end of a run, because they affect each other.
    use_effect_with(active, move |_| ask.emit(()));
    use_effect_with((), {
        let reader = reader.clone();
        // End the run when the user changes.
        move |()| move || end(&reader)
    });
    html! {
        <ContextProvider<WorkspaceStore> context={store}>
            <ContextProvider<Reader> context={reader}>{ props.children.clone() }</ContextProvider<Reader>>
        </ContextProvider<WorkspaceStore>>
    }
}

/// Opens a file and reads it. It replaces the document on the screen.
fn open(reader: &Reader, file: File, options: RunOptions) {
    let (feed, signal, begun) = begin(reader);
    let reader = reader.clone();
    spawn_local(async move {
        let kind = kind_of(&file).await;
        // Reading the start of a slow file may have taken so long that another document was opened.
        if !begun.is_newest() {
            return;
        }
        {
            let mut live = reader.live.0.borrow_mut();
            live.opening += 1;
            live.contents.clear();
            live.password.clone_from(&options.password);
            live.source = Some((file.clone(), options.pages.clone()));
            live.image = (kind == DocumentKind::Image).then(|| ObjectUrl::from_blob(&file)).flatten();
        }
        let (range, sought) = (options.pages.clone(), options.reference.clone());
        reader.store.dispatch(Action::Upload { name: file.name(), kind, range, sought });
        let opening = reader.live.0.borrow().opening;
        let mut named = false;
        // Only the outline contains signed addresses of pages that are not read yet.
        let mut outlined = options.pages.is_none() && !api::signed_in();
        let sent = {
            let feed = feed.clone();
            move || feed.sent()
        };
        let ended = api::read_file(&file, kind, &options, signal.as_ref(), sent, |events| {
            named |= events.iter().any(|event| matches!(event.body, EventBody::Start(_)));
            if !outlined && let Some(id) = events.iter().find_map(document_of) {
                outlined = true;
                spawn_local(outline_of(reader.clone(), id, opening));
            }
            feed.push(events);
        })
        .await;
        let unsure = ended.as_ref().is_err_and(|failure| !named && may_be_stored(failure));
        feed.finish(ended);
        if unsure {
            look_for(&reader, &file, opening).await;
        }
    });
}

/// Checks whether a file whose upload failed was stored nevertheless.
async fn look_for(reader: &Reader, file: &File, opening: u32) {
    let Ok(documents) = api::documents().await else { return };
    // Another file may have been opened meanwhile.
    if reader.live.0.borrow().opening == opening {
        let same = |it: &Document| it.filename == file.name() && it.bytes == file.size() as u64;
        reader.store.dispatch(Action::Listed(documents.iter().any(same)));
    }
}

/// Stops the run. Text that was read is kept.
pub(crate) fn stop(reader: &Reader) {
    if reader.workspace().active() {
        end(reader);
        reader.store.dispatch(Action::Stop);
    }
}

/// Fetches a stored document. It replaces the document on the screen.
pub(crate) fn load(reader: &Reader, id: DocumentId) {
    end(reader);
    forget(reader);
    reader.store.dispatch(Action::Load(id));
    let store = reader.store.clone();
    let begun = reader.live.0.borrow().begun.ask();
    spawn_local(async move {
        match api::document(id).await {
            Ok(detail) => {
                let probed = images::probed(&detail);
                store.dispatch(Action::Loaded(Box::new(detail)));
                images::probe(&store, id, probed).await;
            }
            // Ignore the failure if another document was opened meanwhile.
            Err(failure) if begun.is_newest() => store.dispatch(Action::Fail(failure)),
            Err(_) => {}
        }
    });
}

/// Closes the document, after its upload failed or it was deleted.
pub(crate) fn close(reader: &Reader) {
    end(reader);
    forget(reader);
    reader.store.dispatch(Action::Close);
}

/// Forgets the file, its image and its password.
fn forget(reader: &Reader) {
    let mut live = reader.live.0.borrow_mut();
    let next = live.next();
    *live = next;
}

/// Ends the current run and prepares the next.
fn begin(reader: &Reader) -> (Feed, Option<AbortSignal>, NumberedRequest) {
    end(reader);
    let feed = Feed::new(reader.store.clone());
    let abort = AbortController::new().ok();
    let signal = abort.as_ref().map(AbortController::signal);
    let mut live = reader.live.0.borrow_mut();
    live.feed = Some(feed.clone());
    live.abort = abort;
    (feed, signal, live.begun.ask())
}

fn end(reader: &Reader) {
    let (feed, abort) = {
        let mut live = reader.live.0.borrow_mut();
        live.begun.ask();
        (live.feed.take(), live.abort.take())
    };
    if let Some(feed) = feed {
        feed.close();
    }
    if let Some(abort) = abort {
        abort.abort();
    }
}

async fn kind_of(file: &File) -> DocumentKind {
    let head = file.slice_with_i32_and_i32(0, SNIFF_BYTES as i32);
    let bytes = match head {
        Ok(head) => JsFuture::from(head.array_buffer()).await.ok(),
        Err(_) => None,
    };
    sniff(&bytes.map(|buffer| js_sys::Uint8Array::new(&buffer).to_vec()).unwrap_or_default())
}

/// The document's id, in the start event of a run of several pages.
fn document_of(event: &inkstream_wire::OcrEvent) -> Option<DocumentId> {
    match &event.body {
        EventBody::Start(start) => start.pages.map(|_| start.document_id),
        _ => None,
    }
}

/// Adds the pages that were not requested. If it fails, only thumbnails are missing.
async fn outline_of(reader: Reader, id: DocumentId, opening: u32) {
    let detail = api::document_summary(id).await;
    if reader.live.0.borrow().opening == opening
        && let Ok(detail) = detail
    {
        reader.store.dispatch(Action::Outline(id, detail.page_list));
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests;
