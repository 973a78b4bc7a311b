//! The menu of a page: details and actions.

use inkstream_wire::PageMetadata;
use yew::prelude::*;

use crate::{
    components::{Glyph, Icon, Menu},
    state::{PageState, attempt_words, model_name, size_name},
};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) page: PageState,
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
    let page = &props.page;
    let done = page.page.status.has_result();
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
            class={classes!("is-quiet", "is-icon")} name={format!("Details of page {}", page.page.page)} open={*open} {ontoggle}
            label={html! { <Icon glyph={Glyph::Details} /> }}
        >
            <dl class="details">
                { for facts(page).into_iter().map(|(name, fact)| html! { <div><dt>{ name }</dt><dd>{ fact }</dd></div> }) }
                if !page.page.attempts.is_empty() {
                    <div>
                        <dt>{ "Attempts" }</dt>
                        <dd><ol class="details-attempts">{ for page.page.attempts.iter().map(|attempt| html! { <li>{ attempt_words(attempt) }</li> }) }</ol></dd>
                    </div>
                }
            </dl>
            if done && !page.page.boxes.is_empty() {
                <hr />
                { item(Glyph::Boxes, "See the picture with its boxes", &props.onsee) }
                { item(Glyph::Export, "Save it (.png)", &props.onsave) }
            }
            if let Some(onread) = &props.onread {
                <hr />
                { item(Glyph::Again, "Read this page again", onread) }
            }
        </Menu>
    }
}

fn facts(page: &PageState) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let data = &page.page;
    facts.extend(data.model.as_deref().map(|model| ("Read by", model_name(model).to_owned())));
    facts.extend(page.size_applied.as_ref().map(|size| ("Size", size_name(size).to_owned())));
    facts.extend(data.confidence.map(|confidence| ("Confidence", format!("{confidence:.0}\u{a0}%"))));
    if let (Some(width), Some(height)) = (data.width, data.height) {
        let dpi = data.dpi.map(|dpi| format!(", {dpi:.0} dpi")).unwrap_or_default();
        facts.push(("Picture", format!("{width} × {height} px{dpi}")));
    }
    facts.extend(page.lowered_dpi.map(|dpi| ("Lowered to", format!("{dpi:.0} dpi, for want of room"))));
    facts.extend(data.rotation.map(|degrees| ("Turned", format!("{degrees}° clockwise"))));
    if let Some(PageMetadata { primary_language, is_table, is_diagram, .. }) = &data.metadata {
        facts.extend(primary_language.clone().map(|language| ("Language", language)));
        let mostly = [(*is_table, "a table"), (*is_diagram, "a diagram")];
        let mostly: Vec<&str> = mostly.into_iter().filter_map(|(is, what)| is.then_some(what)).collect();
        if !mostly.is_empty() {
            facts.push(("Mostly", mostly.join(" and ")));
        }
    }
    if facts.is_empty() {
        facts.push(("State", "not read yet".to_owned()));
    }
    facts
}
