//! The menu of a page: details and actions.

use yew::prelude::*;

use crate::{
    components::{Glyph, Icon, Menu},
    state::{PageFacts, attempt_words},
};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page's number.
    pub(crate) page: u32,
    /// The page's details.
    pub(crate) details: PageFacts,
    /// Reads the page again; `None` if it cannot be read now.
    pub(crate) onread: Option<Callback<()>>,
    /// Shows its annotated image.
    pub(crate) onsee: Callback<()>,
    /// Saves its annotated image.
    pub(crate) onsave: Callback<()>,
}

#[component]
pub(crate) fn PageDetails(props: &Props) -> Html {
    let open = use_state(|| false);
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |is| open.set(is))
    };
    let details = &props.details;
    let item = |glyph, name: &'static str, action: &Callback<()>| {
        let (open, action) = (open.clone(), action.clone());
        let onclick = Callback::from(move |_| {
            open.set(false);
            action.emit(());
        });
        html! { <button class="menu-item" type="button" {onclick}><Icon {glyph} />{ name }</button> }
    };
    html! {
        <Menu
            class={classes!("is-quiet", "is-icon")} name={format!("Details of page {}", props.page)} open={*open} {ontoggle}
            label={html! { <Icon glyph={Glyph::Details} /> }}
        >
            <dl class="details">
                { for details.facts.iter().map(|(name, fact)| html! { <div><dt>{ *name }</dt><dd>{ fact }</dd></div> }) }
                if !details.attempts.is_empty() {
                    <div>
                        <dt>{ "Attempts" }</dt>
                        <dd><ol class="details-attempts">{ for details.attempts.iter().map(|attempt| html! { <li>{ attempt_words(attempt) }</li> }) }</ol></dd>
                    </div>
                }
            </dl>
            if details.has_boxes {
                <hr />
                { item(Glyph::Boxes, "See the image with its boxes", &props.onsee) }
                { item(Glyph::Export, "Save it (.png)", &props.onsave) }
            }
            if let Some(onread) = &props.onread {
                <hr />
                { item(Glyph::Again, "Read this page again", onread) }
            }
        </Menu>
    }
}
