use super::find;
use crate::{Block, BlockKind, BoundingBox, Line, PageContent, RichText, TextRange, Word};

const WIDTH: u32 = 9;

/// Paragraphs of lines 20 pixels high and 28 apart, separated by empty lines. Each leading space is an indentation of ten pixels.
fn paragraphs(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open = RichText::default();
    for (row, written) in (0..).zip(page.split('\n').chain([""])) {
        let text = written.trim_start();
        if text.is_empty() {
            if !open.text.is_empty() {
                blocks.push(Block::new(BlockKind::Paragraph { text: std::mem::take(&mut open) }));
            }
            continue;
        }
        if !open.text.is_empty() {
            open.text.push('\n');
        }
        let start = open.text.chars().count() as u32;
        let left = (written.len() - text.len()) as u32 * 10;
        let mut at = 0;
        let place = |from: u32, length: u32| BoundingBox {
            x: left + from * WIDTH,
            y: row * 28,
            width: length * WIDTH,
            height: 20,
        };
        let words = text.split(' ').map(|word| {
            let (from, length) = (at, word.chars().count() as u32);
            at += length + 1;
            let range = TextRange::new(start + from, start + from + length);
            Word { range, bounds: Some(place(from, length)), confidence: Some(90.0) }
        });
        let words = words.collect();
        let length = text.chars().count() as u32;
        let range = TextRange::new(start, start + length);
        open.lines.push(Line {
            range,
            number: Some(row),
            bounds: Some(place(0, length)),
            confidence: Some(90.0),
            words,
        });
        open.text.push_str(text);
    }
    blocks
}

/// The page with its lists, as Markdown.
fn read(page: &str) -> String {
    PageContent::new(find(paragraphs(page))).markdown()
}

fn has_list(page: &str) -> bool {
    find(paragraphs(page)).iter().any(|block| matches!(block.kind, BlockKind::List { .. }))
}

#[test]
fn markers_in_a_sequence_make_a_list_between_paragraphs() {
    assert_eq!(read("Take:\n• flour\n• salt\nand stir."), "Take:\n\n- flour\n- salt\n\nand stir.");
    assert_eq!(read("9. ink\n10. paper\n\nThe end"), "9. ink\n10. paper\n\nThe end");
    assert_eq!(read("a) ink\nb) paper"), "- a) ink\n- b) paper");
    assert_eq!(read("(i) ink\n(ii) paper\n(iii) wax"), "- (i) ink\n- (ii) paper\n- (iii) wax");
    assert_eq!(read("☐ ink\n☑ paper"), "- [ ] ink\n- [x] paper");
    assert_eq!(read("* ink\n¢ paper\n¢wax"), "- ink\n- paper\n- wax", "bullets as Tesseract reads them");
    assert_eq!(read("1.Ink\n2.Paper"), "1. Ink\n2. Paper", "recognition loses spaces");
}

#[test]
fn items_have_further_lines_and_lists_of_their_own() {
    let page =
        "1. The paper that you chose was cut\n   for you last week.\n   - in Leipzig\n   - in Jena\n2. Ink\n\nThe end";
    assert_eq!(
        read(page),
        "1. The paper that you chose was cut for you last week.\n\n   - in Leipzig\n   - in Jena\n2. Ink\n\nThe end"
    );
    let flush = "1. The party of the first part shall deliver\nthe paper to the yard.\n\n2. The party of the second part shall pay\nit at once.\n\nSigned in Leipzig";
    assert_eq!(
        read(flush),
        "1. The party of the first part shall deliver the paper to the yard.\n2. The party of the second part shall pay it at once.\n\nSigned in Leipzig"
    );
}

#[test]
fn what_only_looks_like_a_marker_makes_no_list() {
    for page in [
        "1999 was a good year\n2000 was not",
        "1999. It was a good year\n2000. It was not",
        "3. May was cold",
        "A. Smith\nB. Jones",
        "A. Smith wrote it\nC. Jones did not",
        "– Bonjour, dit-il.\n– Bonsoir, dit-elle.",
        "- Who is there?\n- Nobody",
        "— Pan\n— Pani",
        "1. Introduction\nThe paper was cut last week.\n\n2. Methods\nIt was cut with a knife.",
        "1.5 kg of flour\n2.5 kg of salt",
        "12. 50\n13. 70",
        "1. ink\n\n\n\n\n\n\n2. paper",
        "• ink",
        "1. ink\n3. paper",
        "1. ink\n          2. paper",
        "-5 degrees\n-6 degrees",
        "e.g. this\nf.i. that",
    ] {
        assert!(!has_list(page), "{page}");
        let blocks = paragraphs(page);
        assert_eq!(find(blocks.clone()), blocks, "{page}");
    }
}

#[test]
fn nothing_of_a_list_is_lost_and_each_word_keeps_its_place() {
    let page = "Take:\n• fine flour\n  sifted\n• salt";
    let before = PageContent::new(paragraphs(page));
    let after = PageContent::new(find(paragraphs(page)));
    let told = |content: &PageContent| -> Vec<_> {
        content.boxes("").into_iter().map(|found| (found.kind, found.text, found.bounds, found.line)).collect()
    };
    assert_eq!(told(&after), told(&before));
    assert_eq!(after.plain_text(), "Take:\n\n• fine flour\n  sifted\n• salt");
}
