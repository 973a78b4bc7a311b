//! Finds ruling lines in a grey image: horizontal and vertical lines that are thin, straight and longer than letters are.
//!
//! A pixel belongs to a line if it is darker than the pixels on both sides of the line. That holds on a shaded ground and for letters, too, but letters
//! are short. Runs of such pixels in neighbouring rows (or columns) are one line, which may therefore be slanted, and runs may have gaps.

/// How far beside a line its ground is looked at, as a part of the height of a line of text, and within which bounds in pixels. A thicker line is
/// a bar.
const REACH: f32 = 0.25;
const MIN_REACH: usize = 3;
const MAX_REACH: usize = 12;
/// The minimum difference of 255 between a line and its ground.
const CONTRAST: u8 = 28;
/// The minimum length of a run in pixels. A line of 2° and one pixel has runs of 28.
const MIN_RUN: u32 = 8;
/// The minimum part of a run, and of a line, that is dark. A dashed line has gaps.
const MIN_DARK: f32 = 0.6;
/// The minimum length of a line, as a multiple of the height of a line of text: longer than a dash, and than a letter is high.
const MIN_ACROSS: f32 = 1.5;
const MIN_DOWN: f32 = 1.2;
/// The maximum slope of a line: 2.3°.
const MAX_SLOPE: f32 = 0.04;
/// The maximum number of runs. An image of more is a screen of dots, or noise.
const MAX_RUNS: usize = 200_000;
/// The maximum number of lines in each direction.
const MAX_RULINGS: usize = 1500;

/// A ruling line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ruling {
    /// Its ends: from left to right, or from top to bottom.
    pub(crate) from: (f32, f32),
    pub(crate) to: (f32, f32),
}

/// The ruling lines of a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rulings {
    pub(crate) horizontal: Vec<Ruling>,
    pub(crate) vertical: Vec<Ruling>,
}

impl Rulings {
    /// The lines of a grey image whose lines of text are so high. None if there are too many to be a table's.
    pub(crate) fn of(grey: &[u8], width: usize, height: usize, text_height: f32) -> Self {
        if width == 0 || grey.len() != width * height {
            return Self::default();
        }
        let reach = ((text_height * REACH) as usize).clamp(MIN_REACH, MAX_REACH);
        let Some((across, down)) = runs(grey, width, height, reach) else { return Self::default() };
        let lines = |runs, min| lines(runs, min * text_height, reach as f32);
        let (across, down) = (lines(across, MIN_ACROSS), lines(down, MIN_DOWN));
        if across.len().max(down.len()) > MAX_RULINGS {
            return Self::default();
        }
        let turned = |line: Ruling| Ruling { from: (line.from.1, line.from.0), to: (line.to.1, line.to.0) };
        Self { horizontal: across, vertical: down.into_iter().map(turned).collect() }
    }

    /// The lines in an image of another scale.
    pub(crate) fn scaled(&self, (x, y): (f32, f32)) -> Self {
        let point = |(left, top): (f32, f32)| (left * x, top * y);
        let scaled = |line: &Ruling| Ruling { from: point(line.from), to: point(line.to) };
        Self {
            horizontal: self.horizontal.iter().map(scaled).collect(),
            vertical: self.vertical.iter().map(scaled).collect(),
        }
    }
}

/// Pixels of a line in a row (or a column) of the image.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    /// The row.
    at: u32,
    start: u32,
    end: u32,
    /// The number of dark pixels.
    dark: u32,
}

impl Run {
    fn length(&self) -> u32 {
        self.end - self.start
    }
}

/// A run that may go on.
#[derive(Debug, Clone, Copy, Default)]
struct Open(Option<Run>);

impl Open {
    /// Adds a dark pixel. Returns the run before it if the gap is too wide.
    fn add(&mut self, at: usize, place: usize, gap: usize) -> Option<Run> {
        let place = place as u32;
        match &mut self.0 {
            Some(run) if place - run.end <= gap as u32 => {
                (run.end, run.dark) = (place + 1, run.dark + 1);
                None
            }
            open => open.replace(Run { at: at as u32, start: place, end: place + 1, dark: 1 }),
        }
    }
}

/// The runs in rows, and those in columns; `None` if there are too many.
fn runs(grey: &[u8], width: usize, height: usize, reach: usize) -> Option<(Vec<Run>, Vec<Run>)> {
    let white = vec![u8::MAX; width];
    let (mut across, mut down) = (Vec::new(), Vec::new());
    let mut columns = vec![Open::default(); width];
    let mut marks = vec![false; width];
    for y in 0..height {
        let row_at = |y: Option<usize>| y.filter(|y| *y < height).map_or(&white[..], |y| &grey[y * width..][..width]);
        let (above, row, below) = (row_at(y.checked_sub(reach)), row_at(Some(y)), row_at(y.checked_add(reach)));
        for (mark, ((above, below), pixel)) in marks.iter_mut().zip(above.iter().zip(below).zip(row)) {
            *mark = is_dark(*pixel, *above, *below);
        }
        let mut open = Open::default();
        for (x, _) in marks.iter().enumerate().filter(|(_, mark)| **mark) {
            keep(&mut across, open.add(y, x, reach));
        }
        keep(&mut across, open.0);
        for (x, mark) in marks.iter_mut().enumerate() {
            let left = x.checked_sub(reach).map_or(u8::MAX, |x| row[x]);
            *mark = is_dark(row[x], left, row.get(x + reach).copied().unwrap_or(u8::MAX));
        }
        for (x, _) in marks.iter().enumerate().filter(|(_, mark)| **mark) {
            keep(&mut down, columns[x].add(x, y, reach));
        }
        if across.len() > MAX_RUNS || down.len() > MAX_RUNS {
            return None;
        }
    }
    for open in columns {
        keep(&mut down, open.0);
    }
    Some((across, down))
}

fn is_dark(pixel: u8, one: u8, other: u8) -> bool {
    one.min(other).saturating_sub(pixel) >= CONTRAST
}

fn keep(runs: &mut Vec<Run>, run: Option<Run>) {
    let is_solid = |run: &Run| run.length() >= MIN_RUN && run.dark as f32 >= run.length() as f32 * MIN_DARK;
    runs.extend(run.filter(is_solid));
}

/// The lines of these runs that are at least so long, with positions along the runs first.
fn lines(mut runs: Vec<Run>, min_length: f32, thickest: f32) -> Vec<Ruling> {
    runs.sort_unstable_by_key(|run| (run.at, run.start));
    let mut parents: Vec<usize> = (0..runs.len()).collect();
    // The runs of the row before that may touch the next run.
    let mut before = 0..0;
    let mut row = 0..0;
    for (number, run) in runs.iter().enumerate() {
        if runs[row.start].at != run.at {
            before = if runs[row.start].at + 1 == run.at { row } else { number..number };
            row = number..number;
        }
        row.end = number + 1;
        while before.start < before.end && runs[before.start].end < run.start {
            before.start += 1;
        }
        for other in before.clone().take_while(|other| runs[*other].start <= run.end) {
            let (one, other) = (root(&mut parents, other), root(&mut parents, number));
            parents[other] = one;
        }
    }
    let mut sums: Vec<Sums> = vec![Sums::default(); runs.len()];
    for (number, run) in runs.iter().enumerate() {
        sums[root(&mut parents, number)].add(run);
    }
    sums.iter().filter_map(|sums| sums.line(min_length, thickest)).collect()
}

/// The number that stands for all that are joined with this one.
pub(super) fn root(parents: &mut [usize], mut number: usize) -> usize {
    while parents[number] != number {
        parents[number] = parents[parents[number]];
        number = parents[number];
    }
    number
}

/// The sums for a straight line through the pixels of some runs.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    extent: Option<(u32, u32)>,
    rows: Option<(u32, u32)>,
    pixels: f64,
    dark: f64,
    along: f64,
    at: f64,
    along_squared: f64,
    product: f64,
}

impl Sums {
    fn add(&mut self, run: &Run) {
        let (length, at) = (f64::from(run.length()), f64::from(run.at));
        let middle = f64::from(run.start) + length / 2.0;
        let around = |range: Option<(u32, u32)>, low: u32, high: u32| {
            Some(range.map_or((low, high), |(from, to)| (from.min(low), to.max(high))))
        };
        self.extent = around(self.extent, run.start, run.end);
        self.rows = around(self.rows, run.at, run.at + 1);
        self.pixels += length;
        self.dark += f64::from(run.dark);
        self.along += length * middle;
        self.at += length * at;
        self.along_squared += length * middle * middle + length.powi(3) / 12.0;
        self.product += length * middle * at;
    }

    fn line(&self, min_length: f32, thickest: f32) -> Option<Ruling> {
        let ((start, end), (first, last)) = (self.extent?, self.rows?);
        let length = (end - start) as f32;
        if length < min_length {
            return None;
        }
        let (along, at) = (self.along / self.pixels, self.at / self.pixels);
        let variance = self.along_squared / self.pixels - along * along;
        let slope = if variance > 0.0 { (self.product / self.pixels - along * at) / variance } else { 0.0 };
        let thickness = self.pixels as f32 / length;
        // A line lies within its own thickness around its slope.
        let is_straight = (last - first) as f32 <= slope.abs() as f32 * length + 2.0 * thickness.max(2.0);
        if slope.abs() as f32 > MAX_SLOPE || thickness > thickest || thickness < MIN_DARK || !is_straight {
            return None;
        }
        let point = |place: u32| (place as f32, (at + 0.5 + slope * (f64::from(place) - along)) as f32);
        Some(Ruling { from: point(start), to: point(end) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 300;
    const HEIGHT: usize = 200;

    struct Image(Vec<u8>);

    impl Image {
        fn new(ground: u8) -> Self {
            Self(vec![ground; WIDTH * HEIGHT])
        }

        fn fill(&mut self, (left, top): (usize, usize), (right, bottom): (usize, usize), grey: u8) {
            for y in top..bottom {
                self.0[y * WIDTH + left..y * WIDTH + right].fill(grey);
            }
        }

        fn found(&self) -> (Vec<[i32; 4]>, Vec<[i32; 4]>) {
            let rulings = Rulings::of(&self.0, WIDTH, HEIGHT, 16.0);
            let told = |line: &Ruling| [line.from.0, line.from.1, line.to.0, line.to.1].map(|at| at.round() as i32);
            (rulings.horizontal.iter().map(told).collect(), rulings.vertical.iter().map(told).collect())
        }
    }

    #[test]
    fn lines_are_found_where_they_are_on_any_ground() {
        let mut image = Image::new(255);
        image.fill((0, 100), (WIDTH, HEIGHT), 190);
        image.fill((20, 50), (280, 52), 0);
        image.fill((20, 150), (280, 151), 150);
        image.fill((100, 10), (102, 190), 90);
        let (across, down) = image.found();
        assert_eq!(across, [[20, 51, 280, 51], [20, 151, 280, 151]]);
        assert_eq!(down, [[101, 10, 101, 190]]);
    }

    #[test]
    fn slanted_and_dashed_lines_are_one_line_each() {
        let mut image = Image::new(255);
        for x in 20..280 {
            let y = 60 + x / 40;
            image.fill((x, y), (x + 1, y + 2), 0);
        }
        for dash in 0..20 {
            image.fill((20 + dash * 13, 150), (30 + dash * 13, 151), 0);
        }
        let (across, down) = image.found();
        assert_eq!(across.len(), 2, "{across:?}");
        assert!((across[0][1] - 60).abs() <= 2 && (across[0][3] - 67).abs() <= 2, "{across:?}");
        assert_eq!((across[1][0], across[1][2], down.len()), (20, 277, 0));
    }

    #[test]
    fn letters_bars_and_noise_are_no_lines() {
        let mut image = Image::new(255);
        for letter in 0..20 {
            image.fill((20 + letter * 12, 50), (23 + letter * 12, 66), 0);
            image.fill((20 + letter * 12, 64), (29 + letter * 12, 66), 0);
        }
        image.fill((20, 100), (280, 112), 0);
        for dot in 0..40 {
            image.fill((20 + dot * 6, 150), (22 + dot * 6, 152), 0);
        }
        assert_eq!(image.found(), (Vec::new(), Vec::new()));
        assert_eq!(Rulings::of(&[], 0, 0, 10.0), Rulings::default());
    }
}
