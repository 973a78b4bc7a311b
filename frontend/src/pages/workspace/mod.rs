//! The page of one document: its image beside its text, during and after the run.

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
    hooks::{Key, Reader, load, stop, use_keys, use_selector},
    state::{Action, counted},
};

/// Properties of [`WorkspacePage`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The document of the address; `None` until the server has assigned its id.
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
    let (showable, has_page) = use_selector(|workspace| (showable(workspace), workspace.shown().is_some()));
    let panes = match has_page {
        _ if !showable => Html::default(),
        true => html! { <Panes {view} {boxes} annotated={annotated.clone()} /> },
        false => html! { <Blank /> },
    };
    html! {
        <Shell filled=true title={html! { <Title /> }} actions={html! { <Actions {menu} annotated={annotated.clone()} /> }}>
            <Trouble />
            { panes }
            if showable {
                <Foot />
            }
            if let Some(page) = *annotated {
                <Annotated {page} onclose={Callback::from(move |()| annotated.set(None))} />
            }
        </Shell>
    }
}

#[component]
fn Title() -> Html {
    let (name, pages) = use_selector(|workspace| (workspace.name.clone(), workspace.pages.len()));
    if name.is_empty() {
        return html! { <h1 class="visually-hidden">{ "Document" }</h1> };
    }
    let pages = (pages > 1).then(|| counted(pages as u64, "page"));
    html! {
        <h1 class="document-title">
            <span class="clip" title={name.clone()}>{ &name }</span>
            <span class="document-meta">
                { for pages.map(|fact| html! { <>{ " · " }{ fact }</> }) }
            </span>
        </h1>
    }
}

/// The status line: the run's progress, ignored options, and a button that makes the view follow the reading again.
#[component]
fn Foot() -> Html {
    let (phase, pace, queued) = use_selector(|workspace| (workspace.phase.clone(), workspace.pace, workspace.queued));
    let (pages, missing, partial) =
        use_selector(|workspace| (workspace.pages.len(), workspace.missing(), workspace.partial()));
    html! { <Progress {phase} {pace} {pages} {missing} {partial} {queued}><Aside /></Progress> }
}

#[component]
fn Aside() -> Html {
    let strays = use_selector(|workspace| workspace.active() && !workspace.following && workspace.pages.len() > 1);
    let ignored = use_selector(|workspace| {
        let by = workspace.model.as_deref().unwrap_or("The engine");
        (!workspace.ignored.is_empty()).then(|| format!("{by} has no use for: {}", workspace.ignored.join(", ")))
    });
    let reader = use_context::<Reader>();
    if strays {
        let onclick = Callback::from(move |_| reader.iter().for_each(|reader| reader.store.dispatch(Action::Follow)));
        return html! { <button class="button is-quiet is-small" type="button" {onclick}>{ "Follow the reading" }</button> };
    }
    html! { { for ignored } }
}

/// The panes before any page is known.
#[component]
fn Blank() -> Html {
    html! {
        <div class="panes is-blank" aria-hidden="true">
            <div class="page-image"><div class="blank-page" /></div>
            <div class="text-pane"><div class="text-scroll"><div class="skeleton"><span /><span /><span /><span /><span /></div></div></div>
        </div>
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests;
