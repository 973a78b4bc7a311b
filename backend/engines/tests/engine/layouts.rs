//! Answers that tell where each element of a page is and what it is.

use inkstream_content::{BlockKind, FurnitureRole};
use inkstream_core::ports::{EngineErrorKind as Kind, Prompt, ReadRequest};
use inkstream_testkit::engine::Script;
use inkstream_wire::{BoxKind, Task};

use crate::support::{Page, places, read_as, request};

/// The blocks of the page: kind, text, and left and top edge.
fn blocks(page: &Page) -> Vec<(&'static str, String, Option<[u32; 2]>)> {
    let content = page.finish.as_ref().unwrap().structure.clone().content(&page.text(), None);
    let kind = |kind: &BlockKind| match kind {
        BlockKind::Heading { level: 1, .. } => "title",
        BlockKind::Heading { .. } => "heading",
        BlockKind::Paragraph { .. } => "paragraph",
        BlockKind::List { .. } => "list",
        BlockKind::Table(_) => "table",
        BlockKind::Figure { .. } => "figure",
        BlockKind::Formula { .. } => "formula",
        BlockKind::Code { .. } => "code",
        BlockKind::Furniture { role: FurnitureRole::PageNumber, .. } => "page number",
        BlockKind::Furniture { .. } => "furniture",
        BlockKind::Quote { .. } | BlockKind::Rule => "other",
    };
    let found = content.blocks.iter();
    found
        .map(|block| (kind(&block.kind), block.plain_text(), block.bounds.map(|bounds| [bounds.x, bounds.y])))
        .collect()
}

fn expected<const N: usize>(
    blocks: [(&'static str, &str, [u32; 2]); N],
) -> Vec<(&'static str, String, Option<[u32; 2]>)> {
    blocks.map(|(kind, text, corner)| (kind, text.to_owned(), Some(corner))).into()
}

/// Each block's own text within the text of the page.
fn sources(page: &Page) -> Vec<String> {
    let content = page.finish.as_ref().unwrap().structure.clone().content(&page.text(), None);
    content
        .blocks
        .iter()
        .map(|block| block.source.map_or(String::new(), |range| range.slice(&page.text()).to_owned()))
        .collect()
}

#[tokio::test]
async fn chandras_html_becomes_markdown_and_blocks_with_their_places() {
    for task in [Task::Markdown, Task::Layout] {
        let page = read_as("chandra", ReadRequest::new(task), Script::recorded("chandra")).await;
        assert_eq!(
            page.text(),
            "The Harbour Gazette\n\n# Harbour dues for October\n\n\
             Ships over **40** tons pay by the day, ships \\& boats under $x < 40$ by the week.\n\n\
             <table>\n<tr><th>Ship</th><th>Days</th><th>Dues</th></tr>\n<tr><td>Marigold</td><td>3</td><td>12.50</td></tr>\n\
             <tr><td>Quartz</td><td>11</td><td>48.00</td></tr>\n<tr><td colspan=\"2\">Together</td><td>60.50</td></tr>\n</table>\n\n\
             ![A lighthouse on a rock]()\n\nThe light of the north mole\n\n- Marigold, 3 days\n- Quartz, 11 days\n\n\
             $$\nd = \\frac{t}{40}\n$$\n\n☑ paid ☐ owed\n\n3"
        );
        assert_eq!(
            blocks(&page),
            expected([
                ("furniture", "The Harbour Gazette", [100, 40]),
                ("title", "Harbour dues for October", [100, 100]),
                ("paragraph", "Ships over 40 tons pay by the day, ships & boats under x < 40 by the week.", [100, 160]),
                ("table", "Ship\tDays\tDues\nMarigold\t3\t12.50\nQuartz\t11\t48.00\nTogether\t\t60.50", [100, 240]),
                ("figure", "A lighthouse on a rock", [200, 420]),
                ("paragraph", "The light of the north mole", [200, 609]),
                ("list", "- Marigold, 3 days\n- Quartz, 11 days", [100, 639]),
                ("formula", "d = \\frac{t}{40}", [300, 719]),
                ("paragraph", "☑ paid ☐ owed", [100, 799]),
                ("page number", "3", [480, 959]),
            ])
        );
        assert_eq!(sources(&page).join("\n\n"), page.text(), "every block knows its text");
        let places = places(&page);
        assert_eq!(places.len(), 10);
        assert_eq!(places[1], (BoxKind::Block, [100, 100, 499, 40], "# Harbour dues for October".to_owned()));
        assert_eq!((places[4].0, places[4].2.as_str()), (BoxKind::Figure, ""));
        assert_eq!((page.bounds[0], page.reason()), (Some([100, 40, 799, 20]), Some("stop")));
    }
}

#[tokio::test]
async fn chandra_1_counts_to_1024() {
    let page = read_as("chandra-1", request(), Script::recorded("chandra-1")).await;
    assert_eq!(
        blocks(&page),
        expected([
            ("heading", "Harbour dues for October", [100, 100]),
            ("paragraph", "Ships over 40 tons pay by the day.", [100, 160]),
            ("code", "days = 3\ndues = days * 4", [100, 240]),
        ])
    );
}

#[tokio::test]
async fn a_blank_page_of_chandras_is_an_answer() {
    let blank = "<div data-bbox=\"0 0 1000 1000\" data-label=\"Blank-Page\"><p>Blank page</p></div>";
    let page = read_as("chandra", request(), Script::text([blank])).await;
    assert_eq!((page.text().as_str(), page.reason(), page.boxes().len()), ("", Some("stop"), 0));
}

#[tokio::test]
async fn dots_layouts_become_markdown_and_blocks_with_their_places() {
    let page = read_as("dots-ocr", request(), Script::recorded("dots-ocr-layout")).await;
    assert_eq!(
        page.text(),
        "The Harbour Gazette\n\n# Harbour dues for October\n\nShips over **40** tons pay by the \"day\".\n\n\
         <table><thead><tr><td>Ship</td><td>Days</td></tr></thead><tbody><tr><td>Marigold</td><td>3</td></tr>\
         <tr><td colspan=\"2\">Quartz</td></tr></tbody></table>\n\nThe light of the north mole\n\n\
         - Marigold, 3 days\n- Quartz, 11 days\n\n$$\nd = \\frac{t}{40}\n$$\n\n3"
    );
    assert_eq!(
        blocks(&page),
        // The image has 999 pixels a side; the model sees it with 1008.
        expected([
            ("furniture", "The Harbour Gazette", [99, 40]),
            ("title", "Harbour dues for October", [100, 100]),
            ("paragraph", "Ships over 40 tons pay by the \"day\".", [100, 159]),
            ("table", "Ship\tDays\nMarigold\t3\nQuartz", [100, 238]),
            ("figure", "", [200, 416]),
            ("paragraph", "The light of the north mole", [200, 605]),
            ("list", "- Marigold, 3 days\n- Quartz, 11 days", [100, 634]),
            ("formula", "d = \\frac{t}{40}", [299, 714]),
            ("page number", "3", [480, 958]),
        ])
    );
    assert_eq!(places(&page).len(), 10, "two items of the list have boxes of their own");
    assert_eq!(page.reason(), Some("stop"));
    let blank = read_as("dots-ocr", request(), Script::text(["[]"])).await;
    assert_eq!((blank.text().as_str(), blank.reason()), ("", Some("stop")));
}

#[tokio::test]
async fn lightonocr_3_tells_where_its_blocks_are_if_it_is_asked_for_the_layout() {
    let plain = read_as("lightonocr-3", request(), Script::recorded("lightonocr-3")).await;
    assert!(plain.text().ends_with("The sum is $60.50$.") && plain.boxes().is_empty());
    let layout = ReadRequest::new(Task::Layout);
    let page = read_as("lightonocr-3", layout, Script::recorded("lightonocr-3-grounding")).await;
    assert!(page.text().contains("\n\nShips over 40 tons pay by the day.\n\n<table>\n"), "{}", page.text());
    assert_eq!(
        blocks(&page),
        expected([
            ("furniture", "The Harbour Gazette", [100, 40]),
            ("title", "Harbour dues for October", [100, 100]),
            ("paragraph", "Ships over 40 tons pay by the day.", [100, 160]),
            ("table", "Ship\tDays\nMarigold\t3", [100, 240]),
            ("figure", "A lighthouse on a rock", [200, 420]),
            ("list", "- Marigold, 3 days\n- Quartz, 11 days", [100, 639]),
            ("formula", "d = \\frac{t}{40}", [300, 719]),
            ("page number", "3", [480, 959]),
        ])
    );
    assert_eq!(places(&page).len(), 9);
}

#[tokio::test]
async fn the_image_boxes_of_lightonocr_2_are_figures() {
    let page = read_as("lightonocr", request(), Script::recorded("lightonocr-bbox")).await;
    assert_eq!(
        page.text(),
        "# Harbour dues for October\n\nShips over 40 tons pay by the day.\n\n\n\nThe light of the north mole."
    );
    assert_eq!(places(&page), [(BoxKind::Figure, [200, 420, 599, 179], String::new())]);
    assert_eq!(blocks(&page)[2], ("figure", String::new(), Some([200, 420])));
}

#[tokio::test]
async fn an_answer_that_breaks_off_in_its_markup_is_read_again_or_told() {
    for (profile, task, cut, text) in [
        (
            "chandra",
            Task::Markdown,
            "<div data-label=\"Text\" data-bbox=\"1 2 3 4\"><p>All of it</p><p>half a",
            "All of it\n\nhalf a",
        ),
        (
            "chandra",
            Task::Markdown,
            "<div data-label=\"Table\"><table><tr><td>a</td><td>b</td></tr><tr><td>c",
            "|  |  |\n| --- | --- |\n| a | b |\n| c |  |",
        ),
        (
            "dots-ocr",
            Task::Markdown,
            r#"[{"bbox": [1, 2, 3, 4], "category": "Text", "text": "All"}, {"category": "Text", "text": "half \"a"#,
            "All\n\nhalf \"a",
        ),
        ("dots-ocr", Task::Layout, r#"[{"bbox": [1, 2, 3, 4], "category": "Text", "text": "All"}"#, "All"),
        ("lightonocr-3", Task::Layout, "![text](1,2,3,4) All\n![text](1,2", "All"),
    ] {
        let resets = ReadRequest { resets: true, ..ReadRequest::new(task) };
        let again = read_as(profile, resets, Script::text([cut])).await;
        assert_eq!(again.error.unwrap().kind, Kind::Invalid, "{cut}");
        for (request, finish, reason) in [
            (ReadRequest { last: true, ..ReadRequest::new(task) }, "stop", None),
            (ReadRequest { last: true, ..ReadRequest::new(task) }, "length", Some("length")),
        ] {
            let script = Script::stream().role().delta(cut).finish(finish).done();
            let page = read_as(profile, request, script).await;
            assert_eq!((page.text().as_str(), page.reason()), (text, reason), "{cut}");
            assert!(!page.finish.unwrap().warnings.is_empty());
        }
    }
}

#[tokio::test]
async fn an_answer_without_the_models_markup_is_read_again_unless_the_prompt_was_the_callers() {
    for profile in ["chandra", "dots-ocr"] {
        let page = read_as(profile, request(), Script::text(["Just ", "words."])).await;
        assert_eq!(page.error.unwrap().kind, Kind::Invalid);
        let own = ReadRequest { prompt: Some(Prompt::Caller("What is it?".to_owned())), ..request() };
        let answer = || Script::text(["Just ", "words.\n", "* Two"]);
        let page = read_as(profile, own, answer()).await;
        assert_eq!((page.text().as_str(), page.reason()), ("Just words.\n* Two", Some("stop")), "{profile}");
        let page = read_as(profile, ReadRequest { last: true, ..request() }, answer()).await;
        let words = page.text().replace('\\', "");
        let words: Vec<_> = words.split_whitespace().collect();
        assert_eq!((words.join(" ").as_str(), page.reason()), ("Just words. * Two", None), "{profile}");
    }
}
