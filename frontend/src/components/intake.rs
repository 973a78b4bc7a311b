//! The intake of documents: drop, paste, choose, or try the sample.

use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

use crate::hooks::files;

/// The file types that the file chooser offers. The server decides by content.
const ACCEPT: &str = "image/png,image/jpeg,image/webp,image/tiff,image/bmp,image/gif,.pnm,.pbm,.pgm,.ppm,\
                      image/heic,.heic,.heif,image/avif,.avif,image/jp2,.jp2,.j2k,application/pdf";

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) onfiles: Callback<Vec<File>>,
    pub(crate) onsample: Callback<()>,
}

#[component]
pub(crate) fn Intake(props: &Props) -> Html {
    let onchange = {
        let onfiles = props.onfiles.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let chosen = files(input.files());
            // Clear the input, so that the same file can be chosen again.
            input.set_value("");
            if !chosen.is_empty() {
                onfiles.emit(chosen);
            }
        })
    };
    html! {
        <div class="intake">
            <label class="intake-field">
                <input class="visually-hidden" type="file" multiple=true accept={ACCEPT} aria-label="Choose a file" {onchange} />
                <Sheet />
                <span class="intake-title">
                    <span class="with-mouse">{ "Drop a page or a PDF" }</span>
                    <span class="by-touch">{ "Choose a page or a PDF" }</span>
                </span>
                <span class="intake-more with-mouse">
                    { "or paste an image, or " }<span class="intake-link">{ "choose a file" }</span>
                </span>
                <span class="intake-more by-touch">{ "A photograph will do" }</span>
            </label>
            <p class="intake-sample">
                { "Nothing at hand? " }
                <button class="link" type="button" onclick={props.onsample.reform(|_| ())}>{ "Try our sample" }</button>
            </p>
        </div>
    }
}

/// An animated sheet whose lines light up one after the other.
#[component]
fn Sheet() -> Html {
    let lines = [(14, 22), (21, 36), (28, 36), (35, 30), (42, 36), (49, 18)];
    html! {
        <svg class="sheet" viewBox="0 0 60 66" aria-hidden="true">
            <path class="sheet-paper" d="M6 2h34l14 14v48H6z M40 2v14h14" />
            { for lines.iter().map(|&(y, width)| html! {
                <rect class="sheet-line" x="12" y={y.to_string()} width={width.to_string()} height="3" rx="1.5" />
            }) }
        </svg>
    }
}
