//! The reading order of a page, computed from the positions of its words by an XY-cut. Two bodies of running text with an empty
//! vertical strip between them are columns, which are read one after the other. Everything else, such as a table's rows and a form's
//! fields, is read line by line.

use std::cmp::Ordering;

use super::words::Word;

/// The maximum nesting of columns.
const MAX_DEPTH: usize = 12;
/// The minimum width of an empty strip between columns, in font sizes. Spaces between words may be wider, but not at the same position
/// in all lines.
const GUTTER: f32 = 0.8;
/// The minimum width between columns of few lines, whose spaces may be aligned by chance.
const WIDE_GUTTER: f32 = 1.5;
/// The maximum number of lines that are few.
const FEW_LINES: usize = 4;
/// The minimum number of lines of a column.
const MIN_LINES: usize = 2;
/// The minimum height of an empty horizontal strip that ends columns, in font sizes: more than one empty line.
const BREAK: f32 = 2.3;
/// The minimum mean number of characters in lines of running text. The cells of a table have fewer.
const CHARACTERS: f32 = 10.0;
/// The minimum mean number of words in lines of running text.
const WORDS: f32 = 2.5;
/// The minimum mean share of the column's width that lines of running text fill.
const FILLED: f32 = 0.45;
/// The maximum distance between two baselines of running text, in font sizes. Rows of tables are often farther apart.
const MAX_LEADING: f32 = 2.1;

/// Splits the words of a frame into columns in reading order. The rightmost column comes first if the text is read from the right.
pub(super) fn columns(words: Vec<Word>, from_right: bool) -> Vec<Vec<Word>> {
    let mut columns = Vec::new();
    cut(words, from_right, MAX_DEPTH, &mut columns);
    columns
}

fn cut(words: Vec<Word>, from_right: bool, depth: usize, columns: &mut Vec<Vec<Word>>) {
    let mut body: Vec<Word> = Vec::new();
    for group in groups(words) {
        let gutter = if depth == 0 { None } else { gutter(&group) };
        let Some(gutter) = gutter else {
            body.extend(group.words);
            continue;
        };
        if !body.is_empty() {
            columns.push(std::mem::take(&mut body));
        }
        let (left, right): (Vec<Word>, Vec<Word>) = group.words.into_iter().partition(|word| middle(word) < gutter);
        let (first, second) = if from_right { (right, left) } else { (left, right) };
        cut(first, from_right, depth - 1, columns);
        cut(second, from_right, depth - 1, columns);
    }
    if !body.is_empty() {
        columns.push(body);
    }
}

fn middle(word: &Word) -> f32 {
    f32::midpoint(word.bounds.left, word.bounds.right)
}

/// Consecutive bands of the page that share an empty strip.
struct Group {
    words: Vec<Word>,
    /// The empty strips that all bands share, from left to right.
    strips: Vec<(f32, f32)>,
    em: f32,
    bottom: f32,
}

/// Groups the bands of the page. A band is the words between two horizontal lines that cross no word.
fn groups(mut words: Vec<Word>) -> Vec<Group> {
    words.sort_by(|a, b| a.core().0.total_cmp(&b.core().0));
    let left = words.iter().map(|word| word.bounds.left).fold(f32::INFINITY, f32::min);
    let right = words.iter().map(|word| word.bounds.right).fold(f32::NEG_INFINITY, f32::max);
    let mut groups: Vec<Group> = Vec::new();
    let mut band: Vec<Word> = Vec::new();
    let mut bottom = f32::NEG_INFINITY;
    for word in words {
        let (top, foot) = word.core();
        if top >= bottom && !band.is_empty() {
            add(&mut groups, std::mem::take(&mut band), (left, right));
        }
        bottom = if band.is_empty() { foot } else { bottom.max(foot) };
        band.push(word);
    }
    if !band.is_empty() {
        add(&mut groups, band, (left, right));
    }
    groups
}

fn add(groups: &mut Vec<Group>, band: Vec<Word>, (left, right): (f32, f32)) {
    let em = band.iter().map(|word| word.em).fold(0.0, f32::max);
    let top = band.iter().map(|word| word.core().0).fold(f32::INFINITY, f32::min);
    let bottom = band.iter().map(|word| word.core().1).fold(f32::NEG_INFINITY, f32::max);
    let free = strips(&band, (left, right), GUTTER * em);
    if let Some(group) = groups.last_mut() {
        let common = common(&group.strips, &free, GUTTER * group.em.min(em));
        // If a strip divides the words of either the group or the band, shared margins do not join the two.
        let divides = |strips: &[(f32, f32)]| strips.iter().any(|strip| strip.0 > left && strip.1 < right);
        let divided = divides(&group.strips) || divides(&free);
        let joins = if divided { divides(&common) } else { !common.is_empty() };
        if joins && top - group.bottom <= BREAK * group.em.min(em) {
            group.strips = common;
            group.words.extend(band);
            group.bottom = group.bottom.max(bottom);
            return;
        }
    }
    groups.push(Group { words: band, strips: free, em, bottom });
}

/// The strips of a band without words, from left to right, including the margins.
fn strips(band: &[Word], (left, right): (f32, f32), min: f32) -> Vec<(f32, f32)> {
    let mut taken: Vec<(f32, f32)> = band.iter().map(|word| (word.bounds.left, word.bounds.right)).collect();
    taken.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut strips = Vec::new();
    let mut at = left;
    for (from, to) in taken {
        if from - at >= min {
            strips.push((at, from));
        }
        at = at.max(to);
    }
    if right - at >= min {
        strips.push((at, right));
    }
    strips
}

fn common(a: &[(f32, f32)], b: &[(f32, f32)], min: f32) -> Vec<(f32, f32)> {
    let (mut i, mut j, mut common) = (0, 0, Vec::new());
    while let (Some(first), Some(second)) = (a.get(i), b.get(j)) {
        let (from, to) = (first.0.max(second.0), first.1.min(second.1));
        if to - from >= min {
            common.push((from, to));
        }
        if first.1 < second.1 { i += 1 } else { j += 1 }
    }
    common
}

/// The middle of the widest strip that divides a group into columns.
fn gutter(group: &Group) -> Option<f32> {
    let mut strips = group.strips.clone();
    strips.sort_by(|a, b| (b.1 - b.0).partial_cmp(&(a.1 - a.0)).unwrap_or(Ordering::Equal));
    let wide = |strip: &(f32, f32), min: f32| strip.1 - strip.0 >= min * group.em;
    strips.iter().find_map(|strip| {
        let gutter = f32::midpoint(strip.0, strip.1);
        let (left, right): (Vec<&Word>, Vec<&Word>) = group.words.iter().partition(|word| middle(word) < gutter);
        let (left, right) = (Side::measure(&left)?, Side::measure(&right)?);
        let few = left.lines.min(right.lines) < FEW_LINES;
        let divides = left.is_running_text() && right.is_running_text() && (!few || wide(strip, WIDE_GUTTER));
        divides.then_some(gutter)
    })
}

/// The words on one side of a strip.
struct Side {
    lines: usize,
    /// The mean per line.
    characters: f32,
    words: f32,
    filled: f32,
    /// The distance between baselines in font sizes.
    leading: f32,
}

impl Side {
    fn measure(words: &[&Word]) -> Option<Self> {
        let mut lines: Vec<(f32, f32, f32)> = Vec::new();
        let mut sorted = words.to_vec();
        sorted.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
        let mut leadings = Vec::new();
        for word in &sorted {
            match lines.last_mut() {
                Some(line) if word.baseline - line.2 < 0.5 * word.em => {
                    line.0 = line.0.min(word.bounds.left);
                    line.1 = line.1.max(word.bounds.right);
                }
                before => {
                    leadings.extend(before.map(|line| (word.baseline - line.2) / word.em));
                    lines.push((word.bounds.left, word.bounds.right, word.baseline));
                }
            }
        }
        let left = lines.iter().map(|line| line.0).fold(f32::INFINITY, f32::min);
        let right = lines.iter().map(|line| line.1).fold(f32::NEG_INFINITY, f32::max);
        if lines.is_empty() || right <= left {
            return None;
        }
        leadings.sort_by(f32::total_cmp);
        let count = lines.len() as f32;
        let mut characters = 0.0;
        let mut running = 0.0;
        for word in words {
            for glyph in &word.glyphs {
                // A Chinese character counts as half a word.
                let weight = if glyph.character >= '\u{2e80}' { 2.0 } else { 1.0 };
                characters += weight;
                running += if glyph.character >= '\u{2e80}' { 0.5 } else { 0.0 };
            }
        }
        Some(Self {
            lines: lines.len(),
            characters: characters / count,
            words: (words.len() as f32 + running) / count,
            filled: lines.iter().map(|line| line.1 - line.0).sum::<f32>() / count / (right - left),
            leading: leadings.get(leadings.len() / 2).copied().unwrap_or(0.0),
        })
    }

    fn is_running_text(&self) -> bool {
        self.lines >= MIN_LINES
            && self.characters >= CHARACTERS
            && self.words >= WORDS
            && self.filled >= FILLED
            && self.leading <= MAX_LEADING
    }
}
