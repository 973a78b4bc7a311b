//! Excel's limits (<https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3>). Its
//! lengths count UTF-16 code units.

use crate::file_names::Names;

pub(super) const MAX_ROWS: u32 = 1_048_576;
pub(super) const MAX_COLUMNS: u32 = 16_384;
/// The maximum length of a cell's text.
pub(super) const MAX_TEXT: usize = 32_767;
/// The maximum length of a sheet's name.
const MAX_NAME: usize = 31;

/// A text in two parts, the first of at most `max` UTF-16 code units.
pub(super) fn split(text: &str, max: usize) -> (&str, &str) {
    let mut units = 0;
    let end = text.char_indices().find(|(_, letter)| {
        units += letter.len_utf16();
        units > max
    });
    text.split_at(end.map_or(text.len(), |(byte, _)| byte))
}

/// A sheet's name that Excel accepts and no other sheet has: `base` without what it forbids, cut so that `suffix` fits.
pub(super) fn sheet_name(names: &mut Names, base: &str, suffix: &str) -> String {
    let forbidden = |letter: char| letter.is_control() || "[]:*?/\\".contains(letter);
    let base = base.replace(forbidden, " ");
    let base = base.split_whitespace().collect::<Vec<_>>().join(" ");
    let base = base.trim_matches('\'');
    let base = if base.is_empty() { "Sheet" } else { base };
    names.first_free(|number| {
        let end = if number == 1 { suffix.to_owned() } else { format!("{suffix} ({number})") };
        let (start, _) = split(base, MAX_NAME.saturating_sub(end.encode_utf16().count()));
        // A name may neither begin nor end with an apostrophe.
        let start = start.trim_end_matches(['\'', ' ']);
        format!("{start}{end}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheet_names_are_those_that_excel_accepts() {
        let mut names = Names::default();
        names.reserve("History");
        let mut name = |base: &str, suffix: &str| sheet_name(&mut names, base, suffix);
        assert_eq!(name("Table 1: Costs [in €/m²]?", ""), "Table 1 Costs in € m²");
        assert_eq!(name("history", ""), "history (2)");
        assert_eq!(name("'quoted'", ""), "quoted");
        assert_eq!(name("\0::", ""), "Sheet");
        let long = "A caption of more than thirty-one letters";
        assert_eq!(name(long, ""), "A caption of more than thirty-o");
        assert_eq!(name(long, ""), "A caption of more than thir (2)");
        assert_eq!(name(long, " p12"), "A caption of more than thir p12");
        assert_eq!(name(&"😀".repeat(40), "").encode_utf16().count(), 30);
    }
}
