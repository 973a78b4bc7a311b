//! Scaling of grey images to the sizes that networks take.

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image, images::ImageRef};

/// The pixels of a grey image at another size. `filter` is applied to all pixels that a new one covers.
pub(crate) fn scaled(
    grey: &[u8],
    (width, height): (u32, u32),
    (new_width, new_height): (u32, u32),
    filter: FilterType,
) -> Result<Vec<u8>, String> {
    let source = ImageRef::new(width, height, grey, PixelType::U8).map_err(|error| error.to_string())?;
    let mut target = Image::new(new_width, new_height, PixelType::U8);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new().resize(&source, &mut target, &options).map_err(|error| error.to_string())?;
    Ok(target.into_vec())
}
