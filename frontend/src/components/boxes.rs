//! The boxes over the image. However many there are, they are one SVG with one listener.

use std::rc::Rc;

use inkstream_wire::{BoxKind, PixelBox};
use web_sys::Element;
use yew::prelude::*;

use crate::{
    hooks::{Highlight, Side, region_at, reveal, use_highlight},
    state::ContentView,
};

/// Properties of [`Boxes`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Width and height of the page in its pixels.
    pub(crate) size: (u32, u32),
    /// The view of the content, with its regions.
    pub(crate) content: Rc<ContentView>,
    /// Whether all boxes are shown. Occurrences of a reference always are.
    pub(crate) shown: bool,
    /// The region that is highlighted.
    pub(crate) highlight: Option<Highlight>,
    /// Called with the region that is hovered, or without one.
    pub(crate) onhighlight: Callback<Option<Highlight>>,
}

/// Hidden boxes react to hovering, too: their text is highlighted.
#[component]
pub(crate) fn Boxes(props: &Props) -> Html {
    let node = use_node_ref();
    use_highlight(&node, Side::Image, props.highlight);
    use_effect_with((props.content.clone(), node.clone()), |(_, node)| {
        let found = node.cast::<Element>().and_then(|node| node.query_selector(".box.is-reference").ok().flatten());
        if let Some(first) = found {
            reveal(&first);
        }
    });
    let pointed = |scrolls: bool| {
        let onhighlight = props.onhighlight.clone();
        Callback::from(move |event: MouseEvent| {
            if let Some(region) = region_at(event.target()) {
                onhighlight.emit(Some(Highlight { region, from: Side::Image, scrolls }));
            }
        })
    };
    let over = pointed(false);
    let onpointerover = Callback::from(move |event: PointerEvent| over.emit(event.into()));
    let onpointerout = {
        let onhighlight = props.onhighlight.clone();
        Callback::from(move |event: PointerEvent| {
            if region_at(event.related_target()).is_none() {
                onhighlight.emit(None);
            }
        })
    };
    let (width, height) = props.size;
    html! {
        <svg
            ref={node} class={classes!("boxes", props.shown.then_some("is-shown"))} viewBox={format!("0 0 {width} {height}")} aria-hidden="true"
            {onpointerover} {onpointerout} onclick={pointed(true)}
        >
            <Regions content={props.content.clone()} page={props.size} />
        </svg>
    }
}

#[derive(Properties, PartialEq)]
struct RegionsProps {
    content: Rc<ContentView>,
    page: (u32, u32),
}

/// Rendered once, because a highlight changes nothing here.
#[component]
fn Regions(props: &RegionsProps) -> Html {
    html! {
        { for props.content.regions.iter().map(|region| {
            let kind = match region.kind {
                BoxKind::Word => "is-word",
                BoxKind::Line => "is-line",
                BoxKind::Block => "is-block",
                BoxKind::Figure => "is-figure",
                BoxKind::Reference => "is-reference",
            };
            // The mark of an occurrence surrounds its letters and does not cross them.
            let place = if region.kind == BoxKind::Reference { around(region.bounds, props.page) } else { region.bounds };
            html! {
                <rect
                    class={classes!("box", kind)} data-region={region.id.to_string()} x={place.x.to_string()} y={place.y.to_string()}
                    width={place.width.to_string()} height={place.height.to_string()}
                />
            }
        }) }
    }
}

/// A box with a margin, clipped to the page.
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
