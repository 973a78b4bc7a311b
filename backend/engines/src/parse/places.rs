//! The numbers between DeepSeek-OCR's tags.

use inkstream_wire::PixelBox;

/// The right and the bottom edge in the model's own numbers, 0 to 999 whatever the picture's size.
const EDGE: f64 = 999.0;

/// The places in `[[x1,y1,x2,y2],…]`, in pixels of a picture of this size. Numbers outside are brought to its edge; a
/// place that is not four finite numbers is left out.
pub(super) fn read(numbers: &str, width: u32, height: u32) -> impl Iterator<Item = PixelBox> {
    numbers.split('[').filter_map(move |place| {
        let (place, _) = place.split_once(']')?;
        let mut values =
            place.split(',').map(|value| value.trim().parse::<f64>().ok().filter(|value| value.is_finite()));
        let [x1, y1, x2, y2] = [values.next()??, values.next()??, values.next()??, values.next()??];
        if values.next().is_some() {
            return None;
        }
        let (x, width) = span(x1, x2, width)?;
        let (y, height) = span(y1, y2, height)?;
        Some(PixelBox { x, y, width, height })
    })
}

/// Where it begins and how long it is: at least one pixel, so that it can be seen. `None` in a picture without pixels.
fn span(from: f64, to: f64, pixels: u32) -> Option<(u32, u32)> {
    let pixel = |value: f64| (value.clamp(0.0, EDGE) / EDGE * f64::from(pixels)).round() as u32;
    let (from, to) = (pixel(from.min(to)), pixel(from.max(to)));
    let from = from.min(pixels.checked_sub(1)?);
    Some((from, (to - from).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(numbers: &str) -> Vec<[u32; 4]> {
        read(numbers, 1998, 999).map(Into::into).collect()
    }

    #[test]
    fn numbers_are_thousandths_of_the_picture() {
        assert_eq!(places("[[0,0,999,999]]"), [[0, 0, 1998, 999]]);
        assert_eq!(places("[[10, 20, 110, 40], [500,500,600,501]]"), [[20, 20, 200, 20], [1000, 500, 200, 1]]);
        assert_eq!(places("[10.5,20,110.5,40]"), [[21, 20, 200, 20]]);
    }

    #[test]
    fn numbers_outside_are_brought_to_the_edge_and_sides_into_order() {
        assert_eq!(places("[[-5,-1e300,1000000000000,1e30]]"), [[0, 0, 1998, 999]]);
        assert_eq!(places("[[110,40,10,20]]"), [[20, 20, 200, 20]]);
        assert_eq!(places("[[999,999,999,999]]"), [[1997, 998, 1, 1]]);
    }

    #[test]
    fn what_is_no_place_is_left_out_and_the_others_stay() {
        for wrong in ["NaN,0,1,1", "inf,0,1,1", "1e999,0,1,1", "0,0,1", "0,0,1,1,1", "a,b,c,d", ",,,", "", "0x1,0,1,1"]
        {
            assert_eq!(places(&format!("[[{wrong}],[0,0,999,999]]")), [[0, 0, 1998, 999]], "{wrong}");
        }
        assert_eq!(places("[[0,0,1,1"), [] as [[u32; 4]; 0]);
        assert_eq!(places("0,0,1,1"), [] as [[u32; 4]; 0]);
        assert_eq!(read("[[0,0,9,9]]", 0, 10).count(), 0);
    }
}
