//! Reliability diagrams: how often what has a certain confidence is right.

use std::fmt::Write as _;

/// Bins of 10 % each.
const BINS: usize = 10;

/// What was read, binned by its confidence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reliability {
    bins: [Bin; BINS],
}

#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    count: usize,
    confidence: f64,
    right: f64,
}

impl Reliability {
    /// Adds a word or a page with its confidence, 0 to 100, and how right it is, 0 to 1.
    pub(crate) fn add(&mut self, confidence: f64, right: f64) {
        let confidence = confidence.clamp(0.0, 100.0);
        let bin = &mut self.bins[((confidence * BINS as f64 / 100.0) as usize).min(BINS - 1)];
        bin.count += 1;
        bin.confidence += confidence / 100.0;
        bin.right += right;
    }

    /// Expected calibration error: the mean difference between confidence and correctness over the bins, by their counts. From 0 to 1; `None`
    /// without anything added.
    pub(crate) fn expected_calibration_error(&self) -> Option<f64> {
        let total: usize = self.bins.iter().map(|bin| bin.count).sum();
        let gaps: f64 = self.bins.iter().map(|bin| (bin.confidence - bin.right).abs()).sum();
        (total > 0).then(|| gaps / total as f64)
    }

    /// The bins that hold something: lower and upper limit in percent, count, mean confidence and mean correctness.
    fn filled(&self) -> impl Iterator<Item = (usize, usize, usize, f64, f64)> {
        let width = 100 / BINS;
        self.bins.iter().enumerate().filter(|(_, bin)| bin.count > 0).map(move |(number, bin)| {
            let count = bin.count as f64;
            (number * width, (number + 1) * width, bin.count, bin.confidence / count, bin.right / count)
        })
    }
}

/// A diagram with its names: who read, and whether words or pages are counted.
pub(crate) struct Diagram<'a> {
    pub(crate) reader: &'a str,
    pub(crate) unit: &'static str,
    pub(crate) reliability: &'a Reliability,
}

/// All diagrams as CSV, one line for each bin.
pub(crate) fn csv(diagrams: &[Diagram<'_>]) -> String {
    let mut csv = "reader,unit,from,to,count,mean_confidence,right\n".to_owned();
    for diagram in diagrams {
        for (from, to, count, confidence, right) in diagram.reliability.filled() {
            // Writing to a String cannot fail.
            let _ = writeln!(csv, "{},{},{from},{to},{count},{confidence:.4},{right:.4}", diagram.reader, diagram.unit);
        }
    }
    csv
}

const SIDE: usize = 200;
const MARGIN: usize = 40;

/// All diagrams as an SVG image: a bar for each bin, as high as its correctness, beside the diagonal of a calibrated confidence.
pub(crate) fn svg(diagrams: &[Diagram<'_>]) -> String {
    let step = SIDE + MARGIN;
    let (width, height) = (diagrams.len().max(1) * step + MARGIN, SIDE + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"10\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (number, diagram) in diagrams.iter().enumerate() {
        let (left, bottom) = (MARGIN + number * step, MARGIN + SIDE);
        let error = diagram.reliability.expected_calibration_error();
        let error = error.map_or_else(String::new, |error| format!(", ECE {:.1} %", error * 100.0));
        let _ = writeln!(
            svg,
            "<text x=\"{left}\" y=\"{}\">{}, {}{error}</text>\n\
             <rect x=\"{left}\" y=\"{MARGIN}\" width=\"{SIDE}\" height=\"{SIDE}\" fill=\"none\" stroke=\"#888\"/>",
            MARGIN - 8,
            escaped(diagram.reader),
            diagram.unit
        );
        for (from, to, count, _, right) in diagram.reliability.filled() {
            let (x, wide) = (left + from * SIDE / 100, (to - from) * SIDE / 100);
            let high = right * SIDE as f64;
            let y = bottom as f64 - high;
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y:.1}\" width=\"{wide}\" height=\"{high:.1}\" fill=\"#69c\" stroke=\"white\">\
                 <title>{from} to {to} %: {count}, {:.1} % right</title></rect>\n\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"7\">{count}</text>",
                right * 100.0,
                x + wide / 2,
                bottom + 10
            );
        }
        let _ = writeln!(
            svg,
            "<line x1=\"{left}\" y1=\"{bottom}\" x2=\"{}\" y2=\"{MARGIN}\" stroke=\"#c33\" stroke-dasharray=\"4\"/>\n\
             <text x=\"{left}\" y=\"{}\">confidence 0 to 100 %, with the number of {}</text>",
            left + SIDE,
            bottom + 24,
            diagram.unit
        );
    }
    svg + "</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reliability(values: &[(f64, f64)]) -> Reliability {
        let mut reliability = Reliability::default();
        for (confidence, right) in values {
            reliability.add(*confidence, *right);
        }
        reliability
    }

    #[test]
    fn the_calibration_error_is_the_gap_of_each_bin_by_its_count() {
        // 95 % sure, half right: a gap of 0.45; 15 % sure, never right: 0.15.
        let reliability = reliability(&[(95.0, 1.0), (95.0, 0.0), (15.0, 0.0), (15.0, 0.0)]);
        assert!((reliability.expected_calibration_error().unwrap() - 0.3).abs() < 1e-9);
        assert!(Reliability::default().expected_calibration_error().is_none());
    }

    #[test]
    fn certainty_is_in_the_last_bin_and_values_out_of_range_are_limited() {
        let reliability = reliability(&[(100.0, 1.0), (130.0, 1.0), (-1.0, 0.0)]);
        let diagram = Diagram { reader: "x", unit: "words", reliability: &reliability };
        assert_eq!(
            csv(&[diagram]),
            "reader,unit,from,to,count,mean_confidence,right\nx,words,0,10,1,0.0000,0.0000\nx,words,90,100,2,1.0000,1.0000\n"
        );
    }

    #[test]
    fn the_image_names_the_reader_and_its_error() {
        let reliability = reliability(&[(95.0, 1.0)]);
        let image = svg(&[Diagram { reader: "a<b", unit: "pages", reliability: &reliability }]);
        assert!(image.contains("a&lt;b, pages, ECE 5.0 %"), "{image}");
    }
}
