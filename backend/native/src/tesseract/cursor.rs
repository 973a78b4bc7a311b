//! Walks over the elements that Tesseract has found on a page.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ops::{Deref, DerefMut},
    ptr::NonNull,
};

use inkstream_wire::PixelBox;

use super::capi::{Capi, Handle, Level};

/// Takes ownership of a text that Tesseract allocated.
///
/// # Safety
/// `text` is null or a C string that Tesseract returned and that `TessDeleteText` frees.
pub(super) unsafe fn take_text(capi: &Capi, text: *mut c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, and a C string by this function's contract.
    let owned = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    // SAFETY: by this function's contract; `text` is not used any more.
    unsafe { (capi.delete_text)(text) };
    Some(owned)
}

/// A position on the page (`TessPageIterator`). As part of a [`Cursor`] it moves in reading order, otherwise in the order of the
/// layout.
pub(super) struct Position<'a> {
    capi: &'a Capi,
    page: Handle,
    size: (u32, u32),
}

impl Position<'_> {
    /// Moves to the next element of `level`. Returns false at the end of the page.
    pub(super) fn next(&mut self, level: Level) -> bool {
        // SAFETY: `page` lives as long as `self`.
        unsafe { (self.capi.page_next)(self.page, level as c_int) != 0 }
    }

    /// Whether this is the first word of an element of `level`.
    pub(super) fn at_start_of(&self, level: Level) -> bool {
        // SAFETY: `page` lives as long as `self`.
        unsafe { (self.capi.page_at_start)(self.page, level as c_int) != 0 }
    }

    /// Whether there is a word at this position. The block of an image has none.
    pub(super) fn on_word(&self) -> bool {
        self.edges(Level::Word).is_some()
    }

    /// The bounds of the element of `level`.
    pub(super) fn bounds(&self, level: Level) -> Option<PixelBox> {
        let [left, top, right, bottom] = self.corners(level)?;
        let (width, height) = self.size;
        let clamp = |at: c_int, end: u32| u32::try_from(at).unwrap_or(0).min(end);
        let (x, y) = (clamp(left, width), clamp(top, height));
        Some(PixelBox { x, y, width: clamp(right, width) - x, height: clamp(bottom, height) - y })
    }

    /// Whether the block here is an image.
    pub(super) fn on_image(&self) -> bool {
        // PT_FLOWING_IMAGE, PT_HEADING_IMAGE, PT_PULLOUT_IMAGE.
        // SAFETY: `page` lives as long as `self`.
        matches!(unsafe { (self.capi.page_block_type)(self.page) }, 9..=11)
    }

    /// Left, top, right and bottom of the element of `level`; `None` if it is empty.
    fn corners(&self, level: Level) -> Option<[c_int; 4]> {
        self.edges(level).filter(|[left, top, right, bottom]| left < right && top < bottom)
    }

    /// Like [`Position::corners`], but also for an element without width.
    fn edges(&self, level: Level) -> Option<[c_int; 4]> {
        let [mut left, mut top, mut right, mut bottom] = [0; 4];
        // SAFETY: `page` lives as long as `self`, the others for the call.
        let found = unsafe {
            (self.capi.page_bounds)(
                self.page,
                level as c_int,
                &raw mut left,
                &raw mut top,
                &raw mut right,
                &raw mut bottom,
            )
        };
        (found != 0).then_some([left, top, right, bottom])
    }
}

/// Walks over the page in the order of its layout: the words of a line from left to right, whatever their script. Works before
/// anything is recognized.
pub(super) struct LayoutCursor<'a>(Position<'a>);

impl<'a> LayoutCursor<'a> {
    /// A copy at the same position, with the same safety requirements.
    pub(super) fn copy(&self) -> Option<Self> {
        // SAFETY: `page` lives as long as `self`.
        unsafe { Self::at(&self.0) }
    }

    /// The number of words from this position to the end of the line.
    pub(super) fn words_left(&self) -> usize {
        let Some(mut ahead) = self.copy() else { return 0 };
        let mut words = usize::from(ahead.on_word());
        while ahead.next(Level::Word) && ahead.on_word() && !ahead.at_start_of(Level::Line) {
            words += 1;
        }
        words
    }

    /// # Safety
    /// `position` is of a live iterator.
    unsafe fn at(position: &Position<'a>) -> Option<Self> {
        // SAFETY: by this function's contract. The copy is of the base class, which knows no reading order.
        let page = NonNull::new(unsafe { (position.capi.page_copy)(position.page) })?;
        Some(Self(Position { page: page.as_ptr(), ..*position }))
    }
}

impl<'a> Deref for LayoutCursor<'a> {
    type Target = Position<'a>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for LayoutCursor<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Drop for LayoutCursor<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `of`, freed once.
        unsafe { (self.0.capi.page_delete)(self.0.page) };
    }
}

/// Walks over the page in reading order from its first element. The words of a line that is written from right to left come from
/// the right.
pub(super) struct Cursor<'a> {
    iterator: NonNull<c_void>,
    position: Position<'a>,
}

impl<'a> Cursor<'a> {
    /// `None` if nothing was found. `size` is the size of the image in pixels, to which boxes are clipped.
    ///
    /// A cursor may move to a line only after it is recognized: in a paragraph that is written from right to left, Tesseract searches
    /// the line's text for its first word, and crashes if there is none. The direction of a paragraph is that of its words that are
    /// recognized when the cursor enters it.
    ///
    /// # Safety
    /// `api` is a live `TessBaseAPI` that is not cleared while the cursor lives. While the cursor is at a line, `api` does not recognize
    /// that line or the next one: recognition replaces a line's words, and a cursor refers to the next word, too.
    pub(super) unsafe fn start(capi: &'a Capi, api: Handle, size: (u32, u32)) -> Option<Self> {
        // SAFETY: `api` is live.
        let iterator = NonNull::new(unsafe { (capi.iterator)(api) })?;
        // SAFETY: `iterator` is live and this cursor's own.
        Some(unsafe { Self::from_iterator(capi, iterator, size) })
    }

    /// A copy at the same position, with the same safety requirements.
    pub(super) fn copy(&self) -> Option<Self> {
        // SAFETY: `iterator` lives as long as `self`.
        let iterator = NonNull::new(unsafe { (self.position.capi.iterator_copy)(self.iterator.as_ptr()) })?;
        // SAFETY: `iterator` is live and the new cursor's own.
        Some(unsafe { Self::from_iterator(self.position.capi, iterator, self.position.size) })
    }

    /// A cursor over the layout at the first element of the page, with the same safety requirements.
    pub(super) fn layout(&self) -> Option<LayoutCursor<'a>> {
        // SAFETY: the position is of this cursor's iterator.
        let layout = unsafe { LayoutCursor::at(&self.position) }?;
        // SAFETY: `page` lives as long as `layout`.
        unsafe { (self.position.capi.page_begin)(layout.0.page) };
        Some(layout)
    }

    /// # Safety
    /// `iterator` is live, and the cursor takes ownership of it.
    unsafe fn from_iterator(capi: &'a Capi, iterator: NonNull<c_void>, size: (u32, u32)) -> Self {
        // SAFETY: `iterator` is live; the result is the same object, seen as its base class.
        let page = unsafe { (capi.iterator_page)(iterator.as_ptr()) };
        Self { iterator, position: Position { capi, page, size } }
    }

    /// The text of the element of `level`, without white space at its end. For a line, Tesseract also looks at the next line, which must
    /// be recognized, too, if the paragraph may be written from right to left.
    ///
    /// # Safety
    /// All its words are recognized: Tesseract aborts the process otherwise.
    pub(super) unsafe fn text(&self, level: Level) -> String {
        // SAFETY: by this function's contract, and `iterator` lives as long as `self`.
        let text = unsafe { (self.position.capi.iterator_text)(self.iterator.as_ptr(), level as c_int) };
        // SAFETY: Tesseract returned the text to be freed.
        let mut text = unsafe { take_text(self.position.capi, text) }.unwrap_or_default();
        text.truncate(text.trim_end().len());
        text
    }

    /// The confidence of the word at this position, 0 to 100.
    ///
    /// # Safety
    /// The word is recognized.
    pub(super) unsafe fn confidence(&self) -> f32 {
        // SAFETY: by this function's contract, and `iterator` lives as long as `self`.
        unsafe { (self.position.capi.iterator_confidence)(self.iterator.as_ptr(), Level::Word as c_int) }
            .clamp(0.0, 100.0)
    }
}

impl<'a> Deref for Cursor<'a> {
    type Target = Position<'a>;

    fn deref(&self) -> &Self::Target {
        &self.position
    }
}

impl DerefMut for Cursor<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.position
    }
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `start` or `copy`, freed once; `page` is the same object.
        unsafe { (self.position.capi.iterator_delete)(self.iterator.as_ptr()) };
    }
}
