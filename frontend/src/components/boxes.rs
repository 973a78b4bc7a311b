//! Boxes over the picture: one drawing, however many there are, and one listener.

use std::rc::Rc;

use inkstream_wire::{BoxKind, PixelBox};
use web_sys::Element;
use yew::prelude::*;

use crate::{
    hooks::{Lit, Pane, mark_at, reveal, use_lit},
    state::Mark,
};

/// Properties of [`Boxes`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Width and height of the page in its pixels.
    pub(crate) size: (u32, u32),
    /// The boxes.
    pub(crate) marks: Rc<Vec<Mark>>,
    /// Whether all are shown; what was looked for always is.
    pub(crate) shown: bool,
    /// The one that is lit.
    pub(crate) lit: Option<Lit>,
    /// One is pointed at, or none.
    pub(crate) onlit: Callback<Option<Lit>>,
}

/// Hidden boxes can be pointed at, too: the text that they hold lights up.
#[component]
pub(crate) fn Boxes(props: &Props) -> Html {
    let node = use_node_ref();
    use_lit(&node, Pane::Picture, props.lit);
    use_effect_with((props.marks.clone(), node.clone()), |(_, node)| {
        let found = node.cast::<Element>().and_then(|node| node.query_selector(".box.is-reference").ok().flatten());
        if let Some(first) = found {
            reveal(&first);
        }
    });
    let pointed = |firm: bool| {
        let onlit = props.onlit.clone();
        Callback::from(move |event: MouseEvent| {
            if let Some(mark) = mark_at(event.target()) {
                onlit.emit(Some(Lit { mark, from: Pane::Picture, firm }));
            }
        })
    };
    let over = pointed(false);
    let onpointerover = Callback::from(move |event: PointerEvent| over.emit(event.into()));
    let onpointerout = {
        let onlit = props.onlit.clone();
        Callback::from(move |event: PointerEvent| {
            if mark_at(event.related_target()).is_none() {
                onlit.emit(None);
            }
        })
    };
    let (width, height) = props.size;
    html! {
        <svg
            ref={node} class={classes!("boxes", props.shown.then_some("is-shown"))} viewBox={format!("0 0 {width} {height}")} aria-hidden="true"
            {onpointerover} {onpointerout} onclick={pointed(true)}
        >
            <Drawn marks={props.marks.clone()} page={props.size} />
        </svg>
    }
}

#[derive(Properties, PartialEq)]
struct DrawnProps {
    marks: Rc<Vec<Mark>>,
    page: (u32, u32),
}

/// Drawn once: what is lit changes nothing here.
#[component]
fn Drawn(props: &DrawnProps) -> Html {
    html! {
        { for props.marks.iter().map(|mark| {
            let kind = match mark.of.kind {
                BoxKind::Word => "is-word",
                BoxKind::Line => "is-line",
                BoxKind::Block => "is-block",
                BoxKind::Figure => "is-figure",
                BoxKind::Reference => "is-reference",
            };
            // What was looked for is marked as with a pen: around its letters, not through them.
            let place = if mark.of.kind == BoxKind::Reference { around(mark.of.bounds, props.page) } else { mark.of.bounds };
            html! {
                <rect
                    class={classes!("box", kind)} data-mark={mark.index.to_string()} x={place.x.to_string()} y={place.y.to_string()}
                    width={place.width.to_string()} height={place.height.to_string()}
                />
            }
        }) }
    }
}

/// A place with some room around it, within the page.
fn around(place: PixelBox, (width, height): (u32, u32)) -> PixelBox {
    let pad = (place.height / 5).max(2);
    let (x, y) = (place.x.saturating_sub(pad), place.y.saturating_sub(pad));
    let right = (place.x + place.width + pad).min(width);
    let bottom = (place.y + place.height + pad).min(height);
    PixelBox { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_has_room_around_its_letters_and_stays_on_the_page() {
        let place = |x, y, width, height| PixelBox { x, y, width, height };
        assert_eq!(around(place(100, 50, 60, 20), (1000, 1000)), place(96, 46, 68, 28));
        assert_eq!(around(place(1, 0, 98, 20), (100, 22)), place(0, 0, 100, 22));
    }
}
