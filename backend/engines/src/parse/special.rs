//! DeepSeek-OCR's special tokens. The server is asked to keep them, because the model's tags are among them.

pub(super) const REF: &str = "<|ref|>";
pub(super) const REF_END: &str = "<|/ref|>";
pub(super) const DET: &str = "<|det|>";
pub(super) const DET_END: &str = "<|/det|>";

/// The tokens that the model can emit. The last three have full-width bars and a lower one-eighth block.
const TOKENS: [&str; 8] =
    [REF, REF_END, DET, DET_END, "<|grounding|>", "<｜end▁of▁sentence｜>", "<｜begin▁of▁sentence｜>", "<｜▁pad▁｜>"];

/// An occurrence of a special token.
pub(super) struct Found {
    /// Its byte offset.
    pub(super) at: usize,
    /// The token; `None` if the text's end cuts it off, so that it may turn out to be plain text.
    pub(super) token: Option<&'static str>,
}

/// Finds the first special token in a text.
pub(super) fn find_first(text: &str) -> Option<Found> {
    text.match_indices('<').find_map(|(at, _)| {
        let rest = &text[at..];
        let whole = TOKENS.into_iter().find(|token| rest.starts_with(token));
        let cut_off = || TOKENS.iter().any(|token| token.starts_with(rest));
        (whole.is_some() || cut_off()).then_some(Found { at, token: whole })
    })
}

/// Whether the text ends with the beginning of a token.
pub(super) fn ends_with_token_start(text: &str) -> bool {
    text.rfind('<').is_some_and(|at| TOKENS.iter().any(|token| token.starts_with(&text[at..])))
}
