//! A dialog with the annotated image of a page.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, HtmlDialogElement};
use yew::prelude::*;

use crate::{
    hooks::{ObjectUrl, Reader, annotated, save, use_selector},
    state::{Failure, Newest, annotated_name, in_words},
};

/// Properties of [`Annotated`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page's number.
    pub(crate) page: u32,
    /// Called when the dialog is closed.
    pub(crate) onclose: Callback<()>,
}

/// The dialog is open as long as it is mounted. The image is fetched, because it may need a token or the PDF's password, which an
/// address cannot contain.
#[component]
pub(crate) fn Annotated(props: &Props) -> Html {
    let reader = use_context::<Reader>();
    let filename = use_selector({
        let page = props.page;
        move |workspace| annotated_name(&workspace.name, page)
    });
    let image = use_state(|| None::<Result<(Blob, Option<Rc<ObjectUrl>>), Failure>>);
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            // Opening fails only if the dialog is already open.
            let _ = dialog.show_modal();
        }
    });
    let newest = use_memo((), |()| Newest::default());
    use_effect_with(props.page, {
        let setter = image.setter();
        move |&page| {
            let asked = newest.ask();
            if let Some(reader) = reader {
                spawn_local(async move {
                    let answer = annotated(&reader, page).await;
                    // Another page was opened meanwhile.
                    if !asked.is_newest() {
                        return;
                    }
                    setter.set(Some(answer.map(|blob| {
                        let url = ObjectUrl::from_blob(&blob).map(Rc::new);
                        (blob, url)
                    })));
                });
            }
        }
    });
    let title = format!("Page {} with its boxes", props.page);
    html! {
        <dialog class="dialog is-image" ref={dialog} onclose={props.onclose.reform(|_: Event| ())} aria-labelledby="annotated-title">
            <h2 id="annotated-title">{ &title }</h2>
            <div class="annotated" tabindex="0" role="region" aria-label="Image">
                { match &*image {
                    None => html! { <div class="skeleton" role="img" aria-label="Loading"><span /><span /><span /></div> },
                    Some(Ok((_, Some(url)))) => html! { <img src={url.address()} alt={title.clone()} /> },
                    Some(Ok((_, None))) => html! { <p role="alert">{ "The browser cannot show the image. Save it instead." }</p> },
                    Some(Err(failure)) => html! { <p role="alert">{ in_words(failure) }</p> },
                } }
            </div>
            <form method="dialog" class="form-end">
                if let Some(Ok((blob, _))) = &*image {
                    <button
                        class="button is-primary" type="button"
                        onclick={
                            let (blob, filename) = (blob.clone(), filename.clone());
                            Callback::from(move |_| save(&blob, &filename))
                        }
                    >
                        { "Save" }
                    </button>
                }
                <button class="button">{ "Close" }</button>
            </form>
        </dialog>
    }
}
