//! Detects answers in which a model repeats itself until its token limit.

/// The number of characters at the answer's end that are examined.
const WINDOW: usize = 10_000;
/// The number of new characters between two examinations.
const STEP: usize = 256;
/// The number of repetitions that make a loop.
const MIN_REPETITIONS: usize = 8;
/// The minimum length of a loop in characters, if its unit has a letter or digit.
const MIN_TEXT_LOOP: usize = 2_000;
/// The minimum length if it has none: correct answers also have long dot leaders, rules and empty table cells.
const MIN_BLANK_LOOP: usize = 8_000;
/// The longest period that can occur often enough within the window.
const MAX_PERIOD: usize = WINDOW / MIN_REPETITIONS;
/// The length of a repetition that must be found near the end before the whole window is examined.
const PROBE: usize = 32;

/// Detects an exact repetition at the end of an answer.
#[derive(Default)]
pub(crate) struct RepetitionDetector {
    /// The answer's last characters: up to two windows, so that they are moved only once per window.
    tail: Vec<char>,
    unseen: usize,
    /// The prefix function of the reversed tail; kept to reuse its allocation.
    borders: Vec<u32>,
}

impl RepetitionDetector {
    /// Takes a delta of the answer, and returns whether the answer now ends in a loop.
    pub(crate) fn sees_loop(&mut self, text: &str) -> bool {
        for c in text.chars() {
            if self.tail.len() == 2 * WINDOW {
                self.tail.drain(..WINDOW);
            }
            self.tail.push(c);
            self.unseen += 1;
            if self.unseen == STEP {
                self.unseen = 0;
                if self.is_loop() {
                    return true;
                }
            }
        }
        false
    }

    /// The prefix function of the reversed tail gives the shortest period of every suffix of the answer.
    fn is_loop(&mut self) -> bool {
        let len = self.tail.len().min(WINDOW);
        if len < MIN_TEXT_LOOP {
            return false;
        }
        let from_end = |at: usize| self.tail[self.tail.len() - 1 - at];
        self.borders.clear();
        self.borders.push(0);
        let (mut border, mut max_border) = (0, 0);
        let mut texts = TextPeriods::default();
        for at in 1..len {
            while border > 0 && from_end(border) != from_end(at) {
                border = self.borders[border - 1] as usize;
            }
            border += usize::from(from_end(border) == from_end(at));
            self.borders.push(border as u32);
            max_border = max_border.max(border);
            if at == MAX_PERIOD + PROBE && max_border < PROBE {
                return false;
            }
            let suffix = at + 1;
            let period = suffix - border;
            let is_repeated = suffix >= MIN_TEXT_LOOP && suffix >= MIN_REPETITIONS * period;
            if is_repeated && (suffix >= MIN_BLANK_LOOP || texts.has_text(period, from_end)) {
                return true;
            }
        }
        false
    }
}

/// Whether a period's unit has a letter or digit. Periods only grow, so each character is examined once.
#[derive(Default)]
struct TextPeriods {
    examined: usize,
    found: bool,
}

impl TextPeriods {
    fn has_text(&mut self, period: usize, from_end: impl Fn(usize) -> char) -> bool {
        while !self.found && self.examined < period {
            self.found = from_end(self.examined).is_alphanumeric();
            self.examined += 1;
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn loops(text: &str) -> bool {
        RepetitionDetector::default().sees_loop(text)
    }

    fn lines(count: usize, line: impl FnMut(usize) -> String) -> String {
        (0..count).map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_endless_phrase_is_a_loop_whatever_came_before() {
        let page = lines(500, |n| format!("Line {n} of {}.", n * 7919 % 1009));
        assert!(!loops(&page));
        for unit in ["the same ", "1", "嗯", "<tr><td>0</td></tr>\n", &"a paragraph of some length, ".repeat(40)] {
            let text = page.clone() + &unit.repeat(30_000 / unit.len());
            assert!(loops(&text), "{unit:?}");
        }
    }

    #[test]
    fn a_loop_is_detected_soon_after_it_is_long_enough() {
        let mut detector = RepetitionDetector::default();
        let cut = (1..1_000).find(|_| detector.sees_loop("and so on ")).unwrap() * 10;
        assert!((MIN_TEXT_LOOP..MIN_TEXT_LOOP + 2 * STEP).contains(&cut), "{cut}");
        let mut detector = RepetitionDetector::default();
        let cut = (1..3_000).find(|_| detector.sees_loop(". . ")).unwrap() * 4;
        assert!((MIN_BLANK_LOOP..MIN_BLANK_LOOP + 2 * STEP).contains(&cut), "{cut}");
    }

    #[test]
    fn repetitions_of_correct_pages_are_no_loops() {
        let contents = lines(80, |n| format!("Chapter {n} {} {}", ".".repeat(90), n * 9));
        let form = lines(60, |n| format!("{n}. {}", "_".repeat(100)));
        for text in [
            "| 0 | 0 |\n".repeat(100),
            "|  |  |  |  |  |\n".repeat(400),
            "<tr><td></td><td></td></tr>\n".repeat(70),
            format!("Total {} 12.00\n", ".".repeat(3_000)),
            "-".repeat(5_000),
            "\n".repeat(5_000),
            "A clause that a contract has eight times and that is rather long in itself. ".repeat(8),
            contents,
            form,
        ] {
            assert!(!loops(&text), "{}", &text[..text.len().min(60)]);
        }
    }

    /// The definition of a loop, without optimization.
    fn is_loop_by_definition(text: &[char]) -> bool {
        (1..=text.len() / MIN_REPETITIONS).any(|period| {
            let same = text.iter().rev().zip(text.iter().rev().skip(period)).take_while(|(a, b)| a == b).count();
            let unit = &text[text.len() - period..];
            let min = if unit.iter().any(|c| c.is_alphanumeric()) { MIN_TEXT_LOOP } else { MIN_BLANK_LOOP };
            same + period >= min.max(MIN_REPETITIONS * period)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_detector_agrees_with_the_definition(
            start in "[ab. ]{0,700}",
            unit in "[ab.]{1,4}|[a-z]{200,300}|[a-d]{10,40}",
            length in 1_000_usize..9_900,
        ) {
            let mut detector = RepetitionDetector { tail: start.chars().collect(), ..RepetitionDetector::default() };
            detector.tail.extend(unit.chars().cycle().take(length));
            let expected = is_loop_by_definition(&detector.tail[detector.tail.len().saturating_sub(WINDOW)..]);
            prop_assert_eq!(detector.is_loop(), expected);
        }
    }
}
