use super::*;
use crate::BoxKind;

fn bounds(x: u32, y: u32) -> BoundingBox {
    BoundingBox { x, y, width: 10, height: 5 }
}

/// A line at `y` whose words are 20 pixels apart.
fn line(text: &str, y: u32, paragraph: u32, number: u32) -> LayoutLine {
    let word = |(at, text): (u32, &str)| LayoutWord {
        text: text.to_owned(),
        bounds: bounds(at * 20, y),
        confidence: Some(80.0 + at as f32),
    };
    LayoutLine {
        text: text.replace('|', ""),
        bounds: bounds(0, y),
        confidence: Some(90.0),
        paragraph: Some(paragraph),
        number: Some(number),
        words: (0..).zip(text.split([' ', '|'])).map(word).collect(),
    }
}

fn block(number: u32, y: u32, lines: Vec<LayoutLine>) -> LayoutBlock {
    LayoutBlock { number: Some(number), kind: RegionKind::Block, bounds: Some(bounds(1, y)), lines, table: None }
}

fn figure(number: u32, y: u32) -> LayoutBlock {
    LayoutBlock { kind: RegionKind::Figure, ..block(number, y, Vec::new()) }
}

fn lines(content: &PageContent) -> Vec<Vec<&str>> {
    content
        .blocks
        .iter()
        .filter_map(Block::text)
        .map(|text| text.lines.iter().map(|line| line.range.slice(&text.text)).collect())
        .collect()
}

#[test]
fn paragraphs_lines_and_words_have_their_bounds_and_ranges() {
    let text = "Dear Ada,\nthank you\n\n再见朋友\n";
    let layout = [
        block(0, 0, vec![line("Dear Ada,", 0, 0, 0), line("thank you", 10, 0, 1)]),
        LayoutBlock { bounds: None, ..block(1, 0, vec![line("再见|朋友", 30, 1, 2)]) },
    ];
    let content = from_layout(text, &layout, None);
    assert_eq!(lines(&content), [vec!["Dear Ada,", "thank you"], vec!["再见朋友"]]);
    let first = content.blocks[0].text().unwrap();
    let words: Vec<&str> = first.lines[0].words.iter().map(|word| word.range.slice(&first.text)).collect();
    assert_eq!(words, ["Dear", "Ada,"]);
    assert_eq!(first.lines[0].words[1].bounds, Some(bounds(20, 0)));
    assert_eq!(content.blocks[0].bounds, Some(bounds(1, 0)), "the only paragraph of its block");
    let last = content.blocks[1].text().unwrap();
    assert_eq!(last.lines[0].words[1].range.slice(&last.text), "朋友");
    assert_eq!(content.blocks[1].source.unwrap().slice(text), "再见朋友");
    assert_eq!(content.blocks[1].bounds, Some(bounds(0, 30)), "that of its lines, if its block has none");
}

#[test]
fn the_engines_paragraphs_are_separated_also_without_an_empty_line() {
    let layout = [
        block(0, 0, vec![line("one", 0, 0, 0), line("two", 10, 1, 1)]),
        figure(1, 20),
        block(2, 30, vec![line("three", 30, 3, 3)]),
        figure(3, 40),
    ];
    let content = from_layout("one\ntwo\nthree", &layout, None);
    assert_eq!(lines(&content), [vec!["one"], vec!["two"], vec![], vec!["three"], vec![]]);
    assert!(matches!(content.blocks[2].kind, BlockKind::Figure { .. }));
}

#[test]
fn text_without_layout_and_after_a_line_that_is_not_in_it_is_complete() {
    let content = from_layout("  one\ntwo \n\nthree", &[block(0, 0, vec![line("zwei", 0, 0, 0)])], None);
    assert_eq!(lines(&content), [vec!["one", "two"], vec!["three"]]);
    assert_eq!(content.blocks[0].source, Some(TextRange::new(2, 9)));
    assert_eq!(from_layout("", &[], None), PageContent::default());
}

#[test]
fn boxes_are_the_blocks_lines_and_words_of_the_layout_with_its_numbers() {
    let layout = [
        block(0, 0, vec![line("two words", 0, 0, 0), line("and more", 10, 1, 1)]),
        // A rule: a block of a line without text, which is counted.
        block(1, 20, Vec::new()),
        figure(2, 30),
        block(3, 40, vec![line("再见|朋友", 40, 3, 3)]),
        figure(4, 50),
    ];
    let text = "two words\n\nand more\n\n再见朋友\n\n";
    let boxes = from_layout(text, &layout, None).boxes(text);
    let told: Vec<_> =
        boxes.iter().map(|found| (found.kind, found.text.as_str(), found.block, found.paragraph, found.line)).collect();
    let of = |kind, text, [block, paragraph, line]: [u32; 3]| (kind, text, Some(block), Some(paragraph), Some(line));
    let region = |kind, block| (kind, "", Some(block), None, None);
    assert_eq!(
        told,
        [
            region(BoxKind::Block, 0),
            of(BoxKind::Line, "two words", [0, 0, 0]),
            of(BoxKind::Word, "two", [0, 0, 0]),
            of(BoxKind::Word, "words", [0, 0, 0]),
            of(BoxKind::Line, "and more", [0, 1, 1]),
            of(BoxKind::Word, "and", [0, 1, 1]),
            of(BoxKind::Word, "more", [0, 1, 1]),
            region(BoxKind::Figure, 2),
            region(BoxKind::Block, 3),
            of(BoxKind::Line, "再见朋友", [3, 3, 3]),
            of(BoxKind::Word, "再见", [3, 3, 3]),
            of(BoxKind::Word, "朋友", [3, 3, 3]),
            region(BoxKind::Figure, 4),
        ]
    );
    assert_eq!((boxes[0].bounds, boxes[3].bounds, boxes[3].confidence), (bounds(1, 0), bounds(20, 0), Some(81.0)));
    assert_eq!((boxes[1].bounds, boxes[1].confidence), (bounds(0, 0), Some(90.0)));
}

#[test]
fn spaces_that_differ_between_text_layout_and_words_lose_no_line_and_no_word() {
    let spaced = LayoutLine {
        words: vec![
            LayoutWord { text: "00°77".to_owned(), bounds: bounds(0, 0), confidence: None },
            LayoutWord { text: " OS'8T".to_owned(), bounds: bounds(20, 0), confidence: None },
        ],
        ..line("00°77 OS'8T", 0, 0, 0)
    };
    let indented = LayoutLine { text: "  in".to_owned(), ..line("in", 10, 0, 1) };
    let layout = [block(0, 0, vec![spaced, indented])];
    let text = "00°77   OS'8T\n  in\n";
    let content = from_layout(text, &layout, None);
    let found: Vec<_> = content.boxes(text).into_iter().map(|found| (found.text, found.line)).skip(1).collect();
    let line = |text: &str, number| (text.to_owned(), Some(number));
    assert_eq!(found, [line("00°77   OS'8T", 0), line("00°77", 0), line(" OS'8T", 0), line("  in", 1), line("in", 1)]);
    assert_eq!(content.blocks[0].source, Some(TextRange::new(0, 18)));
    assert_eq!(content.markdown(), "00°77   OS'8T  \nin");
}

#[test]
fn the_lines_of_a_table_are_one_block_whose_cells_have_their_boxes() {
    let cell = |row: u32, column: u32, word: &LayoutWord| {
        let range = TextRange::new(0, word.text.chars().count() as u32);
        let word_of = Word { range, bounds: Some(word.bounds), confidence: word.confidence };
        let line = Line { range, number: Some(row), bounds: Some(word.bounds), confidence: None, words: vec![word_of] };
        let text = RichText { text: word.text.clone(), styles: Vec::new(), lines: vec![line] };
        crate::Cell { row, column, row_span: 1, column_span: 1, header: false, text, bounds: Some(word.bounds) }
    };
    let lines = vec![line("oil 24", 0, 0, 0), line("tar 7", 10, 0, 1)];
    let cells: Vec<_> = (0..)
        .zip(&lines)
        .flat_map(|(row, line)| (0..).zip(&line.words).map(move |(column, word)| cell(row, column, word)))
        .collect();
    let table = Table { rows: 2, columns: 2, cells, ..Table::default() };
    let layout = [LayoutBlock { table: Some(table), ..block(0, 0, lines) }, block(1, 30, vec![line("end", 30, 1, 2)])];
    let text = "oil 24\ntar 7\n\nend\n";
    let content = from_layout(text, &layout, None);
    assert_eq!(content.blocks.len(), 2);
    assert_eq!(content.blocks[0].source.unwrap().slice(text), "oil 24\ntar 7");
    assert_eq!(content.tables()[0].cells[3].text.text, "7");
    let boxes: Vec<_> = content.boxes(text).into_iter().map(|found| (found.kind, found.text, found.line)).collect();
    let of = |kind, text: &str, line| (kind, text.to_owned(), line);
    assert_eq!(
        boxes[..3],
        [of(BoxKind::Block, "", None), of(BoxKind::Line, "oil", Some(0)), of(BoxKind::Word, "oil", Some(0))]
    );
    assert_eq!(boxes[7], of(BoxKind::Line, "7", Some(1)));
    assert_eq!(
        boxes[9..],
        [of(BoxKind::Block, "", None), of(BoxKind::Line, "end", Some(2)), of(BoxKind::Word, "end", Some(2))]
    );
}

#[test]
fn a_line_of_several_rectangles_has_a_box_for_each() {
    let labelled = |y, number| LayoutLine { paragraph: None, words: Vec::new(), ..line("a label", y, 0, number) };
    let layout = [LayoutBlock {
        number: None,
        bounds: None,
        ..block(0, 0, vec![labelled(0, 0), labelled(10, 0), labelled(20, 1)])
    }];
    let text = "a label\na label\n";
    let content = from_layout(text, &layout, None);
    assert_eq!(content.plain_text(), "a label\na label");
    let boxes = content.boxes(text);
    let told: Vec<_> = boxes.iter().map(|found| (found.kind, found.bounds.y, found.line, found.block)).collect();
    let line = |y, number| (BoxKind::Line, y, Some(number), None);
    assert_eq!(told, [line(0, 0), line(10, 0), line(20, 1)]);
}

#[test]
fn the_markdown_of_a_page_joins_prose_and_keeps_other_lines_and_furniture_and_each_block_has_its_range() {
    let prose = "The paper you chose was cut for you last\nweek and left the yard & the mill.";
    let address = "Ada Voss\nBerlin";
    let text =
        format!("{prose}\n\n{address}\n\n盐是海岸的第一种贸易品人们在沙\n丘后面挖掘盐田，灌满海水，等待\n\n12\n");
    let layout: Vec<_> = (0..)
        .zip(text.trim_end().split("\n\n"))
        .map(|(number, paragraph)| {
            block(
                number,
                number * 50,
                (0..)
                    .zip(paragraph.split('\n'))
                    .map(|(at, text)| line(text, number * 50 + at * 10, number, at))
                    .collect(),
            )
        })
        .collect();
    let mut content = from_layout(&text, &layout, None);
    if let Some(Block { kind, .. }) = content.blocks.last_mut()
        && let BlockKind::Paragraph { text } = kind
    {
        *kind = BlockKind::Furniture { role: crate::FurnitureRole::PageNumber, text: std::mem::take(text) };
    }
    let boxes = content.boxes(&text);
    let parts = content.rewrite_as_markdown();
    assert_eq!(parts[1].1, Some(bounds(1, 50)));
    let markdown: String = parts.into_iter().map(|(part, _)| part).collect();
    assert_eq!(
        markdown,
        "The paper you chose was cut for you last week and left the yard \\& the mill.\n\nAda Voss  \nBerlin\n\n\
         盐是海岸的第一种贸易品人们在沙丘后面挖掘盐田，灌满海水，等待\n\n<page_number>12</page_number>"
    );
    let written: Vec<_> = content.blocks.iter().map(|block| block.source.unwrap().slice(&markdown)).collect();
    assert_eq!(
        written[1..],
        [
            "Ada Voss  \nBerlin",
            "盐是海岸的第一种贸易品人们在沙丘后面挖掘盐田，灌满海水，等待",
            "<page_number>12</page_number>"
        ]
    );
    assert_eq!(content.boxes(&markdown), boxes, "lines and words keep their places");
}
