//! Finds lists among the paragraphs of a located page: lines that begin with markers which follow each other at one indentation.

mod marker;
mod rows;

use crate::{Block, BlockKind, BoundingBox, ListItem};
pub(crate) use marker::roman;
use marker::{Kind, Marker};
use rows::Row;

/// The maximum distance of the left edges of two items of a list, as a multiple of the height of a line. Numbers are often aligned at the
/// right.
const SAME_EDGE: f32 = 0.8;
/// The minimum indentation of a line that belongs to the item above it, in the same measure.
const MIN_INDENT: f32 = 0.5;
/// The maximum room between two lines of a list, in the same measure.
const MAX_ROOM: f32 = 2.5;
/// The minimum width of prose, in the same measure. Of narrower lines it does not show whether a word did not fit.
const MIN_WIDTH: f32 = 15.0;
/// The maximum ratio of the heights of the items of a list.
const MAX_SIZE_RATIO: f32 = 1.35;
/// The maximum depth of lists in lists.
const MAX_DEPTH: usize = 4;

/// Turns paragraphs, or lines of them, into lists.
pub(crate) fn find(blocks: Vec<Block>) -> Vec<Block> {
    let mut found = Vec::new();
    let mut blocks = blocks.into_iter().peekable();
    while let Some(block) = blocks.next() {
        let mut stretch = vec![block];
        while is_located_paragraph(&stretch[0])
            && let Some(next) = blocks.next_if(is_located_paragraph)
        {
            stretch.push(next);
        }
        let rows = if is_located_paragraph(&stretch[0]) { rows::of(&stretch) } else { Vec::new() };
        let nodes = nodes(&rows, MAX_DEPTH);
        if nodes.iter().any(|node| matches!(node, Node::List(_))) {
            found.extend(nodes.into_iter().flat_map(|node| node.blocks(&rows)));
        } else {
            found.append(&mut stretch);
        }
    }
    found
}

fn is_located_paragraph(block: &Block) -> bool {
    let BlockKind::Paragraph { text } = &block.kind else { return false };
    !text.lines.is_empty() && text.lines.iter().all(|line| line.bounds.is_some())
}

/// Rows that belong together.
enum Node {
    Text(std::ops::Range<usize>),
    List(Vec<Item>),
}

/// An item: its marker, its own rows, and what follows in it.
struct Item {
    marker: Marker,
    first: usize,
    nodes: Vec<Node>,
}

/// Divides rows into lists and what stands between them. The rows are numbered from `rows[0]`.
fn nodes(rows: &[Row], depth: usize) -> Vec<Node> {
    nodes_within(rows, 0..rows.len(), depth)
}

fn nodes_within(rows: &[Row], range: std::ops::Range<usize>, depth: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    let (mut at, mut begun) = (range.start, range.start);
    while at < range.end {
        let run = if depth == 0 { None } else { run(rows, at..range.end) };
        let Some(Run { items, end }) = run else {
            at += 1;
            continue;
        };
        if begun < at {
            nodes.push(Node::Text(begun..at));
        }
        let ends = items.iter().skip(1).map(|(_, first)| *first).chain([end]).collect::<Vec<_>>();
        let item = |((marker, first), end): ((Marker, usize), usize)| Item {
            marker,
            first,
            nodes: nodes_within(rows, first + 1..end, depth - 1),
        };
        nodes.push(Node::List(items.into_iter().zip(ends).map(item).collect()));
        (at, begun) = (end, end);
    }
    if begun < range.end {
        nodes.push(Node::Text(begun..range.end));
    }
    nodes
}

/// The rows of a list: the markers of its items with their rows, and the row after the last.
struct Run {
    items: Vec<(Marker, usize)>,
    end: usize,
}

/// The list that begins in the first of these rows.
fn run(rows: &[Row], range: std::ops::Range<usize>) -> Option<Run> {
    let runs = marker::all(&rows[range.start].text).into_iter().map(|marker| {
        let mut run = Run { items: vec![(marker, range.start)], end: range.start + 1 };
        while run.end < range.end && run.takes(rows) {
            run.end += 1;
        }
        run
    });
    runs.filter(|run| run.is_list(rows)).max_by_key(|run| run.items.len())
}

impl Run {
    /// Takes the row at the run's end, as an item or as a part of the last one. Returns whether it belongs to the run.
    fn takes(&mut self, rows: &[Row]) -> bool {
        let Some((last, _)) = self.items.last() else { return false };
        let first = &rows[self.items[0].1];
        let (before, row) = (&rows[self.end - 1], &rows[self.end]);
        let room = row.top - before.bottom;
        let is_below = row.top > before.top && room <= MAX_ROOM * first.height && row.left < first.right;
        if !is_below {
            return false;
        }
        let markers = marker::all(&row.text);
        let is_aligned = (row.left - first.left).abs() <= SAME_EDGE * first.height;
        let sizes = [row.height, first.height];
        let is_same_size = sizes[0].max(sizes[1]) <= MAX_SIZE_RATIO * sizes[0].min(sizes[1]);
        let next = markers.iter().find(|marker| marker.follows(last));
        if let Some(next) = next.filter(|_| is_aligned && is_same_size) {
            self.items.push((next.clone(), self.end));
            return true;
        }
        let is_indented = row.left - first.left > MIN_INDENT * first.height && {
            // A paragraph after the list may have an indentation of its own.
            let (marker, own) = (last, &rows[self.items[self.items.len() - 1].1]);
            let is_at_text =
                own.left_after(marker.length).is_none_or(|left| (row.left - left).abs() <= SAME_EDGE * first.height);
            !markers.is_empty() || (is_at_text && room <= first.height)
        };
        // Without an indentation a line goes on with the item only if its paragraph does, and if its first word did not fit before.
        let goes_on = is_aligned
            && markers.is_empty()
            && row.paragraph == before.paragraph
            && row.column_right - first.left >= MIN_WIDTH * first.height
            && before.right + row.first_word() > row.column_right;
        is_indented || goes_on
    }

    fn is_list(&self, rows: &[Row]) -> bool {
        let (marker, _) = &self.items[0];
        let texts = || self.items.iter().map(|(marker, row)| rows[*row].text_after(marker));
        let ends = |text: &str, marks: &[char]| text.trim_end().ends_with(marks);
        self.items.len() >= marker.min_items()
            && match marker.kind {
                // Spoken words begin with a dash in many languages.
                Kind::Dash(_) => {
                    let says = |text: &str| text.contains(['!', '?', '…', '«', '»', '“', '”', '„', '"']);
                    !texts().any(|text| says(&text)) && !texts().all(|text| ends(&text, &['.']))
                }
                _ => true,
            }
    }
}

impl Node {
    fn blocks(self, rows: &[Row]) -> Vec<Block> {
        match self {
            Self::Text(range) => rows::paragraphs(&rows[range], 0),
            Self::List(items) => {
                let items: Vec<ListItem> = items.into_iter().map(|item| item.finish(rows)).collect();
                let blocks = || items.iter().flat_map(|item| &item.blocks);
                let bounds = blocks().filter_map(|block| block.bounds).reduce(BoundingBox::union);
                let sources = || blocks().map(|block| block.source);
                let source = sources().next().flatten().zip(sources().next_back().flatten());
                let region = blocks().next().and_then(|block| block.region);
                vec![Block {
                    bounds,
                    source: source.map(|(first, last)| crate::TextRange::new(first.start, last.end)),
                    region,
                    ..Block::new(BlockKind::List { items })
                }]
            }
        }
    }
}

impl Item {
    fn finish(self, rows: &[Row]) -> ListItem {
        let Self { marker, first, mut nodes } = self;
        let own = match nodes.first() {
            Some(Node::Text(range)) => range.end,
            _ => first + 1,
        };
        let mut blocks = rows::paragraphs(&rows[first..own], marker.length);
        if own > first + 1 {
            nodes.remove(0);
        }
        blocks.extend(nodes.into_iter().flat_map(|node| node.blocks(rows)));
        ListItem {
            marker_bounds: rows[first].bounds_before(marker.length),
            marker: marker.text,
            checked: marker.checked,
            blocks,
        }
    }
}

#[cfg(test)]
mod tests;
