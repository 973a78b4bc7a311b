//! Finds the connected components of a letter's size ("marks") in a grey image.

/// Half the side in pixels of the square whose mean a pixel is compared with. At 120 dpi this finds the strokes of letters of up to
/// an inch.
const NEIGHBOURHOOD: usize = 12;
/// The minimum difference of 255 by which a pixel of a dark mark is darker than that mean.
const DARKER: i32 = 24;
/// The minimum difference of 255 by which a pixel of a light mark is lighter than that mean. The empty cells of a table are lighter by
/// up to 30.
const LIGHTER: i32 = 40;
/// The height of a letter in pixels: at 120 dpi, lower-case letters of 6 pt have 5.
const HEIGHT: std::ops::RangeInclusive<usize> = 4..=110;
/// The maximum width of a mark as a multiple of its height. Words of joined letters are wide.
const MAX_ASPECT: usize = 8;
/// The distance in pixels from a letter at which its background is sampled.
const GROUND: usize = 2;
/// The maximum number of marks of an image that are examined. A page of small print has 15,000.
const MAX_MARKS: usize = 60_000;

/// The marks of one polarity with their image.
pub(super) struct Marks<'a> {
    pub(super) image: PageImage<'a>,
    pub(super) marks: Vec<Mark>,
}

/// The dark and the light marks of an image; none if the image has a single colour.
pub(super) fn find(pixels: &[u8], width: usize, height: usize) -> Vec<Marks<'_>> {
    let plain = pixels.first().is_none_or(|first| pixels.iter().all(|pixel| pixel == first));
    if plain || width == 0 || height == 0 {
        return Vec::new();
    }
    let contrast = contrast(pixels, width, height);
    let of_polarity = |polarity| {
        let image = PageImage { pixels, width, height, polarity };
        let mut marks = marks(&contrast, &image);
        marks.retain(Mark::is_letter_sized);
        marks.truncate(MAX_MARKS);
        Marks { image, marks }
    };
    vec![of_polarity(1), of_polarity(-1)]
}

/// 1 for a pixel that is darker than its neighbourhood, -1 for one that is lighter.
fn contrast(pixels: &[u8], width: usize, height: usize) -> Vec<i8> {
    let mut contrast = vec![0; pixels.len()];
    // The sums of the neighbourhood's columns are updated from row to row.
    let mut columns = vec![0_i32; width];
    let row = |y: usize| &pixels[y * width..(y + 1) * width];
    for y in 0..NEIGHBOURHOOD.min(height) {
        columns.iter_mut().zip(row(y)).for_each(|(sum, pixel)| *sum += i32::from(*pixel));
    }
    for y in 0..height {
        if y + NEIGHBOURHOOD < height {
            columns.iter_mut().zip(row(y + NEIGHBOURHOOD)).for_each(|(sum, pixel)| *sum += i32::from(*pixel));
        }
        if y > NEIGHBOURHOOD {
            columns.iter_mut().zip(row(y - NEIGHBOURHOOD - 1)).for_each(|(sum, pixel)| *sum -= i32::from(*pixel));
        }
        let rows = (y + NEIGHBOURHOOD + 1).min(height) - y.saturating_sub(NEIGHBOURHOOD);
        let mut sum: i32 = columns[..NEIGHBOURHOOD.min(width)].iter().sum();
        for x in 0..width {
            if x + NEIGHBOURHOOD < width {
                sum += columns[x + NEIGHBOURHOOD];
            }
            if x > NEIGHBOURHOOD {
                sum -= columns[x - NEIGHBOURHOOD - 1];
            }
            let count = (rows * ((x + NEIGHBOURHOOD + 1).min(width) - x.saturating_sub(NEIGHBOURHOOD))) as i32;
            let difference = sum - i32::from(pixels[y * width + x]) * count;
            contrast[y * width + x] = if difference > DARKER * count {
                1
            } else if difference < -LIGHTER * count {
                -1
            } else {
                0
            };
        }
    }
    contrast
}

/// The image in which dark (1) or light (-1) marks are searched.
pub(super) struct PageImage<'a> {
    pub(super) pixels: &'a [u8],
    pub(super) width: usize,
    height: usize,
    polarity: i8,
}

impl PageImage<'_> {
    /// The background of a mark: the lighter one of the rows above and below a dark mark, the darker one for a light mark.
    pub(super) fn ground(&self, mark: &Mark) -> f32 {
        let rows = [mark.top.saturating_sub(GROUND + 1), (mark.bottom + GROUND).min(self.height - 1)];
        let means = rows.map(|y| {
            let row = &self.pixels[y * self.width + mark.left..y * self.width + mark.right];
            row.iter().map(|pixel| f32::from(*pixel)).sum::<f32>() / row.len() as f32
        });
        if self.polarity > 0 { means[0].max(means[1]) } else { means[0].min(means[1]) }
    }
}

/// A connected component: its bounds, its number of pixels, and the sum of their values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) right: usize,
    pub(super) bottom: usize,
    pub(super) area: usize,
    pub(super) sum: usize,
}

impl Mark {
    pub(super) fn width(&self) -> usize {
        self.right - self.left
    }

    pub(super) fn height(&self) -> usize {
        self.bottom - self.top
    }

    pub(super) fn fill(&self) -> f32 {
        self.area as f32 / (self.width() * self.height()) as f32
    }

    /// Its width divided by its height.
    pub(super) fn aspect(&self) -> f32 {
        self.width() as f32 / self.height() as f32
    }

    fn is_letter_sized(&self) -> bool {
        HEIGHT.contains(&self.height())
            && self.width() <= MAX_ASPECT * self.height()
            && self.width() <= 4 * HEIGHT.end()
    }

    /// The mark in the transposed image.
    pub(super) fn turned(&self) -> Self {
        Self { left: self.top, top: self.left, right: self.bottom, bottom: self.right, ..*self }
    }

    fn merge(&mut self, other: &Self) {
        self.left = self.left.min(other.left);
        self.top = self.top.min(other.top);
        self.right = self.right.max(other.right);
        self.bottom = self.bottom.max(other.bottom);
        self.area += other.area;
        self.sum += other.sum;
    }
}

/// Adjacent pixels of a row, and the mark that they belong to.
struct Run {
    from: usize,
    to: usize,
    mark: usize,
}

/// The marks whose pixels have this contrast. Pixels that touch at a corner are connected.
fn marks(contrast: &[i8], image: &PageImage<'_>) -> Vec<Mark> {
    let (polarity, width) = (image.polarity, image.width);
    let mut marks = Forest::default();
    let mut above: Vec<Run> = Vec::new();
    for (y, (signs, pixels)) in contrast.chunks_exact(width).zip(image.pixels.chunks_exact(width)).enumerate() {
        let mut row = Vec::new();
        let (mut x, mut first) = (0, 0);
        while let Some(from) = signs[x..].iter().position(|it| *it == polarity).map(|skipped| x + skipped) {
            let to = signs[from..].iter().position(|it| *it != polarity).map_or(width, |length| from + length);
            let sum = pixels[from..to].iter().map(|pixel| usize::from(*pixel)).sum();
            let mark = marks.add(Mark { left: from, top: y, right: to, bottom: y + 1, area: to - from, sum });
            while above.get(first).is_some_and(|run| run.to < from) {
                first += 1;
            }
            for run in above[first..].iter().take_while(|run| run.from <= to) {
                marks.join(run.mark, mark);
            }
            row.push(Run { from, to, mark });
            x = to;
        }
        above = row;
    }
    marks.roots()
}

/// A union-find structure of marks that are merged row by row.
#[derive(Default)]
struct Forest {
    marks: Vec<Mark>,
    parents: Vec<usize>,
}

impl Forest {
    fn add(&mut self, mark: Mark) -> usize {
        self.marks.push(mark);
        self.parents.push(self.parents.len());
        self.parents.len() - 1
    }

    fn root(&mut self, mut mark: usize) -> usize {
        while self.parents[mark] != mark {
            self.parents[mark] = self.parents[self.parents[mark]];
            mark = self.parents[mark];
        }
        mark
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            let (older, newer) = (a.min(b), a.max(b));
            self.parents[newer] = older;
            let merged = self.marks[newer];
            self.marks[older].merge(&merged);
        }
    }

    fn roots(self) -> Vec<Mark> {
        let roots = self.parents.iter().zip(self.marks).enumerate();
        roots.filter(|(index, (parent, _))| index == *parent).map(|(_, (_, mark))| mark).collect()
    }
}
