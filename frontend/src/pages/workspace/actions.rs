//! The actions of the document: stop, read further, copy, export.

use inkstream_wire::ResultFormat;
use yew::prelude::*;

use super::{
    again::ReadAgain,
    panes::{save_annotated, save_result},
};
use crate::{
    components::{Glyph, Icon, Menu},
    hooks::{Reader, ToastStore, copy, download, read_missing, retry, stop, use_selector, with_contents},
    state::{Phase, ToastAction, Workspace, export, plain_text},
};

/// Properties of [`Actions`].
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// Whether the export menu is open.
    pub(super) menu: UseStateHandle<bool>,
    /// The page whose annotated image is open.
    pub(super) annotated: UseStateHandle<Option<u32>>,
}

/// Shows only the actions that are possible now.
#[component]
pub(super) fn Actions(props: &Props) -> Html {
    let can = use_selector(can);
    let (Some(reader), Some(toasts)) = (use_context::<Reader>(), use_context::<ToastStore>()) else {
        return Html::default();
    };
    let onstop = {
        let reader = reader.clone();
        Callback::from(move |_| stop(&reader))
    };
    let onread = {
        let reader = reader.clone();
        Callback::from(move |_| match reader.workspace().document {
            Some(_) => read_missing(&reader, None),
            // The run was stopped before the upload was complete: send the file again.
            None => retry(&reader, None),
        })
    };
    html! {
        <>
            if can.choose {
                <ReadAgain />
            }
            if can.stop {
                <button class="button" type="button" onclick={onstop} title="Stop (S)" aria-label="Stop reading">
                    <Icon glyph={Glyph::Stop} /><span class="hide-on-phone">{ "Stop" }</span>
                </button>
            } else if let Some(words) = can.read {
                <button class="button" type="button" onclick={onread}>{ words }</button>
            }
            if can.export {
                <ExportMenu menu={props.menu.clone()} annotated={props.annotated.clone()} {reader} {toasts} />
            }
        </>
    }
}

/// The actions that are possible now.
#[derive(Debug, Clone, PartialEq)]
struct Can {
    choose: bool,
    stop: bool,
    read: Option<&'static str>,
    export: bool,
}

fn can(workspace: &Workspace) -> Can {
    let at_rest = matches!(workspace.phase, Phase::Settled | Phase::Stopped);
    Can {
        choose: workspace.readable_otherwise(),
        stop: workspace.active(),
        read: (at_rest && workspace.readable()).then(|| missing_words(workspace)),
        export: workspace.has_text(),
    }
}

#[derive(Properties, PartialEq)]
struct ExportProps {
    menu: UseStateHandle<bool>,
    annotated: UseStateHandle<Option<u32>>,
    reader: Reader,
    toasts: ToastStore,
}

#[component]
fn ExportMenu(props: &ExportProps) -> Html {
    let ontoggle = {
        let menu = props.menu.clone();
        Callback::from(move |open| menu.set(open))
    };
    let several = use_selector(|workspace| workspace.pages.len() > 1);
    let is_stored = use_selector(|workspace| workspace.document.is_some());
    let has_text = use_selector(|workspace| workspace.shown().is_some_and(|page| !page.text().is_empty()));
    let copied = |name: &'static str, text: fn(&Workspace) -> String| {
        let (reader, toasts, menu) = (props.reader.clone(), props.toasts.dispatcher(), props.menu.clone());
        let onclick = Callback::from(move |_| {
            menu.set(false);
            let toasts = toasts.clone();
            with_contents(&reader, move |reader| {
                copy(text(&reader.workspace()), move |done| {
                    let said =
                        if done { "Copied" } else { "The browser did not allow copying. Export a file instead." };
                    toasts.dispatch(ToastAction::Say(said.to_owned()));
                });
            });
        });
        html! { <button class="menu-item" type="button" {onclick}><Icon glyph={Glyph::Copy} />{ name }</button> }
    };
    let saved = |format: ResultFormat| {
        let (reader, menu, toasts) = (props.reader.clone(), props.menu.clone(), props.toasts.clone());
        let onclick = Callback::from(move |_| {
            menu.set(false);
            if format.needs_server() {
                save_result(&reader, &toasts, format);
            } else {
                with_contents(&reader, move |reader| download(&export(&reader.workspace(), format)));
            }
        });
        html! { <button class="menu-item" type="button" {onclick}><Icon glyph={Glyph::Export} />{ format!("{} (.{})", format.label(), format.extension()) }</button> }
    };
    let boxed = use_selector(|workspace| {
        let page = workspace.shown().filter(|page| page.has_boxes());
        page.map(|page| page.page.page)
    });
    let see = |page| {
        let (menu, annotated) = (props.menu.clone(), props.annotated.clone());
        let onclick = Callback::from(move |_| {
            menu.set(false);
            annotated.set(Some(page));
        });
        html! { <button class="menu-item" type="button" {onclick}><Icon glyph={Glyph::Boxes} />{ "See the image with its boxes" }</button> }
    };
    let save = |page| {
        let (menu, reader, toasts) = (props.menu.clone(), props.reader.clone(), props.toasts.clone());
        let onclick = Callback::from(move |_| {
            menu.set(false);
            save_annotated(&reader, &toasts, page);
        });
        html! { <button class="menu-item" type="button" {onclick}><Icon glyph={Glyph::Export} />{ "Image with boxes (.png)" }</button> }
    };
    html! {
        <Menu
            name="Export" open={*props.menu} {ontoggle}
            label={html! { <><Icon glyph={Glyph::Export} /><span class="hide-on-phone">{ "Export" }</span><Icon glyph={Glyph::Down} /></> }}
        >
            if several && has_text {
                { copied("Copy this page", |workspace| workspace.shown().map(plain_text).unwrap_or_default()) }
            }
            { copied("Copy all text", |workspace| export(workspace, ResultFormat::Txt).content) }
            <hr />
            { for ResultFormat::ALL.into_iter().filter(|format| is_stored || !format.needs_server()).map(saved) }
            { for boxed.map(save) }
            { for boxed.map(|page| html! { <><hr />{ see(page) }</> }) }
        </Menu>
    }
}

/// The action that reads the pages without a complete result.
fn missing_words(workspace: &Workspace) -> &'static str {
    if workspace.missing() < workspace.pages.len() {
        "Read the missing pages"
    } else if workspace.partial() > 0 {
        "Read it again"
    } else {
        "Read it"
    }
}
