use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use inkstream_content::{PageContent, RichText, TableBuilder};
use inkstream_export::{Format, Layout, Options, SourcePage, export};

use super::{everything, file, page_of, paragraph, placed, table, unzipped};

type Workbook = Xlsx<Cursor<Vec<u8>>>;

fn workbook(options: Options, pages: &[PageContent]) -> Workbook {
    open_workbook_from_rs(Cursor::new(file(Format::Xlsx, options, pages))).unwrap()
}

/// The rows of a sheet. A date is written as the number that Excel counts its days by.
fn rows(workbook: &mut Workbook, sheet: &str) -> Vec<Vec<String>> {
    let cell = |data: &Data| match data {
        Data::DateTime(date) => format!("day {}", date.as_f64()),
        Data::Float(number) => format!("number {number}"),
        other => other.to_string(),
    };
    let range = workbook.worksheet_range(sheet).unwrap();
    range.rows().map(|row| row.iter().map(cell).collect()).collect()
}

/// A file within the workbook as text.
fn part(bytes: &[u8], name: &str) -> String {
    let parts = unzipped(bytes);
    let (_, content) = parts.iter().find(|(part, _)| part == name).unwrap_or_else(|| panic!("no {name}"));
    String::from_utf8(content.clone()).unwrap()
}

#[test]
fn cells_are_numbers_and_dates_where_their_column_is_and_texts_elsewhere() {
    let page = page_of(table(&[
        &["Item", "Price", "Share", "Day", "Code"],
        &["Ink", "€ 1,234.50", "12.5 %", "31.12.2024", "0070"],
        &["=1+1", "-5", "7 %", "1.1.2025", "1234"],
    ]));
    let mut book = workbook(Options::default(), &[page]);
    assert_eq!(book.sheet_names(), ["scan", "Summary"]);
    let rows = rows(&mut book, "scan");
    assert_eq!(rows[0], ["Item", "Price", "Share", "Day", "Code"]);
    assert_eq!(rows[1], ["Ink", "number 1234.5", "number 0.125", "day 45657", "0070"]);
    assert_eq!(rows[2], ["=1+1", "number -5", "number 0.07", "day 45658", "1234"]);
    assert!(book.worksheet_formula("scan").unwrap().is_empty());
}

#[test]
fn a_locale_decides_what_the_table_leaves_open() {
    let page = page_of(table(&[&["Size"], &["1.234"], &["5.678"]]));
    let with = |tag: &str| {
        let locale = Some(inkstream_export::Locale::parse(tag).unwrap());
        rows(&mut workbook(Options { locale, ..Options::default() }, std::slice::from_ref(&page)), "scan").remove(1)
    };
    assert_eq!(with("de-DE"), ["number 1234"]);
    assert_eq!(with("en"), ["number 1.234"]);
    assert_eq!(rows(&mut workbook(Options::default(), std::slice::from_ref(&page)), "scan")[1], ["1.234"]);
}

#[test]
fn spans_are_merged_heads_are_frozen_and_sheets_have_the_captions_names() {
    let bytes = file(Format::Xlsx, Options::default(), &[everything()]);
    let mut book: Workbook = open_workbook_from_rs(Cursor::new(bytes.clone())).unwrap();
    assert_eq!(book.sheet_names(), ["Fruit", "Summary"]);
    let mut merged: Vec<_> =
        book.merge_cells_by_sheet_name("Fruit").unwrap().iter().map(|merged| (merged.start, merged.end)).collect();
    merged.sort_unstable();
    assert_eq!(merged, [((0, 0), (0, 1)), ((1, 0), (2, 0))]);
    assert_eq!(rows(&mut book, "Fruit"), [["Both", ""], ["red apple", "number 3"], ["", "number 4"]]);
    assert!(part(&bytes, "xl/worksheets/sheet1.xml").contains("<pane ySplit=\"1\""));
}

#[test]
fn doubtful_cells_have_a_fill_and_a_note() {
    let mut builder = TableBuilder::default();
    builder.begin_row(false);
    builder.cell(placed("sure thing", 0, 0, 99.0), false, 1, 1);
    builder.cell(placed("doubtful", 0, 0, 42.4), false, 1, 1);
    let bytes = file(Format::Xlsx, Options::default(), &[page_of(builder.finish().unwrap())]);
    let notes = part(&bytes, "xl/comments1.xml");
    assert!(notes.contains("ref=\"B1\"") && notes.contains("confidence of 42 %"), "{notes}");
    assert!(!notes.contains("ref=\"A1\""));
    assert!(part(&bytes, "xl/styles.xml").contains("FFEB9C"));
}

#[test]
fn stacked_tables_share_a_sheet_each_below_its_title() {
    let pages = [page_of(table(&[&["A"], &["1"]])), everything()];
    let mut book = workbook(Options { layout: Layout::Stacked, ..Options::default() }, &pages);
    assert_eq!(book.sheet_names(), ["scan", "Summary"]);
    let first: Vec<String> = rows(&mut book, "scan").into_iter().map(|mut row| row.remove(0)).collect();
    assert_eq!(first, ["Page 1, table 1", "A", "number 1", "", "Page 2, table 1: Fruit", "Both", "red apple", ""]);
}

#[test]
fn pages_without_a_table_give_their_text_unless_only_tables_are_wanted() {
    let text = PageContent::new(vec![paragraph(RichText::plain("=1+1\nsecond")), paragraph(RichText::plain("third"))]);
    let pages = [page_of(table(&[&["A"], &["1"]])), text];
    let mut book = workbook(Options::default(), &pages);
    assert_eq!(book.sheet_names(), ["scan", "Text", "Summary"]);
    let texts = rows(&mut book, "Text");
    assert_eq!(texts[1], ["scan.pdf", "number 2", "=1+1"]);
    assert_eq!((texts[2][2].as_str(), texts[3][2].as_str()), ("second", "third"));
    let book = workbook(Options { tables_only: true, ..Options::default() }, &pages);
    assert_eq!(book.sheet_names(), ["scan", "Summary"]);
}

#[test]
fn the_summary_tells_the_source_and_what_may_be_wrong() {
    let mut out = Vec::new();
    let mut file = export(Format::Xlsx, Options::default(), &mut out);
    let content = page_of(table(&[&["A"], &["1"]]));
    let warnings = ["The page was cut.".to_owned()];
    let page =
        SourcePage { file: "a/b.png", number: 7, engine: Some("tesseract"), warnings: &warnings, content: &content };
    file.page(&page).unwrap();
    file.finish().unwrap();
    let mut book: Workbook = open_workbook_from_rs(Cursor::new(out)).unwrap();
    assert_eq!(book.sheet_names(), ["b p7", "Summary"]);
    let expected = ["a/b.png", "number 7", "tesseract", "number 1", "b p7", "The page was cut."];
    assert_eq!(rows(&mut book, "Summary")[1], expected);
}

#[test]
fn a_text_that_is_longer_than_a_cell_is_cut_and_both_tell_so() {
    let long = "x".repeat(40_000);
    let bytes = file(Format::Xlsx, Options::default(), &[page_of(table(&[&["A"], &[&long]]))]);
    assert!(part(&bytes, "xl/comments1.xml").contains("7233 more letters were cut"));
    let mut book: Workbook = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    assert_eq!(rows(&mut book, "scan")[1][0].len(), 32_767);
    assert!(rows(&mut book, "Summary")[1][5].contains("1 cells of table 1 are cut"));
    // As the text of a page nothing is cut.
    let mut book = workbook(Options::default(), &[PageContent::new(vec![paragraph(RichText::plain(long))])]);
    assert_eq!([1, 2].map(|row| rows(&mut book, "Text")[row][2].len()), [32_767, 7_233]);
}

#[test]
fn columns_beyond_the_last_of_a_sheet_are_told() {
    let mut wide = table(&[&["A", "B"], &["1", "2"]]);
    wide.columns = 20_000;
    wide.cells[3].column = 19_999;
    let mut book = workbook(Options::default(), &[page_of(wide)]);
    assert!(rows(&mut book, "Summary")[1][5].contains("1 cells of table 1 are beyond"));
}

#[test]
fn cells_that_overlap_against_the_model_still_give_a_workbook() {
    let mut odd = table(&[&["a", "b"], &["c", "d"]]);
    odd.cells[0].column_span = 2;
    odd.cells[0].row_span = u32::MAX;
    odd.cells[1].row_span = 2;
    let mut book = workbook(Options::default(), &[page_of(odd)]);
    assert_eq!(book.merge_cells_by_sheet_name("scan").unwrap().len(), 1);
    assert_eq!(rows(&mut book, "scan")[1][1], "d");
}
