//! TIFF: every directory of the main chain is a page, but for thumbnails.

mod directory;
mod samples;

use std::{collections::HashSet, io::BufReader};

use image::{DynamicImage, Pixel, Rgb};
use inkstream_core::{picture::PictureSpec, ports::FileFormat};
use tiff::{
    decoder::{ChunkType, Decoder, ifd::Value},
    tags::Tag,
};

use self::{
    directory::{Chain, Directory, Sole},
    samples::{Reading, Samples},
};
use super::{
    DecodeError, DecodeLimits, Decoded, Drawn, check_pixels, fit,
    metadata::{self, Density, Metadata},
    source::Source,
};

type Page = Decoder<BufReader<Sole>>;

/// A TIFF with at least one page.
pub(super) struct Tiff {
    chain: Chain,
    pages: Vec<Directory>,
    limits: DecodeLimits,
}

impl Tiff {
    pub(super) fn open(source: Source, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let chain = Chain::new(source)?;
        let mut directories = Vec::new();
        let mut seen = HashSet::new();
        let mut next = Some(chain.first());
        // The chain ends at its end, where it becomes unreadable, and where it bites its tail.
        while let Some(directory) = next.filter(|at| seen.insert(*at)).and_then(|at| chain.read(at)) {
            if directories.len() >= limits.max_pages as usize {
                return Err(DecodeError::TooManyPages);
            }
            next = directory.next;
            directories.push(directory);
        }
        let full = directories.iter().any(|directory| !directory.thumbnail);
        let pages: Vec<_> = directories.into_iter().filter(|directory| !(full && directory.thumbnail)).collect();
        let tiff = Self { chain, pages, limits: *limits };
        match tiff.pages.as_slice() {
            [] => Err(DecodeError::Broken),
            // A single page has nobody to cost but itself.
            [only] => tiff.page(only, DecodeError::Broken).map(|_| ()).map(|()| tiff),
            _ => Ok(tiff),
        }
    }

    /// The page's header, its size checked.
    fn page(&self, directory: &Directory, broken: DecodeError) -> Result<(Page, u32, u32), DecodeError> {
        let sole = self.chain.sole(directory);
        let mut page = Decoder::new(BufReader::new(sole)).map_err(|_| broken)?;
        let (width, height) = page.dimensions().map_err(|_| broken)?;
        check_pixels(width, height, &self.limits)?;
        Ok((page, width, height))
    }
}

impl Decoded for Tiff {
    fn format(&self) -> FileFormat {
        FileFormat::Tiff
    }

    fn pages(&self) -> u32 {
        self.pages.len() as u32
    }

    fn draw(&mut self, page: u32, spec: &PictureSpec, _capacity: u64) -> Result<Drawn, DecodeError> {
        let index = page.checked_sub(1).ok_or(DecodeError::PageUnreadable)? as usize;
        let directory = self.pages.get(index).ok_or(DecodeError::PageUnreadable)?;
        let (mut page, width, height) = self.page(directory, DecodeError::PageUnreadable)?;
        let metadata = metadata_of(&mut page);
        let reading = Reading::of(&mut page, directory.palette).ok_or(DecodeError::PageUnreadable)?;
        let picture = picture(&mut page, &reading, (width, height), spec.colour)?;
        fit::fitted(picture, &metadata, spec)
    }
}

fn metadata_of(page: &mut Page) -> Metadata {
    let unsigned = |page: &mut Page, tag| page.find_tag_unsigned::<u32>(tag).ok().flatten();
    let orientation = metadata::orientation(unsigned(page, Tag::Orientation).unwrap_or(1));
    let unit = unsigned(page, Tag::ResolutionUnit).unwrap_or(2);
    let x = rational(page, Tag::XResolution);
    let y = rational(page, Tag::YResolution);
    Metadata { orientation, density: x.zip(y).and_then(|(x, y)| Density::in_unit(x, y, unit)) }
}

fn rational(page: &mut Page, tag: Tag) -> Option<f32> {
    match page.find_tag(tag).ok()?? {
        Value::Rational(above, below) => Some(above as f32 / below as f32),
        _ => None,
    }
}

/// The page's strips or tiles, put together; white where one is broken, as long as one is not.
fn picture(
    page: &mut Page,
    reading: &Reading,
    (width, height): (u32, u32),
    colour: bool,
) -> Result<DynamicImage, DecodeError> {
    let (chunk_width, chunk_height) = match page.get_chunk_type() {
        ChunkType::Strip => (width, page.chunk_dimensions().1.min(height)),
        ChunkType::Tile => page.chunk_dimensions(),
    };
    if chunk_width == 0 || chunk_height == 0 {
        return Err(DecodeError::PageUnreadable);
    }
    let (across, down) = (width.div_ceil(chunk_width), height.div_ceil(chunk_height));
    let channels = if colour { 3 } else { 1 };
    let mut pixels = vec![u8::MAX; width as usize * height as usize * channels];
    let mut any = false;
    let range = reading.range(page, across * down);
    for chunk in 0..across * down {
        let Some(samples) = Samples::read(page, reading, chunk, across * down) else { continue };
        any = true;
        let (left, top) = (chunk % across * chunk_width, chunk / across * chunk_height);
        for y in 0..samples.height.min(height - top) {
            let row = ((top + y) as usize * width as usize + left as usize) * channels;
            let row = pixels[row..].chunks_exact_mut(channels).take((width - left) as usize);
            for (x, pixel) in (0..samples.width).zip(row) {
                let rgb = reading.colour(&samples, x, y, range);
                if colour {
                    pixel.copy_from_slice(&rgb);
                } else {
                    pixel.copy_from_slice(&Rgb(rgb).to_luma().0);
                }
            }
        }
    }
    if any { fit::raw(width, height, colour, pixels) } else { Err(DecodeError::PageUnreadable) }
}
