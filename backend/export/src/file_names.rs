//! Names of files and sheets, from names that callers chose.

use std::collections::{HashMap, HashSet};

/// The last part of a path without its extension and without control characters; `document` if nothing is left.
pub(crate) fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem: String = stem.chars().filter(|letter| !letter.is_control()).collect();
    let stem = stem.trim_matches([' ', '.']);
    if stem.is_empty() { "document".to_owned() } else { stem.to_owned() }
}

/// A part of a file's name that every system accepts: neither separators nor what Windows reserves
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>), at most 100 characters.
pub(crate) fn safe(name: &str) -> String {
    let reserved = ['<', '>', ':', '"', '/', '\\', '|', '?', '*'];
    name.chars().map(|letter| if reserved.contains(&letter) { '_' } else { letter }).take(100).collect()
}

/// Names that were given. Like file systems and Excel, it does not tell cases apart.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
    /// The next number to try, by the name without one: thousands of tables may have the same caption.
    next: HashMap<String, u32>,
}

impl Names {
    /// Takes a name that nothing else may have.
    pub(crate) fn reserve(&mut self, name: &str) {
        self.taken.insert(name.to_lowercase());
    }

    /// Takes the first of `candidate(1)`, `candidate(2)`, … that is free.
    pub(crate) fn first_free(&mut self, candidate: impl Fn(u32) -> String) -> String {
        let mut name = candidate(1);
        let next = self.next.entry(name.to_lowercase()).or_insert(2);
        while !self.taken.insert(name.to_lowercase()) {
            name = candidate(*next);
            *next += 1;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_has_no_folders_and_is_never_empty() {
        for (file, expected) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\a\\Scan 1.PDF", "Scan 1"),
            ("letter.final.pdf", "letter.final"),
            ("..", "document"),
            (".png", "document"),
            ("a\0\nb.png", "ab"),
            ("", "document"),
            ("übersicht 😀.tif", "übersicht 😀"),
        ] {
            assert_eq!(stem(file), expected, "{file:?}");
        }
    }

    #[test]
    fn names_are_unique_whatever_their_case() {
        let mut names = Names::default();
        names.reserve("History");
        let mut name =
            |wanted: &str| names.first_free(|n| if n == 1 { wanted.to_owned() } else { format!("{wanted} ({n})") });
        assert_eq!([name("a"), name("A"), name("a"), name("history")], ["a", "A (2)", "a (3)", "history (2)"]);
    }
}
