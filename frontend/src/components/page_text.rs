//! A page's text: its content set in type, or as the model wrote it. It follows its own growth only while the reader is at its end.

use std::{cell::RefCell, rc::Rc};

use inkstream_content::PageContent;
use inkstream_wire::{Page, PageStatus};
use serde::Serialize;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::{
    components::{ContentBlocks, LiveText, TextView},
    hooks::{Highlight, Side, region_at, use_highlight, use_selector},
    state::{Content, ContentView, PageState, json},
};

/// How near to the end counts as being there, in CSS pixels.
const NEAR: i32 = 48;

/// Properties of [`PageText`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page's number.
    pub(crate) page: u32,
    /// Its content as it is shown.
    pub(crate) content: Rc<ContentView>,
    /// How it is shown.
    pub(crate) view: TextView,
    /// The region that is highlighted.
    #[prop_or_default]
    pub(crate) highlight: Option<Highlight>,
    /// Text of a region is pointed at or has the focus, or none.
    #[prop_or_default]
    pub(crate) onhighlight: Callback<Option<Highlight>>,
}

/// The pane that scrolls, and what is in it.
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
    use_effect_with((props.page, props.view), {
        let (scroller, at_end) = (scroller.clone(), at_end.clone());
        move |_| {
            *at_end.borrow_mut() = true;
            if let Some(pane) = scroller.cast::<Element>() {
                pane.set_scroll_top(0);
            }
        }
    });
    let ongrow = use_callback((scroller.clone(), at_end), |(), (scroller, at_end): &(NodeRef, Rc<RefCell<bool>>)| {
        if let (true, Some(pane)) = (*at_end.borrow(), scroller.cast::<Element>()) {
            pane.set_scroll_top(pane.scroll_height());
        }
    });
    use_highlight(&scroller, Side::Text, props.highlight);
    let highlight = |scrolls: bool| {
        let onhighlight = props.onhighlight.clone();
        move |region: Option<usize>| {
            onhighlight.emit(region.map(|region| Highlight { region, from: Side::Text, scrolls }));
        }
    };
    let (over, out, focused) = (highlight(false), highlight(false), highlight(true));
    let (left, clicked) = (highlight(false), highlight(true));
    let onpointerover = Callback::from(move |event: PointerEvent| {
        if let Some(region) = region_at(event.target()) {
            over(Some(region));
        }
    });
    let onpointerout = Callback::from(move |event: PointerEvent| {
        if region_at(event.related_target()).is_none() {
            out(None);
        }
    });
    let onclick = Callback::from(move |event: MouseEvent| {
        if let Some(region) = region_at(event.target()) {
            clicked(Some(region));
        }
    });
    let onfocusin = Callback::from(move |event: FocusEvent| focused(region_at(event.target())));
    let onfocusout = Callback::from(move |_: FocusEvent| left(None));
    html! {
        <div
            class="text-scroll" ref={scroller} {onscroll} tabindex="0" role="region" aria-label={format!("Text of page {}", props.page)}
            {onpointerover} {onpointerout} {onclick} {onfocusin} {onfocusout} onkeydown={Callback::from(|event: KeyboardEvent| walk(&event))}
        >
            <Body page={props.page} content={props.content.clone()} view={props.view} {ongrow} />
        </div>
    }
}

/// Goes from one linked piece of text to the next or the one before.
fn walk(event: &KeyboardEvent) {
    let down = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let Some(here) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let (true, Ok(Some(pane))) = (here.has_attribute("data-region"), here.closest(".text-scroll")) else { return };
    event.prevent_default();
    let Ok(pieces) = pane.query_selector_all("[data-region]") else { return };
    let at = (0..pieces.length()).find(|&index| pieces.get(index).is_some_and(|piece| here.is_same_node(Some(&piece))));
    let next = at.and_then(|at| if down { at.checked_add(1) } else { at.checked_sub(1) });
    if let Some(next) = next.and_then(|next| pieces.get(next)?.dyn_into::<HtmlElement>().ok()) {
        // Without focus the text is read all the same.
        let _ = next.focus();
    }
}

/// What is shown of a page's text. While text comes it stays the same: [`LiveText`] appends by itself.
#[derive(Debug, Clone, PartialEq)]
enum Shown {
    /// The content.
    Content,
    /// The text as it is.
    Text { live: bool },
    /// All that is known, as JSON.
    Json(PageState),
    /// It is on its way.
    Skeleton(&'static str),
    /// There is none, and this is to be said.
    Absent(&'static str),
    /// There is nothing to say.
    Nothing,
}

fn shown(page: &PageState, view: TextView) -> Shown {
    let status = page.page.status;
    let live = status == PageStatus::Running;
    if view == TextView::Json {
        return Shown::Json(page.clone());
    }
    if page.text().is_empty() {
        return match status {
            // One that was given up before it had any text is shown as one that waits.
            PageStatus::Pending | PageStatus::Aborted => Shown::Absent("This page is not read yet."),
            PageStatus::Running => Shown::Skeleton("Reading"),
            // What was looked for and is not here is told above.
            PageStatus::Done if page.found().is_some() => Shown::Nothing,
            PageStatus::Done => Shown::Absent("No text was found on this page."),
            PageStatus::Partial => Shown::Absent("No text of this page has come."),
            PageStatus::Failed => Shown::Nothing,
        };
    }
    match &page.content {
        _ if view == TextView::Raw || live => Shown::Text { live },
        Content::Present(_) if page.content().is_some() => Shown::Content,
        Content::Awaited => Shown::Skeleton("Loading"),
        _ => Shown::Text { live: false },
    }
}

#[derive(Properties, PartialEq)]
struct BodyProps {
    page: u32,
    content: Rc<ContentView>,
    view: TextView,
    ongrow: Callback<()>,
}

#[component]
fn Body(props: &BodyProps) -> Html {
    let (number, view) = (props.page, props.view);
    let shown =
        use_selector(move |workspace| workspace.page_of(number).map_or(Shown::Nothing, |page| shown(page, view)));
    match shown {
        Shown::Content => html! { <ContentBlocks view={props.content.clone()} /> },
        Shown::Text { live } => {
            html! { <LiveText key={number} page={number} {live} mono={view == TextView::Raw} ongrow={props.ongrow.clone()} /> }
        }
        Shown::Json(page) => html! { <pre class="text-mono">{ whole(&page) }</pre> },
        Shown::Skeleton(word) => html! {
            <div class="skeleton" role="img" aria-label={word}>
                <span /><span /><span /><span />
            </div>
        },
        Shown::Absent(words) => html! { <p class="text-absent">{ words }</p> },
        Shown::Nothing => Html::default(),
    }
}

/// The page as `GET /api/documents/{id}/pages/{n}` gives it.
fn whole(page: &PageState) -> String {
    #[derive(Serialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        page: &'a Page,
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<&'a PageContent>,
    }
    json(&Whole { page: &page.page, content: page.content().map(|content| &**content) })
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests;
