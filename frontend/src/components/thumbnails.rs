//! The thumbnails of a document's pages: a small image, the number, and the state by shape and word.

use inkstream_wire::PageStatus;
use web_sys::Element;
use yew::prelude::*;

use crate::hooks::{ImageSource, ImageState, reveal, use_image, use_seen};

/// The width of a thumbnail in pixels, twice its size on the screen.
pub(crate) const THUMBNAIL_WIDTH: u32 = 120;

/// The list's selection of a page. It contains no text, so that the list does not change while text arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ThumbnailPage {
    /// Its number.
    pub(crate) number: u32,
    /// The page's status.
    pub(crate) status: PageStatus,
    /// Where its image is.
    pub(crate) image: Option<ImageSource>,
}

/// Properties of [`Thumbnails`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The pages.
    pub(crate) pages: Vec<ThumbnailPage>,
    /// The page on the screen.
    pub(crate) selected: u32,
    /// A page is chosen.
    pub(crate) onselect: Callback<u32>,
}

/// All pages.
#[component]
pub(crate) fn Thumbnails(props: &Props) -> Html {
    html! {
        <nav class="thumbnails" aria-label="Pages">
            <ol>
                { for props.pages.iter().map(|page| html! {
                    <Item
                        key={page.number} page={page.clone()} selected={page.number == props.selected} onselect={props.onselect.clone()}
                    />
                }) }
            </ol>
        </nav>
    }
}

#[derive(Properties, PartialEq)]
struct ItemProps {
    page: ThumbnailPage,
    selected: bool,
    onselect: Callback<u32>,
}

#[component]
fn Item(props: &ItemProps) -> Html {
    let item = use_node_ref();
    let is_loaded = use_state(|| true);
    use_effect_with((props.selected, item.clone()), |(selected, item)| {
        if let (true, Some(item)) = (*selected, item.cast::<Element>()) {
            reveal(&item);
        }
    });
    let ThumbnailPage { number, status, image } = props.page.clone();
    // An image that was not there yet may be there now.
    use_effect_with((status, image.clone()), {
        let is_loaded = is_loaded.setter();
        move |_| is_loaded.set(true)
    });
    // The browser fetches what is near the view; what it cannot fetch is fetched once it is in view.
    let sealed = image.as_ref().is_some_and(|source| source.password.is_some());
    let near = use_seen(&item, sealed) || !sealed;
    let image = use_image(image.as_ref().filter(|_| near), status);
    let (mark, state, word) = match status {
        PageStatus::Pending => ("·", "is-pending", "not read yet"),
        PageStatus::Running => ("▒", "is-running", "being read"),
        PageStatus::Done => ("✓", "is-done", "read"),
        PageStatus::Partial => ("…", "is-cut", "read in part"),
        PageStatus::Failed => ("!", "is-failed", "failed"),
        PageStatus::Aborted => ("–", "is-stopped", "stopped"),
    };
    let onclick = props.onselect.reform(move |_| number);
    html! {
        <li ref={item} class={classes!("thumbnail", state)}>
            <button
                type="button" aria-current={props.selected.then_some("page")} aria-label={format!("Page {number}, {word}")} title={word} {onclick}
            >
                <span class="thumb">
                    if let (true, ImageState::At(src)) = (*is_loaded, image) {
                        <img
                            {src} alt="" loading="lazy" decoding="async"
                            onerror={Callback::from(move |_| is_loaded.set(false))}
                        />
                    }
                </span>
                <span class="thumbnail-label">
                    <span>{ number }</span>
                    <span class="thumbnail-mark" aria-hidden="true">{ mark }</span>
                </span>
            </button>
        </li>
    }
}
