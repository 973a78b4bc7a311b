//! Files of every format, read back with another library than the one that wrote them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own functions may fail it")]

mod alto;
mod csv;
mod docx;
mod hocr;
mod hostile;
mod xlsx;

use std::io::Read as _;

use inkstream_content::{
    Block, BlockKind, BoundingBox, FurnitureRole, Line, ListItem, PageContent, RichText, Table, TableBuilder,
    TextRange, Word,
};
use inkstream_export::{Format, Options, SourcePage, export};
use quick_xml::{Reader, events::Event};
use zip::ZipArchive;

/// A file with these pages of `scan.pdf`.
fn file(format: Format, options: Options, pages: &[PageContent]) -> Vec<u8> {
    file_of("scan.pdf", format, options, pages)
}

fn file_of(name: &str, format: Format, options: Options, pages: &[PageContent]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut file = export(format, options, &mut out);
    for (number, content) in (1..).zip(pages) {
        file.page(&SourcePage { file: name, number, engine: Some("ppocr"), warnings: &[], content }).unwrap();
    }
    file.finish().unwrap();
    out
}

/// A table with a head of one row.
fn table(rows: &[&[&str]]) -> Table {
    let mut builder = TableBuilder::default();
    for (index, row) in rows.iter().enumerate() {
        builder.begin_row(index == 0);
        for text in *row {
            builder.cell(RichText::plain(*text), index == 0, 1, 1);
        }
    }
    builder.finish().unwrap()
}

fn page_of(table: Table) -> PageContent {
    PageContent::new(vec![Block::new(BlockKind::Table(table))])
}

fn paragraph(text: RichText) -> Block {
    Block::new(BlockKind::Paragraph { text })
}

/// A text of one line. Its words stand side by side, each 10 pixels wide, from `x` and `y` on.
fn placed(text: &str, x: u32, y: u32, confidence: f32) -> RichText {
    let mut words = Vec::new();
    let mut start = 0;
    for (index, word) in (0..).zip(text.split(' ')) {
        let end = start + word.chars().count() as u32;
        let bounds = Some(BoundingBox { x: x + index * 20, y, width: 10, height: 8 });
        words.push(Word { range: TextRange::new(start, end), bounds, confidence: Some(confidence) });
        start = end + 1;
    }
    let bounds = words.iter().filter_map(|word| word.bounds).reduce(BoundingBox::union);
    let range = TextRange::new(0, text.chars().count() as u32);
    let line = Line { range, number: None, bounds, confidence: None, words };
    RichText { text: text.to_owned(), styles: Vec::new(), lines: vec![line] }
}

/// A page with every kind of block. What has lines has places.
fn everything() -> PageContent {
    let item = ListItem {
        marker: "3.".to_owned(),
        checked: None,
        marker_bounds: None,
        blocks: vec![paragraph(RichText::plain("third"))],
    };
    let mut grid = TableBuilder::default();
    grid.caption(RichText::plain("Fruit"));
    grid.begin_row(true);
    grid.cell(RichText::plain("Both"), true, 2, 1);
    grid.begin_row(false);
    grid.cell(placed("red apple", 100, 300, 90.0), false, 1, 2);
    grid.cell(RichText::plain("3"), false, 1, 1);
    grid.begin_row(false);
    grid.cell(RichText::plain("4"), false, 1, 1);
    let mut two_lines = placed("first exam-", 10, 50, 91.0);
    let below = placed("ple", 10, 70, 89.0);
    two_lines.text.push_str("\nple");
    two_lines.lines.push(Line {
        range: TextRange::new(12, 15),
        words: vec![Word { range: TextRange::new(12, 15), ..below.lines[0].words[0].clone() }],
        ..below.lines[0].clone()
    });
    PageContent {
        width: Some(600),
        height: Some(800),
        languages: vec!["deu".to_owned()],
        ..PageContent::new(vec![
            Block::new(BlockKind::Furniture { role: FurnitureRole::RunningHead, text: RichText::plain("Head") }),
            Block::new(BlockKind::Heading { level: 1, text: placed("The Title", 10, 20, 95.5) }),
            paragraph(two_lines),
            Block::new(BlockKind::Quote { blocks: vec![paragraph(RichText::plain("quoted"))] }),
            Block::new(BlockKind::List { items: vec![item] }),
            Block::new(BlockKind::Table(grid.finish().unwrap())),
            Block {
                bounds: Some(BoundingBox { x: 1, y: 2, width: 3, height: 4 }),
                ..Block::new(BlockKind::Figure { text: RichText::plain("a cat") })
            },
            Block::new(BlockKind::Formula { latex: "a<b".to_owned() }),
            Block::new(BlockKind::Code { language: None, code: "if x {\n  y\n}".to_owned() }),
            Block::new(BlockKind::Rule),
        ])
    }
}

/// An element of an XML file: its name, its attributes, and the text that is directly in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The elements of a well-formed XML file in the order of their ends.
fn elements(xml: &[u8]) -> Vec<Element> {
    let mut reader = Reader::from_str(std::str::from_utf8(xml).unwrap());
    let (mut open, mut closed) = (Vec::<Element>::new(), Vec::new());
    let element = |start: &quick_xml::events::BytesStart<'_>| Element {
        name: start.name().as_ref().to_owned(),
        attributes: start
            .attributes()
            .map(|attribute| {
                let attribute = attribute.unwrap();
                let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                (attribute.key.as_ref().to_owned(), value)
            })
            .collect(),
        text: String::new(),
    };
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open.push(element(&start)),
            Event::Empty(start) => closed.push(element(&start)),
            Event::End(_) => closed.push(open.pop().unwrap()),
            Event::Text(text) => {
                if let Some(last) = open.last_mut() {
                    last.text.push_str(&text);
                }
            }
            Event::GeneralRef(name) => {
                let entity = format!("&{};", &*name);
                open.last_mut().unwrap().text.push_str(&quick_xml::escape::unescape(&entity).unwrap());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    closed
}

/// The files of a ZIP file by their names.
fn unzipped(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}
