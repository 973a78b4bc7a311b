//! Measures of a page's text against its truth.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

/// The text in NFC, with one space for each run of white space and none at the ends. All measures compare texts in this form, and
/// nothing else is made equal: case, punctuation, quotation marks and dashes count.
pub(crate) fn normalized(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Character error rate: the Levenshtein distance (insertions, deletions and substitutions of code points) divided by the number of the
/// truth's code points. It exceeds 1 where more is read than there is. `None` without a truth.
pub(crate) fn character_error_rate(truth: &str, reading: &str) -> Option<f64> {
    let (truth, reading) = (normalized(truth), normalized(reading));
    let count = truth.chars().count();
    (count > 0).then(|| strsim::levenshtein(&truth, &reading) as f64 / count as f64)
}

/// Word error rate without regard to order: the words that are missing or those that are too many, whichever are more, divided by the number
/// of the truth's words. A word that is read wrong is missing and too many, and counts once. `None` without a truth.
pub(crate) fn bag_of_words_error_rate(truth: &str, reading: &str) -> Option<f64> {
    let (truth, reading) = (normalized(truth), normalized(reading));
    let (truth, reading) = (counts(&truth), counts(&reading));
    let lacking = |these: &HashMap<&str, usize>, those: &HashMap<&str, usize>| -> usize {
        these.iter().map(|(word, count)| count.saturating_sub(those.get(word).copied().unwrap_or(0))).sum()
    };
    let total: usize = truth.values().sum();
    let wrong = lacking(&truth, &reading).max(lacking(&reading, &truth));
    (total > 0).then(|| wrong as f64 / total as f64)
}

/// Reading order: of the words that occur once in the truth and once in the reading, the largest share that is in the truth's order
/// without moving any of them. What is read wrong has no influence. `None` if there are fewer than two such words.
pub(crate) fn order(truth: &str, reading: &str) -> Option<f64> {
    let (truth, reading) = (normalized(truth), normalized(reading));
    let (in_truth, in_reading) = (counts(&truth), counts(&reading));
    let places: HashMap<&str, usize> = truth
        .split(' ')
        .enumerate()
        .filter(|(_, word)| in_truth[word] == 1)
        .map(|(place, word)| (word, place))
        .collect();
    let matched: Vec<usize> = reading
        .split(' ')
        .filter(|word| in_reading.get(word) == Some(&1))
        .filter_map(|word| places.get(word).copied())
        .collect();
    (matched.len() >= 2).then(|| longest_increasing(&matched) as f64 / matched.len() as f64)
}

/// Whether each of the reading's words is in the truth. A word that is read more often than it occurs is wrong from then on.
pub(crate) fn right_words<'a>(truth: &str, words: impl Iterator<Item = &'a str>) -> Vec<bool> {
    let truth = normalized(truth);
    let mut left = counts(&truth);
    let mut take = |word: &str| match left.get_mut(word) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    words.map(|word| take(&normalized(word))).collect()
}

/// The words of a normalized text with their numbers.
fn counts(text: &str) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}

/// The length of the longest increasing subsequence.
fn longest_increasing(numbers: &[usize]) -> usize {
    // The smallest last number of an increasing subsequence, by its length.
    let mut ends: Vec<usize> = Vec::new();
    for number in numbers {
        let place = ends.partition_point(|end| end < number);
        if place == ends.len() {
            ends.push(*number);
        } else {
            ends[place] = *number;
        }
    }
    ends.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_close(actual: Option<f64>, expected: f64) {
        assert!(actual.is_some_and(|actual| (actual - expected).abs() < 1e-9), "{actual:?} is not {expected}");
    }

    #[test]
    fn characters_count_as_code_points_after_composition_and_white_space() {
        assert_close(character_error_rate("kitten", "sitting"), 3.0 / 6.0);
        assert_close(character_error_rate("Süß\n\n es", "Su\u{308}ß\tes "), 0.0);
        assert_close(character_error_rate("日本", "日木"), 0.5);
        assert_close(character_error_rate("abc", ""), 1.0);
        assert_close(character_error_rate("a", "abc"), 2.0);
        assert_eq!(character_error_rate(" \n", "abc"), None);
    }

    #[test]
    fn case_punctuation_and_quotation_marks_are_not_made_equal() {
        assert_close(character_error_rate("“Ab”", "\"ab\""), 3.0 / 4.0);
    }

    #[test]
    fn the_bag_of_words_ignores_order_and_counts_a_wrong_word_once() {
        assert_close(bag_of_words_error_rate("one two three four", "four three two one"), 0.0);
        assert_close(bag_of_words_error_rate("one two three four", "one tvvo three four"), 0.25);
        assert_close(bag_of_words_error_rate("one two", "one two two two"), 1.0);
        assert_close(bag_of_words_error_rate("a a b", "a b"), 1.0 / 3.0);
        assert_eq!(bag_of_words_error_rate("", "x"), None);
    }

    #[test]
    fn order_is_one_if_nothing_must_be_moved_even_where_words_are_wrong() {
        assert_close(order("a b c d e", "a b x d e"), 1.0);
        assert_close(order("a b c d", "c d a b"), 0.5);
        assert_close(order("a b c d", "d c b a"), 0.25);
    }

    #[test]
    fn lines_read_across_two_columns_are_half_in_order() {
        assert_close(order("l1 l2 l3 l4 r1 r2 r3 r4", "l1 r1 l2 r2 l3 r3 l4 r4"), 5.0 / 8.0);
    }

    #[test]
    fn words_that_occur_more_than_once_have_no_order() {
        assert_close(order("the a the b", "the the a b"), 1.0);
        assert_eq!(order("the the", "the the"), None);
        assert_eq!(order("a b", ""), None);
    }

    #[test]
    fn a_word_is_right_as_often_as_it_occurs() {
        assert_eq!(
            right_words("to be or not to be", ["to", "to", "to", "bee"].into_iter()),
            [true, true, false, false]
        );
    }
}
