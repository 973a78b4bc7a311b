//! Converts a file's pixels to the image that an engine asks for.

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image, images::ImageRef};
use image::{DynamicImage, GenericImageView, GrayImage, RgbImage, imageops, metadata::Orientation};
use inkstream_core::image::ImageSpec;

use super::{DecodeError, PageRaster, encode, ground, metadata::Metadata};

/// The ratio of the two resolutions that counts as square pixels. A fax outside of this range is stretched.
const SQUARE_PIXELS: std::ops::RangeInclusive<f32> = 0.9..=1.1;
/// If one resolution is more than this many times the other, both are ignored as wrong.
const MAX_ASPECT_RATIO: f32 = 4.0;

/// Converts, scales, rotates and pads the image as `spec` says.
pub(super) fn fitted(image: DynamicImage, metadata: &Metadata, spec: &ImageSpec) -> Result<PageRaster, DecodeError> {
    let flat = flatten(image, spec.colour);
    let size = Size::choose(flat.dimensions(), metadata, spec);
    let mut fitted = resize(flat, size.width, size.height)?;
    fitted.apply_orientation(metadata.orientation);
    let turned = match spec.rotation {
        90 => fitted.rotate90(),
        180 => fitted.rotate180(),
        270 => fitted.rotate270(),
        _ => fitted,
    };
    let image = pad(turned, spec.min_side);
    Ok(PageRaster { image, dpi: size.dpi, lowered_dpi: None, truncated: false })
}

/// An image that is neither scaled, rotated nor padded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unchanged {
    pub(super) size: (u32, u32),
    pub(super) dpi: Option<f32>,
}

/// `None` if an image of this size must be scaled, rotated or padded.
pub(super) fn unchanged(stored: (u32, u32), metadata: &Metadata, spec: &ImageSpec) -> Option<Unchanged> {
    let size = Size::choose(stored, metadata, spec);
    let is_unchanged = stored == (size.width, size.height)
        && metadata.orientation == Orientation::NoTransforms
        && spec.rotation == 0
        && spec.min_side <= stored.0.min(stored.1);
    is_unchanged.then_some(Unchanged { size: stored, dpi: size.dpi })
}

/// Converts to grey or RGB with 8 bits a channel. Transparent parts get a background that shows their ink. An image without colour
/// becomes grey, because scaling and encoding it takes a third of the time then.
fn flatten(image: DynamicImage, colour: bool) -> DynamicImage {
    let is_transparent = image.color().has_alpha() && !is_opaque(&image);
    let opaque = if is_transparent { on_ground(image) } else { image };
    let keeps_colour = colour && opaque.color().has_color();
    let flat: DynamicImage = if keeps_colour { opaque.into_rgb8().into() } else { opaque.into_luma8().into() };
    encode::without_colour(&flat).unwrap_or(flat)
}

/// Whether the opacity channel can be ignored, as in most screenshots.
fn is_opaque(image: &DynamicImage) -> bool {
    match image {
        DynamicImage::ImageRgba8(rgba) => rgba.as_raw().iter().skip(3).step_by(4).all(|alpha| *alpha == u8::MAX),
        DynamicImage::ImageLumaA8(grey) => grey.as_raw().iter().skip(1).step_by(2).all(|alpha| *alpha == u8::MAX),
        _ => false,
    }
}

fn on_ground(image: DynamicImage) -> DynamicImage {
    let image: DynamicImage =
        if image.color().has_color() { image.into_rgba8().into() } else { image.into_luma_alpha8().into() };
    let ground = u16::from(ground::estimate(&image));
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u16::from(value), u16::from(alpha));
        ((value * alpha + ground * (255 - alpha) + 127) / 255) as u8
    };
    let (width, height) = image.dimensions();
    if image.color().has_color() {
        let rgba = image.into_rgba8();
        let pixels = rgba.as_raw().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]].map(|value| over(value, p[3])));
        RgbImage::from_raw(width, height, pixels.collect()).map(DynamicImage::ImageRgb8)
    } else {
        let grey = image.into_luma_alpha8();
        let pixels = grey.as_raw().chunks_exact(2).map(|p| over(p[0], p[1]));
        GrayImage::from_raw(width, height, pixels.collect()).map(DynamicImage::ImageLuma8)
    }
    .unwrap_or_default()
}

/// The size before the image is rotated.
struct Size {
    width: u32,
    height: u32,
    dpi: Option<f32>,
}

impl Size {
    fn choose((width, height): (u32, u32), metadata: &Metadata, spec: &ImageSpec) -> Self {
        let (mut wide, mut high) = (width as f32, height as f32);
        let mut dpi = metadata.density.map(|density| density.x.max(density.y));
        if let Some(density) = metadata.density {
            let oblong = density.x / density.y;
            if !SQUARE_PIXELS.contains(&oblong) {
                if (1.0 / MAX_ASPECT_RATIO..=MAX_ASPECT_RATIO).contains(&oblong) {
                    // Stretching the coarser side alone keeps all details of the finer one.
                    wide *= (density.y / density.x).max(1.0);
                    high *= oblong.max(1.0);
                } else {
                    dpi = None;
                }
            }
        }
        let sideways = metadata.is_sideways() != matches!(spec.rotation, 90 | 270);
        let across = if sideways { high } else { wide };
        let within = |max: Option<u32>, length: f32| max.map_or(1.0, |max| max as f32 / length);
        let scale = within(spec.max_side, wide.max(high)).min(within(spec.max_width, across)).min(1.0);
        let side = |length: f32| ((length * scale).round() as u32).max(1);
        Self { width: side(wide), height: side(high), dpi: dpi.map(|dpi| dpi * scale) }
    }
}

/// Scales a grey or RGB image, down with a Lanczos filter, and a fax's coarser side up with a bicubic one.
fn resize(image: DynamicImage, width: u32, height: u32) -> Result<DynamicImage, DecodeError> {
    if image.dimensions() == (width, height) {
        return Ok(image);
    }
    let pixel = if image.color().has_color() { PixelType::U8x3 } else { PixelType::U8 };
    let smaller = width <= image.width() && height <= image.height();
    let filter = if smaller { FilterType::Lanczos3 } else { FilterType::CatmullRom };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let unreadable = |_| DecodeError::PageUnreadable;
    let from = ImageRef::new(image.width(), image.height(), image.as_bytes(), pixel).map_err(unreadable)?;
    let mut to = Image::new(width, height, pixel);
    Resizer::new().resize(&from, &mut to, &options).map_err(|_| DecodeError::PageUnreadable)?;
    raw(width, height, image.color().has_color(), to.into_vec())
}

/// A grey or RGB image of these bytes.
pub(super) fn raw(width: u32, height: u32, colour: bool, pixels: Vec<u8>) -> Result<DynamicImage, DecodeError> {
    let image = if colour {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
    } else {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)
    };
    image.ok_or(DecodeError::PageUnreadable)
}

/// Pads with white at the right and the bottom, so that coordinates stay.
pub(super) fn pad(image: DynamicImage, min_side: u32) -> DynamicImage {
    let (width, height) = (image.width().max(min_side), image.height().max(min_side));
    if image.dimensions() == (width, height) {
        return image;
    }
    match image {
        DynamicImage::ImageLuma8(from) => {
            let mut to = GrayImage::from_pixel(width, height, image::Luma([u8::MAX]));
            imageops::replace(&mut to, &from, 0, 0);
            to.into()
        }
        other => {
            let mut to = RgbImage::from_pixel(width, height, image::Rgb([u8::MAX; 3]));
            imageops::replace(&mut to, &other.into_rgb8(), 0, 0);
            to.into()
        }
    }
}
