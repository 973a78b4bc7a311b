//! One document: its picture beside its text, while it is read and after.

mod actions;
mod locked;
mod trouble;

use inkstream_wire::DocumentId;
use yew::prelude::*;

use self::{
    actions::Actions,
    locked::LockedPicture,
    trouble::{PageTrouble, Trouble, showable},
};
use crate::{
    components::{PageText, Picture, Progress, Shell, Strip, StripPage, THUMBNAIL, TextView, ViewTabs},
    hooks::{Key, Reader, Source, load, new_addresses, stop, use_keys},
    state::{Action, Lock, PageState, Workspace, counted},
};

/// Width of the picture that is asked for, in pixels: enough to read it on a wide screen.
const PICTURE: u32 = 1400;

/// Properties of [`WorkspacePage`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The document of the address; none while the server has not named it.
    pub(crate) id: Option<DocumentId>,
}

/// The workspace.
#[component]
pub(crate) fn WorkspacePage(props: &Props) -> Html {
    let reader = use_context::<Reader>();
    let view = use_state(TextView::default);
    let menu = use_state(|| false);
    use_effect_with(props.id, {
        let reader = reader.clone();
        move |id| {
            if let (Some(id), Some(reader)) = (*id, reader)
                && reader.workspace().document != Some(id)
            {
                load(&reader, id);
            }
        }
    });
    use_keys({
        let (reader, view, menu) = (reader.clone(), view.clone(), menu.clone());
        Callback::from(move |key| {
            let Some(reader) = &reader else { return };
            match key {
                Key::Next => reader.store.dispatch(Action::Step(1)),
                Key::Previous => reader.store.dispatch(Action::Step(-1)),
                Key::View(index) => view.set(TextView::ALL[index]),
                Key::Stop => stop(reader),
                Key::Export => menu.set(reader.workspace().has_text() && !*menu),
                Key::Help => {}
            }
        })
    });
    let store = reader.as_ref().map(|reader| reader.store.dispatcher());
    let onselect = use_callback(store, |number, store| {
        if let Some(store) = store {
            store.dispatch(Action::Select(number));
        }
    });
    let Some(reader) = reader else { return Html::default() };
    let workspace = reader.workspace();
    let panes = match workspace.shown() {
        _ if !showable(workspace) => Html::default(),
        Some(page) => panes(&reader, page, &view, onselect),
        None => html! { <Blank /> },
    };
    html! {
        <Shell filled=true title={title(workspace)} actions={html! { <Actions {menu} /> }}>
            <Trouble />
            { panes }
            if showable(workspace) {
            <Progress phase={workspace.phase.clone()} pace={workspace.pace} pages={workspace.pages.len()} missing={workspace.missing()}>
                { aside(&reader) }
            </Progress>
            }
        </Shell>
    }
}

fn panes(reader: &Reader, page: &PageState, view: &UseStateHandle<TextView>, onselect: Callback<u32>) -> Html {
    let workspace = reader.workspace();
    let several = workspace.pages.len() > 1;
    let onview = {
        let view = view.clone();
        Callback::from(move |chosen| view.set(chosen))
    };
    let onlost = {
        let reader = reader.clone();
        Callback::from(move |()| new_addresses(&reader))
    };
    let strip = workspace.pages.iter().map(|page| StripPage {
        number: page.page.page,
        status: page.page.status,
        truncated: page.truncated(),
        picture: reader.stored_picture(&page.page, THUMBNAIL),
    });
    html! {
        <div class={classes!("panes", several.then_some("has-strip"))}>
            if several {
                <Strip pages={strip.collect::<Vec<_>>()} selected={workspace.selected} {onselect} />
            }
            if let Lock::Locked(wrong) = workspace.lock {
                <LockedPicture {wrong} />
            } else {
                <Picture
                    key={page.page.page} page={page.clone()} sources={sources(reader, page)} preview={preview(reader, page)}
                    unknown={workspace.lock == Lock::Unknown} {onlost}
                />
            }
            <section class="text-pane" aria-label="Recognised text">
                <div class="text-head">
                    <ViewTabs view={**view} {onview} />
                    <span class="text-facts">{ facts(page) }</span>
                </div>
                <PageTrouble page={page.clone()} />
                <PageText page={page.clone()} view={**view} />
            </section>
        </div>
    }
}

/// Where a page's picture may be had: the file itself if it is a picture, then the server.
fn sources(reader: &Reader, page: &PageState) -> Vec<Source> {
    let local = reader.picture().filter(|_| reader.workspace().pages.len() == 1);
    local.into_iter().chain(reader.stored_picture(&page.page, PICTURE)).collect()
}

/// The page's picture on the strip, which the browser has already; one that was fetched with a password it has not.
fn preview(reader: &Reader, page: &PageState) -> Option<AttrValue> {
    let several = reader.workspace().pages.len() > 1;
    let small = several.then(|| reader.stored_picture(&page.page, THUMBNAIL)).flatten();
    small.filter(|small| small.password.is_none()).map(|small| small.url)
}

fn title(workspace: &Workspace) -> Html {
    if workspace.name.is_empty() {
        return html! { <h1 class="visually-hidden">{ "Document" }</h1> };
    }
    let pages = (workspace.pages.len() > 1).then(|| counted(workspace.pages.len() as u64, "page"));
    html! {
        <h1 class="document-title">
            <span class="clip" title={workspace.name.clone()}>{ &workspace.name }</span>
            <span class="document-meta">
                { for pages.iter().chain(&workspace.model).map(|fact| html! { <>{ " · " }{ fact }</> }) }
            </span>
        </h1>
    }
}

/// What is worth knowing of a page that is read.
fn facts(page: &PageState) -> String {
    let mut facts = Vec::new();
    if page.truncated() {
        facts.push("Cut off: the engine reached its limit".to_owned());
    }
    if let Some(dpi) = page.lowered_dpi {
        facts.push(format!("read at {dpi:.0} dpi"));
    }
    if let Some(confidence) = page.page.confidence {
        facts.push(format!("{confidence:.0} % sure"));
    }
    facts.join(" · ")
}

/// The end of the foot line: what was left out, and the way back to the reading.
fn aside(reader: &Reader) -> Html {
    let workspace = reader.workspace();
    if workspace.active() && !workspace.following && workspace.pages.len() > 1 {
        let store = reader.store.dispatcher();
        let onclick = Callback::from(move |_| store.dispatch(Action::Follow));
        return html! { <button class="button is-quiet is-small" type="button" {onclick}>{ "Follow the reading" }</button> };
    }
    if workspace.ignored.is_empty() {
        return Html::default();
    }
    html! { { format!("{} has no use for: {}", workspace.model.as_deref().unwrap_or("The engine"), workspace.ignored.join(", ")) } }
}

/// The panes before any page is known.
#[component]
fn Blank() -> Html {
    html! {
        <div class="panes is-blank" aria-hidden="true">
            <div class="picture"><div class="blank-page" /></div>
            <div class="text-pane"><div class="text-scroll"><div class="skeleton"><span /><span /><span /><span /><span /></div></div></div>
        </div>
    }
}
