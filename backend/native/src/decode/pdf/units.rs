//! The length of a page's unit. PDFium ignores `UserUnit` and cannot report it. So the few files that may contain one
//! are parsed a second time, by another parser.

use std::{io::Read, panic};

use hayro_syntax::Pdf;
use memchr::memmem;

use crate::decode::source::Source;

/// Larger files are not parsed a second time, because that would take too much of a child's memory.
const MAX_FILE: u64 = 256 << 20;
/// A file without any of these strings sets no unit. An object stream may contain one in compressed form.
const UNIT_MARKERS: [&[u8]; 2] = [b"UserUnit", b"ObjStm"];
/// Bytes that are searched at once.
const BLOCK: usize = 1 << 20;

/// Each page's unit in points, from the first page on; none where all have 1.
pub(super) struct Units(Vec<f32>);

impl Units {
    /// Reads the units. A unit that cannot be read is 1.
    pub(super) fn of_file(source: &Source, password: Option<&str>, pages: u32) -> Self {
        if source.len() > MAX_FILE || !may_have_any(source) {
            return Self(Vec::new());
        }
        let Ok(file) = source.head(source.len()) else { return Self(Vec::new()) };
        let password = password.unwrap_or_default();
        // A panic of this second parser must not cost the document.
        let units = panic::catch_unwind(|| {
            let document = Pdf::new_with_password(file, password).ok()?;
            let units: Vec<_> = document.pages().iter().map(|page| page.raw().get::<f32>("UserUnit")).collect();
            // If the two parsers disagree about the number of pages, the units cannot be assigned.
            (units.len() == pages as usize && units.iter().any(Option::is_some)).then_some(units)
        });
        let units = units.ok().flatten().unwrap_or_default();
        Self(units.into_iter().map(|unit| unit.filter(|unit| unit.is_finite() && *unit > 0.0).unwrap_or(1.0)).collect())
    }

    /// Of a page, from 1.
    pub(super) fn for_page(&self, page: u32) -> f32 {
        page.checked_sub(1).and_then(|index| self.0.get(index as usize)).copied().unwrap_or(1.0)
    }
}

fn may_have_any(source: &Source) -> bool {
    let longest = UNIT_MARKERS.map(<[u8]>::len).into_iter().max().unwrap_or(0);
    let mut source = source.rewound();
    let mut block = Vec::with_capacity(BLOCK + longest);
    loop {
        match source.by_ref().take(BLOCK as u64).read_to_end(&mut block) {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
        if UNIT_MARKERS.iter().any(|sign| memmem::find(&block, sign).is_some()) {
            return true;
        }
        // A string may lie across two blocks.
        block.drain(..block.len().saturating_sub(longest));
    }
}
