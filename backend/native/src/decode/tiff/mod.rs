//! TIFF. Every directory of the main chain is a page, except thumbnails. The `tiff` crate reads most files. libtiff
//! reads what the crate does not support (fax, `FillOrder` 2, LZMA, old-style JPEG, Lab) or finds broken.

mod client;
mod damage;
mod directory;
mod library;
mod samples;

use std::{collections::HashSet, io::BufReader};

use image::{DynamicImage, Pixel, Rgb, RgbaImage};
use inkstream_core::{image::ImageSpec, ports::FileFormat};
use tiff::decoder::{ChunkType, Decoder};

pub(super) use self::library::LibTiff;
use self::{
    directory::{Chain, Directory, SinglePage},
    samples::{Reading, Samples},
};
use super::{DecodeError, DecodeLimits, Decoded, PageRaster, check_pixels, fit, source::Source};

type Page = Decoder<BufReader<SinglePage>>;

/// A TIFF with at least one page.
pub(super) struct Tiff<'a> {
    chain: Chain,
    pages: Vec<Directory>,
    limits: DecodeLimits,
    library: Option<&'a LibTiff>,
}

impl<'a> Tiff<'a> {
    pub(super) fn open(
        source: Source,
        limits: &DecodeLimits,
        library: Option<&'a LibTiff>,
    ) -> Result<Self, DecodeError> {
        let chain = Chain::new(source)?;
        let mut directories = Vec::new();
        let mut seen = HashSet::new();
        let mut next = Some(chain.first());
        // The chain ends at its last directory, at an unreadable one, or where it loops.
        while let Some(directory) = next.filter(|at| seen.insert(*at)).and_then(|at| chain.directory_at(at)) {
            if directories.len() >= limits.max_pages as usize {
                return Err(DecodeError::TooManyPages);
            }
            next = directory.next;
            directories.push(directory);
        }
        let full = directories.iter().any(|directory| !directory.thumbnail);
        let pages: Vec<_> = directories.into_iter().filter(|directory| !(full && directory.thumbnail)).collect();
        let tiff = Self { chain, pages, limits: *limits, library };
        match tiff.pages.as_slice() {
            [] => Err(DecodeError::Broken),
            // An error in a file's only page is an error of the file.
            [only] => tiff.check(only, DecodeError::Broken).map(|()| tiff),
            _ => Ok(tiff),
        }
    }

    /// Checks a page's size, and that a decoder supports it.
    fn check(&self, directory: &Directory, broken: DecodeError) -> Result<(), DecodeError> {
        if directory.width == 0 || directory.height == 0 {
            return Err(broken);
        }
        check_pixels(directory.width, directory.height, &self.limits)?;
        let unread = DecodeError::UnsupportedCompression(directory.compression);
        match self.library {
            Some(library) if directory.unusual && !library.knows(directory.compression) => Err(unread),
            None if directory.unusual => Err(unread),
            _ if directory.unusual || self.page(directory).is_some() => Ok(()),
            _ => Err(broken),
        }
    }

    fn page(&self, directory: &Directory) -> Option<Page> {
        Decoder::new(BufReader::new(self.chain.single_grey_page(directory))).ok()
    }

    fn is_damaged(&self, directory: &Directory) -> bool {
        let file = self.chain.single_grey_page(directory);
        self.page(directory).is_some_and(|mut page| damage::is_in(&mut page, &file, directory.compression))
    }

    /// Decodes the image with the `tiff` crate, and tells whether a part is missing.
    fn plain(&self, directory: &Directory, colour: bool) -> Option<(DynamicImage, bool)> {
        let mut page = self.page(directory)?;
        let reading = Reading::choose(&mut page, directory.palette)?;
        join_chunks(&mut page, &reading, (directory.width, directory.height), colour)
    }
}

impl Decoded for Tiff<'_> {
    fn format(&self) -> FileFormat {
        FileFormat::Tiff
    }

    fn pages(&self) -> u32 {
        self.pages.len() as u32
    }

    fn rasterize(&mut self, page: u32, spec: &ImageSpec, _capacity: u64) -> Result<PageRaster, DecodeError> {
        let index = page.checked_sub(1).ok_or(DecodeError::PageUnreadable)? as usize;
        let directory = self.pages.get(index).ok_or(DecodeError::PageUnreadable)?;
        self.check(directory, DecodeError::PageUnreadable)?;
        let plain = if directory.unusual { None } else { self.plain(directory, spec.colour) };
        let (image, truncated) = match (plain, self.library) {
            (Some((image, false)), _) => (image, self.is_damaged(directory)),
            (plain, Some(library)) => {
                let read = library.decode_page(&self.chain.single_page(directory), directory);
                read.or_else(|error| plain.ok_or(error))?
            }
            (plain, None) => plain.ok_or(DecodeError::PageUnreadable)?,
        };
        let raster = fit::fitted(image, &directory.metadata, spec)?;
        Ok(PageRaster { truncated, ..raster })
    }
}

/// Joins the page's strips or tiles, and tells whether one is broken. Broken ones stay white. `None` if all are.
fn join_chunks(
    page: &mut Page,
    reading: &Reading,
    (width, height): (u32, u32),
    colour: bool,
) -> Option<(DynamicImage, bool)> {
    let (chunk_width, chunk_height) = match page.get_chunk_type() {
        ChunkType::Strip => (width, page.chunk_dimensions().1.min(height)),
        ChunkType::Tile => page.chunk_dimensions(),
    };
    if chunk_width == 0 || chunk_height == 0 {
        return None;
    }
    let (across, down) = (width.div_ceil(chunk_width), height.div_ceil(chunk_height));
    let channels = match (reading.has_alpha(), colour) {
        (true, _) => 4,
        (false, true) => 3,
        (false, false) => 1,
    };
    let mut pixels = vec![u8::MAX; width as usize * height as usize * channels];
    let (mut any, mut all) = (false, true);
    let range = reading.range(page, across * down);
    for chunk in 0..across * down {
        let Some(samples) = Samples::decode(page, reading, chunk, across * down) else {
            all = false;
            continue;
        };
        any = true;
        let (left, top) = (chunk % across * chunk_width, chunk / across * chunk_height);
        for y in 0..samples.height.min(height - top) {
            let row = ((top + y) as usize * width as usize + left as usize) * channels;
            let row = pixels[row..].chunks_exact_mut(channels).take((width - left) as usize);
            for (x, pixel) in (0..samples.width).zip(row) {
                let [red, green, blue, opacity] = reading.colour(&samples, x, y, range);
                match channels {
                    4 => pixel.copy_from_slice(&[red, green, blue, opacity]),
                    3 => pixel.copy_from_slice(&[red, green, blue]),
                    _ => pixel.copy_from_slice(&Rgb([red, green, blue]).to_luma().0),
                }
            }
        }
    }
    let image = if channels == 4 {
        RgbaImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8)
    } else {
        fit::raw(width, height, colour, pixels).ok()
    };
    image.filter(|_| any).map(|image| (image, !all))
}
