//! Typed page ranges.

/// The maximum number of pages of a range. Larger ranges are typing errors.
const MAX_PAGES: u32 = 100_000;

/// Parses `1-3,7` into ascending page numbers. `None` if it is invalid, or empty, which means all pages.
pub(crate) fn pages_in(text: &str) -> Option<Vec<u32>> {
    let mut pages = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first == 0 || last < first || last > MAX_PAGES {
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
    fn invalid_ranges_are_refused() {
        for text in ["", "0", "3-1", "a", "1-", "-4", "1,,2", "1-9999999"] {
            assert_eq!(pages_in(text), None, "{text}");
        }
    }
}
