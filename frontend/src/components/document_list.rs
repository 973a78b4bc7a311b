//! The list of documents.

use inkstream_wire::{Document, DocumentId};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    components::{Glyph, Icon},
    route::Route,
    state::{ago, bytes, counted},
};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) documents: Vec<Document>,
    pub(crate) ondelete: Callback<(DocumentId, String)>,
}

/// One row for each document, with a link and a delete button.
#[component]
pub(crate) fn DocumentList(props: &Props) -> Html {
    html! {
        <ul class="documents">
            { for props.documents.iter().map(|document| html! {
                <li class="document" key={document.document_id.to_string()}>
                    <Link<Route> classes="document-link" to={Route::Document { id: document.document_id }}>
                        <Icon glyph={Glyph::Page} />
                        <span class="document-name clip">{ &document.filename }</span>
                        <span class="document-facts">{ facts(document) }</span>
                    </Link<Route>>
                    <button
                        class="button is-quiet is-icon" type="button" aria-label={format!("Delete {}", document.filename)} title="Delete"
                        onclick={
                            let (id, name) = (document.document_id, document.filename.clone());
                            props.ondelete.reform(move |_| (id, name.clone()))
                        }
                    >
                        <Icon glyph={Glyph::Delete} />
                    </button>
                </li>
            }) }
        </ul>
    }
}

fn facts(document: &Document) -> String {
    let pages = counted(u64::from(document.pages), "page");
    let state = match document.pages_done {
        0 => "not read yet".to_owned(),
        done if done < document.pages => format!("{done} read"),
        _ => "read".to_owned(),
    };
    let when = ago(js_sys::Date::parse(&document.created_at), js_sys::Date::now());
    format!("{pages} · {state} · {} · {when}", bytes(document.bytes))
}
