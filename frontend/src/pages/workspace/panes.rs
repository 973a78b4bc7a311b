//! The page on the screen: its image beside its text, linked to each other by their regions.

use std::rc::Rc;

use inkstream_wire::{BoxKind, PageStatus, ResultFormat, TextBox};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{
    locked::LockedImage,
    notes::{PageNotes, facts},
    trouble::PageTrouble,
};
use crate::{
    components::{PageDetails, PageImage, PageText, THUMBNAIL_WIDTH, TextView, ThumbnailPage, Thumbnails, ViewTabs},
    hooks::{
        Highlight, ImageSource, Reader, ToastStore, annotated, load_contents, new_addresses, read, save, stored_result,
        use_selector,
    },
    state::{
        Action, Content, ContentView, ImageAddress, Lock, PageState, ToastAction, Workspace, annotated_name, in_words,
        result_name,
    },
};

/// The width of the requested image in pixels, which is enough for a wide screen.
const IMAGE_WIDTH: u32 = 1400;

/// Properties of [`Panes`].
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// How the text is shown.
    pub(super) view: UseStateHandle<TextView>,
    /// Whether the boxes are shown.
    pub(super) boxes: UseStateHandle<bool>,
    /// The page whose annotated image is open.
    pub(super) annotated: UseStateHandle<Option<u32>>,
}

/// The panes' selection of the page on the screen. It does not change while text arrives.
#[derive(Debug, Clone, PartialEq)]
struct ShownPage {
    number: u32,
    status: PageStatus,
    size: Option<(u32, u32)>,
    address: ImageAddress,
    content: Content,
    references: Vec<TextBox>,
}

fn shown(page: &PageState) -> ShownPage {
    let found = page.page.boxes.iter().filter(|place| place.kind == BoxKind::Reference);
    ShownPage {
        number: page.page.page,
        status: page.page.status,
        size: page.page.width.zip(page.page.height),
        address: page.image_address(),
        content: page.content.clone(),
        references: found.cloned().collect(),
    }
}

/// Thumbnails, image and text.
#[component]
pub(super) fn Panes(props: &Props) -> Html {
    let highlight = use_state_eq(|| None::<Highlight>);
    let onhighlight = use_callback(highlight.setter(), |to, highlight| highlight.set(to));
    let page = use_selector(|workspace| workspace.shown().map(shown));
    let (lock, count) = use_selector(|workspace| (workspace.lock, workspace.pages.len()));
    let view = use_memo(page.as_ref().map(|page| (page.content.clone(), page.references.clone())), |of| {
        let (content, references) = of.clone().unwrap_or_default();
        match content {
            Content::Present(content) => ContentView::new(Some(&content), &references),
            _ => ContentView::new(None, &references),
        }
    });
    // Clear the highlight, because regions belong to their page.
    use_effect_with(page.as_ref().map(|page| (page.number, page.content.clone())), {
        let highlight = highlight.setter();
        move |_| highlight.set(None)
    });
    use_contents();
    let (Some(reader), Some(page)) = (use_context::<Reader>(), page) else { return Html::default() };
    let number = page.number;
    let onboxes = {
        let boxes = props.boxes.clone();
        Callback::from(move |()| boxes.set(!*boxes))
    };
    let onlost = {
        let reader = reader.clone();
        Callback::from(move |()| new_addresses(&reader))
    };
    let several = count > 1;
    let image = match lock {
        Lock::Locked(wrong) => html! { <LockedImage {wrong} /> },
        lock => html! {
            <PageImage
                key={number} page={number} status={page.status} size={page.size} sources={sources(&reader, &page.address, several)}
                preview={preview(&reader, &page.address, several)} unknown={lock == Lock::Unknown} {onlost} content={Rc::clone(&view)}
                boxes={*props.boxes} {onboxes} highlight={*highlight} onhighlight={onhighlight.clone()}
            />
        },
    };
    let onview = {
        let view = props.view.clone();
        Callback::from(move |chosen| view.set(chosen))
    };
    html! {
        <div class={classes!("panes", several.then_some("has-thumbnails"))}>
            if several {
                <PageList />
            }
            { image }
            <section class="text-pane" aria-label="Recognised text">
                <div class="text-head">
                    <ViewTabs view={*props.view} {onview} />
                    <Facts page={number} />
                    <Details page={number} annotated={props.annotated.clone()} />
                </div>
                <PageTrouble page={number} />
                <PageNotes page={number} />
                <PageText page={number} content={view} view={*props.view} highlight={*highlight} {onhighlight} />
            </section>
        </div>
    }
}

/// Fetches the content of the page on the screen and of its neighbours.
#[hook]
fn use_contents() {
    let wanted = use_selector(|workspace| (workspace.document, workspace.content_to_load()));
    let reader = use_context::<Reader>();
    use_effect_with(wanted, move |(document, pages)| {
        if let (Some(reader), Some(document)) = (reader, *document) {
            load_contents(&reader, document, pages);
        }
    });
}

/// The thumbnails of all pages.
#[component]
fn PageList() -> Html {
    let of = |page: &PageState| (page.image_address(), page.page.status);
    let pages = use_selector(move |workspace| workspace.pages.iter().map(of).collect::<Vec<_>>());
    let (selected, _) = use_selector(|workspace| (workspace.selected, workspace.lock));
    let reader = use_context::<Reader>();
    let onselect = use_callback(reader.clone(), |number, reader| {
        if let Some(reader) = reader {
            reader.store.dispatch(Action::Select(number));
        }
    });
    let Some(reader) = reader else { return Html::default() };
    let pages = pages.into_iter().map(|(address, status)| {
        let image = reader.stored_image(&address, THUMBNAIL_WIDTH);
        ThumbnailPage { number: address.page, status, image }
    });
    html! { <Thumbnails pages={pages.collect::<Vec<_>>()} {selected} {onselect} /> }
}

#[derive(Properties, PartialEq)]
struct FactsProps {
    page: u32,
}

/// A few facts beside the views.
#[component]
fn Facts(props: &FactsProps) -> Html {
    let number = props.page;
    let facts = use_selector(move |workspace| {
        workspace.page_of(number).map(|page| facts(page, workspace.model.as_deref())).unwrap_or_default()
    });
    html! { <span class="text-facts" role="status">{ facts }</span> }
}

#[derive(Properties, PartialEq)]
struct DetailsProps {
    page: u32,
    annotated: UseStateHandle<Option<u32>>,
}

/// The page's details and its own actions.
#[component]
fn Details(props: &DetailsProps) -> Html {
    let number = props.page;
    let details = use_selector(move |workspace| workspace.page_of(number).map(PageState::details).unwrap_or_default());
    let active = use_selector(Workspace::active);
    let (Some(reader), Some(toasts)) = (use_context::<Reader>(), use_context::<ToastStore>()) else {
        return Html::default();
    };
    let onread = (!active).then(|| {
        let reader = reader.clone();
        Callback::from(move |()| read(&reader, Some(number.to_string())))
    });
    let onsee = {
        let annotated = props.annotated.clone();
        Callback::from(move |()| annotated.set(Some(number)))
    };
    let onsave = Callback::from(move |()| save_annotated(&reader, &toasts, number));
    html! { <PageDetails page={number} {details} {onread} {onsee} {onsave} /> }
}

/// Saves the annotated image of a page.
pub(super) fn save_annotated(reader: &Reader, toasts: &ToastStore, page: u32) {
    let (reader, toasts) = (reader.clone(), toasts.dispatcher());
    spawn_local(async move {
        match annotated(&reader, page).await {
            Ok(image) => save(&image, &annotated_name(&reader.workspace().name, page)),
            Err(failure) => toasts.dispatch(ToastAction::Say(in_words(&failure))),
        }
    });
}

/// Saves the document's result in a format that only the server writes.
pub(super) fn save_result(reader: &Reader, toasts: &ToastStore, format: ResultFormat) {
    let (reader, toasts) = (reader.clone(), toasts.dispatcher());
    spawn_local(async move {
        match stored_result(&reader, format).await {
            Ok(file) => save(&file, &result_name(&reader.workspace().name, format)),
            Err(failure) => toasts.dispatch(ToastAction::Say(in_words(&failure))),
        }
    });
}

/// The sources of a page's image: the file itself if it is an upright image, then the server.
fn sources(reader: &Reader, address: &ImageAddress, several: bool) -> Vec<ImageSource> {
    let local = reader.own_image().filter(|_| !several && address.rotation.is_none());
    local.into_iter().chain(reader.stored_image(address, IMAGE_WIDTH)).collect()
}

/// The page's thumbnail, which the browser has already loaded, unless it was fetched with a password.
fn preview(reader: &Reader, address: &ImageAddress, several: bool) -> Option<AttrValue> {
    let small = several.then(|| reader.stored_image(address, THUMBNAIL_WIDTH)).flatten();
    small.filter(|small| small.password.is_none()).map(|small| small.url)
}
