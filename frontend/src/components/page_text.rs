//! A page's text. It follows its own growth only while the reader is at its end.

use inkstream_wire::PageStatus;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::{
    components::TextView,
    hooks::{Lit, Pane, mark_at, use_lit},
    state::{AlignedRange, Block, PageState, aligned_ranges, blocks, json},
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
    /// The box that is lit.
    #[prop_or_default]
    pub(crate) lit: Option<Lit>,
    /// Text that stands in a box is pointed at or has the focus, or none.
    #[prop_or_default]
    pub(crate) onlit: Callback<Option<Lit>>,
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
    use_lit(&scroller, Pane::Text, props.lit);
    let light = |firm: bool| {
        let onlit = props.onlit.clone();
        move |mark: Option<usize>| onlit.emit(mark.map(|mark| Lit { mark, from: Pane::Text, firm }))
    };
    let (over, out, focused, left, clicked) = (light(false), light(false), light(true), light(false), light(true));
    let onpointerover = Callback::from(move |event: PointerEvent| {
        if let Some(mark) = mark_at(event.target()) {
            over(Some(mark));
        }
    });
    let onpointerout = Callback::from(move |event: PointerEvent| {
        if mark_at(event.related_target()).is_none() {
            out(None);
        }
    });
    let onclick = Callback::from(move |event: MouseEvent| {
        if let Some(mark) = mark_at(event.target()) {
            clicked(Some(mark));
        }
    });
    let onfocusin = Callback::from(move |event: FocusEvent| focused(mark_at(event.target())));
    let onfocusout = Callback::from(move |_: FocusEvent| left(None));
    html! {
        <div
            class="text-scroll" ref={scroller} {onscroll} tabindex="0" role="region" aria-label={format!("Text of page {number}")}
            {onpointerover} {onpointerout} {onclick} {onfocusin} {onfocusout} onkeydown={Callback::from(|event: KeyboardEvent| walk(&event))}
        >
            <Body page={props.page.clone()} view={props.view} />
        </div>
    }
}

/// Goes from one tied piece of text to the next or the one before. Only the first of them is a stop of Tab: a page
/// has hundreds.
fn walk(event: &KeyboardEvent) {
    let down = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let Some(here) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let (true, Ok(Some(pane))) = (here.has_attribute("data-mark"), here.closest(".text-scroll")) else { return };
    event.prevent_default();
    let Ok(pieces) = pane.query_selector_all("[data-mark]") else { return };
    let at = (0..pieces.length()).find(|&index| pieces.get(index).is_some_and(|piece| here.is_same_node(Some(&piece))));
    let next = at.and_then(|at| if down { at.checked_add(1) } else { at.checked_sub(1) });
    if let Some(next) = next.and_then(|next| pieces.get(next)?.dyn_into::<HtmlElement>().ok()) {
        // Without focus the text is read all the same.
        let _ = next.focus();
    }
}

#[derive(Properties, PartialEq)]
struct BodyProps {
    page: PageState,
    view: TextView,
}

/// Drawn anew with the page alone: what is lit changes nothing here.
#[component]
fn Body(props: &BodyProps) -> Html {
    let (page, view) = (&props.page, props.view);
    let live = page.page.status == PageStatus::Running;
    let text = page.text();
    if view == TextView::Json {
        return html! { <pre class="text-mono">{ json(&page.page) }</pre> };
    }
    if text.is_empty() {
        return absent(page);
    }
    let class = classes!(live.then_some("is-live"));
    if view == TextView::Raw {
        let tied = aligned_ranges(&[text], &page.page.boxes).into_iter().next().unwrap_or_default();
        return html! { <pre class={classes!("text-mono", class)} dir="auto"><span>{ pieces(text, &tied, true) }</span></pre> };
    }
    let blocks = blocks(text);
    let texts: Vec<&str> = blocks.iter().map(Block::text).collect();
    let tied = aligned_ranges(&texts, &page.page.boxes);
    let first = tied.iter().position(|tied| !tied.is_empty());
    html! {
        <div class={classes!("text-set", class)}>
            { for blocks.iter().zip(&tied).enumerate().map(|(index, (block, tied))| set(block, pieces(block.text(), tied, first == Some(index)))) }
        </div>
    }
}

/// Text with its tied pieces; `first` is whether the first of them is a stop of Tab.
fn pieces(text: &str, tied: &[AlignedRange], first: bool) -> Html {
    let mut end = 0;
    let mut parts = Vec::with_capacity(2 * tied.len() + 1);
    for (index, AlignedRange { range, mark }) in tied.iter().enumerate() {
        parts.push(html! { { &text[end..range.start] } });
        let tabindex = if first && index == 0 { "0" } else { "-1" };
        parts
            .push(html! { <span class="tied" data-mark={mark.to_string()} {tabindex}>{ &text[range.clone()] }</span> });
        end = range.end;
    }
    parts.push(html! { { &text[end..] } });
    parts.into_iter().collect()
}

fn absent(page: &PageState) -> Html {
    match page.page.status {
        // One that was given up before it had any text is shown as one that waits.
        PageStatus::Pending | PageStatus::Aborted => {
            html! { <p class="text-absent">{ "This page is not read yet." }</p> }
        }
        PageStatus::Running => html! {
            <div class="skeleton" role="img" aria-label="Reading">
                <span /><span /><span /><span />
            </div>
        },
        // What was looked for and is not here is told above.
        PageStatus::Done if page.found().is_some() => Html::default(),
        PageStatus::Done => html! { <p class="text-absent">{ "No text was found on this page." }</p> },
        PageStatus::Partial => html! { <p class="text-absent">{ "No text of this page has come." }</p> },
        PageStatus::Failed => Html::default(),
    }
}

fn set(block: &Block, text: Html) -> Html {
    match block {
        Block::Heading(level, _) => {
            html! { <p class={format!("set-heading is-{level}")} dir="auto" role="heading" aria-level={(level + 1).to_string()}>{ text }</p> }
        }
        Block::Paragraph(_) => html! { <p class="set-paragraph" dir="auto">{ text }</p> },
        Block::Item(_) => html! { <p class="set-item" dir="auto">{ text }</p> },
        Block::Table(_) => html! { <pre class="set-table">{ text }</pre> },
        Block::Rule => html! { <hr class="set-rule" /> },
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use inkstream_wire::{BoxKind, PixelBox, TextBox};
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;
    use crate::components::stage::{Stage, drawn};

    wasm_bindgen_test_configure!(run_in_browser);

    fn page(text: &str, lines: &[&str]) -> PageState {
        let mut page = PageState::pending(1);
        let data = page.edit();
        text.clone_into(&mut data.page.text);
        data.page.status = PageStatus::Done;
        data.page.boxes = lines
            .iter()
            .map(|line| TextBox {
                kind: BoxKind::Line,
                bounds: PixelBox { x: 0, y: 0, width: 1, height: 1 },
                text: (*line).to_owned(),
                confidence: None,
                block: None,
                paragraph: None,
                line: None,
            })
            .collect();
        page
    }

    #[wasm_bindgen_test]
    async fn a_models_html_is_shown_as_text_and_never_live() {
        let hostile = "<script>window.owned = 1</script>\n\n# <img src=x onerror=\"window.owned = 1\">\n\n\
                       | <b>a</b> | <a href=\"javascript:window.owned=1\">b</a> |\n\n- <svg onload=\"window.owned=1\">\n\n\
                       <table><tr><td>1</td></tr></table>";
        for view in [TextView::Text, TextView::Raw, TextView::Json] {
            let page = page(hostile, &["<script>window.owned = 1</script>"]);
            let stage = Stage::of::<PageText>(yew::props!(Props { page, view })).await;
            assert!(stage.words().contains("<script>window.owned = 1</script>"), "{}", stage.words());
            assert!(stage.find::<Element>("script, img, svg, a, b, table").is_none());
        }
        drawn().await;
        let owned = js_sys::Reflect::get(&web_sys::window().unwrap(), &"owned".into()).unwrap();
        assert!(owned.is_undefined());
    }

    #[component]
    fn Reader() -> Html {
        let lit = use_state(|| None::<Lit>);
        let onlit = {
            let lit = lit.clone();
            Callback::from(move |to| lit.set(to))
        };
        html! {
            <>
                <PageText page={page("one line\n\nanother line", &["one line", "another line"])} view={TextView::Text} lit={*lit} {onlit} />
                <output>{ lit.map(|lit| lit.mark.to_string()) }</output>
            </>
        }
    }

    #[wasm_bindgen_test]
    async fn text_lights_its_box_when_it_has_the_focus_and_arrows_walk_from_piece_to_piece() {
        let stage = Stage::of::<Reader>(()).await;
        let told = || stage.find::<Element>("output").unwrap().text_content().unwrap_or_default();
        let first: HtmlElement = stage.find("[data-mark='0']").unwrap();
        assert_eq!(first.tab_index(), 0);
        first.focus().unwrap();
        drawn().await;
        assert_eq!(told(), "0");
        assert!(first.class_list().contains("is-lit"));
        let init = web_sys::KeyboardEventInit::new();
        init.set_key("ArrowDown");
        init.set_bubbles(true);
        let down = web_sys::KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
        first.dispatch_event(&down).unwrap();
        drawn().await;
        assert_eq!(told(), "1");
        assert!(!first.class_list().contains("is-lit"));
    }
}
