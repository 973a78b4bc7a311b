use inkstream_content::{PageContent, RichText};
use inkstream_export::{Format, Options};

use super::{everything, file, file_of, page_of, paragraph, table, unzipped};

fn records(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn each_table_is_a_file_named_after_its_place() {
    let pages = [page_of(table(&[&["a", "b"], &["1,5", "say \"no\"\nor yes"]])), PageContent::default(), everything()];
    let files = unzipped(&file(Format::Csv, Options::default(), &pages));
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["scan-page-1-table-1.csv", "scan-page-3-table-1.csv"]);
    assert_eq!(records(&files[0].1), [["a", "b"], ["1,5", "say \"no\"\nor yes"]]);
    assert_eq!(records(&files[1].1), [["Both", ""], ["red apple", "3"], ["", "4"]]);
    assert!(files[0].1.ends_with(b"\r\n"));
}

#[test]
fn names_are_base_names_and_unique() {
    let page = page_of(table(&[&["a"], &["1"]]));
    let files = unzipped(&file_of("../../C:\\x\\..\\e\0vil?.png", Format::Csv, Options::default(), &[page]));
    assert_eq!(files[0].0, "evil_-page-1-table-1.csv");
}

#[test]
fn a_document_without_a_table_says_so() {
    let pages = [PageContent::new(vec![paragraph(RichText::plain("text"))])];
    let files = unzipped(&file(Format::Csv, Options::default(), &pages));
    assert_eq!(files[0].0, "no-tables.txt");
}
