//! The text and boxes that each parser makes of an answer, however the answer is split.

use inkstream_content::Occurrence;
use inkstream_core::ports::{Prompt, ReadRequest};
use inkstream_wire::{BoxKind, PixelBox, Task, TextBox};
use proptest::prelude::*;

use super::*;
use crate::config::Marked;

/// A parsed answer: its text, split by bounding box, and the rest.
#[derive(Debug, PartialEq)]
pub(super) struct Parsed {
    text: Vec<(String, Option<PixelBox>)>,
    pub(super) rest: ParsedAnswer,
}

impl Parsed {
    pub(super) fn text(&self) -> String {
        self.text.iter().map(|(text, _)| text.as_str()).collect()
    }
}

pub(super) fn parse<'a>(
    mut parser: Box<dyn AnswerParser>,
    deltas: impl IntoIterator<Item = &'a str>,
) -> Result<Parsed, EngineError> {
    let mut text_chunks = Vec::new();
    for delta in deltas {
        parser.push(delta.to_owned(), &mut text_chunks)?;
    }
    let rest = parser.finish(Some("stop"), &mut text_chunks)?;
    let mut text: Vec<(String, Option<PixelBox>)> = Vec::new();
    for text_chunk in text_chunks {
        assert!(!text_chunk.text.is_empty());
        match text.last_mut() {
            Some((text, bounds)) if *bounds == text_chunk.bounds => text.push_str(&text_chunk.text),
            _ => text.push((text_chunk.text, text_chunk.bounds)),
        }
    }
    Ok(Parsed { text, rest })
}

/// Parses the answer in one delta, and asserts that one delta per character gives the same result.
pub(super) fn whole(parser: impl Fn() -> Box<dyn AnswerParser>, answer: &str) -> Parsed {
    let whole = parse(parser(), [answer].into_iter().filter(|answer| !answer.is_empty())).unwrap();
    let characters = answer.split_inclusive(|_| true);
    assert_eq!(parse(parser(), characters).unwrap(), whole, "{answer:?}");
    whole
}

fn fence(task: Task) -> impl Fn() -> Box<dyn AnswerParser> {
    move || Box::new(Fence::new(task))
}

#[test]
fn one_fence_around_the_whole_answer_is_removed() {
    let result = |answer| whole(fence(Task::Markdown), answer).text();
    assert_eq!(result("```markdown\n# A\n\ntext\n```"), "# A\n\ntext");
    assert_eq!(result("\n```md  \r\ntext\n```\n\n"), "text");
    assert_eq!(result("```markdown\n```"), "");
    assert_eq!(result("```markdown\na\n```rust\nb\n```\n```\n"), "a\n```rust\nb\n```");
    assert_eq!(result("```markdown\ncut of"), "cut of", "an answer that was cut has no closing fence");
    assert_eq!(whole(fence(Task::Text), "```\na\n```").text(), "a");
}

#[test]
fn fences_that_belong_to_the_page_stay() {
    for page in [
        "```\nfn main() {}\n```",
        "```rust\nfn main() {}\n```",
        "``` a line that goes on and on and is certainly no fence",
        "```markdown                                  \nsome text\n```",
        "text\n```markdown\na\n```",
        "``",
        "`code`",
        "  indented",
    ] {
        assert_eq!(whole(fence(Task::Markdown), page).text(), page);
    }
    assert_eq!(whole(fence(Task::Markdown), "```markdown\nuse `code` ```").text(), "use `code` ```");
    assert_eq!(whole(fence(Task::Markdown), "```markdown\na\n```\nand more").text(), "a\n```\nand more");
}

fn marked(page_numbers: Marked, watermarks: Marked) -> impl Fn() -> Box<dyn AnswerParser> {
    move || Box::new(MarkedParts::new(page_numbers, watermarks))
}

#[test]
fn marked_parts_are_kept_or_dropped_with_their_tags() {
    let answer = "<watermark>COPY</watermark>\n1 < 2 <b>é</b>\n<page_number>9/22</page_number>";
    assert_eq!(whole(marked(Marked::Keep, Marked::Keep), answer).text(), answer);
    let result = whole(marked(Marked::Drop, Marked::Drop), answer);
    assert_eq!(result.text(), "\n1 < 2 <b>é</b>\n");
    assert!(result.rest.may_be_empty);
    assert!(whole(marked(Marked::Drop, Marked::Keep), answer).text().starts_with("<watermark>COPY"));
    assert!(whole(marked(Marked::Keep, Marked::Drop), answer).text().ends_with("9/22</page_number>"));
}

#[test]
fn an_unclosed_marked_part_stays_in_the_text() {
    let long = format!("<page_number>{}</page_number>", "é".repeat(600));
    for answer in ["a <page_number>1 and the page goes on", "<", "<page_num", "<watermark>a</page_number>", &long] {
        assert_eq!(whole(marked(Marked::Drop, Marked::Drop), answer).text(), answer);
    }
}

fn request(last: bool, prompt: Option<&str>) -> ReadRequest {
    let prompt = prompt.map(|prompt| Prompt::Caller(prompt.to_owned()));
    ReadRequest { prompt, last, ..ReadRequest::new(Task::Markdown) }
}

fn front_matter(last: bool, prompt: Option<&str>) -> impl Fn() -> Box<dyn AnswerParser> {
    move || Box::new(FrontMatter::new(&request(last, prompt)))
}

fn head(language: &str, valid: &str, turn: &str) -> String {
    format!(
        "---\nprimary_language: {language}\nis_rotation_valid: {valid}\nrotation_correction: {turn}\nis_table: False\n\
         is_diagram: True\n---\n"
    )
}

#[test]
fn front_matter_becomes_metadata_and_leaves_the_text() {
    let result = whole(front_matter(false, None), &(head("no", "True", "0") + "\n# Ære\n---\nmore"));
    assert_eq!(result.text(), "# Ære\n---\nmore");
    let metadata = result.rest.metadata.unwrap();
    assert_eq!(metadata.primary_language.as_deref(), Some("no"), "Norwegian is no boolean");
    assert!(metadata.is_rotation_valid && !metadata.is_table && metadata.is_diagram);
    assert!(!result.rest.may_be_empty);
    let result = whole(front_matter(false, None), head("null", "True", "0").trim_end());
    assert_eq!((result.text().as_str(), result.rest.may_be_empty), ("", true));
}

#[test]
fn an_answer_without_valid_front_matter_is_rejected_before_any_text_is_emitted() {
    let right = head("en", "True", "0");
    for answer in [
        "# A page".to_owned(),
        "-- -".to_owned(),
        String::new(),
        "---\n---\ntext".to_owned(),
        right.replace("is_table: False\n", ""),
        right.replace("is_table: False\n", "is_table: False\nis_table: False\n"),
        right.replace("is_table", "is_chart"),
        right.replace("is_table: False\n", "is_table: False\nmood: good\n"),
        right.replace("False", "maybe"),
        right.replace("correction: 0", "correction: 45"),
        right.replace("correction: 0", "correction: -90"),
        right.replace("en\n", &format!("{}\n", "x".repeat(5_000))),
        right.trim_end_matches("---\n").to_owned(),
    ] {
        let mut parser = front_matter(true, None)();
        let mut text_chunks = Vec::new();
        let pushed = parser.push(answer.clone(), &mut text_chunks);
        let error = pushed.and_then(|()| parser.finish(Some("stop"), &mut text_chunks).map(drop)).unwrap_err();
        assert_eq!((error.kind.as_str(), error.rotation, text_chunks.len()), ("invalid", None, 0), "{answer}");
    }
}

#[test]
fn a_rotated_page_is_rejected_with_its_rotation_except_in_the_last_attempt() {
    let answer = head("en", "False", "270") + "text";
    let error = parse(front_matter(false, None)(), [answer.as_str()]).unwrap_err();
    assert_eq!((error.kind.as_str(), error.rotation), ("invalid", Some(270)));
    let result = whole(front_matter(true, None), &answer);
    assert_eq!(result.text(), "text");
    assert_eq!(result.rest.metadata.unwrap().rotation_correction, 270);
    assert_eq!(whole(front_matter(false, None), &(head("en", "False", "0") + "text")).text(), "text");
}

#[test]
fn with_a_callers_own_prompt_front_matter_is_optional() {
    let result = |answer: &str| whole(front_matter(false, Some("Just the title.")), answer);
    assert_eq!(result("A title").text(), "A title");
    assert_eq!(result("---\na list\n---\n").text(), "---\na list\n---\n");
    let with = result(&(head("en", "True", "0") + "A title"));
    assert_eq!((with.text().as_str(), with.rest.metadata.is_some()), ("A title", true));
}

fn grounding(task: Task) -> impl Fn() -> Box<dyn AnswerParser> {
    move || Box::new(Grounding::new(task, 999, 1998))
}

/// The boxes of the page that is read so.
pub(super) fn all_boxes(result: &Parsed) -> Vec<TextBox> {
    let content = result.rest.structure.clone().content(&result.text(), None);
    content.boxes(&result.text()).into_iter().chain(result.rest.occurrences.iter().map(Occurrence::to_box)).collect()
}

pub(super) fn boxes(result: &Parsed) -> Vec<(BoxKind, [u32; 4], String)> {
    all_boxes(result).into_iter().map(|found| (found.kind, found.bounds.into(), found.text)).collect()
}

fn expected<const N: usize>(boxes: [(BoxKind, [u32; 4], &str); N]) -> Vec<(BoxKind, [u32; 4], String)> {
    boxes.map(|(kind, bounds, text)| (kind, bounds, text.to_owned())).into()
}

fn tag(label: &str, numbers: &str) -> String {
    format!("<|ref|>{label}<|/ref|><|det|>{numbers}<|/det|>")
}

#[test]
fn blocks_have_bounding_boxes_and_the_tags_are_removed() {
    let answer = format!(
        "{}\n# Title\n\n{}\n\n{}\n1 < 2 and <td>\n<｜end▁of▁sentence｜>",
        tag("title", "[[100, 50, 300, 100]]"),
        tag("image", "[[0,0,10,10]]"),
        tag("text", "[[1,2,11,12],[500,2,510,12]]"),
    );
    let result = whole(grounding(Task::Markdown), &answer);
    let bounds = |pixels: [u32; 4]| Some(pixels.into());
    assert_eq!(
        result.text,
        [
            ("# Title\n\n".to_owned(), bounds([100, 100, 200, 100])),
            ("\n".to_owned(), bounds([0, 0, 10, 20])),
            ("1 < 2 and <td>\n".to_owned(), bounds([1, 4, 10, 20])),
        ]
    );
    assert_eq!(
        boxes(&result),
        expected([
            (BoxKind::Block, [100, 100, 200, 100], "# Title"),
            (BoxKind::Figure, [0, 0, 10, 20], ""),
            (BoxKind::Block, [1, 4, 10, 20], "1 < 2 and <td>"),
            (BoxKind::Block, [500, 4, 10, 20], ""),
        ])
    );
    let blocks: Vec<_> = all_boxes(&result).iter().map(|text_box| text_box.block).collect();
    assert_eq!(blocks, [Some(0), Some(1), Some(2), Some(2)]);
}

#[test]
fn the_labels_of_a_layout_are_the_lines_of_the_page() {
    let answer = tag("First line", "[[0,0,99,9]]") + "\n" + &tag("Ünlesbar", "[[NaN,0,1,1]]") + "\n";
    let result = whole(grounding(Task::Layout), &answer);
    assert_eq!(
        result.text,
        [("First line\n".to_owned(), Some([0, 0, 99, 18].into())), ("Ünlesbar\n".to_owned(), None),]
    );
    assert_eq!(boxes(&result), expected([(BoxKind::Line, [0, 0, 99, 18], "First line")]));
    assert_eq!(all_boxes(&result)[0].line, Some(0));
    assert_eq!(whole(grounding(Task::Layout), "<|ref|>A line that was cut").text(), "A line that was cut");
    assert_eq!(whole(grounding(Task::Layout), "<|ref|>A line<|/ref|><|det|>[[1,2").text(), "A line");
}

#[test]
fn a_reference_is_emitted_once_for_each_box() {
    let answer = tag("Total", "[[0,0,9,9],[10,10,19,19],[1,2,3]]");
    let result = whole(grounding(Task::Locate), &answer);
    assert_eq!(result.text(), "Total\nTotal\n");
    assert_eq!(
        boxes(&result),
        expected([(BoxKind::Reference, [0, 0, 9, 18], "Total"), (BoxKind::Reference, [10, 20, 9, 18], "Total")])
    );
    let nothing = whole(grounding(Task::Locate), "");
    assert!(nothing.rest.may_be_empty && all_boxes(&nothing).is_empty());
}

#[test]
fn tasks_without_boxes_drop_the_tags_and_keep_the_text() {
    for task in [Task::Text, Task::Figure, Task::Describe] {
        let result = whole(grounding(task), &("a ".to_owned() + &tag("b", "[[0,0,9,9]]") + " c<｜end▁of▁sentence｜>"));
        assert_eq!((result.text().as_str(), all_boxes(&result).len()), ("a b c", 0));
    }
}

#[test]
fn broken_tags_never_leak() {
    let long = format!("<|ref|>{}", "word ".repeat(5_000));
    for (answer, text) in [
        ("text <|ref|>tit", "text "),
        ("text <|ref|>title<|/ref|><|det|>[[1,2", "text "),
        ("text <|re", "text "),
        ("text <", "text <"),
        ("a<|/ref|>b<|/det|>c<|grounding|>d", "abcd"),
        ("<|ref|>a<|ref|>b<|/ref|>c", "abc"),
        ("<|ref|>a<|/ref|> b", "a b"),
        ("a<|det|>[[0,0,9,9]]<|/det|>b", "ab"),
        ("<|ref|>text<|/ref|><|det|>[[0,0,9,9]<|ref|>text<|/ref|><|det|>[[0,0,9,9]]<|/det|>b", "b"),
        ("<|r<|/ref|>ef|>", "<|r\nef|>"),
        ("<|ref|>text<|/ref|><|det|>[[0,0,9,9]]\nThe page", "The page"),
        ("<<|grounding|>|det|>", "<\n|det|>"),
        (&long, &long["<|ref|>".len()..]),
    ] {
        assert_eq!(whole(grounding(Task::Markdown), answer).text(), text, "{answer:.60}");
    }
}

#[test]
fn the_number_of_boxes_is_limited() {
    let numbers = format!("[{}]", vec!["[0,0,9,9]"; 1_500].join(","));
    let answer = tag("x", &numbers).repeat(3) + "end";
    let result = whole(grounding(Task::Locate), &answer);
    assert_eq!(all_boxes(&result).len(), 2_000);
    assert_eq!(result.text(), "x\n".repeat(2_000) + "end");
}

/// Answers assembled from fragments that are likely to confuse a parser.
fn hostile() -> impl Strategy<Value = Vec<String>> {
    let text_chunk = prop_oneof![
        prop::sample::select(vec![
            "<|ref|>",
            "<|/ref|>",
            "<|det|>",
            "<|/det|>",
            "<|grounding|>",
            "<｜end▁of▁sentence｜>",
            "<|",
            "<",
            "|>",
            "<|re",
            "f|>",
            "det|>",
            "｜",
            "▁of",
            "image",
            "[[0,0,999,999]]",
            "[[",
            "]]",
            "1e999",
            "-5",
            "1000000000000",
            "NaN",
            ",",
            "\n",
            "text",
            "---\n",
            "```",
            "```markdown\n",
            "<page_number>",
            "</page_number>",
            "<watermark>",
            "</watermark>",
            "is_table: True\n",
            "é",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(text_chunk, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn hostile_answers_parse_the_same_in_every_split_and_leave_no_tag(
        text_chunks in hostile(),
        task in prop::sample::select(Task::ALL.to_vec()),
        (width, height) in (0_u32..3_000, 0_u32..3_000),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let answer = text_chunks.concat();
        let mut cuts: Vec<usize> =
            cuts.iter().map(|cut| answer.floor_char_boundary(cut.index(answer.len() + 1))).chain([0, answer.len()]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let parser = || Box::new(Grounding::new(task, width, height));
        let result = parse(parser(), cuts.windows(2).map(|cut| &answer[cut[0]..cut[1]])).unwrap();
        prop_assert_eq!(&parse(parser(), Some(answer.as_str()).filter(|answer| !answer.is_empty())).unwrap(), &result);
        let text = result.text();
        for token in ["<|ref|>", "<|/ref|>", "<|det|>", "<|/det|>", "<|grounding|>", "<｜end▁of▁sentence｜>"] {
            prop_assert!(!text.contains(token), "{}", text);
        }
        for text_box in &all_boxes(&result) {
            let PixelBox { x, y, width: w, height: h } = text_box.bounds;
            prop_assert!(w > 0 && h > 0 && x + w <= width && y + h <= height);
            prop_assert!(!text_box.text.contains("<|ref|>") && !text_box.text.contains("<|det|>"));
        }
    }

    #[test]
    fn other_families_answers_parse_the_same_in_every_split(text_chunks in hostile(), last: bool) {
        let answer = text_chunks.concat();
        whole(fence(Task::Markdown), &answer);
        whole(fence(Task::Text), &answer);
        whole(marked(Marked::Drop, Marked::Drop), &answer);
        prop_assert_eq!(whole(marked(Marked::Keep, Marked::Keep), &answer).text(), answer.as_str());
        whole(front_matter(last, Some("prompt")), &answer);
    }

    #[test]
    fn an_answer_without_tags_is_unchanged(answer in "[^<]{0,60}", task in prop::sample::select(Task::ALL.to_vec())) {
        prop_assert_eq!(whole(grounding(task), &answer).text(), answer);
    }
}
