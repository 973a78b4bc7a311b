//! Finds the script of a page by the shapes of its letters (Tesseract's orientation and script detection).

use std::{
    ffi::{CStr, CString, c_char, c_int},
    path::Path,
    ptr,
    sync::Arc,
};

use fast_image_resize::FilterType;
use image::GrayImage;
use imageproc::filter::gaussian_blur_f32;

use super::{
    capi::{Capi, Handle, SHAPES_ONLY},
    exceptions::guarded,
};
use crate::{neural::scaled, script::Script};

const VARIABLES: [(&CStr, &CStr); 2] = [
    // Discard the messages that Tesseract would write to stderr.
    (c"debug_file", c"/dev/null"),
    // At least so many letters, and at most five times as many; 50 by default, which is no better.
    (c"min_characters_to_try", c"10"),
];
/// A page is looked at twice. Small and blurred letters touch each other unless they are enlarged and sharpened; others lose their
/// corners by it (Hebrew then looks like Thai). One look is wrong about pages that the other one is right about.
const LOOKS: [Look; 2] = [
    Look { min_side: 1000, max_side: 2000, is_sharpened: false },
    Look { min_side: 1600, max_side: 2400, is_sharpened: true },
];
/// The maximum enlargement of a small image.
const MAX_ENLARGEMENT: u32 = 3;
/// The deviation of the blur that sharpening subtracts, in pixels, and how much of the difference it adds.
const BLUR: f32 = 2.0;
const SHARPENING: f32 = 2.5;
/// The maximum weight of a look. Tesseract's confidence grows with the rarity of the script rather than with the evidence.
const MAX_VOTE: f32 = 3.0;
/// The minimum lead of a script over the next one.
const MIN_LEAD: f32 = 0.8;

/// The minimum side in pixels of what Tesseract looks at.
const MIN_SIDE: u64 = 32;

/// The loaded shapes of letters.
pub struct ScriptFinder {
    capi: Arc<Capi>,
    api: Handle,
}

impl ScriptFinder {
    /// `None` if the data is missing or damaged.
    pub(super) fn load(capi: Arc<Capi>, folder: &Path) -> Option<Self> {
        guarded(|| {
            let tessdata = CString::new(folder.as_os_str().as_encoded_bytes()).ok()?;
            // SAFETY: takes nothing; the result is owned by the finder and freed in `drop`.
            let api = unsafe { (capi.create)() };
            if api.is_null() {
                return None;
            }
            let mut finder = Self { capi, api };
            for (name, value) in VARIABLES {
                // SAFETY: `api` is live, both are C strings.
                unsafe { (finder.capi.set_variable)(api, name.as_ptr(), value.as_ptr()) };
            }
            // SAFETY: `api` is live, both are C strings.
            let status = unsafe { (finder.capi.init)(api, tessdata.as_ptr(), c"osd".as_ptr(), SHAPES_ONLY) };
            if status != 0 {
                return None;
            }
            // The first search opens /dev/null and its tables: now, while this process may still open files.
            finder.detect(&[u8::MAX; 64 * 64], 64, 64);
            Some(finder)
        })
    }

    /// The script of a grey page of one byte per pixel that is upright. `None` if it is unsure. An error message contains nothing of
    /// the page.
    pub fn find(&mut self, pixels: &[u8], width: u32, height: u32) -> Result<Option<Script>, String> {
        if width == 0 || height == 0 || pixels.len() as u64 != u64::from(width) * u64::from(height) {
            return Err("the image's size and its pixels do not agree".to_owned());
        }
        let mut votes: Vec<(Script, f32)> = Vec::new();
        for look in &LOOKS {
            let size = look.size(width, height);
            let mut page = scaled(pixels, (width, height), size, FilterType::CatmullRom)?;
            if look.is_sharpened {
                page = sharpened(page, size)?;
            }
            let Some((script, confidence)) = guarded(|| self.detect(&page, size.0, size.1)) else { continue };
            let confidence = confidence.min(MAX_VOTE);
            match votes.iter_mut().find(|(voted, _)| *voted == script) {
                Some((_, sum)) => *sum += confidence,
                None => votes.push((script, confidence)),
            }
        }
        votes.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let lead =
            |script, sum: f32| Some(script).filter(|_| sum - votes.get(1).map_or(0.0, |(_, next)| *next) >= MIN_LEAD);
        Ok(votes.first().and_then(|(script, sum)| lead(*script, *sum)))
    }

    /// The script and how sure Tesseract is. `None` if there are too few letters, or if they do not stand upright.
    fn detect(&mut self, pixels: &[u8], width: u32, height: u32) -> Option<(Script, f32)> {
        let (wide, high) = (c_int::try_from(width).ok()?, c_int::try_from(height).ok()?);
        let (mut turn, mut turn_confidence, mut confidence) = (0, 0.0, 0.0);
        let mut name: *const c_char = ptr::null();
        // SAFETY: `api` is live; Tesseract copies the pixels, of which there are width times height. The pointers live for the call.
        let is_found = unsafe {
            (self.capi.set_image)(self.api, pixels.as_ptr(), wide, high, 1, wide);
            (self.capi.find_script)(
                self.api,
                &raw mut turn,
                &raw mut turn_confidence,
                &raw mut name,
                &raw mut confidence,
            ) != 0
        };
        let is_upright = is_found && !name.is_null() && turn == 0;
        // SAFETY: not null, a C string that belongs to the tables of `api`.
        let name = is_upright.then(|| unsafe { CStr::from_ptr(name) });
        let script = name.and_then(|name| script(&name.to_string_lossy()));
        // SAFETY: `api` is live. It frees the image and its results, to which nothing refers any more.
        unsafe { (self.capi.clear)(self.api) };
        Some((script?, confidence))
    }
}

impl Drop for ScriptFinder {
    fn drop(&mut self) {
        // SAFETY: made in `load`, freed once.
        guarded(|| unsafe { (self.capi.delete)(self.api) });
    }
}

// SAFETY: a TessBaseAPI may move between threads, as long as one at a time uses it.
unsafe impl Send for ScriptFinder {}

/// How a page is prepared.
struct Look {
    /// The range of the longest side in pixels.
    min_side: u32,
    max_side: u32,
    is_sharpened: bool,
}

impl Look {
    /// The size to which a page is scaled.
    fn size(&self, width: u32, height: u32) -> (u32, u32) {
        let longest = width.max(height);
        let target = longest.clamp(self.min_side, self.max_side).min(longest.saturating_mul(MAX_ENLARGEMENT));
        let side = |length: u32| (u64::from(length) * u64::from(target) / u64::from(longest)).max(MIN_SIDE) as u32;
        (side(width), side(height))
    }
}

/// The page with its edges made steeper.
fn sharpened(page: Vec<u8>, (width, height): (u32, u32)) -> Result<Vec<u8>, String> {
    let page = GrayImage::from_raw(width, height, page).ok_or("the image is too large")?;
    let blurred = gaussian_blur_f32(&page, BLUR);
    let steeper = |(sharp, blurred): (u8, &u8)| {
        let sharp = f32::from(sharp);
        (sharp + SHARPENING * (sharp - f32::from(*blurred))).clamp(0.0, 255.0) as u8
    };
    Ok(page.into_raw().into_iter().zip(blurred.as_raw()).map(steeper).collect())
}

/// The script that Tesseract calls so.
fn script(name: &str) -> Option<Script> {
    Some(match name {
        "Latin" => Script::Latin,
        "Fraktur" => Script::Fraktur,
        "Cyrillic" => Script::Cyrillic,
        "Greek" => Script::Greek,
        "Han" => Script::Han,
        "Japanese" | "Katakana" | "Hiragana" => Script::Japanese,
        "Korean" | "Hangul" => Script::Hangul,
        "Arabic" => Script::Arabic,
        "Hebrew" => Script::Hebrew,
        "Thai" => Script::Thai,
        "Devanagari" => Script::Devanagari,
        "Bengali" => Script::Bengali,
        "Tamil" => Script::Tamil,
        "Telugu" => Script::Telugu,
        "Kannada" => Script::Kannada,
        "Malayalam" => Script::Malayalam,
        _ => return None,
    })
}
