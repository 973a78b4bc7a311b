//! Builds the view from the content.

use inkstream_content::{Block, BlockKind, Cell, Line, ListItem, PageContent, RichText, Table, TextRange};
use inkstream_wire::{BoxKind, PixelBox, TextBox};

use super::{BlockView, BlockViewKind, CellView, ContentView, ItemView, Piece, Region, TableView, text};

pub(super) fn build(content: Option<&PageContent>, boxes: &[TextBox]) -> ContentView {
    let mut builder = Builder::default();
    for found in boxes.iter().filter(|place| place.kind == BoxKind::Reference) {
        builder.add(BoxKind::Reference, found.bounds);
    }
    builder.references.clone_from(&builder.regions);
    let blocks = content.map(|content| builder.blocks(&content.blocks)).unwrap_or_default();
    let mut regions = builder.regions;
    regions.sort_by_key(|region| match region.kind {
        BoxKind::Block => 0,
        BoxKind::Figure => 1,
        BoxKind::Line => 2,
        BoxKind::Word => 3,
        BoxKind::Reference => 4,
    });
    ContentView { blocks, regions }
}

#[derive(Default)]
struct Builder {
    regions: Vec<Region>,
    /// The occurrences of the reference.
    references: Vec<Region>,
}

impl Builder {
    fn add(&mut self, kind: BoxKind, bounds: PixelBox) -> usize {
        let id = self.regions.len();
        self.regions.push(Region { id, kind, bounds });
        id
    }

    fn blocks(&mut self, blocks: &[Block]) -> Vec<BlockView> {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&mut self, block: &Block) -> BlockView {
        let before = self.regions.len();
        let kind = match &block.kind {
            BlockKind::Heading { level, text } => BlockViewKind::Heading((*level).clamp(1, 6), self.text(text)),
            BlockKind::Paragraph { text } => {
                let shown = text.reflowed();
                BlockViewKind::Paragraph(self.shown(text, &shown))
            }
            BlockKind::Quote { blocks } => BlockViewKind::Quote(self.blocks(blocks)),
            BlockKind::List { items } => BlockViewKind::List(
                items.iter().map(|item| self.item(item)).collect(),
                items.iter().all(|item| item.marker.starts_with(|first: char| first.is_ascii_digit())),
            ),
            BlockKind::Table(table) => BlockViewKind::Table(self.table(table)),
            BlockKind::Figure { text } => BlockViewKind::Figure(self.text(text)),
            BlockKind::Formula { latex } => BlockViewKind::Formula(latex.clone()),
            BlockKind::Code { code, .. } => BlockViewKind::Code(code.clone()),
            BlockKind::Furniture { role, text } => BlockViewKind::Furniture(*role, self.text(text)),
            BlockKind::Rule => BlockViewKind::Rule,
        };
        // The bounds of the block are not needed if those of its lines are known.
        let is_figure = matches!(block.kind, BlockKind::Figure { .. });
        let bounds = block.bounds.filter(|_| is_figure || self.regions.len() == before);
        let region = bounds.map(|bounds| self.block_region(bounds, is_figure, before));
        BlockView { region, kind }
    }

    /// The region of a block. Several blocks of the content may come from one block of the engine; they share its region.
    fn block_region(&mut self, bounds: PixelBox, is_figure: bool, before: usize) -> usize {
        let kind = if is_figure { BoxKind::Figure } else { BoxKind::Block };
        let last = before.checked_sub(1).and_then(|last| self.regions.get(last));
        match last.filter(|last| last.kind == kind && last.bounds == bounds) {
            Some(same) => same.id,
            None => self.add(kind, bounds),
        }
    }

    fn item(&mut self, item: &ListItem) -> ItemView {
        ItemView { marker: item.marker.clone(), checked: item.checked, blocks: self.blocks(&item.blocks) }
    }

    fn table(&mut self, table: &Table) -> TableView {
        let caption = table.caption.as_ref().map(|caption| self.text(caption));
        let numeric = numeric_columns(table);
        let mut rows: Vec<Vec<CellView>> = Vec::new();
        // The row up to which cells from above cover each column.
        let mut covered = vec![0_u32; table.columns as usize];
        let mut cells = table.cells.iter().peekable();
        for row in 0..table.rows {
            let mut views = Vec::new();
            let mut column = 0;
            while let Some(cell) = cells.next_if(|cell| cell.row <= row) {
                // An empty cell fills a position that no cell covers.
                let open = covered.get(column..cell.column as usize).unwrap_or_default();
                let empty = open.iter().filter(|until| **until <= row).count();
                views.extend((0..empty).map(|_| CellView { row_span: 1, column_span: 1, ..CellView::default() }));
                let is_numeric = cell.column_span <= 1 && numeric.get(cell.column as usize) == Some(&true);
                let view = self.cell(cell, row < table.header_rows, table.rows - row);
                views.push(CellView { numeric: is_numeric, ..view });
                column = (cell.column as usize).saturating_add(cell.column_span.max(1) as usize);
                if let Some(covered) = covered.get_mut(cell.column as usize..column) {
                    covered.fill(row.saturating_add(cell.row_span.max(1)));
                }
            }
            rows.push(views);
        }
        let body = rows.split_off((table.header_rows as usize).min(rows.len()));
        TableView { caption, head: rows, body, truncated: table.truncated }
    }

    fn cell(&mut self, cell: &Cell, in_head: bool, rows_left: u32) -> CellView {
        let before = self.regions.len();
        let text = self.text(&cell.text);
        let bounds = cell.bounds.filter(|_| self.regions.len() == before);
        CellView {
            numeric: false,
            row_span: cell.row_span.clamp(1, rows_left),
            column_span: cell.column_span.max(1),
            // An empty cell is not a header.
            header: (cell.header || in_head) && !cell.text.is_blank(),
            region: bounds.map(|bounds| self.add(BoxKind::Block, bounds)),
            text,
        }
    }

    fn text(&mut self, text: &RichText) -> Vec<Piece> {
        self.shown(text, &text.text)
    }

    fn shown(&mut self, text: &RichText, shown: &str) -> Vec<Piece> {
        let mut owners = Vec::new();
        for line in &text.lines {
            if let Some(bounds) = line.bounds {
                owners.push((line.range, self.add(BoxKind::Line, bounds)));
            } else {
                let words = line.words.iter().filter_map(|word| Some((word.range, word.bounds?)));
                owners.extend(words.map(|(range, bounds)| (range, self.add(BoxKind::Word, bounds))));
            }
            owners.extend(self.references.iter().filter_map(|found| Some((within(line, found.bounds)?, found.id))));
        }
        text::pieces(text, shown, &owners)
    }
}

/// The characters of a line that are within `bounds`: the words whose middle is within them. A line without words counts as a whole.
fn within(line: &Line, bounds: PixelBox) -> Option<TextRange> {
    let words = line.words.iter().filter(|word| word.bounds.is_some_and(|word| has_middle_of(bounds, word)));
    let found = words.map(|word| word.range).reduce(|all, word| TextRange::new(all.start, word.end));
    let is_alone = line.words.is_empty() && line.bounds.is_some_and(|line| has_middle_of(bounds, line));
    found.or_else(|| is_alone.then_some(line.range))
}

fn has_middle_of(outer: PixelBox, inner: PixelBox) -> bool {
    let (x, y) = (inner.x.saturating_add(inner.width / 2), inner.y.saturating_add(inner.height / 2));
    let is_in = |at: u32, start: u32, length: u32| at >= start && at - start < length;
    is_in(x, outer.x, outer.width) && is_in(y, outer.y, outer.height)
}

/// Whether each column contains only numbers, apart from its headers. Such columns are aligned by their digits.
fn numeric_columns(table: &Table) -> Vec<bool> {
    let mut numbers = vec![None; table.columns as usize];
    let below_head = |cell: &&Cell| cell.row >= table.header_rows && !cell.text.is_blank() && cell.column_span <= 1;
    for cell in table.cells.iter().filter(below_head) {
        if let Some(numeric) = numbers.get_mut(cell.column as usize) {
            *numeric = Some(*numeric != Some(false) && is_numeric(&cell.text.text));
        }
    }
    numbers.into_iter().map(|numeric| numeric == Some(true)).collect()
}

/// Whether a cell contains a number or an amount: digits with signs, and at most a currency or a unit.
fn is_numeric(text: &str) -> bool {
    let text = text.trim();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    let signs = |letter: char| letter.is_alphanumeric() || " .,'’-–−+%()€$£¥\u{a0}\u{202f}".contains(letter);
    digits > 0 && letters <= 3 && letters <= digits && text.chars().all(signs)
}
