//! How often a word is right that an engine is so sure of.

/// Maps an engine's own confidence of a word to the share of such words that are right, both 0 to 100: the corners of a rising line, the
/// first at 0 and the last at 100.
pub(crate) struct Calibration(&'static [(f32, f32)]);

/// Fitted on 9,714 words (docs/reading.md, "Confidence").
pub(crate) const TESSERACT: Calibration = Calibration(&[
    (0.0, 12.0),
    (30.0, 20.0),
    (50.0, 39.0),
    (70.0, 54.0),
    (85.0, 72.0),
    (93.0, 94.0),
    (96.0, 99.5),
    (100.0, 100.0),
]);

/// Fitted on 1,604 words of pages that were made worse (as above).
pub(crate) const PPOCR: Calibration = Calibration(&[
    (0.0, 9.0),
    (60.0, 12.0),
    (80.0, 17.0),
    (90.0, 37.0),
    (95.0, 59.0),
    (98.0, 78.0),
    (99.5, 92.0),
    (100.0, 100.0),
]);

impl Calibration {
    /// The share of right words, 0 to 100.
    pub(crate) fn share(&self, confidence: f32) -> f32 {
        let between = self.0.windows(2).find_map(|corners| match corners {
            &[(from, low), (to, high)] if confidence <= to => {
                Some(low + (high - low) * ((confidence - from) / (to - from)).max(0.0))
            }
            _ => None,
        });
        between.unwrap_or(100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_confidence_is_never_less_right() {
        for calibration in [TESSERACT, PPOCR] {
            let shares: Vec<f32> = (0..=1000).map(|tenths| calibration.share(tenths as f32 / 10.0)).collect();
            assert!(shares.is_sorted(), "{shares:?}");
            assert!(shares[0] >= 0.0 && shares[1000] > 99.9);
            assert_eq!(calibration.0.first().map(|(from, _)| *from), Some(0.0));
            assert_eq!(calibration.0.last(), Some(&(100.0, 100.0)));
        }
    }

    #[test]
    fn the_share_lies_on_the_line_between_two_corners() {
        for (confidence, share) in [(60.0, 46.5), (-5.0, 12.0), (150.0, 100.0)] {
            assert!((TESSERACT.share(confidence) - share).abs() < 1e-3, "{confidence}");
        }
    }
}
