//! A model that says the same again and again, to its token limit.

/// The last characters that are looked at.
const WINDOW: usize = 10_000;
/// How many new characters there are between two looks.
const STEP: usize = 256;
/// How often the same must come.
const TIMES: usize = 8;
/// Characters that it must fill, if a letter or digit is in it.
const TEXT_STRETCH: usize = 2_000;
/// The same if there is none: dot leaders, rules and empty table cells are long in good answers, too.
const BLANK_STRETCH: usize = 8_000;
/// The longest period that can come so often within the window.
const MAX_PERIOD: usize = WINDOW / TIMES;
/// Characters that must come again before all of the window is looked at.
const PROBE: usize = 32;

/// Watches an answer's end for an exact repetition.
#[derive(Default)]
pub(crate) struct RepetitionDetector {
    /// The answer's last characters: up to twice the window, so that they are moved but once a window.
    tail: Vec<char>,
    unseen: usize,
    /// The prefix function of the tail read backwards; kept for its memory.
    borders: Vec<u32>,
}

impl RepetitionDetector {
    /// Takes what was added to the answer. True: the answer runs in a circle.
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

    /// The prefix function of the tail read backwards gives the shortest period of every stretch that ends where the
    /// answer does.
    fn is_loop(&mut self) -> bool {
        let len = self.tail.len().min(WINDOW);
        if len < TEXT_STRETCH {
            return false;
        }
        let back = |at: usize| self.tail[self.tail.len() - 1 - at];
        self.borders.clear();
        self.borders.push(0);
        let (mut border, mut longest) = (0, 0);
        let mut texts = TextPeriods::default();
        for at in 1..len {
            while border > 0 && back(border) != back(at) {
                border = self.borders[border - 1] as usize;
            }
            border += usize::from(back(border) == back(at));
            self.borders.push(border as u32);
            longest = longest.max(border);
            if at == MAX_PERIOD + PROBE && longest < PROBE {
                return false;
            }
            let stretch = at + 1;
            let period = stretch - border;
            let often = stretch >= TEXT_STRETCH && stretch >= TIMES * period;
            if often && (stretch >= BLANK_STRETCH || texts.has_text(period, back)) {
                return true;
            }
        }
        false
    }
}

/// Whether the unit of a period holds a letter or digit. Periods only grow, so that each character is looked at once.
#[derive(Default)]
struct TextPeriods {
    looked_at: usize,
    found: bool,
}

impl TextPeriods {
    fn has_text(&mut self, period: usize, back: impl Fn(usize) -> char) -> bool {
        while !self.found && self.looked_at < period {
            self.found = back(self.looked_at).is_alphanumeric();
            self.looked_at += 1;
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
    fn a_phrase_without_end_is_a_loop_whatever_came_before() {
        let page = lines(500, |n| format!("Line {n} of {}.", n * 7919 % 1009));
        assert!(!loops(&page));
        for unit in ["the same ", "1", "嗯", "<tr><td>0</td></tr>\n", &"a paragraph of some length, ".repeat(40)] {
            let text = page.clone() + &unit.repeat(30_000 / unit.len());
            assert!(loops(&text), "{unit:?}");
        }
    }

    #[test]
    fn a_loop_is_cut_soon_after_it_has_become_one() {
        let mut watch = RepetitionDetector::default();
        let cut = (1..1_000).find(|_| watch.sees_loop("and so on ")).unwrap() * 10;
        assert!((TEXT_STRETCH..TEXT_STRETCH + 2 * STEP).contains(&cut), "{cut}");
        let mut watch = RepetitionDetector::default();
        let cut = (1..3_000).find(|_| watch.sees_loop(". . ")).unwrap() * 4;
        assert!((BLANK_STRETCH..BLANK_STRETCH + 2 * STEP).contains(&cut), "{cut}");
    }

    #[test]
    fn what_good_pages_repeat_is_no_loop() {
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

    /// The rule, written down plainly.
    fn is_loop_by_definition(text: &[char]) -> bool {
        (1..=text.len() / TIMES).any(|period| {
            let same = text.iter().rev().zip(text.iter().rev().skip(period)).take_while(|(a, b)| a == b).count();
            let unit = &text[text.len() - period..];
            let min = if unit.iter().any(|c| c.is_alphanumeric()) { TEXT_STRETCH } else { BLANK_STRETCH };
            same + period >= min.max(TIMES * period)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_quick_look_says_what_the_rule_says(
            start in "[ab. ]{0,700}",
            unit in "[ab.]{1,4}|[a-z]{200,300}|[a-d]{10,40}",
            length in 1_000_usize..9_900,
        ) {
            let mut watch = RepetitionDetector { tail: start.chars().collect(), ..RepetitionDetector::default() };
            watch.tail.extend(unit.chars().cycle().take(length));
            let expected = is_loop_by_definition(&watch.tail[watch.tail.len().saturating_sub(WINDOW)..]);
            prop_assert_eq!(watch.is_loop(), expected);
        }
    }
}
