//! The text, the blocks and the boxes that the parsers of layouts make of an answer: HTML, JSON, and Markdown with markers.

use inkstream_content::{Block, BlockKind};
use inkstream_core::ports::{PageStructure, ReadRequest};
use inkstream_wire::{BoxKind, PixelBox, Task};
use proptest::prelude::*;

use super::{
    tests::{Parsed, all_boxes, boxes, parse, whole},
    *,
};

const WIDTH: u32 = 500;
const HEIGHT: u32 = 2_000;

fn last() -> ReadRequest {
    ReadRequest { last: true, ..ReadRequest::new(Task::Markdown) }
}

fn html() -> Box<dyn AnswerParser> {
    Box::new(HtmlLayout::new(&last(), 1000.0, WIDTH, HEIGHT))
}

fn json() -> Box<dyn AnswerParser> {
    Box::new(JsonLayout::new(&last(), [WIDTH, HEIGHT], [1000.0, 1000.0]))
}

fn markers() -> Box<dyn AnswerParser> {
    Box::new(MarkerLayout::new(WIDTH, HEIGHT))
}

fn images() -> Box<dyn AnswerParser> {
    Box::new(ImageBoxes::new(Fence::new(Task::Markdown), WIDTH, HEIGHT))
}

fn content(result: &Parsed) -> Vec<Block> {
    result.rest.structure.clone().content(&result.text(), None).blocks
}

/// Text, and whether the answer breaks off.
fn told(result: &Parsed) -> (String, bool) {
    (result.text(), result.rest.breaks_off)
}

#[test]
fn html_within_other_markup_and_fences_is_read() {
    for answer in [
        "<div data-label=\"Text\" data-bbox=\"100 100 200 200\"><p>Words</p></div>",
        "```html\n<div data-label=\"Text\" data-bbox=\"[100, 100, 200, 200]\">Words</div>\n```",
        "<html><body><div class=page><div data-label=Text data-bbox='100 100 200 200'>Words</div></div></body></html>",
        "<!-- page --><div data-bbox=\"100,100,200,200\"><p>Words",
    ] {
        let result = whole(html, answer);
        assert_eq!(boxes(&result), [(BoxKind::Block, [50, 200, 50, 200], "Words".to_owned())], "{answer}");
        assert_eq!(told(&result), ("Words".to_owned(), !answer.contains("</div>")), "{answer}");
    }
}

#[test]
fn html_blocks_without_valid_bounds_keep_their_words() {
    for bounds in ["", "1 2 3", "a b c d", "1 2 3 4 5", "[[1,2],[3,4]", "1e999 0 1 1", "NaN 0 1 1"] {
        let answer = format!("<div data-label=\"Text\" data-bbox=\"{bounds}\">Words</div>");
        let result = whole(html, &answer);
        assert_eq!((told(&result), all_boxes(&result).len() <= 1), (("Words".to_owned(), false), true), "{bounds}");
    }
    let clamped = whole(html, "<div data-label=\"Text\" data-bbox=\"-5 9999 2000 0\">Words</div>");
    assert_eq!(boxes(&clamped)[0].1, [0, 0, WIDTH, HEIGHT]);
}

#[test]
fn nested_elements_have_their_own_places() {
    let answer = "<div data-label=Complex-Block data-bbox='0 0 1000 1000'>before\
                  <div data-label=Section-Header data-bbox='0 0 500 500'>Title</div>after</div>";
    let result = whole(html, answer);
    let corners: Vec<_> =
        content(&result).iter().map(|block| (block.plain_text(), block.bounds.unwrap().width)).collect();
    assert_eq!(corners, [("before".to_owned(), 500), ("Title".to_owned(), 250), ("after".to_owned(), 500)]);
    assert!(matches!(content(&result)[1].kind, BlockKind::Heading { .. }));
}

#[test]
fn json_is_read_in_whatever_it_is_wrapped() {
    let element = r#"{"bbox": [100, 100, 200, 200], "category": "Text", "text": "Words {}[] \"\\"}"#;
    for answer in [
        format!("[{element}]"),
        format!("```json\n[{element}]\n```"),
        format!("{{\"elements\": [{element}]}}"),
        format!(" [\n {element} ] "),
    ] {
        let result = whole(json, &answer);
        assert_eq!(told(&result), (r#"Words {}[] "\"#.to_owned(), false), "{answer}");
        assert_eq!(boxes(&result)[0].1, [50, 200, 50, 200], "{answer}");
    }
}

#[test]
fn json_with_mistakes_keeps_its_words_and_is_told() {
    let valid = r#"{"bbox": [1, 2, 3, 4], "category": "Text", "text": "One"}"#;
    for (answer, text, breaks_off) in [
        // LaTeX whose backslashes are not escaped, and a line feed in a string, are right when they are mended.
        (r#"[{"category": "Text", "text": "\(x\)"}]"#.to_owned(), r"\(x\)", false),
        ("[{\"category\": \"Text\", \"text\": \"a\nb\"}]".to_owned(), "a\nb", false),
        (r#"[{"bbox": [1, 2, 3], "category": "Text", "text": "a"}]"#.to_owned(), "a", false),
        (format!("[{valid} {valid}]"), "One\n\nOne", false),
        (r#"[{"category": "Text", "text": "He said "no" twice"}]"#.to_owned(), "He said \"no\" twice", true),
        (format!("[{valid}, \"loose words\"]"), "One\n\n\"loose words\"", true),
        (format!("[{valid}] and so on"), "One\n\nand so on", true),
        (format!("[{valid}"), "One", true),
        (format!("{valid}]"), "One", true),
        (format!("[{valid}, {{\"bbox\": [1,"), "One", true),
        (r#"[{"category": "Text", "text": "a\u0000\u001b[31mb"}]"#.to_owned(), "a[31mb", false),
        (r#"[{"category": 7, "text": 12.5}]"#.to_owned(), "12.5", false),
    ] {
        assert_eq!(told(&whole(json, &answer)), (text.to_owned(), breaks_off), "{answer}");
    }
}

#[test]
fn elements_that_are_no_markdown_become_it() {
    let element = |category: &str, text: &str| format!(r#"{{"category": "{category}", "text": "{text}"}}"#);
    for (category, text, markdown) in [
        ("Title", "Report", "# Report"),
        ("Title", "# Report", "# Report"),
        ("Section-header", "Sales", "## Sales"),
        ("Formula", "x^2", "$$\nx^2\n$$"),
        ("Formula", "$x$", "$x$"),
        ("List-item", "one", "- one"),
        ("List-item", "2. two", "2. two"),
    ] {
        assert_eq!(whole(json, &format!("[{}]", element(category, text))).text(), markdown);
    }
    let list = format!("[{}, {}]", element("List-item", "- a"), element("List-item", "- b"));
    assert_eq!((whole(json, &list).text().as_str(), content(&whole(json, &list)).len()), ("- a\n- b", 1));
}

#[test]
fn markers_are_removed_and_images_and_links_stay() {
    let answer =
        "![text](0,0,500,500) One ![a picture](a.png) two\n![text+](500,0,1000,500) three\n![Odd label](1,2,3,4) x";
    let result = whole(markers, answer);
    assert_eq!(
        result.text(),
        "One ![a picture](a.png) two\n\nthree\n![Odd label](1,2,3,4) x".replace("\n\nthree", " three")
    );
    assert_eq!(all_boxes(&result).len(), 2);
    assert_eq!(told(&whole(markers, "No markers at all")), ("No markers at all".to_owned(), false));
    for cut in ["![", "![te", "![text](", "![text](1, 2"] {
        assert_eq!(told(&whole(markers, &format!("![text](0,0,9,9) One {cut}"))), ("One".to_owned(), true), "{cut}");
    }
}

#[test]
fn image_boxes_are_removed_and_images_without_coordinates_stay() {
    let result = whole(
        images,
        "```markdown\nA ![image](image_1.png) 0,0,500,500\n\nB ![image](image_2.png)10,10,20,20. C!\n```",
    );
    assert_eq!(result.text(), "A \n\nB . C!");
    let found: Vec<_> = boxes(&result).into_iter().map(|(kind, bounds, _)| (kind, bounds)).collect();
    assert_eq!(found, [(BoxKind::Figure, [0, 0, 250, 1000]), (BoxKind::Figure, [5, 20, 5, 20])]);
    for text in [
        "![image](image_1.png)",
        "![image](image_1.png)\n1,2,3",
        "![image](a b)1,2,3,4",
        "!",
        "Hi! ![im",
        "![image](1.png)1,2",
    ] {
        assert_eq!(told(&whole(images, text)), (text.to_owned(), false), "{text}");
    }
}

/// Answers assembled from fragments that are likely to confuse a parser.
fn hostile(fragments: &'static [&'static str]) -> impl Strategy<Value = String> {
    let fragment = prop_oneof![4 => prop::sample::select(fragments).prop_map(str::to_owned), 1 => "\\PC{0,4}"];
    prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

fn cuts() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..9)
}

const HTML: &[&str] = &[
    "<div data-label=\"Text\" data-bbox=\"1 2 300 400\">",
    "<div data-label=\"Image\" data-bbox=\"0 0 9 9\">",
    "<div data-bbox=\"",
    "\">",
    "<div data-label=Page-Header>",
    "<div data-label=\"Equation-Block\">",
    "<div>",
    "</div>",
    "<p>",
    "</p>",
    "<table>",
    "<tr>",
    "<td colspan=9>",
    "</table>",
    "<ul>",
    "<li>",
    "</ul>",
    "<math>",
    "</math>",
    "<pre>",
    "</pre>",
    "<b>",
    "</b>",
    "<img alt=\"x\">",
    "<",
    "&lt;",
    "&",
    "word ",
    "\n",
];
const JSON: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"bbox\": [1, 2, 300, 400]",
    "\"category\": \"Text\"",
    "\"category\": \"Picture\"",
    "\"category\": \"List-item\"",
    "\"text\": \"",
    "\"",
    "\\",
    "\\u00",
    "\\ud83d",
    "word ",
    "\n",
    "{\"bbox\": [0, 0, 9, 9], \"category\": \"Table\", \"text\": \"<table><tr><td>a\"}",
    "{\"category\": \"Title\", \"text\": \"T\"},",
    "null",
    "[[",
    "```",
];
const MARKERS: &[&str] = &[
    "![text](1,2,300,400)",
    "![text+](1,2,300,400) ",
    "![image](0,0,9,9)",
    "![",
    "](",
    ")",
    "!",
    "[",
    "1,2,3,4",
    "image",
    "word ",
    "\n",
    "- a\n",
    "# t\n",
    "|",
    "![image](image_1.png)",
    "```markdown\n",
    "```",
];

/// Parses the answer whole, in these pieces, and letter by letter, and checks what holds of every page.
fn check(
    parser: fn() -> Box<dyn AnswerParser>,
    answer: &str,
    cuts: &[prop::sample::Index],
) -> Result<(), TestCaseError> {
    let result = whole(parser, answer);
    let mut cuts: Vec<usize> = cuts
        .iter()
        .map(|cut| answer.floor_char_boundary(cut.index(answer.len() + 1)))
        .chain([0, answer.len()])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    prop_assert_eq!(&parse(parser(), cuts.windows(2).map(|cut| &answer[cut[0]..cut[1]])).unwrap(), &result);
    let text = result.text();
    for found in all_boxes(&result) {
        let PixelBox { x, y, width, height } = found.bounds;
        prop_assert!(width > 0 && height > 0 && x + width <= WIDTH && y + height <= HEIGHT);
    }
    if let PageStructure::Content(content) = &result.rest.structure {
        let length = text.chars().count() as u32;
        for range in content.blocks.iter().filter_map(|block| block.source) {
            prop_assert!(range.start <= range.end && range.end <= length);
        }
    }
    for markup in ["data-bbox", "data-label"] {
        prop_assert!(!text.contains(&format!("<div {markup}")), "{}", text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn hostile_html_is_the_same_in_every_split(answer in hostile(HTML), cuts in cuts()) {
        check(html, &answer, &cuts)?;
        check(html, &format!("<div data-label=\"Text\">{answer}"), &cuts)?;
    }

    #[test]
    fn hostile_json_is_the_same_in_every_split(answer in hostile(JSON), cuts in cuts()) {
        check(json, &answer, &cuts)?;
        check(json, &format!("[{answer}"), &cuts)?;
    }

    #[test]
    fn hostile_markers_are_the_same_in_every_split(answer in hostile(MARKERS), cuts in cuts()) {
        check(markers, &answer, &cuts)?;
        check(images, &answer, &cuts)?;
    }

    #[test]
    fn a_layout_that_is_cut_anywhere_keeps_its_words_and_is_told(
        words in prop::collection::vec("[A-Zäöü]{1,5}", 1..6),
        end in any::<prop::sample::Index>(),
    ) {
        let html_element = |word| format!("<div data-label=\"Text\" data-bbox=\"1 2 3 4\"><p>{word}</p></div>");
        let html_answer = words.iter().map(html_element).collect::<Vec<_>>().concat();
        let element = |word| format!("{{\"bbox\": [1, 2, 3, 4], \"category\": \"Text\", \"text\": \"{word}\"}}");
        let json_answer = format!("[{}]", words.iter().map(element).collect::<Vec<_>>().join(", "));
        for (parser, answer, ends) in [
            (html as fn() -> Box<dyn AnswerParser>, html_answer.as_str(), "</div>"),
            (json, json_answer.as_str(), "]"),
        ] {
            let cut = &answer[..answer.floor_char_boundary(end.index(answer.len()))];
            let result = whole(parser, cut);
            // Every word that came whole is there, and nothing that is no word.
            let came = cut.matches("</p>").count() + cut.matches("\"}").count();
            let came: Vec<&str> = words.iter().take(came).map(String::as_str).collect();
            let text = result.text();
            prop_assert!(text.starts_with(&came.join("\n\n")), "{} of {}", text, cut);
            let is_word = |letter: char| letter == '\n' || letter.is_uppercase() || "äöü".contains(letter);
            prop_assert!(text.chars().all(is_word), "{} of {}", text, cut);
            let is_told = result.rest.breaks_off || cut.is_empty() || cut.ends_with(ends);
            prop_assert!(is_told || text.is_empty(), "{}", cut);
        }
    }
}
