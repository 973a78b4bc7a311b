//! Page ranges as people type them.

/// The most pages a range may name: more is a slip of the finger.
const MOST: u32 = 100_000;

/// Reads `1-3,7` into ascending page numbers; None where it is no such range. An empty text is
/// None too: it means all pages.
pub(crate) fn pages_in(text: &str) -> Option<Vec<u32>> {
    let mut pages = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first == 0 || last < first || last > MOST {
            return None;
        }
        pages.extend(first..=last);
    }
    pages.sort_unstable();
    pages.dedup();
    Some(pages)
}

#[cfg(test)]
mod tests {
    use super::pages_in;

    #[test]
    fn ranges_and_single_pages_come_out_ascending_and_once() {
        assert_eq!(pages_in("7, 1-3,2"), Some(vec![1, 2, 3, 7]));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "0", "3-1", "a", "1-", "-4", "1,,2", "1-9999999"] {
            assert_eq!(pages_in(text), None, "{text}");
        }
    }
}
