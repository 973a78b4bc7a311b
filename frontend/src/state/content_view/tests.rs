use inkstream_content::{Block, BlockKind, Cell, Line, RichText, Style, StyleKind, Table, TextRange, Word};

use super::*;

fn bounds(x: u32, y: u32, width: u32, height: u32) -> PixelBox {
    PixelBox { x, y, width, height }
}

fn paragraph(text: RichText) -> PageContent {
    PageContent::new(vec![Block::new(BlockKind::Paragraph { text })])
}

/// Text of these lines, each with its place below the one before and words that begin 10 pixels after each other.
fn lined(lines: &[&str]) -> RichText {
    let mut start = 0;
    let of_line = |(index, line): (usize, &&str)| {
        let mut at = start;
        let y = index as u32 * 10;
        let words = line.split(' ').enumerate().map(|(place, word)| {
            let range = TextRange::new(at, at + word.chars().count() as u32);
            at = range.end + 1;
            Word { range, bounds: Some(bounds(place as u32 * 10, y, 8, 8)), confidence: None }
        });
        let words: Vec<Word> = words.collect();
        let range = TextRange::new(start, start + line.chars().count() as u32);
        start = range.end + 1;
        Line { range, number: None, bounds: Some(bounds(0, y, 100, 8)), confidence: None, words }
    };
    let lines_of: Vec<Line> = lines.iter().enumerate().map(of_line).collect();
    RichText { text: lines.join("\n"), styles: Vec::new(), lines: lines_of }
}

fn found(x: u32, y: u32, width: u32) -> TextBox {
    TextBox {
        kind: BoxKind::Reference,
        bounds: bounds(x, y, width, 8),
        text: "whatever".to_owned(),
        confidence: None,
        block: None,
        paragraph: None,
        line: None,
    }
}

/// The text of the pieces with their regions.
fn texts(pieces: &[Piece]) -> Vec<(String, Option<usize>)> {
    pieces.iter().map(|piece| (piece.runs.iter().map(|run| run.text.as_str()).collect(), piece.region)).collect()
}

fn pieces(view: &ContentView) -> &[Piece] {
    match &view.blocks[0].kind {
        BlockViewKind::Paragraph(pieces) | BlockViewKind::Heading(_, pieces) => pieces,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_line_is_a_piece_with_its_region_and_the_breaks_between_belong_to_none() {
    let view = ContentView::new(Some(&paragraph(lined(&["Größe eins", "Größe zwei"]))), &[]);
    let expected = [("Größe eins", Some(0)), ("\n", None), ("Größe zwei", Some(1))];
    assert_eq!(texts(pieces(&view)), expected.map(|(text, region)| (text.to_owned(), region)));
    assert_eq!(view.regions[1], Region { id: 1, kind: BoxKind::Line, bounds: bounds(0, 10, 100, 8) });
    assert_eq!(view.blocks[0].region, None, "the lines tell where it is");
}

#[test]
fn words_are_regions_where_their_line_has_no_place() {
    let mut text = lined(&["two words"]);
    text.lines[0].bounds = None;
    let view = ContentView::new(Some(&paragraph(text)), &[]);
    let expected = [("two", Some(0)), (" ", None), ("words", Some(1))];
    assert_eq!(texts(pieces(&view)), expected.map(|(text, region)| (text.to_owned(), region)));
    assert!(view.regions.iter().all(|region| region.kind == BoxKind::Word));
}

#[test]
fn an_occurrence_comes_before_its_line_and_lies_on_top() {
    let content = paragraph(lined(&["Pay it within thirty", "thirty days"]));
    let view = ContentView::new(Some(&content), &[found(30, 0, 8)]);
    let expected = [("Pay it within ", Some(1)), ("thirty", Some(0)), ("\n", None), ("thirty days", Some(2))];
    assert_eq!(texts(pieces(&view)), expected.map(|(text, region)| (text.to_owned(), region)));
    assert_eq!(view.regions.last().map(|region| region.kind), Some(BoxKind::Reference));
}

#[test]
fn places_that_were_looked_for_are_regions_also_without_content() {
    let view = ContentView::new(None, &[found(1, 2, 3)]);
    assert_eq!((view.blocks.len(), view.regions.len()), (0, 1));
}

#[test]
fn blocks_of_one_place_share_its_region_and_a_figure_has_its_own() {
    let at = Some(bounds(1, 2, 3, 4));
    let block = |kind| Block { bounds: at, ..Block::new(kind) };
    let text = || RichText::plain("x");
    let content = PageContent::new(vec![
        block(BlockKind::Heading { level: 9, text: text() }),
        block(BlockKind::Paragraph { text: text() }),
        block(BlockKind::Figure { text: text() }),
    ]);
    let view = ContentView::new(Some(&content), &[]);
    assert_eq!(view.blocks.iter().map(|block| block.region).collect::<Vec<_>>(), [Some(0), Some(0), Some(1)]);
    assert_eq!(view.regions.iter().map(|region| region.kind).collect::<Vec<_>>(), [BoxKind::Block, BoxKind::Figure]);
    assert!(matches!(&view.blocks[0].kind, BlockViewKind::Heading(6, _)));
}

#[test]
fn styles_that_overlap_are_cut_where_one_begins_or_ends() {
    let style = |start, end, kind| Style { range: TextRange::new(start, end), kind };
    let link = StyleKind::Link { url: "javascript:alert(1)".to_owned() };
    let styles = vec![style(0, 4, StyleKind::Bold), style(2, 6, StyleKind::Italic), style(5, 99, link)];
    let view = ContentView::new(Some(&paragraph(RichText { styles, ..RichText::plain("abcdefg") })), &[]);
    let runs = &pieces(&view)[0].runs;
    let bold_italic = RunStyle::BOLD.with(RunStyle::ITALIC);
    let expected = [
        ("ab", RunStyle::BOLD),
        ("cd", bold_italic),
        ("e", RunStyle::ITALIC),
        ("f", RunStyle::ITALIC.with(RunStyle::LINK)),
        ("g", RunStyle::LINK),
    ];
    assert_eq!(runs.iter().map(|run| (run.text.as_str(), run.style)).collect::<Vec<_>>(), expected);
    assert_eq!(runs[4].link.as_deref(), Some("javascript:alert(1)"));
    assert_eq!(runs[0].link, None);
}

#[test]
fn a_table_has_its_head_apart_and_room_where_no_cell_is() {
    let cell = |row, column, text: &str| Cell {
        row,
        column,
        row_span: 1,
        column_span: 1,
        text: RichText::plain(text),
        ..Cell::default()
    };
    let cells = vec![
        Cell { column_span: 2, header: true, ..cell(0, 0, "Item") },
        Cell { header: true, ..cell(0, 2, "  ") },
        Cell { row_span: 9, ..cell(1, 0, "Ink") },
        cell(1, 1, "€ 12.50"),
        cell(2, 2, "6 bottles"),
    ];
    let table = Table { rows: 3, columns: 3, header_rows: 1, cells, ..Table::default() };
    let view = ContentView::new(Some(&PageContent::new(vec![Block::new(BlockKind::Table(table))])), &[]);
    let BlockViewKind::Table(table) = &view.blocks[0].kind else { panic!("{view:?}") };
    assert_eq!((table.head.len(), table.body.len()), (1, 2));
    assert_eq!(table.head[0].iter().map(|cell| cell.header).collect::<Vec<_>>(), [true, false], "a blank head is none");
    assert_eq!(table.body[0][0].row_span, 2, "a span ends with the table");
    assert!(table.body[0][1].numeric && !table.body[1][1].numeric);
    assert_eq!(table.body[1].len(), 2, "one empty place before the last column; the first is covered");
}

#[test]
fn ten_thousand_nested_styles_are_counted_and_not_compared_with_each_other() {
    let styles = (0..10_000).map(|start| Style { range: TextRange::new(start, 20_000 - start), kind: StyleKind::Bold });
    let text = RichText { styles: styles.collect(), ..RichText::plain("x".repeat(20_000)) };
    let view = ContentView::new(Some(&paragraph(text)), &[]);
    assert_eq!(pieces(&view)[0].runs.len(), 1);
}
