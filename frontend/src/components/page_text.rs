//! A page's text: its content formatted, or as the model wrote it. New text is scrolled into view only if the end was in view.

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

/// The maximum distance from the end, in CSS pixels, at which the end counts as being in view.
const NEAR: i32 = 48;

/// Properties of [`PageText`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page's number.
    pub(crate) page: u32,
    /// The view of its content.
    pub(crate) content: Rc<ContentView>,
    /// How it is shown.
    pub(crate) view: TextView,
    /// The region that is highlighted.
    #[prop_or_default]
    pub(crate) highlight: Option<Highlight>,
    /// Called with the region whose text is hovered or focused, or without one.
    #[prop_or_default]
    pub(crate) onhighlight: Callback<Option<Highlight>>,
}

/// The scrolling pane with the text.
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

/// Moves the focus to the next or the previous linked piece of text.
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
        // The text is readable also without focus.
        let _ = next.focus();
    }
}

/// The form in which a page's text is shown. It does not change while text arrives, because [`LiveText`] appends the text itself.
#[derive(Debug, Clone, PartialEq)]
enum TextDisplay {
    /// The content.
    Content,
    /// The plain text.
    Text { live: bool },
    /// The page as JSON.
    Json(PageState),
    /// The content is being fetched.
    Skeleton(&'static str),
    /// A message, because there is no text.
    Absent(&'static str),
    /// Neither text nor a message.
    Nothing,
}

fn text_display(page: &PageState, view: TextView) -> TextDisplay {
    let status = page.page.status;
    let live = status == PageStatus::Running;
    if view == TextView::Json {
        return TextDisplay::Json(page.clone());
    }
    if page.text().is_empty() {
        return match status {
            // A page that was aborted without text is shown as a waiting one.
            PageStatus::Pending | PageStatus::Aborted => TextDisplay::Absent("This page is not read yet."),
            PageStatus::Running => TextDisplay::Skeleton("Reading"),
            // A note above the text says that the reference was not found.
            PageStatus::Done if page.found().is_some() => TextDisplay::Nothing,
            PageStatus::Done => TextDisplay::Absent("No text was found on this page."),
            PageStatus::Partial => TextDisplay::Absent("No text of this page has come."),
            PageStatus::Failed => TextDisplay::Nothing,
        };
    }
    match &page.content {
        _ if view == TextView::Raw || live => TextDisplay::Text { live },
        Content::Present(_) if page.content().is_some() => TextDisplay::Content,
        Content::Awaited => TextDisplay::Skeleton("Loading"),
        _ => TextDisplay::Text { live: false },
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
    let display = use_selector(move |workspace| {
        workspace.page_of(number).map_or(TextDisplay::Nothing, |page| text_display(page, view))
    });
    match display {
        TextDisplay::Content => html! { <ContentBlocks view={props.content.clone()} /> },
        TextDisplay::Text { live } => {
            html! { <LiveText key={number} page={number} {live} mono={view == TextView::Raw} ongrow={props.ongrow.clone()} /> }
        }
        TextDisplay::Json(page) => html! { <pre class="text-mono">{ whole(&page) }</pre> },
        TextDisplay::Skeleton(word) => html! {
            <div class="skeleton" role="img" aria-label={word}>
                <span /><span /><span /><span />
            </div>
        },
        TextDisplay::Absent(words) => html! { <p class="text-absent">{ words }</p> },
        TextDisplay::Nothing => Html::default(),
    }
}

/// The page as `GET /api/documents/{id}/pages/{n}` returns it.
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
