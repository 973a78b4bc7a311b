//! Recognizes letters, digits and ticks of check boxes by their shape: compares each with the shapes of PDFium's own fonts.

use std::{array, fmt::Write};

use pdfium_render::prelude::{PdfBitmap, PdfBitmapFormat, PdfRenderConfig, Pdfium};

/// The number of columns of a shape's raster.
const COLUMNS: usize = 12;
/// The number of rows of a shape's raster.
const ROWS: usize = 16;
/// The number of samples along each side of a raster's cell.
const SAMPLES: usize = 4;
/// The characters whose shapes are known.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The fonts whose shapes are known: the standard fonts, which every PDF reader has.
const FONTS: [&str; 12] = [
    "Helvetica",
    "Helvetica-Bold",
    "Helvetica-Oblique",
    "Helvetica-BoldOblique",
    "Times-Roman",
    "Times-Bold",
    "Times-Italic",
    "Times-BoldItalic",
    "Courier",
    "Courier-Bold",
    "Courier-Oblique",
    "Courier-BoldOblique",
];
/// Ticks and crosses of `ZapfDingbats`.
const TICKS: &[u8; 6] = b"345678";
/// Bullets, boxes, stars and triangles of `ZapfDingbats`, which are not text.
const ORNAMENTS: &[u8; 9] = b"lmnoqsuHI";
/// Signs of Helvetica, which are not counted as text.
const SIGNS: &[u8; 3] = b"+-/";
/// Ticks and ticked boxes as paths within 28 points.
const DRAWN_TICKS: [&str; 7] = [
    "4 12 m 10 4 l 24 22 l S",
    "4 4 20 20 re S 4 4 m 24 24 l 4 24 m 24 4 l S",
    "4 4 20 20 re S 8 8 m 20 20 l 8 20 m 20 8 l S",
    "4 4 20 20 re S 7 14 m 12 7 l 21 21 l S",
    "4 4 20 20 re S 9 9 10 10 re f",
    "24 14 m 24 19.5 19.5 24 14 24 c 8.5 24 4 19.5 4 14 c 4 8.5 8.5 4 14 4 c 19.5 4 24 8.5 24 14 c S \
     19 14 m 19 16.8 16.8 19 14 19 c 11.2 19 9 16.8 9 14 c 9 11.2 11.2 9 14 9 c 16.8 9 19 11.2 19 14 c f",
    "24 14 m 24 19.5 19.5 24 14 24 c 8.5 24 4 19.5 4 14 c 4 8.5 8.5 4 14 4 c 19.5 4 24 8.5 24 14 c S \
     8 8 m 20 20 l 8 20 m 20 8 l S",
];
/// Boxes that are not ticked, as paths within 28 points.
const DRAWN_ORNAMENTS: [&str; 3] = [
    "4 4 20 20 re S",
    "24 14 m 24 19.5 19.5 24 14 24 c 8.5 24 4 19.5 4 14 c 4 8.5 8.5 4 14 4 c 19.5 4 24 8.5 24 14 c S",
    "4 4 20 20 re S 4 14 m 24 14 l 14 4 m 14 24 l S",
];
/// The widths in points with which these paths are stroked.
const LINE_WIDTHS: [f32; 2] = [1.0, 2.5];
/// The side in points of the cell in which a shape is drawn.
const CELL: usize = 40;
/// The number of pixels per point.
const PIXELS: usize = 2;
/// The number of cells in a row of the page.
const CELLS_ACROSS: usize = 40;
/// The difference between the logarithms of two shapes' aspect ratios that costs no likeness.
const ASPECT: f32 = 0.3;
/// The likeness that each unit of a larger difference costs.
const ASPECT_COST: f32 = 0.5;

/// The minimum likeness of a shape to a digit that contradicts the file. It may be low because a digit looks alike in all fonts and
/// differs much from other digits.
const MIN_DIGIT_LIKENESS: f32 = 0.65;
/// The minimum lead of that likeness over the likeness to the character that the file claims.
const MIN_DIGIT_LEAD: f32 = 0.1;
/// The minimum likeness of a shape to any character that contradicts the file. Case is ignored.
const MIN_LIKENESS: f32 = 0.8;
/// The minimum lead of that likeness.
const MIN_LEAD: f32 = 0.3;
/// Characters that are hardly more than a stem in some fonts.
const STEMS: &[u8; 9] = b"1iIjlLftr";
/// Characters that are hardly more than a ring in some fonts, such as the `a` of Futura.
const RINGS: &[u8; 9] = b"0OoaDdQqg";

/// The kind of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Character(u8),
    /// A tick or a ticked box.
    Tick,
    Ornament,
}

/// A shape: the darkness of each cell of its box, minus the mean and normalized to length 1, and the logarithm of its aspect ratio.
#[derive(Debug, Clone)]
pub(super) struct Raster {
    cells: [f32; COLUMNS * ROWS],
    aspect: f32,
}

impl Raster {
    /// The raster of a box of this size. `ink` returns the darkness at a position, whose coordinates run from 0 to 1 from the left and the
    /// top. `None` if all cells are equal.
    pub(super) fn from_ink(width: f32, height: f32, ink: impl Fn(f32, f32) -> f32) -> Option<Self> {
        let at = |index: usize, cells: usize| (index as f32 + 0.5) / (cells * SAMPLES) as f32;
        let cells = array::from_fn(|cell| {
            let (column, row) = (cell % COLUMNS * SAMPLES, cell / COLUMNS * SAMPLES);
            let places = (0..SAMPLES).flat_map(|y| (0..SAMPLES).map(move |x| (column + x, row + y)));
            places.map(|(x, y)| ink(at(x, COLUMNS), at(y, ROWS))).sum::<f32>()
        });
        Self { cells, aspect: (width / height).ln() }.normalized()
    }

    /// The mean of several shapes of one character.
    pub(super) fn mean(rasters: &[Self]) -> Option<Self> {
        let share = 1.0 / rasters.len() as f32;
        let cells = array::from_fn(|cell| rasters.iter().map(|raster| raster.cells[cell]).sum());
        Self { cells, aspect: rasters.iter().map(|raster| raster.aspect * share).sum() }.normalized()
    }

    fn normalized(mut self) -> Option<Self> {
        let mean = self.cells.iter().sum::<f32>() / self.cells.len() as f32;
        self.cells.iter_mut().for_each(|cell| *cell -= mean);
        let length = self.cells.iter().map(|cell| cell * cell).sum::<f32>().sqrt();
        self.cells.iter_mut().for_each(|cell| *cell /= length);
        (length > f32::EPSILON && self.aspect.is_finite()).then_some(self)
    }

    /// The likeness of two shapes, 1 if they are equal.
    fn likeness(&self, other: &Self) -> f32 {
        let alike: f32 = self.cells.iter().zip(&other.cells).map(|(a, b)| a * b).sum();
        alike - ASPECT_COST * ((self.aspect - other.aspect).abs() - ASPECT).max(0.0)
    }
}

/// The known shapes.
pub(in crate::decode) struct Shapes {
    known: Vec<(Class, Raster)>,
}

impl Shapes {
    /// Draws the known shapes with PDFium; `None` if that fails.
    pub(in super::super) fn draw(pdfium: &Pdfium) -> Option<Self> {
        let drawn = drawings();
        let rows = drawn.len().div_ceil(CELLS_ACROSS);
        let file = document(&drawn, rows);
        let document = pdfium.load_pdf_from_byte_slice(&file, None).ok()?;
        let page = document.pages().get(0).ok()?;
        let (width, height) = (CELLS_ACROSS * CELL * PIXELS, rows * CELL * PIXELS);
        let mut pixels = vec![u8::MAX; width * height];
        let (across, down) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
        let config = PdfRenderConfig::new()
            .set_fixed_size(across, down)
            .set_format(PdfBitmapFormat::Gray)
            .set_reverse_byte_order(false);
        PdfBitmap::from_bytes(across, down, PdfBitmapFormat::Gray, &mut pixels)
            .and_then(|mut bitmap| page.render_into_bitmap_with_config(&mut bitmap, &config))
            .ok()?;
        let known = drawn.iter().enumerate().filter_map(|(number, (class, _))| {
            let (left, top) = (number % CELLS_ACROSS * CELL * PIXELS, number / CELLS_ACROSS * CELL * PIXELS);
            Some((*class, of_cell(&pixels, width, left, top)?))
        });
        Some(Self { known: known.collect() })
    }

    /// The most similar known shape, and the likeness to it, up to 1.
    pub(super) fn nearest(&self, raster: &Raster) -> (Class, f32) {
        let all = self.known.iter().map(|(class, known)| (*class, known.likeness(raster)));
        all.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((Class::Ornament, 0.0))
    }

    /// Whether a shape is that of another character than the file claims.
    pub(super) fn contradict(&self, claimed: char, raster: &Raster) -> bool {
        let Some(claimed) = u8::try_from(claimed).ok().filter(|byte| ALPHABET.contains(byte)) else { return false };
        let (mut own, mut other, mut digit) = (f32::MIN, (Class::Ornament, f32::MIN), f32::MIN);
        for (class, known) in &self.known {
            let likeness = known.likeness(raster);
            match class {
                Class::Character(character) if character.eq_ignore_ascii_case(&claimed) => own = own.max(likeness),
                _ if likeness > other.1 => other = (*class, likeness),
                _ => {}
            }
            if matches!(class, Class::Character(character) if character.is_ascii_digit() && *character != claimed) {
                digit = digit.max(likeness);
            }
        }
        let both = |set: &[u8]| {
            set.contains(&claimed) && matches!(other.0, Class::Character(character) if set.contains(&character))
        };
        let similar = both(STEMS) || both(RINGS);
        claimed.is_ascii_digit() && digit >= MIN_DIGIT_LIKENESS && digit - own >= MIN_DIGIT_LEAD
            || !similar && other.1 >= MIN_LIKENESS && other.1 - own >= MIN_LEAD
    }
}

/// The shape in a cell, cropped to its ink.
fn of_cell(pixels: &[u8], width: usize, left: usize, top: usize) -> Option<Raster> {
    const SIDE: usize = CELL * PIXELS;
    let ink = |x: usize, y: usize| f32::from(u8::MAX - pixels[(top + y) * width + left + x]);
    let inked = |x: usize, y: usize| ink(x, y) >= f32::from(u8::MAX / 2);
    let columns: Vec<usize> = (0..SIDE).filter(|x| (0..SIDE).any(|y| inked(*x, y))).collect();
    let rows: Vec<usize> = (0..SIDE).filter(|y| (0..SIDE).any(|x| inked(x, *y))).collect();
    let (from, to) = ((*columns.first()?, *rows.first()?), (*columns.last()? + 1, *rows.last()? + 1));
    let (across, down) = ((to.0 - from.0) as f32, (to.1 - from.1) as f32);
    Raster::from_ink(across, down, |x, y| ink(from.0 + (x * across) as usize, from.1 + (y * down) as usize))
}

/// All known shapes with the PDF operators that draw them.
fn drawings() -> Vec<(Class, String)> {
    let text = |font: usize, character: u8| format!("BT /F{font} 24 Tf 8 12 Td <{character:02x}> Tj ET");
    let (signs, dingbats) = (0, FONTS.len());
    let fonts = 0..FONTS.len();
    let characters = fonts.flat_map(|font| ALPHABET.iter().map(move |it| (Class::Character(*it), text(font, *it))));
    let ornaments = ORNAMENTS.iter().map(|it| (Class::Ornament, text(dingbats, *it)));
    let ornaments = ornaments.chain(SIGNS.iter().map(|it| (Class::Ornament, text(signs, *it))));
    let ticks = TICKS.iter().map(|it| (Class::Tick, text(dingbats, *it)));
    let drawn = DRAWN_TICKS.iter().map(|path| (Class::Tick, path));
    let drawn = drawn.chain(DRAWN_ORNAMENTS.iter().map(|path| (Class::Ornament, path)));
    let drawn = drawn.flat_map(|(class, path)| LINE_WIDTHS.map(|width| (class, format!("{width} w {path}"))));
    characters.chain(ornaments).chain(ticks).chain(drawn).collect()
}

/// A PDF with one page that shows these drawings in rows of cells.
fn document(drawn: &[(Class, String)], rows: usize) -> Vec<u8> {
    let mut content = String::new();
    for (number, (_, drawing)) in drawn.iter().enumerate() {
        let (x, y) = (number % CELLS_ACROSS * CELL, (rows - 1 - number / CELLS_ACROSS) * CELL);
        // Writing to a string never fails.
        let _ = write!(content, "q 1 0 0 1 {x} {y} cm {drawing} Q ");
    }
    let mut fonts = String::new();
    for (number, name) in FONTS.iter().chain(&["ZapfDingbats"]).enumerate() {
        let _ = write!(fonts, "/F{number} << /Type /Font /Subtype /Type1 /BaseFont /{name} >> ");
    }
    let (width, height) = (CELLS_ACROSS * CELL, rows * CELL);
    format!(
        "%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] \
         >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 4 0 R /Resources << \
         /Font << {fonts}>> >> >>\nendobj\n4 0 obj\n<< /Length {} >>\nstream\n{content}\nendstream\nendobj\ntrailer << \
         /Root 1 0 R >>\n%%EOF\n",
        content.len()
    )
    .into_bytes()
}
