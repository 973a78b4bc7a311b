//! Parses the coordinates of boxes, and converts them to pixels.

use inkstream_wire::PixelBox;

/// The right and the bottom edge in DeepSeek-OCR's coordinates, which are 0 to 999 whatever the image's size.
const MAX_COORDINATE: f64 = 999.0;

/// Parses DeepSeek-OCR's `[[x1,y1,x2,y2],…]` into boxes in pixels of an image of this size. Clamps coordinates to the image. Skips boxes
/// that are not four finite numbers.
pub(super) fn parse(numbers: &str, width: u32, height: u32) -> impl Iterator<Item = PixelBox> {
    numbers.split('[').filter_map(move |text| {
        let (coordinates, _) = text.split_once(']')?;
        to_pixels(four(coordinates.split(','))?, [MAX_COORDINATE; 2], width, height)
    })
}

/// Four finite numbers, neither more nor fewer.
pub(super) fn four<'a>(numbers: impl Iterator<Item = &'a str>) -> Option<[f64; 4]> {
    let mut values = numbers.map(|value| value.trim().parse::<f64>().ok().filter(|value| value.is_finite()));
    let four = [values.next()??, values.next()??, values.next()??, values.next()??];
    values.next().is_none().then_some(four)
}

/// The box in pixels of an image of this size. `edges` are the right and the bottom edge in the coordinates of the corners.
pub(super) fn to_pixels([x1, y1, x2, y2]: [f64; 4], edges: [f64; 2], width: u32, height: u32) -> Option<PixelBox> {
    let (x, width) = span(x1, x2, edges[0], width)?;
    let (y, height) = span(y1, y2, edges[1], height)?;
    Some(PixelBox { x, y, width, height })
}

/// The start and the length of a side in pixels; at least one pixel long, so that it is visible. `None` for an image without pixels.
fn span(from: f64, to: f64, edge: f64, pixels: u32) -> Option<(u32, u32)> {
    let last = pixels.checked_sub(1)?;
    let pixel = |value: f64| (value.clamp(0.0, edge) / edge * f64::from(pixels)).round() as u32;
    let (from, to) = (pixel(from.min(to)), pixel(from.max(to)));
    let from = from.min(last);
    Some((from, (to - from).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(numbers: &str) -> Vec<[u32; 4]> {
        parse(numbers, 1998, 999).map(Into::into).collect()
    }

    #[test]
    fn coordinates_are_thousandths_of_the_image() {
        assert_eq!(boxes("[[0,0,999,999]]"), [[0, 0, 1998, 999]]);
        assert_eq!(boxes("[[10, 20, 110, 40], [500,500,600,501]]"), [[20, 20, 200, 20], [1000, 500, 200, 1]]);
        assert_eq!(boxes("[10.5,20,110.5,40]"), [[21, 20, 200, 20]]);
    }

    #[test]
    fn coordinates_are_clamped_and_sorted() {
        assert_eq!(boxes("[[-5,-1e300,1000000000000,1e30]]"), [[0, 0, 1998, 999]]);
        assert_eq!(boxes("[[110,40,10,20]]"), [[20, 20, 200, 20]]);
        assert_eq!(boxes("[[999,999,999,999]]"), [[1997, 998, 1, 1]]);
    }

    #[test]
    fn malformed_boxes_are_skipped_and_the_others_kept() {
        for wrong in ["NaN,0,1,1", "inf,0,1,1", "1e999,0,1,1", "0,0,1", "0,0,1,1,1", "a,b,c,d", ",,,", "", "0x1,0,1,1"]
        {
            assert_eq!(boxes(&format!("[[{wrong}],[0,0,999,999]]")), [[0, 0, 1998, 999]], "{wrong}");
        }
        assert_eq!(boxes("[[0,0,1,1"), [] as [[u32; 4]; 0]);
        assert_eq!(boxes("0,0,1,1"), [] as [[u32; 4]; 0]);
        assert_eq!(parse("[[0,0,9,9]]", 0, 10).count(), 0);
    }
}
