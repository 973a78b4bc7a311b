//! Recognizes a page: detection, then line by line in reading order.

use std::ops::ControlFlow;

use image::{GrayImage, imageops};
use inkstream_content::{CellPlace, LayoutBlock, LayoutLine, LayoutWord, RegionKind};
use inkstream_wire::PixelBox;

use super::{
    UPRIGHT, crop,
    detect::{self, Spot},
    order::{self, Place},
    recognize::{self, Alphabet, Reading},
};
use crate::{
    calibration,
    neural::{Network, RtenNetwork},
    recognized::{ReadLine, ReadPage, ReadTable},
    tables::{self, Lattice, Pieces, Rulings, TableStructure},
};

/// The minimum number of columns of a grid that the network takes for no table. The head of a letter often has two.
const MIN_GRID: u32 = 3;
/// The margin around a table's image is the height of a line divided by this.
const TABLE_MARGIN: u32 = 2;

/// The minimum mean probability of a line's characters. A line below it is a stain, a drawing or a script that the network does not know.
const MIN_PROBABILITY: f32 = 0.5;
/// A line is read again with more room if its mean probability is below [`SURE`], or if it has more characters a step than [`CROWDED`].
/// A narrow typeface and a photograph from the side leave a letter less than the two steps that the network needs to tell it from
/// its neighbours; usual text has .5 to .6 characters a step.
const SURE: f32 = 0.98;
const CROWDED: f32 = 0.68;
/// A vertical line that is this many times as high as the usual line belongs to no row.
const BESIDE_ROWS: f32 = 3.0;

/// Loaded models.
pub struct Reader {
    detection: Box<dyn Network>,
    recognition: Box<dyn Network>,
    alphabet: Alphabet,
    tables: TableStructure,
}

impl Reader {
    /// Parses the models. The error is a sentence for the operator.
    pub fn load(detection: Vec<u8>, recognition: Vec<u8>, tables: Vec<u8>) -> Result<Self, String> {
        let load =
            |name: &str, onnx| RtenNetwork::load(onnx).map_err(|error| format!("{name} cannot be loaded: {error}"));
        let detection = load("the detection model", detection)?;
        let recognition = load("the recognition model", recognition)?;
        let alphabet = Alphabet::from_network(&recognition)?;
        let tables = TableStructure::load(tables)?;
        Ok(Self { detection: Box::new(detection), recognition: Box::new(recognition), alphabet, tables })
    }

    /// Recognizes a grey image of one byte per pixel, without padding between rows. `on_line` gets each line when it is recognized; if it
    /// returns `Break`, recognition stops before the next line. A blank image has no lines. An error message contains nothing of the
    /// page.
    pub fn recognize(
        &self,
        pixels: Vec<u8>,
        width: u32,
        height: u32,
        on_line: &mut dyn FnMut(ReadLine) -> ControlFlow<()>,
    ) -> Result<ReadPage, String> {
        if pixels.is_empty() || pixels.len() as u64 != u64::from(width) * u64::from(height) {
            return Err("the image's size and its pixels do not agree".to_owned());
        }
        let page = GrayImage::from_raw(width, height, pixels).ok_or("the image is too large")?;
        let spots = detect::spots(&*self.detection, &page)?;
        let mut collected = Collected::default();
        let rulings = Rulings::of(page.as_raw(), width as usize, height as usize, usual_height(&spots));
        for Part { rows, table } in in_order(&spots, &rulings) {
            let mut lines = Vec::new();
            for row in &rows {
                let row = row.iter().map(|spot| &spots[*spot]);
                let Some(line) = self.line(&page, row, &mut collected.unread)? else { continue };
                let before = if lines.is_empty() && collected.has_text() { "\n" } else { "" };
                let text = format!("{before}{}\n", line.text);
                let bounds = line.bounds;
                lines.push(collected.numbered(line));
                if on_line(ReadLine { text, bounds }).is_break() {
                    collected.add(lines, None);
                    return Ok(collected.page());
                }
            }
            let table = match table {
                None => None,
                Some(PartTable::Ruled(lattice)) => Some(ruled_cells(lattice, &lines)),
                Some(PartTable::Gaps(pieces)) => self.table(&page, &lines, &pieces)?,
            };
            collected.add(lines, table);
        }
        Ok(collected.page())
    }

    /// The cells of the table that these lines are, if they are one.
    fn table(
        &self,
        page: &GrayImage,
        lines: &[LayoutLine],
        pieces: &[Pieces],
    ) -> Result<Option<Vec<CellPlace>>, String> {
        let Some(bounds) = lines.iter().map(|line| line.bounds).reduce(PixelBox::union) else { return Ok(None) };
        let margin = lines.iter().map(|line| line.bounds.height).min().unwrap_or_default() / TABLE_MARGIN;
        let (left, top) = (bounds.x.saturating_sub(margin), bounds.y.saturating_sub(margin));
        let right = (bounds.x + bounds.width + margin).min(page.width());
        let bottom = (bounds.y + bounds.height + margin).min(page.height());
        let image = imageops::crop_imm(page, left, top, right - left, bottom - top).to_image();
        let mut cells = self.tables.cells(image.as_raw(), image.width(), image.height())?;
        for cell in cells.iter_mut().flatten() {
            let [x, y] = [left as f32, top as f32];
            cell.bounds = [cell.bounds[0] + x, cell.bounds[1] + y, cell.bounds[2] + x, cell.bounds[3] + y];
        }
        // The network knows cells of several lines and spans; a grid with more columns shows that it has lost some.
        let seen = cells.as_deref().map_or(MIN_GRID - 1, widest_row);
        let grid = tables::grid(pieces).filter(|grid| widest_row(grid) > seen);
        Ok(grid.or(cells))
    }

    /// The line of these rectangles, which are in order. `None` if none has text. Adds the confidence of words that are left out to
    /// `unread`.
    fn line<'a>(
        &self,
        page: &GrayImage,
        row: impl Iterator<Item = &'a Spot>,
        unread: &mut Vec<f32>,
    ) -> Result<Option<LayoutLine>, String> {
        let mut words = Vec::new();
        for spot in row {
            let (is_text, found) = self.words(page, spot)?;
            if is_text {
                words.extend(found);
            } else {
                unread.extend(found.into_iter().filter_map(|word| word.confidence));
            }
        }
        let Some(bounds) = words.iter().map(|word: &LayoutWord| word.bounds).reduce(PixelBox::union) else {
            return Ok(None);
        };
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let confidence = mean(words.iter().filter_map(|word| word.confidence));
        Ok(Some(LayoutLine { text, bounds, confidence, paragraph: None, number: None, words }))
    }

    /// The text of a line. One that is crowded or unsure is read again with more room for its letters.
    fn line_reading(&self, line: &GrayImage) -> Result<Reading, String> {
        let read = |line: &GrayImage| recognize::reading(&*self.recognition, &self.alphabet, line);
        let reading = read(line)?;
        if reading.probability() >= SURE && reading.density() <= CROWDED {
            return Ok(reading);
        }
        let Some(stretched) = crop::stretched(line) else { return Ok(reading) };
        let again = read(&stretched)?;
        Ok(if again.probability() > reading.probability() { again } else { reading })
    }

    /// The words in a rectangle, and whether they are probable enough to be text.
    fn words(&self, page: &GrayImage, spot: &Spot) -> Result<(bool, Vec<LayoutWord>), String> {
        let Some((reading, turned)) = self.reading(page, spot)? else { return Ok((false, Vec::new())) };
        let is_text = reading.probability() >= MIN_PROBABILITY;
        let word = |word: recognize::ReadWord| LayoutWord {
            text: word.text,
            bounds: part(spot, turned, word.start..word.end, page.dimensions()),
            confidence: Some(calibration::PPOCR.share(word.probability * 100.0)),
        };
        Ok((is_text, reading.words().into_iter().map(word).collect()))
    }

    /// The text in a rectangle, and whether it runs down the page. A narrow rectangle is read both ways, because it may also be a digit.
    fn reading(&self, page: &GrayImage, spot: &Spot) -> Result<Option<(Reading, bool)>, String> {
        let mut best: Option<(Reading, bool)> = None;
        for turned in [false, true] {
            if turned && !crop::may_be_vertical(spot) {
                break;
            }
            let Some(line) = crop::cut(page, spot, turned) else { continue };
            let reading = self.line_reading(&line)?;
            if best.as_ref().is_none_or(|(best, _)| reading.probability() > best.probability()) {
                best = Some((reading, turned));
            }
        }
        Ok(best)
    }
}

/// The number of columns of a table's widest row.
fn widest_row(cells: &[CellPlace]) -> u32 {
    let rows = cells.chunk_by(|one, next| one.row == next.row);
    rows.map(|row| row.iter().map(|cell| cell.column_span).sum()).max().unwrap_or(0)
}

/// A paragraph, or what looks like a table: lines of rectangles.
struct Part {
    rows: Vec<Vec<usize>>,
    table: Option<PartTable>,
}

/// What makes lines look like a table.
enum PartTable {
    /// Ruling lines that close its cells.
    Ruled(Lattice),
    /// Gaps between the rectangles of its lines, whose bounds on the page these are. Not known of a tilted page, where columns overlap.
    Gaps(Vec<Pieces>),
}

/// The cells of a table whose ruling lines are known.
fn ruled_cells(lattice: Lattice, lines: &[LayoutLine]) -> Vec<CellPlace> {
    let lines: Vec<Pieces> = lines.iter().map(tables::bounds).collect();
    tables::split(lattice, &lines, tables::text_height(&lines)).places()
}

/// The median height of the rectangles.
fn usual_height(spots: &[Spot]) -> f32 {
    let mut heights: Vec<f32> = spots.iter().map(|spot| spot.height).collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(0.0)
}

/// The parts of a page in reading order. Vertical lines beside the others come last.
fn in_order(spots: &[Spot], rulings: &Rulings) -> Vec<Part> {
    let tilt = tilt(spots);
    let usual = usual_height(spots);
    let is_beside = |spot: &Spot| crop::may_be_vertical(spot) && spot.height > usual * BESIDE_ROWS;
    let (beside, upright): (Vec<usize>, Vec<usize>) = (0..spots.len()).partition(|spot| is_beside(&spots[*spot]));
    let places: Vec<Place> = upright.iter().map(|spot| place(&spots[*spot], tilt)).collect();
    let rows: Vec<(usize, Vec<usize>)> = (0..)
        .zip(order::paragraphs(&places))
        .flat_map(|(number, paragraph)| paragraph.into_iter().map(move |row| (number, row)))
        .collect();
    let on_page = |row: &[usize]| -> Pieces { row.iter().map(|place| spots[upright[*place]].around()).collect() };
    let piece = |place: &usize| {
        let Place { left, top, right, bottom } = places[*place];
        [left, top, right, bottom]
    };
    let lines: Vec<Pieces> = rows.iter().map(|(_, row)| on_page(row)).collect();
    let ruled = tables::ruled(&lines, rulings, usual);
    let pieces: Vec<Pieces> = rows.iter().map(|(_, row)| row.iter().map(piece).collect()).collect();
    let mut found: Vec<(std::ops::Range<usize>, Option<PartTable>)> = Vec::new();
    for range in tables::between(ruled.iter().map(|(range, _)| range), rows.len()) {
        for region in tables::regions(&pieces[range.clone()]) {
            let region = range.start + region.start..range.start + region.end;
            let table = (tilt.abs() < UPRIGHT).then(|| PartTable::Gaps(lines[region.clone()].to_vec()));
            found.push((region, table));
        }
    }
    found.extend(ruled.into_iter().map(|(range, lattice)| (range, Some(PartTable::Ruled(lattice)))));
    let table_of = |row: usize| found.iter().position(|(region, _)| region.contains(&row));
    let keys: Vec<(Option<usize>, Option<usize>)> = rows
        .iter()
        .enumerate()
        // A table is one part, whatever paragraphs its lines would be.
        .map(|(at, (paragraph, _))| table_of(at).map_or((Some(*paragraph), None), |table| (None, Some(table))))
        .collect();
    let mut parts: Vec<Part> = Vec::new();
    let mut before = None;
    for (key, (_, row)) in keys.into_iter().zip(rows) {
        let row = row.into_iter().map(|place| upright[place]).collect();
        match parts.last_mut() {
            Some(part) if before == Some(key) => part.rows.push(row),
            _ => parts.push(Part { rows: vec![row], table: key.1.and_then(|table| found[table].1.take()) }),
        }
        before = Some(key);
    }
    parts.extend(beside.into_iter().map(|spot| Part { rows: vec![vec![spot]], table: None }));
    parts
}

/// The angle of most of the text.
fn tilt(spots: &[Spot]) -> f32 {
    let mut angles: Vec<(f32, f32)> = spots.iter().map(|spot| (spot.angle, spot.length)).collect();
    angles.sort_by(|one, other| one.0.total_cmp(&other.0));
    let half = angles.iter().map(|(_, length)| length).sum::<f32>() / 2.0;
    let mut passed = 0.0;
    let middle = angles.iter().find(|(_, length)| {
        passed += length;
        passed >= half
    });
    middle.map_or(0.0, |(angle, _)| *angle)
}

/// The place of a rectangle on the page without its tilt.
fn place(spot: &Spot, tilt: f32) -> Place {
    let (sin, cos) = tilt.sin_cos();
    let (x, y) = (spot.center.0 * cos + spot.center.1 * sin, spot.center.1 * cos - spot.center.0 * sin);
    let (along, across) = (spot.length / 2.0, spot.height / 2.0);
    Place { left: x - along, top: y - across, right: x + along, bottom: y + across }
}

/// The bounds of a part of a line, from 0 to 1 in the direction of its text.
fn part(spot: &Spot, turned: bool, along: std::ops::Range<f32>, (width, height): (u32, u32)) -> PixelBox {
    let [top_left, top_right, bottom_right, bottom_left] = spot.corners();
    let edges = if turned {
        [(top_left, bottom_left), (top_right, bottom_right)]
    } else {
        [(top_left, top_right), (bottom_left, bottom_right)]
    };
    let at = |((from_x, from_y), (to_x, to_y)): ((f32, f32), (f32, f32)), part: f32| {
        (from_x + (to_x - from_x) * part, from_y + (to_y - from_y) * part)
    };
    let corners = edges.iter().flat_map(|edge| [at(*edge, along.start), at(*edge, along.end)]);
    let [left, top, right, bottom] = corners
        .fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |[left, top, right, bottom], (x, y)| {
            [left.min(x), top.min(y), right.max(x), bottom.max(y)]
        });
    let within = |value: f32, max: u32| (value.round().max(0.0) as u32).min(max);
    let (x, y) = (within(left, width), within(top, height));
    PixelBox { x, y, width: within(right, width) - x, height: within(bottom, height) - y }
}

/// The paragraphs that were read so far.
#[derive(Default)]
struct Collected {
    blocks: Vec<LayoutBlock>,
    tables: Vec<ReadTable>,
    lines: u32,
    /// The confidence of the words that were left out. They count for the page's confidence, so that a page of which much is left out
    /// does not look well read.
    unread: Vec<f32>,
}

impl Collected {
    fn has_text(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// The line with its numbers, as a line of the block that is added next.
    fn numbered(&mut self, line: LayoutLine) -> LayoutLine {
        self.lines += 1;
        LayoutLine { paragraph: Some(self.blocks.len() as u32), number: Some(self.lines - 1), ..line }
    }

    /// Adds the lines of a paragraph or of a table. None is added if there are none.
    fn add(&mut self, lines: Vec<LayoutLine>, table: Option<Vec<CellPlace>>) {
        let Some(bounds) = lines.iter().map(|line| line.bounds).reduce(PixelBox::union) else { return };
        let block = self.blocks.len();
        self.tables.extend(table.map(|cells| ReadTable { block, cells }));
        let (number, kind) = (Some(block as u32), RegionKind::Block);
        self.blocks.push(LayoutBlock { number, kind, bounds: Some(bounds), lines, table: None });
    }

    fn page(self) -> ReadPage {
        let words = self.blocks.iter().flat_map(|block| &block.lines).flat_map(|line| &line.words);
        let read: Vec<f32> = words.filter_map(|word| word.confidence).collect();
        let confidence = mean(read.iter().chain(self.unread.iter().filter(|_| !read.is_empty())).copied());
        ReadPage { layout: self.blocks, tables: self.tables, confidence }
    }
}

fn mean(values: impl Iterator<Item = f32>) -> Option<f32> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(x: f32, y: f32, length: f32, height: f32, degrees: f32) -> Spot {
        Spot { center: (x, y), length, height, angle: f32::to_radians(degrees) }
    }

    fn rows(spots: &[Spot]) -> Vec<Vec<usize>> {
        in_order(spots, &Rulings::default()).into_iter().flat_map(|part| part.rows).collect()
    }

    #[test]
    fn a_part_of_a_line_is_bounded_whether_it_runs_along_or_down() {
        let along = part(&spot(50.0, 20.0, 80.0, 10.0, 0.0), false, 0.25..0.5, (100, 100));
        assert_eq!(along, PixelBox { x: 30, y: 15, width: 20, height: 10 });
        let down = part(&spot(20.0, 50.0, 10.0, 80.0, 0.0), true, 0.0..0.25, (100, 100));
        assert_eq!(down, PixelBox { x: 15, y: 10, width: 10, height: 20 });
        let outside = part(&spot(95.0, 20.0, 80.0, 10.0, 0.0), false, 0.0..1.0, (100, 100));
        assert_eq!(outside, PixelBox { x: 55, y: 15, width: 45, height: 10 });
    }

    #[test]
    fn words_that_were_left_out_lower_the_confidence_of_a_page_with_text() {
        let word = LayoutWord {
            text: "ink".to_owned(),
            bounds: PixelBox { x: 0, y: 0, width: 9, height: 9 },
            confidence: Some(90.0),
        };
        let line = LayoutLine {
            text: "ink".to_owned(),
            bounds: word.bounds,
            confidence: None,
            paragraph: None,
            number: None,
            words: vec![word],
        };
        let mut collected = Collected { unread: vec![30.0, 30.0], ..Collected::default() };
        assert_eq!(Collected { unread: vec![30.0], ..Collected::default() }.page().confidence, None);
        let line = collected.numbered(line);
        collected.add(vec![line], None);
        assert_eq!(collected.page().confidence, Some(50.0));
    }

    #[test]
    fn the_lines_of_a_tilted_page_are_in_order() {
        let (sin, cos) = 10_f32.to_radians().sin_cos();
        let tilted = |x: f32, y: f32| spot(x * cos - y * sin, x * sin + y * cos, 90.0, 10.0, 10.0);
        let spots = [tilted(250.0, 20.0), tilted(50.0, 20.0), tilted(150.0, 5.0), tilted(150.0, 20.0)];
        assert_eq!(rows(&spots), [vec![2], vec![1, 3, 0]]);
    }

    #[test]
    fn a_line_that_runs_down_the_margin_joins_no_row() {
        let mut spots: Vec<Spot> = (0..6).map(|row| spot(100.0, row as f32 * 14.0, 150.0, 10.0, 0.0)).collect();
        spots.insert(0, spot(5.0, 40.0, 10.0, 80.0, 0.0));
        let rows = rows(&spots);
        assert_eq!(rows.last(), Some(&vec![0]));
        assert_eq!(rows.len(), 7);
    }
}
