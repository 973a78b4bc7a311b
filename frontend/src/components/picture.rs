//! The page's picture, and the reading light on it.

use yew::prelude::*;

use crate::{
    components::{Glyph, Icon},
    state::PageState,
};

/// Properties of [`Picture`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page.
    pub(crate) page: PageState,
    /// Where pictures of it may be had, best first; the next is taken where one cannot be shown.
    pub(crate) sources: Vec<AttrValue>,
    /// A small picture of it that is here at once, shown until the large one has come.
    #[prop_or_default]
    pub(crate) preview: Option<AttrValue>,
    /// One of the sources could not be shown.
    pub(crate) onlost: Callback<()>,
}

/// The picture fitted to its pane, or to the pane's width.
#[component]
pub(crate) fn Picture(props: &Props) -> Html {
    let failed = use_state(Vec::<AttrValue>::new);
    let wide = use_state(|| false);
    let source = props.sources.iter().find(|source| !failed.contains(source)).cloned();
    let number = props.page.page.page;
    // A picture that was not there yet may be there now.
    use_effect_with(props.page.page.status, {
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
            if let Some(source) = source {
                <div class="picture-frame" tabindex={wide.then_some("0")}>
                    <Paper page={props.page.clone()} preview={props.preview.clone()} />
                    <img
                        key={source.to_string()} src={source.clone()} alt={format!("Picture of page {number}")} decoding="async"
                        onerror={Callback::from(move |_| {
                            let mut more = (*failed).clone();
                            more.push(source.clone());
                            failed.set(more);
                            onlost.emit(());
                        })}
                    />
                    <ReadingLight page={props.page.clone()} />
                </div>
                <button class="button is-quiet is-icon picture-zoom" type="button" onclick={zoom} aria-pressed={wide.to_string()} aria-label="Fit to width" title="Fit to width">
                    <Icon glyph={Glyph::Zoom} />
                </button>
            } else {
                <p class="picture-absent">{ "The picture of this page is not here yet." }</p>
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
        <svg class="light" viewBox={format!("0 0 {width} {height}")} aria-hidden="true">
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
