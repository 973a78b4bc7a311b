//! Emits lines while Tesseract is still recognizing the page.
//!
//! Tesseract calls back before each of its units. With LSTM models a unit is a line, or a part of a line that inverted or repeated
//! characters split. Units come in the order of the layout, so the number of calls shows which lines are finished. Asking for the
//! text of an unfinished line would abort the process.

use std::{any::Any, ops::ControlFlow, panic::AssertUnwindSafe};

use super::{
    capi::{Capi, Handle, Level},
    columns::{self, BlockLine},
    cursor::{Cursor, LayoutCursor, Position},
    direction,
    exceptions::guarded,
};
use crate::recognized::ReadLine;

/// How the loaded models write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script {
    /// Whether any model writes from right to left.
    pub(super) right_to_left: bool,
    /// Whether only the spaces that the page shows separate words. Otherwise one space separates any two words. Chinese, Japanese,
    /// Korean and Thai models set `preserve_interword_spaces`.
    pub(super) spaces_as_shown: bool,
}

/// The state of the callback.
pub(super) struct Stream<'a> {
    capi: &'a Capi,
    api: Handle,
    size: (u32, u32),
    script: Script,
    on_line: &'a mut dyn FnMut(ReadLine) -> ControlFlow<()>,
    /// The lines of the layout, known after the first call.
    lines: Option<Vec<Line>>,
    calls: usize,
    /// The number of the last line but one that was visited, and a walk at that line. Walking from the start of the page to each line
    /// would take twice as long as recognizing a newspaper page.
    checkpoint: Option<(usize, Walk<'a>)>,
    /// The first line of the last visited paragraph, and whether that line alone shows the paragraph's direction.
    clear_direction: Option<(usize, bool)>,
    /// The number of visited lines.
    visited: usize,
    /// The number of visited lines with text.
    emitted: usize,
    /// Whether a paragraph has begun since the last line with text.
    paragraph: bool,
    /// Whether to look at the layout's columns before the first line, and stop if they are rows.
    pub(super) judges_columns: bool,
    pub(super) is_in_rows: bool,
    pub(super) stopped: bool,
    pub(super) panicked: Option<Box<dyn Any + Send>>,
}

/// A line with words that may not be recognized yet.
#[derive(Debug, Clone, Copy)]
struct Line {
    /// The number of units that are finished when the line is.
    end: usize,
    opens_paragraph: bool,
}

impl<'a> Stream<'a> {
    pub(super) fn new(
        capi: &'a Capi,
        api: Handle,
        size: (u32, u32),
        script: Script,
        on_line: &'a mut dyn FnMut(ReadLine) -> ControlFlow<()>,
    ) -> Self {
        Self {
            capi,
            api,
            size,
            script,
            on_line,
            lines: None,
            checkpoint: None,
            clear_direction: None,
            calls: 0,
            visited: 0,
            emitted: 0,
            paragraph: false,
            judges_columns: false,
            is_in_rows: false,
            stopped: false,
            panicked: None,
        }
    }

    /// Emits the lines that are finished when the next unit begins. Never unwinds, because a panic must not pass through its caller,
    /// which is C++. A C++ exception in what it calls ends the process.
    ///
    /// # Safety
    /// Called by `api` before each unit, while it waits.
    pub(super) unsafe fn unit_begins(&mut self) {
        let finished = self.calls;
        self.calls += 1;
        if self.stopped || self.panicked.is_some() {
            return;
        }
        // SAFETY: Tesseract waits for the callback to return, and so many units are finished.
        let emit = AssertUnwindSafe(|| guarded(|| unsafe { self.emit_finished(finished) }));
        if let Err(panic) = std::panic::catch_unwind(emit) {
            self.panicked = Some(panic);
        }
    }

    /// Emits the lines that are ready after so many units are finished.
    ///
    /// # Safety
    /// `api` has recognized them, and recognizes nothing during the call.
    unsafe fn emit_finished(&mut self, units: usize) {
        let lines = match self.lines.take() {
            Some(lines) => lines,
            // SAFETY: by this function's contract.
            None => unsafe { self.layout() },
        };
        // SAFETY: as above.
        if units == 0 && self.judges_columns && columns::are_rows(&unsafe { self.block_lines() }) {
            self.is_in_rows = true;
            return;
        }
        let finished = lines.iter().take_while(|line| line.end <= units).count();
        // SAFETY: by this function's contract.
        let ready = unsafe { self.ready(&lines, finished) };
        self.lines = Some(lines);
        // SAFETY: as above.
        unsafe { self.emit(self.visited, ready, 0) };
        self.visited = self.visited.max(ready);
    }

    /// Emits the remaining lines. At its end, recognition may drop empty lines, which changes the numbers of the others. Therefore the
    /// lines that were already emitted are skipped by counting only lines with text.
    ///
    /// # Safety
    /// `api` has recognized the page.
    pub(super) unsafe fn page_ended(&mut self) {
        // Its line may have been dropped.
        self.checkpoint = None;
        // SAFETY: by this function's contract.
        unsafe { self.emit(0, usize::MAX, self.emitted) };
    }

    /// The number of lines that can be emitted after so many are finished.
    ///
    /// The direction of a paragraph decides the order of its words. If the first line does not show the direction, all words of the
    /// paragraph are needed, and its lines wait for the last of them.
    ///
    /// # Safety
    /// `api` has recognized the finished lines, and recognizes nothing during the call.
    unsafe fn ready(&mut self, lines: &[Line], finished: usize) -> usize {
        let next_opens = lines.get(finished).is_none_or(|line| line.opens_paragraph);
        if !self.script.right_to_left || next_opens {
            return finished;
        }
        let first = lines[..finished].iter().rposition(|line| line.opens_paragraph).unwrap_or(0);
        if finished == first {
            return finished;
        }
        let clear_direction = match self.clear_direction {
            Some((line, clear_direction)) if line == first => clear_direction,
            // SAFETY: by this function's contract, `first` is below `finished`.
            _ => unsafe { self.has_clear_direction(first) },
        };
        self.clear_direction = Some((first, clear_direction));
        match (clear_direction, self.script.spaces_as_shown) {
            (false, _) => first,
            (true, false) => finished,
            // Tesseract needs the next line to compute the text of a line.
            (true, true) => finished - 1,
        }
    }

    /// Whether a paragraph's first line alone shows its direction.
    ///
    /// # Safety
    /// `api` has recognized that line and those before it, and recognizes nothing during the call.
    unsafe fn has_clear_direction(&self, line: usize) -> bool {
        let Some((mut number, mut walk)) = self.walk() else { return false };
        while number < line {
            walk.pass();
            if walk.next_line() != Next::Line {
                return false;
            }
            number += 1;
        }
        // SAFETY: by this function's contract.
        let mut words = unsafe { walk.words() };
        words.sort_by_key(|(left, _)| *left);
        direction::is_clear(words.iter().map(|(_, word)| word.as_str()))
    }

    /// A copy of the checkpoint, or a walk at the page's first line with words, with the number of its line.
    fn walk(&self) -> Option<(usize, Walk<'a>)> {
        if let Some((line, walk)) = &self.checkpoint {
            return Some((*line, walk.copy()?));
        }
        // SAFETY: `api` is live and recognizes nothing during the call, which every caller requires of its own caller.
        let cursor = unsafe { Cursor::start(self.capi, self.api, self.size) }?;
        let layout = cursor.layout()?;
        let mut walk = Walk { cursor, layout, script: self.script };
        (walk.cursor.on_word() || walk.next_line() == Next::Line).then_some((0, walk))
    }

    /// Emits the lines with the numbers from `from` up to, but not including, `to`. Only lines with words are numbered. The first `skip`
    /// lines with text are left out.
    ///
    /// # Safety
    /// `api` has recognized them, and recognizes nothing during the call.
    unsafe fn emit(&mut self, from: usize, to: usize, mut skip: usize) {
        if from >= to || self.stopped {
            return;
        }
        let Some((mut line, mut walk)) = self.walk() else { return };
        self.checkpoint = None;
        let mut more = true;
        while more && line < to {
            if line + 2 == to {
                // This line and the one after it are finished: recognition replaces no word that the copy refers to.
                self.checkpoint = walk.copy().map(|walk| (line, walk));
            }
            let wanted = line >= from;
            let skipped = skip > 0;
            // The first word nearly always shows whether a skipped line has text, which is faster than the whole text.
            // SAFETY: this line is below `to`.
            let mut text = if wanted && skipped { unsafe { walk.cursor.text(Level::Word) } } else { String::new() };
            let bounds = walk.cursor.bounds(Level::Line);
            self.paragraph |= wanted && !skipped && walk.cursor.at_start_of(Level::Paragraph);
            if wanted && text.is_empty() {
                // SAFETY: as above.
                text = unsafe { walk.text() };
            } else {
                walk.pass();
            }
            let bounds = bounds.filter(|_| !text.is_empty());
            skip -= usize::from(skipped && bounds.is_some());
            let next = walk.ahead();
            if let (false, Some(bounds)) = (skipped, bounds) {
                let before = if self.paragraph && self.emitted > 0 { "\n" } else { "" };
                // Tesseract also ends a paragraph if only images follow it.
                let after = if next == Next::EndAfterImages { "\n\n" } else { "\n" };
                self.paragraph = false;
                self.emitted += 1;
                if (self.on_line)(ReadLine { text: format!("{before}{text}{after}"), bounds }).is_break() {
                    self.stopped = true;
                    return;
                }
            }
            line += 1;
            // The cursor must not move to a line that may not be recognized yet.
            more = next == Next::Line && line < to && walk.next_line() == Next::Line;
        }
    }

    /// The lines with the blocks that Tesseract has put them into.
    ///
    /// # Safety
    /// `api` recognizes nothing during the call.
    unsafe fn block_lines(&self) -> Vec<BlockLine> {
        let mut lines = Vec::new();
        // SAFETY: by this function's contract.
        let cursor = unsafe { Cursor::start(self.capi, self.api, self.size) };
        let Some(mut layout) = cursor.and_then(|cursor| cursor.layout()) else { return lines };
        let mut block = 0;
        loop {
            block += usize::from(layout.at_start_of(Level::Block));
            let bounds = layout.bounds(Level::Line).filter(|_| layout.on_word());
            lines.extend(bounds.map(|bounds| BlockLine { block, bounds }));
            if !layout.next(Level::Line) {
                return lines;
            }
        }
    }

    /// The lines with words.
    ///
    /// # Safety
    /// `api` recognizes nothing during the call.
    unsafe fn layout(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        // SAFETY: by this function's contract.
        let cursor = unsafe { Cursor::start(self.capi, self.api, self.size) };
        let Some(mut layout) = cursor.and_then(|cursor| cursor.layout()) else { return lines };
        let mut units = 0;
        loop {
            if layout.on_word() {
                units += 1;
                match lines.last_mut() {
                    Some(line) if !layout.at_start_of(Level::Line) => line.end = units,
                    _ => lines.push(Line { end: units, opens_paragraph: layout.at_start_of(Level::Paragraph) }),
                }
            }
            if !layout.next(Level::Word) {
                return lines;
            }
        }
    }
}

/// A walk from line to line in reading order. Direction marks depend on the words that a cursor has passed. Therefore the walk passes
/// all words if there may be direction marks, as Tesseract does for the text of a page.
struct Walk<'a> {
    cursor: Cursor<'a>,
    /// At the leftmost word of the cursor's line.
    layout: LayoutCursor<'a>,
    script: Script,
}

impl Walk<'_> {
    fn copy(&self) -> Option<Self> {
        Some(Self { cursor: self.cursor.copy()?, layout: self.layout.copy()?, script: self.script })
    }

    /// Passes the line's words without returning their text.
    fn pass(&mut self) {
        if self.script.right_to_left {
            for _ in 1..self.layout.words_left() {
                self.cursor.next(Level::Word);
            }
        }
    }

    /// Passes the words of the line, and returns them in reading order with their left edges.
    ///
    /// # Safety
    /// The line is recognized.
    unsafe fn words(&mut self) -> Vec<(u32, String)> {
        let words = 0..self.layout.words_left();
        let word = |number| {
            if number > 0 {
                self.cursor.next(Level::Word);
            }
            let left = self.cursor.bounds(Level::Word).map_or(0, |bounds| bounds.x);
            // SAFETY: by this function's contract; the line has that many words.
            (left, unsafe { self.cursor.text(Level::Word) })
        };
        words.map(word).collect()
    }

    /// Passes the words of the line, and returns the line's text.
    ///
    /// # Safety
    /// The line is recognized. If `spaces_as_shown` and `right_to_left` are set, the next line of the paragraph is recognized, too.
    unsafe fn text(&mut self) -> String {
        if self.script.right_to_left && !self.script.spaces_as_shown {
            // SAFETY: by this function's contract.
            let words = unsafe { self.words() };
            let mut text = words.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" ");
            text.truncate(text.trim_end().len());
            return text;
        }
        // SAFETY: by this function's contract.
        let text = unsafe { self.cursor.text(Level::Line) };
        self.pass();
        text
    }

    /// What follows this line. The walk does not move.
    fn ahead(&self) -> Next {
        self.layout.copy().map_or(Next::End, |mut layout| next_line(&mut layout))
    }

    /// Moves to the next line with words, which must be recognized.
    fn next_line(&mut self) -> Next {
        next_line(&mut self.cursor);
        next_line(&mut self.layout)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Line,
    End,
    EndAfterImages,
}

/// Moves to the next line with words.
fn next_line(position: &mut Position<'_>) -> Next {
    let mut end = Next::End;
    while position.next(Level::Line) {
        if position.on_word() {
            return Next::Line;
        }
        end = Next::EndAfterImages;
    }
    end
}
