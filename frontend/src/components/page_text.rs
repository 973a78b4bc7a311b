//! A page's text. It follows its own growth only while the reader is at its end.

use inkstream_wire::PageStatus;
use web_sys::Element;
use yew::prelude::*;

use crate::{
    components::TextView,
    state::{Block, PageState, blocks, json},
};

/// How near to the end counts as being there, in CSS pixels.
const NEAR: i32 = 48;

/// Properties of [`PageText`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page.
    pub(crate) page: PageState,
    /// How it is shown.
    pub(crate) view: TextView,
}

/// The text, or what stands in its place.
#[component]
pub(crate) fn PageText(props: &Props) -> Html {
    let scroller = use_node_ref();
    let at_end = use_mut_ref(|| true);
    let onscroll = {
        let at_end = at_end.clone();
        Callback::from(move |event: Event| {
            let pane: Element = event.target_unchecked_into();
            *at_end.borrow_mut() = pane.scroll_height() - pane.scroll_top() - pane.client_height() < NEAR;
        })
    };
    let number = props.page.page.page;
    let live = props.page.page.status == PageStatus::Running;
    let shown = use_mut_ref(|| (number, props.view));
    use_effect_with(((number, props.view), props.page.text().len(), live), {
        let scroller = scroller.clone();
        move |&(showing, _, live)| {
            let Some(pane) = scroller.cast::<Element>() else { return };
            if shown.replace(showing) != showing {
                *at_end.borrow_mut() = true;
                pane.set_scroll_top(0);
            }
            if live && *at_end.borrow() {
                pane.set_scroll_top(pane.scroll_height());
            }
        }
    });
    html! {
        <div class="text-scroll" ref={scroller} {onscroll} tabindex="0" role="region" aria-label={format!("Text of page {number}")}>
            { body(&props.page, props.view) }
        </div>
    }
}

fn body(page: &PageState, view: TextView) -> Html {
    let live = page.page.status == PageStatus::Running;
    let text = page.text();
    if view == TextView::Json {
        return html! { <pre class="text-mono">{ json(&page.page) }</pre> };
    }
    if text.is_empty() {
        return absent(page.page.status);
    }
    let class = classes!(live.then_some("is-live"));
    match view {
        TextView::Raw => html! { <pre class={classes!("text-mono", class)}><span>{ text }</span></pre> },
        _ => html! {
            <div class={classes!("text-set", class)}>{ for blocks(text).into_iter().map(|block| set(&block)) }</div>
        },
    }
}

fn absent(status: PageStatus) -> Html {
    match status {
        // One that was given up before it had any text is shown as one that waits.
        PageStatus::Pending | PageStatus::Aborted => {
            html! { <p class="text-absent">{ "This page is not read yet." }</p> }
        }
        PageStatus::Running => html! {
            <div class="skeleton" role="img" aria-label="Reading">
                <span /><span /><span /><span />
            </div>
        },
        PageStatus::Done => html! { <p class="text-absent">{ "No text was found on this page." }</p> },
        PageStatus::Failed => Html::default(),
    }
}

fn set(block: &Block) -> Html {
    match block {
        Block::Heading(level, text) => {
            html! { <p class={format!("set-heading is-{level}")} role="heading" aria-level={(level + 1).to_string()}>{ text }</p> }
        }
        Block::Paragraph(text) => html! { <p class="set-paragraph">{ text }</p> },
        Block::Item(text) => html! { <p class="set-item">{ text }</p> },
        Block::Table(text) => html! { <pre class="set-table">{ text }</pre> },
        Block::Rule => html! { <hr class="set-rule" /> },
    }
}
