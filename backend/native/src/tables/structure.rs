//! The structure of a table: a network writes it as tags of HTML, and gives a rectangle for each cell.

use fast_image_resize::FilterType;
use inkstream_content::CellPlace;

use crate::neural::{Network, RtenNetwork, Tensor, imagenet, scaled};

/// The side of the network's input. The table is scaled to fit, and padded at the right and the bottom.
const SIDE: u32 = 488;
/// The value of the padding, after normalization.
const PADDING: f32 = 0.0;
/// The name of the metadata that lists the tags, one a line. The network has a class before them (start) and one after them (end).
const TAGS: &str = "character";
/// The minimum mean probability of the tags.
const MIN_PROBABILITY: f32 = 0.8;

/// The network.
pub(crate) struct TableStructure {
    network: Box<dyn Network>,
    tags: Vec<String>,
}

impl TableStructure {
    /// Parses the model. The error is a sentence for the operator.
    pub(crate) fn load(onnx: Vec<u8>) -> Result<Self, String> {
        let network = RtenNetwork::load(onnx).map_err(|error| format!("the table model cannot be loaded: {error}"))?;
        let tags = network.metadata(TAGS).ok_or("the table model lists no tags")?;
        let tags = tags.split('\n').filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        Ok(Self { network: Box::new(network), tags })
    }

    /// The cells of a grey image of a table, row by row; `None` if the network is unsure, or sees no table of two rows and two columns.
    pub(crate) fn cells(&self, grey: &[u8], width: u32, height: u32) -> Result<Option<Vec<CellPlace>>, String> {
        let scale = SIDE as f32 / width.max(height) as f32;
        let outputs = self.network.run(input(grey, width, height, scale)?)?;
        let [bounds, tags] = &outputs[..] else { return Err("the table model does not have two outputs".to_owned()) };
        // The rectangles are parts of the input.
        self.decode(bounds, tags, SIDE as f32 / scale)
    }

    fn decode(&self, bounds: &Tensor, tags: &Tensor, side: f32) -> Result<Option<Vec<CellPlace>>, String> {
        let (&[1, steps, 8], &[1, same, classes]) = (&bounds.shape[..], &tags.shape[..]) else {
            return Err(format!("the table model's outputs have the shapes {:?} and {:?}", bounds.shape, tags.shape));
        };
        if steps != same || classes != self.tags.len() + 2 {
            return Err(format!("the table model has {classes} classes and {} tags", self.tags.len()));
        }
        let mut parser = TagParser::default();
        let mut sum = 0.0;
        let mut count = 0;
        for (probabilities, corners) in tags.values.chunks_exact(classes).zip(bounds.values.chunks_exact(8)) {
            let best = (0..classes).max_by(|one, other| probabilities[*one].total_cmp(&probabilities[*other]));
            let class = best.unwrap_or_default();
            if class == classes - 1 {
                break;
            }
            sum += probabilities[class];
            count += 1;
            if let Some(tag) = class.checked_sub(1).and_then(|tag| self.tags.get(tag)) {
                parser.tag(tag, around(corners, side));
            }
        }
        let is_sure = sum >= MIN_PROBABILITY * count as f32;
        Ok(Some(parser.cells).filter(|cells| is_sure && is_table(cells)))
    }
}

/// Whether there are at least two rows, and two cells in some row.
fn is_table(cells: &[CellPlace]) -> bool {
    let rows = cells.last().map_or(0, |cell| cell.row + 1);
    rows >= 2 && cells.windows(2).any(|pair| pair[0].row == pair[1].row)
}

/// The upright rectangle around four corners, which are parts of the input's side.
fn around(corners: &[f32], side: f32) -> [f32; 4] {
    let least = |from: usize| corners.iter().skip(from).step_by(2).copied().fold(f32::MAX, f32::min) * side;
    let most = |from: usize| corners.iter().skip(from).step_by(2).copied().fold(f32::MIN, f32::max) * side;
    [least(0), least(1), most(0), most(1)]
}

/// Collects cells from tags.
#[derive(Default)]
struct TagParser {
    cells: Vec<CellPlace>,
    rows: u32,
    in_head: bool,
}

impl TagParser {
    fn tag(&mut self, tag: &str, bounds: [f32; 4]) {
        match tag {
            "<thead>" => self.in_head = true,
            "</thead>" => self.in_head = false,
            "<tr>" => self.rows += 1,
            "<td></td>" | "<td" | "<td>" => self.cells.push(CellPlace {
                row: self.rows.saturating_sub(1),
                column_span: 1,
                row_span: 1,
                in_head: self.in_head,
                bounds,
            }),
            _ => self.span(tag),
        }
    }

    /// ` colspan="2"` and ` rowspan="2"` belong to the cell that is open.
    fn span(&mut self, tag: &str) {
        let value = |name: &str| tag.trim().strip_prefix(name)?.trim_matches(['=', '"']).parse().ok();
        if let (Some(cell), Some(span)) = (self.cells.last_mut(), value("colspan")) {
            cell.column_span = span;
        }
        if let (Some(cell), Some(span)) = (self.cells.last_mut(), value("rowspan")) {
            cell.row_span = span;
        }
    }
}

fn input(grey: &[u8], width: u32, height: u32, scale: f32) -> Result<Tensor, String> {
    let side = |length: u32| ((length as f32 * scale) as u32).clamp(1, SIDE);
    let wide = side(width);
    let pixels = scaled(grey, (width, height), (wide, side(height)), FilterType::Bilinear)?;
    let mut values = vec![PADDING; (3 * SIDE * SIDE) as usize];
    for (channel, values) in values.chunks_exact_mut((SIDE * SIDE) as usize).enumerate() {
        for (row, grey) in values.chunks_exact_mut(SIDE as usize).zip(pixels.chunks_exact(wide as usize)) {
            row.iter_mut().zip(grey).for_each(|(value, grey)| *value = imagenet(channel, *grey));
        }
    }
    Ok(Tensor { shape: vec![1, 3, SIDE as usize, SIDE as usize], values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_rows_of_cells_with_their_spans() {
        let mut parser = TagParser::default();
        let tags = [
            "<thead>",
            "<tr>",
            "<td",
            " colspan=\"2\"",
            ">",
            "</td>",
            "<td></td>",
            "</tr>",
            "</thead>",
            "<tbody>",
            "<tr>",
            "<td",
            " rowspan=\"12\"",
            ">",
            "</td>",
            "<td></td>",
            "</tr>",
        ];
        for tag in tags {
            parser.tag(tag, [0.0; 4]);
        }
        let told: Vec<_> =
            parser.cells.iter().map(|cell| (cell.row, cell.column_span, cell.row_span, cell.in_head)).collect();
        assert_eq!(told, [(0, 2, 1, true), (0, 1, 1, true), (1, 1, 12, false), (1, 1, 1, false)]);
        assert!(is_table(&parser.cells));
    }

    #[test]
    fn one_row_and_one_column_are_no_table() {
        let cell = |row| CellPlace { row, column_span: 1, row_span: 1, in_head: false, bounds: [0.0; 4] };
        assert!(!is_table(&[cell(0), cell(0)]));
        assert!(!is_table(&[cell(0), cell(1), cell(2)]));
        assert!(!is_table(&[]));
    }

    #[test]
    fn spans_outside_of_a_cell_and_unknown_tags_are_ignored() {
        let mut parser = TagParser::default();
        for tag in [" colspan=\"3\"", "<script>", "</td>", " rowspan=\"x\""] {
            parser.tag(tag, [0.0; 4]);
        }
        assert_eq!(parser.cells, []);
    }
}
