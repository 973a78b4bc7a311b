use std::io::Cursor;

use calamine::{Reader as _, Xlsx, open_workbook_from_rs};
use inkstream_content::{
    Block, BlockKind, BoundingBox, Line, ListItem, PageContent, RichText, Style, StyleKind, TextRange, Word,
};
use inkstream_export::{Format, Options};

use super::{elements, file_of, page_of, paragraph, table, unzipped};

const HOSTILE: &str =
    "a\0b\u{1b}\u{FFFF}]]>\"'</script><script>alert(1)</script>&amp;<!-- --> 😀 \u{202e}_x0041_ =HYPERLINK(\"x\")";
/// What is left of it in XML.
const LEFT: &str = "ab]]>\"'</script><script>alert(1)</script>&amp;<!-- --> 😀 \u{202e}_x0041_ =HYPERLINK(\"x\")";

/// A page with the hostile text in each kind of block.
fn page() -> PageContent {
    let link = Style { range: TextRange::new(0, 5), kind: StyleKind::Link { url: "javascript:alert(1)".to_owned() } };
    let word = Word {
        range: TextRange::new(3, 9_999),
        bounds: Some(BoundingBox::from([u32::MAX; 4])),
        confidence: Some(f32::NAN),
    };
    let line = Line {
        range: TextRange::new(0, 9_999),
        number: None,
        bounds: word.bounds,
        confidence: Some(-3.0),
        words: vec![word],
    };
    let text = RichText { text: HOSTILE.to_owned(), styles: vec![link], lines: vec![line] };
    let mut grid = table(&[&[HOSTILE, "=cmd|' /C calc'!A0"], &["+1+1", "@SUM(1)"]]);
    grid.caption = Some(text.clone());
    PageContent {
        languages: vec!["\"><script>".to_owned()],
        ..PageContent::new(vec![
            Block::new(BlockKind::Heading { level: 99, text: text.clone() }),
            paragraph(text.clone()),
            Block::new(BlockKind::List {
                items: vec![ListItem {
                    marker: HOSTILE.to_owned(),
                    checked: None,
                    marker_bounds: None,
                    blocks: vec![paragraph(text.clone())],
                }],
            }),
            Block::new(BlockKind::Table(grid)),
            Block::new(BlockKind::Figure { text }),
            Block::new(BlockKind::Formula { latex: HOSTILE.to_owned() }),
            Block::new(BlockKind::Code { language: Some(HOSTILE.to_owned()), code: HOSTILE.to_owned() }),
        ])
    }
}

#[test]
fn hostile_text_stays_text_in_xml() {
    for format in [Format::Hocr, Format::Alto] {
        let bytes = file_of(HOSTILE, format, Options::default(), &[page()]);
        let all = elements(&bytes);
        assert!(all.iter().all(|element| element.name != "script"), "{format:?}");
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("😀") && !text.contains('\0'));
        assert!(!text.contains("javascript:") && !text.contains("\"><script>") && !text.contains("NaN"));
    }
    let all = elements(&file_of(HOSTILE, Format::Hocr, Options::default(), &[page()]));
    assert!(all.iter().any(|element| element.name == "pre" && element.text == LEFT));
}

#[test]
fn hostile_text_stays_text_in_a_word_file() {
    let files = unzipped(&file_of(HOSTILE, Format::Docx, Options::default(), &[page()]));
    let (_, document) = files.iter().find(|(name, _)| name == "word/document.xml").unwrap();
    let all = elements(document);
    let texts: Vec<&str> = all.iter().filter(|element| element.name == "w:t").map(|it| it.text.as_str()).collect();
    assert!(texts.contains(&LEFT), "{texts:?}");
    for (name, content) in &files {
        let text = String::from_utf8_lossy(content);
        assert!(!text.contains("javascript:") && !text.contains("TargetMode=\"External\""), "{name}");
    }
}

#[test]
fn hostile_text_is_neither_a_formula_nor_a_name() {
    let bytes = file_of(&format!("../../{HOSTILE}.pdf"), Format::Xlsx, Options::default(), &[page(), page()]);
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let names = book.sheet_names();
    assert_eq!(names.len(), 3);
    let range = book.worksheet_range(&names[0]).unwrap();
    assert_eq!(range.get_value((0, 0)).unwrap().to_string(), LEFT);
    assert_eq!(range.get_value((0, 1)).unwrap().to_string(), "=cmd|' /C calc'!A0");
    assert!(names.iter().all(|name| book.worksheet_formula(name).unwrap().is_empty()));
    let files = unzipped(&file_of(&format!("../../{HOSTILE}.pdf"), Format::Csv, Options::default(), &[page()]));
    assert!(!files[0].0.contains(['/', '\\', '\0', '<']), "{}", files[0].0);
    let text = String::from_utf8(files[0].1.clone()).unwrap();
    assert!(text.contains("'=cmd|' /C calc'!A0") && text.contains("'+1+1,'@SUM(1)"), "{text}");
}

#[test]
fn pages_with_nothing_and_files_without_a_page_are_files() {
    for format in [Format::Xlsx, Format::Csv, Format::Hocr, Format::Alto, Format::Docx] {
        for pages in [vec![], vec![PageContent::default()], vec![page_of(table(&[&[""], &[""]]))]] {
            assert!(!file_of("", format, Options::default(), &pages).is_empty());
        }
    }
}
