//! Gives tables and figures the captions beside them.

use crate::{Block, BlockKind, RichText, TextRange};

/// Words with which captions begin, in small letters.
const TABLE: [&str; 9] = ["table", "tabelle", "tab", "tableau", "tabla", "tabella", "tabela", "tabel", "tabell"];
const FIGURE: [&str; 10] =
    ["figure", "fig", "abbildung", "abb", "figura", "figur", "afbeelding", "bild", "exhibit", "rys"];
/// The maximum number of lines of a caption.
const MAX_LINES: usize = 4;
/// The maximum room between a caption and its table, as a multiple of the height of a line.
const MAX_ROOM: f32 = 2.0;

/// Moves the paragraphs that are captions into the tables and figures that they belong to.
pub(crate) fn find(blocks: &mut Vec<Block>) {
    let mut at = 0;
    while at < blocks.len() {
        let words: &[&str] = match &blocks[at].kind {
            BlockKind::Table(table) if table.caption.is_none() => &TABLE,
            BlockKind::Figure { text } if text.is_blank() => &FIGURE,
            _ => &[],
        };
        let is_caption = |other: &usize| blocks.get(*other).is_some_and(|other| belongs(other, &blocks[at], words));
        let caption = [at.wrapping_sub(1), at + 1].into_iter().find(is_caption);
        if let Some(caption) = caption {
            let Block { kind, source, bounds, .. } = blocks.remove(caption);
            at -= usize::from(caption < at);
            let block = &mut blocks[at];
            if let BlockKind::Paragraph { text } = kind {
                add(&mut block.kind, text);
            }
            block.bounds = block.bounds.zip(bounds).map(|(one, other)| one.union(other)).or(block.bounds);
            let both = block.source.zip(source);
            let both = both.map(|(one, other)| TextRange::new(one.start.min(other.start), one.end.max(other.end)));
            block.source = both.or(block.source).or(source);
        }
        at += 1;
    }
}

fn add(kind: &mut BlockKind, caption: RichText) {
    match kind {
        BlockKind::Table(table) => table.caption = Some(caption),
        BlockKind::Figure { text } => *text = caption,
        _ => {}
    }
}

/// Whether this paragraph is the caption of the block beside it.
fn belongs(paragraph: &Block, block: &Block, words: &[&str]) -> bool {
    let BlockKind::Paragraph { text } = &paragraph.kind else { return false };
    let (Some(own), Some(other)) = (paragraph.bounds, block.bounds) else { return false };
    let bottom = |of: crate::BoundingBox| of.y.saturating_add(of.height);
    let room = other.y.saturating_sub(bottom(own)).max(own.y.saturating_sub(bottom(other)));
    let line = own.height / (text.lines.len().max(1) as u32);
    text.lines.len() <= MAX_LINES && room as f32 <= MAX_ROOM * line as f32 && begins_with(&text.text, words)
}

/// Whether a text begins with one of the words and a number, and does not go on as a sentence does: `Table 2 shows`.
fn begins_with(text: &str, words: &[&str]) -> bool {
    let mut tokens = text.split_whitespace();
    let (Some(word), Some(number)) = (tokens.next(), tokens.next()) else { return false };
    let is_word = words.contains(&word.to_lowercase().trim_end_matches('.'));
    let is_number = number.starts_with(|first: char| first.is_ascii_digit());
    let is_punctuated = number.ends_with(['.', ':', '|', '–', '—']);
    let goes_on = tokens.next().is_some_and(|next| next.starts_with(char::is_lowercase));
    is_word && is_number && (is_punctuated || !goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoundingBox, Table};

    fn block(y: u32, kind: BlockKind) -> Block {
        Block { bounds: Some(BoundingBox { x: 0, y, width: 100, height: 20 }), ..Block::new(kind) }
    }

    fn paragraph(y: u32, text: &str) -> Block {
        block(y, BlockKind::Paragraph { text: RichText::plain(text) })
    }

    fn found(mut blocks: Vec<Block>) -> Vec<String> {
        find(&mut blocks);
        blocks.iter().map(Block::plain_text).collect()
    }

    #[test]
    fn a_numbered_paragraph_beside_a_table_or_a_figure_is_its_caption() {
        let table = || block(30, BlockKind::Table(Table::default()));
        let figure = block(30, BlockKind::Figure { text: RichText::default() });
        assert_eq!(
            found(vec![paragraph(0, "Table 2. Salt"), table(), paragraph(60, "More")]),
            ["Table 2. Salt", "More"]
        );
        assert_eq!(found(vec![paragraph(0, "Text"), table(), paragraph(60, "Tab. 2 Salz")]), ["Text", "Tab. 2 Salz"]);
        assert_eq!(found(vec![figure, paragraph(60, "Figure 3: A pan")]), ["Figure 3: A pan"]);
        for text in ["Table 2 shows the trade", "Tables are long", "Figure 3: A pan", "Table for two"] {
            assert_eq!(found(vec![paragraph(0, text), table()]), [text, ""]);
        }
        assert_eq!(found(vec![paragraph(0, "Table 2. Salt"), block(90, BlockKind::Table(Table::default()))]).len(), 2);
    }
}
