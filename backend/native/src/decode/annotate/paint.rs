//! Colours of boxes, one for each kind. Colour-blind people can distinguish them, on white paper and on dark
//! pages.

use image::Rgb;
use inkstream_wire::BoxKind;

/// A kind's colour. A search chose five colours that are as far apart as possible for each kind of colour vision in the
/// tests below, with enough contrast.
pub(super) fn paint(kind: BoxKind) -> Rgb<u8> {
    Rgb(match kind {
        BoxKind::Word => [92, 92, 84],
        BoxKind::Line => [0, 91, 169],
        BoxKind::Block => [80, 162, 130],
        BoxKind::Figure => [169, 75, 255],
        BoxKind::Reference => [255, 89, 0],
    })
}

/// Black or white, whichever has more contrast with this colour.
pub(super) fn ink(on: Rgb<u8>) -> Rgb<u8> {
    let [black, white] = [Rgb([0; 3]), Rgb([u8::MAX; 3])];
    if contrast(on, black) > contrast(on, white) { black } else { white }
}

/// The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").
fn contrast(a: Rgb<u8>, b: Rgb<u8>) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: Rgb<u8>) -> f32 {
    let [r, g, b] = colour.0.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// sRGB's transfer function (IEC 61966-2-1).
fn linear(value: u8) -> f32 {
    let value = f32::from(value) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [BoxKind; 5] = [BoxKind::Word, BoxKind::Line, BoxKind::Block, BoxKind::Figure, BoxKind::Reference];

    #[test]
    fn every_colour_stands_out_from_white_and_from_black() {
        for kind in KINDS {
            for page in [[0; 3], [255; 3]] {
                let contrast = contrast(paint(kind), Rgb(page));
                // WCAG 2.2, 1.4.11: graphics need 3 to 1.
                assert!(contrast >= 3.0, "{kind:?} on {page:?}: {contrast}");
            }
            assert!(contrast(paint(kind), ink(paint(kind))) >= 4.5, "{kind:?}: the label");
        }
    }

    #[test]
    fn kinds_differ_for_colour_blind_people() {
        // Machado, Oliveira and Fernandes 2009, severity 1: protanopia, deuteranopia, tritanopia.
        let sights = [
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
            [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
            [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
        ];
        for sight in sights {
            let seen = |kind| {
                let rgb = paint(kind).0.map(linear);
                sight.map(|row| (row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]).clamp(0.0, 1.0).powf(1.0 / 2.4))
            };
            for (index, one) in KINDS.into_iter().enumerate() {
                for other in &KINDS[index + 1..] {
                    let apart: f32 = (0..3).map(|c| (seen(one)[c] - seen(*other)[c]).powi(2)).sum::<f32>().sqrt();
                    assert!(apart > 0.25, "{one:?} and {other:?} are {apart} apart");
                }
            }
        }
    }
}
