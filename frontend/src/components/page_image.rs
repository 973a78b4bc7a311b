//! The page's image with highlighted lines and boxes.

use std::rc::Rc;

use inkstream_wire::PageStatus;
use yew::prelude::*;

use crate::{
    components::{Boxes, Glyph, Icon},
    hooks::{Highlight, ImageSource, ImageState, use_image, use_selector},
    state::ContentView,
};

/// Properties of [`PageImage`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page's number.
    pub(crate) page: u32,
    /// The page's status.
    pub(crate) status: PageStatus,
    /// Width and height of the image that is read, if they are known.
    pub(crate) size: Option<(u32, u32)>,
    /// The sources of the image, the best one first. If one cannot be shown, the next one is used.
    pub(crate) sources: Vec<ImageSource>,
    /// A small image, which is shown until the large one is loaded.
    #[prop_or_default]
    pub(crate) preview: Option<AttrValue>,
    /// Whether the sources are not known yet.
    #[prop_or_default]
    pub(crate) unknown: bool,
    /// Called when a source could not be shown.
    pub(crate) onlost: Callback<()>,
    /// The view of the content, with its regions.
    #[prop_or_default]
    pub(crate) content: Rc<ContentView>,
    /// Whether the regions' boxes are shown.
    #[prop_or_default]
    pub(crate) boxes: bool,
    /// Called to show or hide them.
    #[prop_or_default]
    pub(crate) onboxes: Callback<()>,
    /// The region that is highlighted.
    #[prop_or_default]
    pub(crate) highlight: Option<Highlight>,
    /// Called with the region that is hovered, or without one.
    #[prop_or_default]
    pub(crate) onhighlight: Callback<Option<Highlight>>,
}

/// The image fitted to its pane, or to the pane's width.
#[component]
pub(crate) fn PageImage(props: &Props) -> Html {
    let failed = use_state(Vec::<ImageSource>::new);
    let wide = use_state(|| false);
    let source = props.sources.iter().find(|source| !failed.contains(source)).cloned();
    let (number, status) = (props.page, props.status);
    let shown = match use_image(source.as_ref(), status) {
        ImageState::Absent if props.unknown => ImageState::Waiting,
        shown => shown,
    };
    // Without an image, lines are highlighted on white.
    let framed = shown != ImageState::Absent || (status == PageStatus::Running && props.size.is_some());
    // An image that was not available may be available now.
    use_effect_with(status, {
        let failed = failed.setter();
        move |_| failed.set(Vec::new())
    });
    let onlost = props.onlost.clone();
    let zoom = {
        let wide = wide.clone();
        Callback::from(move |_| wide.set(!*wide))
    };
    html! {
        <figure class={classes!("page-image", wide.then_some("is-wide"))}>
            if framed {
                <div class="page-image-frame" tabindex={wide.then_some("0")}>
                    <Paper size={props.size} preview={props.preview.clone()} />
                    if let (ImageState::At(src), Some(source)) = (shown, source) {
                        <img
                            key={src.to_string()} {src} alt={format!("Image of page {number}")} decoding="async"
                            onerror={Callback::from(move |_| {
                                let mut more = (*failed).clone();
                                more.push(source.clone());
                                failed.set(more);
                                onlost.emit(());
                            })}
                        />
                    }
                    <ReadingLight page={number} />
                    if let (false, Some(size)) = (props.content.regions.is_empty(), props.size) {
                        <Boxes {size} content={props.content.clone()} shown={props.boxes} highlight={props.highlight} onhighlight={props.onhighlight.clone()} />
                    }
                </div>
                <div class="page-image-tools">
                    if !props.content.regions.is_empty() {
                        <button
                            class="button is-quiet is-icon" type="button" onclick={props.onboxes.reform(|_| ())} aria-pressed={props.boxes.to_string()}
                            aria-label="Boxes" title="Boxes (B)"
                        >
                            <Icon glyph={Glyph::Boxes} />
                        </button>
                    }
                    <button class="button is-quiet is-icon" type="button" onclick={zoom} aria-pressed={wide.to_string()} aria-label="Fit to width" title="Fit to width">
                        <Icon glyph={Glyph::Zoom} />
                    </button>
                </div>
            } else {
                <p class="page-image-absent">
                    { if status == PageStatus::Failed { "This page has no image." } else { "The image of this page is not here yet." } }
                </p>
            }
        </figure>
    }
}

#[derive(Properties, PartialEq)]
struct PaperProps {
    size: Option<(u32, u32)>,
    preview: Option<AttrValue>,
}

/// A white page with the small image, on which lines are highlighted until the large one is loaded.
#[component]
fn Paper(props: &PaperProps) -> Html {
    let Some((width, height)) = props.size else { return Html::default() };
    html! {
        <svg class="paper" viewBox={format!("0 0 {width} {height}")} aria-hidden="true">
            <rect width="100%" height="100%" />
            if let Some(preview) = &props.preview {
                <image href={preview} width="100%" height="100%" preserveAspectRatio="none" />
            }
        </svg>
    }
}

#[derive(Properties, PartialEq)]
struct LightProps {
    page: u32,
}

/// The lines that were recognized last, in pixels of the image that is read. The last one is bright; the ones before it fade.
#[component]
fn ReadingLight(props: &LightProps) -> Html {
    let number = props.page;
    let light = use_selector(move |workspace| {
        let page = workspace.page_of(number)?;
        let running = page.page.status == PageStatus::Running;
        Some((page.page.width?, page.page.height?, running, page.lights.clone()))
    });
    let Some((width, height, running, lights)) = light else { return Html::default() };
    // A highlight is a little larger than the letters.
    let pad = (width / 160).max(2);
    html! {
        <svg class={classes!("light", (!running).then_some("is-over"))} viewBox={format!("0 0 {width} {height}")} aria-hidden="true">
            { for lights.iter().map(|light| html! {
                <rect
                    key={light.seq} class="light-line" rx={pad.to_string()}
                    x={light.bounds.x.saturating_sub(pad).to_string()} y={light.bounds.y.saturating_sub(pad / 2).to_string()}
                    width={(light.bounds.width + 2 * pad).to_string()} height={(light.bounds.height + pad).to_string()}
                />
            }) }
        </svg>
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
    use web_sys::Element;

    use super::*;
    use crate::{
        components::stage::Stage,
        hooks::WorkspaceStore,
        state::fixtures::{page_delta, page_end, page_start},
    };

    wasm_bindgen_test_configure!(run_in_browser);

    #[derive(Properties, PartialEq)]
    struct InStoreProps {
        store: WorkspaceStore,
        status: PageStatus,
    }

    #[component]
    fn InStore(props: &InStoreProps) -> Html {
        html! {
            <ContextProvider<WorkspaceStore> context={props.store.clone()}>
                <PageImage page={1} status={props.status} size={(100, 200)} sources={Vec::new()} onlost={Callback::noop()} />
            </ContextProvider<WorkspaceStore>>
        }
    }

    #[wasm_bindgen_test]
    async fn the_reading_light_is_seen_where_there_is_no_image() {
        let store = WorkspaceStore::reading(1);
        store.tell(&[page_start(1), page_delta(1, "a line")]);
        let running = yew::props!(InStoreProps { store: store.clone(), status: PageStatus::Running });
        let running = Stage::render::<InStore>(running).await;
        assert!(running.find::<Element>(".paper rect").is_some() && running.find::<Element>(".light-line").is_some());
        store.tell(&[page_end(1)]);
        let done = Stage::render::<InStore>(yew::props!(InStoreProps { store, status: PageStatus::Done })).await;
        assert!(done.find::<Element>(".light-line").is_none());
        assert!(done.words().contains("not here yet"));
    }
}
