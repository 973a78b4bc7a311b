//! PNG, decoded row by row, so that the rows of a file that is cut off are not lost.

pub(super) mod chunks;

use std::{
    borrow::Cow,
    io::{self, BufReader, Cursor, Read},
};

use image::{DynamicImage, GrayAlphaImage, RgbaImage};
use inkstream_core::{image::ImageSpec, ports::FileFormat};
use png::{
    BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Info, InterlaceInfo, Reader, Transformations, Unit,
};

use super::{
    DecodeError, DecodeLimits, Decoded, PageRaster, check_pixels, fit,
    metadata::{self, Density, Metadata},
    original::{self, Original},
    source::Source,
};

/// Bytes that are read at once.
const BUFFER: usize = 64 << 10;

/// A PNG with a valid header.
pub(super) struct Png {
    source: Source,
}

/// Whether the checksum over all pixels must be right. Each chunk's must be in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checksum {
    Checked,
    Ignored,
}

impl Png {
    pub(super) fn open(source: Source, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let png = Self { source };
        let reader = png.reader(Checksum::Ignored).map_err(|_| DecodeError::Broken)?;
        let (width, height) = reader.info().size();
        check_pixels(width, height, limits)?;
        Ok(png)
    }

    fn reader(&self, checksum: Checksum) -> Result<Reader<BufReader<Source>>, DecodingError> {
        let mut options = DecodeOptions::default();
        options.set_ignore_adler32(checksum == Checksum::Ignored);
        let file = BufReader::with_capacity(BUFFER, self.source.rewound());
        let mut decoder = Decoder::new_with_options(file, options);
        decoder.set_transformations(Transformations::normalize_to_color8());
        decoder.read_info()
    }

    fn pixels(&self, checksum: Checksum) -> Result<(Reader<BufReader<Source>>, Pixels), DecodeError> {
        let mut reader = self.reader(checksum).map_err(|_| DecodeError::PageUnreadable)?;
        let pixels = pixels(&mut reader)?;
        Ok((reader, pixels))
    }
}

impl Decoded for Png {
    fn format(&self) -> FileFormat {
        FileFormat::Png
    }

    fn pages(&self) -> u32 {
        1
    }

    fn has_further_images(&self) -> bool {
        let reader = self.reader(Checksum::Ignored);
        reader.is_ok_and(|reader| reader.info().animation_control.is_some_and(|animation| animation.num_frames > 1))
    }

    fn rasterize(&mut self, page: u32, spec: &ImageSpec, _capacity: u64) -> Result<PageRaster, DecodeError> {
        if page != 1 {
            return Err(DecodeError::PageUnreadable);
        }
        // Read a damaged file once more without the checksum: its error may hide the last rows.
        let whole = self.pixels(Checksum::Checked).ok().filter(|(_, pixels)| !pixels.truncated);
        let (mut reader, pixels, is_wrong) = match whole {
            Some((mut reader, pixels)) => {
                let is_wrong = has_wrong_checksum(&mut reader);
                (reader, pixels, is_wrong)
            }
            None => self.pixels(Checksum::Ignored).map(|(reader, pixels)| (reader, pixels, true))?,
        };
        let Pixels { image, truncated } = pixels;
        let truncated = truncated || is_wrong || is_damaged(self.source.rewound());
        // Text and Exif data may follow the pixels.
        if !truncated {
            let _ = reader.finish();
        }
        let raster = fit::fitted(image, &metadata(reader.info()), spec)?;
        Ok(PageRaster { truncated, ..raster })
    }

    fn original(&self, spec: &ImageSpec) -> Option<Original> {
        let size = self.reader(Checksum::Ignored).ok()?.info().size();
        let file = original::file(&self.source, size)?;
        let info = checked(&file, spec.colour)?;
        Original::png(&file, fit::unchanged(size, &metadata(&info), spec)?)
    }
}

/// The header of a file whose rows are all there, whose checksums are right, and whose pixels are opaque and, unless `colour` is
/// accepted, grey. No pixels are kept, and they are decoded only if their opacity must be known.
fn checked(file: &[u8], colour: bool) -> Option<Info<'static>> {
    let mut options = DecodeOptions::default();
    // They are checked below: the decoder need not read every chunk to its end.
    options.set_ignore_crc(true);
    options.set_ignore_adler32(false);
    let mut decoder = Decoder::new_with_options(Cursor::new(file), options);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let (colours, BitDepth::Eight) = reader.output_color_type() else { return None };
    if reader.info().color_type == ColorType::Indexed && reader.info().palette.is_none() {
        return None;
    }
    if !colour && !matches!(colours, ColorType::Grayscale | ColorType::GrayscaleAlpha) {
        return None;
    }
    let has_opacity = matches!(colours, ColorType::GrayscaleAlpha | ColorType::Rgba);
    let info = if has_opacity || reader.info().interlaced || chunks::has_metadata_at_end(file) {
        let samples = colours.samples();
        while let Some(row) = reader.next_row().ok()? {
            let mut opacity = row.data().iter().skip(samples - 1).step_by(samples);
            if has_opacity && !opacity.all(|opacity| *opacity == u8::MAX) {
                return None;
            }
        }
        reader.finish().ok()?;
        reader.info()
    } else if chunks::has_all_rows(file, reader.info()) {
        reader.info()
    } else {
        return None;
    };
    (!is_damaged(file)).then(|| info.clone())
}

/// Whether the checksum over all rows, which follows them, is wrong. A file that is cut off before it lacks nothing.
fn has_wrong_checksum(reader: &mut Reader<BufReader<Source>>) -> bool {
    matches!(reader.next_row(), Err(DecodingError::Format(_)))
}

fn metadata(info: &Info<'_>) -> Metadata {
    let metadata = exif(info).map_or(Metadata::NONE, |data| metadata::of_exif(&data));
    Metadata { density: density(info), ..metadata }
}

/// Whether a checksum of a chunk that the pixels need is wrong (ISO 15948, 5.3). The decoder checks only the chunks
/// that it reads to their end, and changed compressed data often still decompress.
fn is_damaged(file: impl Read) -> bool {
    /// The length of the signature before the first chunk.
    const SIGNATURE: u64 = 8;
    /// The bit of a chunk's name that marks it as optional.
    const ANCILLARY: u8 = 0x20;
    let mut file = BufReader::with_capacity(BUFFER, file);
    let mut check = || -> io::Result<bool> {
        io::copy(&mut (&mut file).take(SIGNATURE), &mut io::sink())?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let (mut len, mut name, mut sum) = ([0; 4], [0; 4], [0; 4]);
            file.read_exact(&mut len)?;
            file.read_exact(&mut name)?;
            let mut crc = crc32fast::Hasher::new();
            crc.update(&name);
            let mut left = u32::from_be_bytes(len) as usize;
            while left > 0 {
                let part = left.min(buffer.len());
                file.read_exact(&mut buffer[..part])?;
                crc.update(&buffer[..part]);
                left -= part;
            }
            file.read_exact(&mut sum)?;
            if name[0] & ANCILLARY == 0 && crc.finalize() != u32::from_be_bytes(sum) {
                return Ok(true);
            }
            if name == *b"IEND" {
                return Ok(false);
            }
        }
    };
    // A file that is cut off after its pixels lacks nothing.
    check().unwrap_or(false)
}

/// Exif data of an `eXIf` chunk, or as `ImageMagick` kept it before there was one: `Raw profile type exif` (or `APP1`), in
/// hexadecimal digits after its name and length.
fn exif<'a>(info: &'a Info<'_>) -> Option<Cow<'a, [u8]>> {
    if let Some(data) = &info.exif_metadata {
        return Some(Cow::Borrowed(data));
    }
    let is_profile = |keyword: &str| {
        keyword.eq_ignore_ascii_case("Raw profile type exif") || keyword.eq_ignore_ascii_case("Raw profile type APP1")
    };
    let plain = info.uncompressed_latin1_text.iter().filter(|chunk| is_profile(&chunk.keyword));
    let packed = info.compressed_latin1_text.iter().filter(|chunk| is_profile(&chunk.keyword));
    let text = plain.map(|chunk| chunk.text.clone()).chain(packed.filter_map(|chunk| chunk.get_text().ok())).next()?;
    let mut words = text.split_ascii_whitespace();
    let len: usize = words.by_ref().nth(1)?.parse().ok()?;
    let digits: Vec<u8> = words.flat_map(str::bytes).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let data: Vec<u8> = digits.chunks_exact(2).map_while(byte).take(len).collect();
    // An `APP1` may hold XMP instead.
    (data.starts_with(b"Exif\0\0") || data.starts_with(b"II") || data.starts_with(b"MM")).then_some(Cow::Owned(data))
}

/// The `pHYs` chunk's resolution.
fn density(info: &Info<'_>) -> Option<Density> {
    let dimensions = info.pixel_dims.filter(|dimensions| dimensions.unit == Unit::Meter)?;
    Density::per_metre(dimensions.xppu as f32, dimensions.yppu as f32)
}

/// The pixels that could be decoded.
struct Pixels {
    image: DynamicImage,
    /// Whether rows are missing. They are white.
    truncated: bool,
}

/// Decodes all rows up to the first broken one, and fills the rest with white. An interlaced image that is cut off gets
/// coarser from there on.
fn pixels(reader: &mut Reader<BufReader<Source>>) -> Result<Pixels, DecodeError> {
    let (width, height) = reader.info().size();
    let (colours, BitDepth::Eight) = reader.output_color_type() else { return Err(DecodeError::PageUnreadable) };
    let len = reader.output_buffer_size().ok_or(DecodeError::TooManyPixels)?;
    let row_len = len / height as usize;
    let (pixels, colours, rows) = if reader.info().interlaced {
        let (pixels, is_complete) = interlaced(reader, len, row_len, colours)?;
        (pixels, colours, if is_complete { height } else { 0 })
    } else {
        let mut kept = Rows::new(colours, len);
        let mut row = vec![0; row_len];
        while kept.count < height && matches!(reader.read_row(&mut row), Ok(Some(_))) {
            kept.push(&row);
        }
        if kept.count == 0 {
            return Err(DecodeError::PageUnreadable);
        }
        kept.filled()
    };
    Ok(Pixels { image: image(colours, (width, height), pixels)?, truncated: rows < height })
}

/// The pixels of an interlaced image, and whether all passes were decoded.
fn interlaced(
    reader: &mut Reader<BufReader<Source>>,
    len: usize,
    row_len: usize,
    colours: ColorType,
) -> Result<(Vec<u8>, bool), DecodeError> {
    let mut pixels = vec![u8::MAX; len];
    let bits = (colours.samples() * 8) as u8;
    let mut any = false;
    let is_complete = loop {
        match reader.next_interlaced_row() {
            Ok(Some(row)) => {
                // Each pixel also fills the neighbouring ones, which later passes refine.
                let InterlaceInfo::Adam7(place) = *row.interlace() else { break false };
                png::splat_interlaced_row(&mut pixels, row_len, row.data(), &place, bits);
                any = true;
            }
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    any.then_some((pixels, is_complete)).ok_or(DecodeError::PageUnreadable)
}

/// Rows as they are decoded. RGB without colour is kept as grey: most pages are black on white, and fresh memory costs as much as
/// decoding.
struct Rows {
    pixels: Vec<u8>,
    colours: ColorType,
    /// Whether RGB rows are kept as grey.
    grey: bool,
    /// Bytes of all pixels, with their colours.
    len: usize,
    count: u32,
}

impl Rows {
    fn new(colours: ColorType, len: usize) -> Self {
        let grey = colours == ColorType::Rgb;
        let pixels = Vec::with_capacity(if grey { len / 3 } else { len });
        Self { pixels, colours, grey, len, count: 0 }
    }

    fn push(&mut self, row: &[u8]) {
        self.count += 1;
        if self.grey {
            let before = self.pixels.len();
            let mut colour = 0;
            self.pixels.extend(row.chunks_exact(3).map(|pixel| {
                colour |= (pixel[0] ^ pixel[1]) | (pixel[1] ^ pixel[2]);
                pixel[0]
            }));
            if colour == 0 {
                return;
            }
            self.pixels.truncate(before);
            self.grey = false;
            let mut colours = Vec::with_capacity(self.len);
            colours.extend(self.pixels.iter().flat_map(|grey| [*grey; 3]));
            self.pixels = colours;
        }
        self.pixels.extend_from_slice(row);
    }

    /// The pixels with white in place of missing rows, their colours, and the number of rows that were decoded.
    fn filled(mut self) -> (Vec<u8>, ColorType, u32) {
        self.pixels.resize(if self.grey { self.len / 3 } else { self.len }, u8::MAX);
        (self.pixels, if self.grey { ColorType::Grayscale } else { self.colours }, self.count)
    }
}

fn image(colours: ColorType, (width, height): (u32, u32), pixels: Vec<u8>) -> Result<DynamicImage, DecodeError> {
    match colours {
        ColorType::Grayscale => fit::raw(width, height, false, pixels),
        ColorType::Rgb => fit::raw(width, height, true, pixels),
        ColorType::GrayscaleAlpha => {
            GrayAlphaImage::from_raw(width, height, pixels).map(Into::into).ok_or(DecodeError::PageUnreadable)
        }
        ColorType::Rgba => {
            RgbaImage::from_raw(width, height, pixels).map(Into::into).ok_or(DecodeError::PageUnreadable)
        }
        ColorType::Indexed => Err(DecodeError::PageUnreadable),
    }
}
