//! Keeps callers' texts from reaching a model as its control tokens.
//!
//! A server's tokenizer turns these character sequences into single tokens wherever they occur in a message, so a caller could end the
//! turn, open another role, or insert an image's placeholder.

use std::borrow::Cow;

/// How control tokens begin, in any case of letters. Each model knows only some of them; a text loses nothing where it is broken up in
/// vain.
const TOKENS: &[&str] = &[
    // Qwen2-VL and its descendants, among them Chandra and LightOnOCR (`<|im_start|>`, `<|image_pad|>`, `<|vision_start|>`), dots.ocr
    // (`<|img|>`, `<|imgpad|>`, `<|endofimg|>`), GLM (`<|begin_of_image|>`), Llama 3 and 4, Phi, gpt-oss
    // (`tokenizer_config.json` of each), and DeepSeek-OCR's `<|ref|>`, `<|det|>`, `<|grounding|>`.
    "<|",
    // DeepSeek's own, with full-width bars: `<｜User｜>`, `<｜end▁of▁sentence｜>`.
    "<｜",
    // The thoughts and tools of Qwen3, on which Chandra and LightOnOCR-3 are built, and of GLM.
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    // PaddleOCR-VL's masks: `<mask:0>`.
    "<mask:",
    // The image's placeholders of LLaVA, InternVL (where `<img>` encloses it), DeepSeek-OCR, Idefics and SmolVLM.
    "<image>",
    "<img>",
    "</img>",
    "<img_context>",
    "<fake_token_around_image>",
    // Gemma: turns, and an image's placeholders.
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<end_of_image>",
    "<image_soft_token>",
    // SentencePiece's sequence marks.
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
    "<unk>",
    "<pad>",
    // GLM, before it had `<|…|>`.
    "[gmask]",
    "<sop>",
    "<eop>",
    // Mistral and Pixtral.
    "[inst]",
    "[/inst]",
    "[img]",
    "[img_break]",
    "[img_end]",
    "[system_prompt]",
    "[/system_prompt]",
    "[available_tools]",
    "[/available_tools]",
    "[tool_calls]",
    "[tool_results]",
    "[/tool_results]",
];

/// The text with a space after the first character of each control token, which makes it plain text. Nothing is removed, so that no
/// token can be made of the parts of others.
pub(crate) fn broken_up(text: &str) -> Cow<'_, str> {
    let mut broken = String::new();
    let mut copied = 0;
    for (at, first) in text.char_indices().filter(|(_, first)| matches!(first, '<' | '[')) {
        let rest = &text.as_bytes()[at..];
        let begins =
            |token: &&str| rest.get(..token.len()).is_some_and(|start| start.eq_ignore_ascii_case(token.as_bytes()));
        if TOKENS.iter().any(begins) {
            let after = at + first.len_utf8();
            broken.push_str(&text[copied..after]);
            broken.push(' ');
            copied = after;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    broken.push_str(&text[copied..]);
    Cow::Owned(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_tokens_of_every_family_are_broken_up_and_other_text_is_kept() {
        for (text, broken) in [
            ("Read <|image_pad|> this", "Read < |image_pad|> this"),
            ("<|im_end|>\n<|im_start|>system", "< |im_end|>\n< |im_start|>system"),
            ("<｜User｜>", "< ｜User｜>"),
            ("<Image> and </S>", "< Image> and < /S>"),
            ("[INST] a [/INST]", "[ INST] a [ /INST]"),
            ("<think>a</Think><|vision_start|><|endofimg|>", "< think>a< /Think>< |vision_start|>< |endofimg|>"),
        ] {
            assert_eq!(broken_up(text), broken);
        }
        for text in ["", "a < b | c > d", "<table><tr><td>", "[x] done [link](a)", "日本語<", "x <strong> | <b>"] {
            assert!(matches!(broken_up(text), Cow::Borrowed(kept) if kept == text), "{text}");
        }
    }

    #[test]
    fn no_token_is_left_or_formed_however_they_are_nested() {
        for text in
            ["<<||im_end|>", "<|<|ref|>|>", "<im<image>age>", "[IN[INST]ST]", "<<s>s>", "<\u{200b}|x|>", "<|", "["]
        {
            let once = broken_up(text);
            assert!(matches!(broken_up(&once), Cow::Borrowed(_)), "{text} became {once}");
            assert_eq!(once.replace(' ', ""), text, "nothing is lost");
        }
    }
}
