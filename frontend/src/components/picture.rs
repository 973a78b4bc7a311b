//! The page's picture, the reading light on it, and the boxes of what was read.

use std::rc::Rc;

use inkstream_wire::PageStatus;
use yew::prelude::*;

use crate::{
    components::{Boxes, Glyph, Icon},
    hooks::{Lit, Shown, Source, use_picture},
    state::{Mark, PageState},
};

/// Properties of [`Picture`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page.
    pub(crate) page: PageState,
    /// Where pictures of it may be had, best first; the next is taken where one cannot be shown.
    pub(crate) sources: Vec<Source>,
    /// A small picture of it that is here at once, shown until the large one has come.
    #[prop_or_default]
    pub(crate) preview: Option<AttrValue>,
    /// Whether it is still to be learnt where pictures may be had.
    #[prop_or_default]
    pub(crate) unknown: bool,
    /// One of the sources could not be shown.
    pub(crate) onlost: Callback<()>,
    /// The boxes on it.
    #[prop_or_default]
    pub(crate) marks: Rc<Vec<Mark>>,
    /// Whether they are shown.
    #[prop_or_default]
    pub(crate) boxes: bool,
    /// They are to be shown, or hidden.
    #[prop_or_default]
    pub(crate) onboxes: Callback<()>,
    /// The one that is lit.
    #[prop_or_default]
    pub(crate) lit: Option<Lit>,
    /// One is pointed at, or none.
    #[prop_or_default]
    pub(crate) onlit: Callback<Option<Lit>>,
}

/// The picture fitted to its pane, or to the pane's width.
#[component]
pub(crate) fn Picture(props: &Props) -> Html {
    let failed = use_state(Vec::<Source>::new);
    let wide = use_state(|| false);
    let source = props.sources.iter().find(|source| !failed.contains(source)).cloned();
    let (number, status) = (props.page.page.page, props.page.page.status);
    let shown = match use_picture(source.as_ref(), status) {
        Shown::Absent if props.unknown => Shown::Waiting,
        shown => shown,
    };
    // The reading light falls on white where there is no picture.
    let lit = shown != Shown::Absent || (status == PageStatus::Running && props.page.page.width.is_some());
    // A picture that was not there yet may be there now.
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
        <figure class={classes!("picture", wide.then_some("is-wide"))}>
            if lit {
                <div class="picture-frame" tabindex={wide.then_some("0")}>
                    <Paper page={props.page.clone()} preview={props.preview.clone()} />
                    if let (Shown::At(src), Some(source)) = (shown, source) {
                        <img
                            key={src.to_string()} {src} alt={format!("Picture of page {number}")} decoding="async"
                            onerror={Callback::from(move |_| {
                                let mut more = (*failed).clone();
                                more.push(source.clone());
                                failed.set(more);
                                onlost.emit(());
                            })}
                        />
                    }
                    <ReadingLight page={props.page.clone()} />
                    if let (false, (Some(width), Some(height))) = (props.marks.is_empty(), (props.page.page.width, props.page.page.height)) {
                        <Boxes size={(width, height)} marks={props.marks.clone()} shown={props.boxes} lit={props.lit} onlit={props.onlit.clone()} />
                    }
                </div>
                <div class="picture-tools">
                    if !props.marks.is_empty() {
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
                <p class="picture-absent">
                    { if status == PageStatus::Failed { "This page has no picture." } else { "The picture of this page is not here yet." } }
                </p>
            }
        </figure>
    }
}

#[derive(Properties, PartialEq)]
struct PaperProps {
    page: PageState,
    preview: Option<AttrValue>,
}

/// The white of the page with its small picture, so that the light never falls on nothing.
#[component]
fn Paper(props: &PaperProps) -> Html {
    let (Some(width), Some(height)) = (props.page.page.width, props.page.page.height) else { return Html::default() };
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
    page: PageState,
}

/// The lines just recognised, in page pixels: the last one bright, those before it fading.
#[component]
fn ReadingLight(props: &LightProps) -> Html {
    let page = &props.page;
    let (Some(width), Some(height)) = (page.page.width, page.page.height) else { return Html::default() };
    // A little larger than the letters, as a marker is.
    let pad = (width / 160).max(2);
    html! {
        <svg class={classes!("light", (page.page.status != PageStatus::Running).then_some("is-over"))} viewBox={format!("0 0 {width} {height}")} aria-hidden="true">
            { for page.lights.iter().map(|light| html! {
                <rect
                    key={light.seq} class="light-line" rx={pad.to_string()}
                    x={light.place.x.saturating_sub(pad).to_string()} y={light.place.y.saturating_sub(pad / 2).to_string()}
                    width={(light.place.width + 2 * pad).to_string()} height={(light.place.height + pad).to_string()}
                />
            }) }
        </svg>
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use inkstream_wire::PixelBox;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
    use web_sys::Element;

    use super::*;
    use crate::components::stage::Stage;

    wasm_bindgen_test_configure!(run_in_browser);

    async fn stage(status: PageStatus) -> Stage {
        let mut page = PageState::pending(1);
        let data = page.edit();
        (data.page.width, data.page.height) = (Some(100), Some(200));
        data.append("a line", Some(PixelBox { x: 1, y: 2, width: 3, height: 4 }), 7);
        data.page.status = status;
        let props = yew::props!(Props { page, sources: Vec::new(), onlost: Callback::noop() });
        Stage::of::<Picture>(props).await
    }

    #[wasm_bindgen_test]
    async fn the_reading_light_is_seen_where_there_is_no_picture() {
        let running = stage(PageStatus::Running).await;
        assert!(running.find::<Element>(".paper rect").is_some() && running.find::<Element>(".light-line").is_some());
        let done = stage(PageStatus::Done).await;
        assert!(done.find::<Element>(".light-line").is_none());
        assert!(done.words().contains("not here yet"));
    }
}
