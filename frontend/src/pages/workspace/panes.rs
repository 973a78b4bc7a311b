//! The page on the screen: its picture beside its text, tied to each other by their boxes.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{
    locked::LockedPicture,
    notes::{PageNotes, facts},
    trouble::PageTrouble,
};
use crate::{
    components::{PageDetails, PageText, Picture, Strip, StripPage, THUMBNAIL, TextView, ViewTabs},
    hooks::{Lit, Reader, Source, ToastStore, annotated, new_addresses, read, save},
    state::{Action, Lock, PageState, ToastAction, annotated_name, in_words, marks},
};

/// Width of the picture that is asked for, in pixels: enough to read it on a wide screen.
const PICTURE: u32 = 1400;

/// Properties of [`Panes`].
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// The page.
    pub(super) page: PageState,
    /// How its text is shown.
    pub(super) view: UseStateHandle<TextView>,
    /// Whether its boxes are shown.
    pub(super) boxes: UseStateHandle<bool>,
    /// The page whose picture with boxes is looked at.
    pub(super) annotated: UseStateHandle<Option<u32>>,
}

/// Strip, picture and text.
#[component]
pub(super) fn Panes(props: &Props) -> Html {
    let lit = use_state_eq(|| None::<Lit>);
    let marks = use_memo(props.page.clone(), |page| marks(&page.page.boxes));
    let onlit = use_callback(lit.setter(), |to, lit| lit.set(to));
    // A box of one page is none of the next.
    use_effect_with(props.page.clone(), {
        let lit = lit.setter();
        move |_| lit.set(None)
    });
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let (page, workspace) = (&props.page, reader.workspace());
    let onboxes = {
        let boxes = props.boxes.clone();
        Callback::from(move |()| boxes.set(!*boxes))
    };
    let onlost = {
        let reader = reader.clone();
        Callback::from(move |()| new_addresses(&reader))
    };
    let picture = match workspace.lock {
        Lock::Locked(wrong) => html! { <LockedPicture {wrong} /> },
        lock => html! {
            <Picture
                key={page.page.page} page={page.clone()} sources={sources(&reader, page)} preview={preview(&reader, page)}
                unknown={lock == Lock::Unknown} {onlost} marks={Rc::clone(&marks)} boxes={*props.boxes} {onboxes} lit={*lit} onlit={onlit.clone()}
            />
        },
    };
    let several = workspace.pages.len() > 1;
    let onview = {
        let view = props.view.clone();
        Callback::from(move |chosen| view.set(chosen))
    };
    html! {
        <div class={classes!("panes", several.then_some("has-strip"))}>
            if several {
                <Pages />
            }
            { picture }
            <section class="text-pane" aria-label="Recognised text">
                <div class="text-head">
                    <ViewTabs view={*props.view} {onview} />
                    <span class="text-facts" role="status">{ facts(page, workspace.model.as_deref()) }</span>
                    <Details page={page.clone()} annotated={props.annotated.clone()} />
                </div>
                <PageTrouble page={page.clone()} />
                <PageNotes page={page.clone()} />
                <PageText page={page.clone()} view={*props.view} lit={*lit} {onlit} />
            </section>
        </div>
    }
}

/// The strip of all pages.
#[component]
fn Pages() -> Html {
    let reader = use_context::<Reader>();
    let store = reader.as_ref().map(|reader| reader.store.dispatcher());
    let onselect = use_callback(store, |number, store| {
        if let Some(store) = store {
            store.dispatch(Action::Select(number));
        }
    });
    let Some(reader) = reader else { return Html::default() };
    let pages = reader.workspace().pages.iter().map(|page| StripPage {
        number: page.page.page,
        status: page.page.status,
        picture: reader.stored_picture(&page.page, THUMBNAIL),
    });
    html! { <Strip pages={pages.collect::<Vec<_>>()} selected={reader.workspace().selected} {onselect} /> }
}

#[derive(Properties, PartialEq)]
struct DetailsProps {
    page: PageState,
    annotated: UseStateHandle<Option<u32>>,
}

/// The page's details and what can be done with it alone.
#[component]
fn Details(props: &DetailsProps) -> Html {
    let (Some(reader), Some(toasts)) = (use_context::<Reader>(), use_context::<ToastStore>()) else {
        return Html::default();
    };
    let number = props.page.page.page;
    let onread = (!reader.workspace().active()).then(|| {
        let reader = reader.clone();
        Callback::from(move |()| read(&reader, Some(number.to_string())))
    });
    let onsee = {
        let annotated = props.annotated.clone();
        Callback::from(move |()| annotated.set(Some(number)))
    };
    let onsave = Callback::from(move |()| save_annotated(&reader, &toasts, number));
    html! { <PageDetails page={props.page.clone()} {onread} {onsee} {onsave} /> }
}

/// Saves the picture of a page with its boxes.
pub(super) fn save_annotated(reader: &Reader, toasts: &ToastStore, page: u32) {
    let (reader, toasts) = (reader.clone(), toasts.dispatcher());
    spawn_local(async move {
        match annotated(&reader, page).await {
            Ok(picture) => save(&picture, &annotated_name(&reader.workspace().name, page)),
            Err(failure) => toasts.dispatch(ToastAction::Say(in_words(&failure))),
        }
    });
}

/// Where a page's picture may be had: the file itself if it is a picture and stands upright, then the server.
fn sources(reader: &Reader, page: &PageState) -> Vec<Source> {
    let as_is = reader.workspace().pages.len() == 1 && page.page.rotation.is_none();
    let local = reader.picture().filter(|_| as_is);
    local.into_iter().chain(reader.stored_picture(&page.page, PICTURE)).collect()
}

/// The page's picture on the strip, which the browser has already; one that was fetched with a password it has not.
fn preview(reader: &Reader, page: &PageState) -> Option<AttrValue> {
    let several = reader.workspace().pages.len() > 1;
    let small = several.then(|| reader.stored_picture(&page.page, THUMBNAIL)).flatten();
    small.filter(|small| small.password.is_none()).map(|small| small.url)
}
