//! One document: its picture beside its text, while it is read and after.

mod actions;
mod again;
mod locked;
mod notes;
mod panes;
mod trouble;

use inkstream_wire::DocumentId;
use yew::prelude::*;

use self::{
    actions::Actions,
    panes::Panes,
    trouble::{Trouble, showable},
};
use crate::{
    components::{Annotated, Progress, Shell, TextView},
    hooks::{Key, Reader, load, stop, use_keys},
    state::{Action, Workspace, annotated_name, counted},
};

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
    let boxes = use_state(|| false);
    let annotated = use_state(|| None::<u32>);
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
        let (reader, view, menu, boxes) = (reader.clone(), view.clone(), menu.clone(), boxes.clone());
        Callback::from(move |key| {
            let Some(reader) = &reader else { return };
            match key {
                Key::Next => reader.store.dispatch(Action::Step(1)),
                Key::Previous => reader.store.dispatch(Action::Step(-1)),
                Key::View(index) => view.set(TextView::ALL[index]),
                Key::Stop => stop(reader),
                Key::Export => menu.set(reader.workspace().has_text() && !*menu),
                Key::Boxes => boxes.set(!*boxes),
                Key::Help => {}
            }
        })
    });
    let Some(reader) = reader else { return Html::default() };
    let workspace = reader.workspace();
    let panes = match workspace.shown() {
        _ if !showable(workspace) => Html::default(),
        Some(page) => html! { <Panes page={page.clone()} {view} {boxes} annotated={annotated.clone()} /> },
        None => html! { <Blank /> },
    };
    html! {
        <Shell filled=true title={title(workspace)} actions={html! { <Actions {menu} annotated={annotated.clone()} /> }}>
            <Trouble />
            { panes }
            if showable(workspace) {
            <Progress phase={workspace.phase.clone()} pace={workspace.pace} pages={workspace.pages.len()} missing={workspace.missing()} partial={workspace.partial()} queued={workspace.queued}>
                { aside(&reader) }
            </Progress>
            }
            if let Some(page) = *annotated {
                <Annotated {page} filename={annotated_name(&workspace.name, page)} onclose={Callback::from(move |()| annotated.set(None))} />
            }
        </Shell>
    }
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
                { for pages.map(|fact| html! { <>{ " · " }{ fact }</> }) }
            </span>
        </h1>
    }
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
