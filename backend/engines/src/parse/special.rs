//! DeepSeek-OCR's special tokens, which come through because its tags are some of them.

pub(super) const REF: &str = "<|ref|>";
pub(super) const REF_END: &str = "<|/ref|>";
pub(super) const DET: &str = "<|det|>";
pub(super) const DET_END: &str = "<|/det|>";

/// Those that may come out of the model. The last three are written with full-width bars and a lower one-eighth block.
const TOKENS: [&str; 8] =
    [REF, REF_END, DET, DET_END, "<|grounding|>", "<｜end▁of▁sentence｜>", "<｜begin▁of▁sentence｜>", "<｜▁pad▁｜>"];

/// A special token in a text.
pub(super) struct Found {
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// Which it is; `None` if the text's end cuts it off, so that it may be another text.
    pub(super) token: Option<&'static str>,
}

/// The first special token in a text.
pub(super) fn first(text: &str) -> Option<Found> {
    text.match_indices('<').find_map(|(at, _)| {
        let rest = &text[at..];
        let whole = TOKENS.into_iter().find(|token| rest.starts_with(token));
        let cut_off = || TOKENS.iter().any(|token| token.starts_with(rest));
        (whole.is_some() || cut_off()).then_some(Found { at, token: whole })
    })
}

/// Whether a token that goes on behind it may begin in this text.
pub(super) fn may_begin_in(text: &str) -> bool {
    text.rfind('<').is_some_and(|at| TOKENS.iter().any(|token| token.starts_with(&text[at..])))
}
