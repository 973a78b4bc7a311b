//! Lines, while Tesseract goes on recognising.
//!
//! Tesseract calls back before each of its units: with LSTM models a unit is a line, or a stretch of one where
//! inverted or repeated characters split it. The units' order is the iterator's, so counting calls tells which lines
//! are finished; asking an unfinished one for its text would abort the process.

use std::{any::Any, ops::ControlFlow, panic::AssertUnwindSafe};

use super::{
    ReadLine,
    capi::{Capi, Handle, Level},
    cursor::Cursor,
};

/// What the callback works on.
pub(super) struct Stream<'a> {
    capi: &'a Capi,
    api: Handle,
    size: (u32, u32),
    on_line: &'a mut dyn FnMut(ReadLine) -> ControlFlow<()>,
    /// For each line, how many units are finished once it is; known from the first call on.
    ends: Option<Vec<usize>>,
    calls: usize,
    /// A cursor on the last but one of the lines looked at, and that line's number. It spares walking there from the
    /// page's start before each line, which on a newspaper's page takes twice as long as reading it.
    behind: Option<(usize, Cursor<'a>)>,
    /// Lines looked at so far, and how many of them had text.
    seen: usize,
    handed: usize,
    /// A paragraph began since the last line with text.
    paragraph: bool,
    pub(super) stopped: bool,
    pub(super) panicked: Option<Box<dyn Any + Send>>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(
        capi: &'a Capi,
        api: Handle,
        size: (u32, u32),
        on_line: &'a mut dyn FnMut(ReadLine) -> ControlFlow<()>,
    ) -> Self {
        Self {
            capi,
            api,
            size,
            on_line,
            ends: None,
            behind: None,
            calls: 0,
            seen: 0,
            handed: 0,
            paragraph: false,
            stopped: false,
            panicked: None,
        }
    }

    /// Hands out the lines that are finished as the unit after them begins. Never unwinds: its caller is C++.
    ///
    /// # Safety
    /// Called by `api` before each unit, while it waits.
    pub(super) unsafe fn unit_begins(&mut self) {
        let finished = self.calls;
        self.calls += 1;
        if self.stopped || self.panicked.is_some() {
            return;
        }
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let ends = match self.ends.take() {
                Some(ends) => ends,
                // SAFETY: Tesseract waits for the callback to return.
                None => unsafe { self.count_units() },
            };
            let lines = ends.iter().take_while(|end| **end <= finished).count();
            self.ends = Some(ends);
            // SAFETY: Tesseract waits for the callback to return, and the units of these lines are finished.
            unsafe { self.hand_out(self.seen, lines, 0) };
            self.seen = self.seen.max(lines);
        }));
        if let Err(panic) = outcome {
            self.panicked = Some(panic);
        }
    }

    /// Hands out the lines that are left. Recognition may drop lines that came out empty, but only at its end: lines are
    /// told apart by having text, not by their number.
    ///
    /// # Safety
    /// `api` has recognised the page.
    pub(super) unsafe fn page_ended(&mut self) {
        // It may stand on a line that was dropped.
        self.behind = None;
        // SAFETY: by this function's contract.
        unsafe { self.hand_out(0, usize::MAX, self.handed) };
    }

    /// Hands out the lines from number `from` to before `to`, counted over the lines with words, but for the first
    /// `skip` of them that have text.
    ///
    /// # Safety
    /// `api` has recognised them, and recognises nothing meanwhile.
    unsafe fn hand_out(&mut self, from: usize, to: usize, mut skip: usize) {
        if from >= to || self.stopped {
            return;
        }
        let (mut line, mut cursor) = if let Some(behind) = self.behind.take() {
            behind
        } else {
            // SAFETY: by this function's contract.
            let Some(mut cursor) = (unsafe { Cursor::start(self.capi, self.api, self.size) }) else { return };
            if !cursor.on_word() && next_line(&mut cursor) == Next::End {
                return;
            }
            (0, cursor)
        };
        let mut more = true;
        while more && line < to {
            if line + 2 == to {
                // This line and the one after it are finished: recognition replaces no word that the copy refers to.
                self.behind = cursor.copy().map(|cursor| (line, cursor));
            }
            let wanted = line >= from;
            let skipped = skip > 0;
            // The first word tells, nearly always, whether a line that is skipped has text: all of it takes longer.
            // SAFETY: this line is below `to`.
            let mut text = if wanted && skipped { unsafe { cursor.text(Level::Word) } } else { String::new() };
            if wanted && text.is_empty() {
                // SAFETY: as above.
                text = unsafe { cursor.text(Level::Line) };
            }
            let bounds = cursor.bounds(Level::Line).filter(|_| !text.is_empty());
            skip -= usize::from(skipped && bounds.is_some());
            self.paragraph |= wanted && !skipped && cursor.at_start_of(Level::Paragraph);
            let next = next_line(&mut cursor);
            if let (false, Some(bounds)) = (skipped, bounds) {
                let before = if self.paragraph && self.handed > 0 { "\n" } else { "" };
                // Tesseract ends a paragraph also where pictures alone follow it.
                let after = if next == Next::EndAfterPictures { "\n\n" } else { "\n" };
                self.paragraph = false;
                self.handed += 1;
                if (self.on_line)(ReadLine { text: format!("{before}{text}{after}"), bounds }).is_break() {
                    self.stopped = true;
                    return;
                }
            }
            more = next == Next::Line;
            line += 1;
        }
    }

    /// For each line with words, how many units are finished once it is.
    ///
    /// # Safety
    /// `api` recognises nothing meanwhile.
    unsafe fn count_units(&self) -> Vec<usize> {
        let mut ends: Vec<usize> = Vec::new();
        // SAFETY: by this function's contract.
        let Some(mut cursor) = (unsafe { Cursor::start(self.capi, self.api, self.size) }) else { return ends };
        let mut units = 0;
        loop {
            if cursor.on_word() {
                units += 1;
                match ends.last_mut() {
                    Some(end) if !cursor.at_start_of(Level::Line) => *end = units,
                    _ => ends.push(units),
                }
            }
            if !cursor.next(Level::Word) {
                return ends;
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Line,
    End,
    EndAfterPictures,
}

/// Goes to the next line with words.
fn next_line(cursor: &mut Cursor<'_>) -> Next {
    let mut end = Next::End;
    while cursor.next(Level::Line) {
        if cursor.on_word() {
            return Next::Line;
        }
        end = Next::EndAfterPictures;
    }
    end
}
