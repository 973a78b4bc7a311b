//! The styles and lists of a text. Their names are Word's own, so that Word's styles apply.

use docx_rs::{
    AbstractNumbering, AlignmentType, Docx, Level, LevelJc, LevelText, NumberFormat, Numbering, RunFonts,
    SpecialIndentType, Start, Style, StyleType,
};

use super::{INDENT, MAX_LEVEL, width};

pub(super) const NORMAL: &str = "Normal";
pub(super) const CAPTION: &str = "Caption";
pub(super) const LIST: &str = "ListParagraph";
pub(super) const CODE: &str = "HTMLPreformatted";
pub(super) const FORMULA: &str = "Formula";
/// Running heads and feet, page numbers, watermarks.
pub(super) const FURNITURE: &str = "PageFurniture";
/// The font of code, which Windows and macOS have.
pub(super) const MONOSPACED: &str = "Courier New";
/// The sizes of headings in half points, from the first level on.
const HEADING_SIZES: [usize; 6] = [36, 30, 26, 24, 22, 22];
/// The marks that lists repeat. Each has a list of its own, so that it stays as it was read: `-` may be the sign of an amount.
const BULLETS: [&str; 9] = ["-", "*", "+", "•", "–", "·", "▪", "◦", "‣"];

/// The style of a heading.
pub(super) fn heading(level: u8) -> String {
    format!("Heading{}", level.clamp(1, 6))
}

/// The list whose items have this mark.
pub(super) fn bullet(mark: &str) -> Option<usize> {
    BULLETS.iter().position(|bullet| *bullet == mark).map(|index| index + 1)
}

/// A text without content.
pub(super) fn document() -> Docx {
    let paragraph = |id: &str, name: &str| Style::new(id, StyleType::Paragraph).name(name).based_on(NORMAL);
    let fonts = || RunFonts::new().ascii(MONOSPACED).hi_ansi(MONOSPACED).cs(MONOSPACED);
    let mut docx = Docx::new()
        .add_style(Style::new(NORMAL, StyleType::Paragraph).name("Normal"))
        .add_style(paragraph(CAPTION, "caption").italic())
        .add_style(paragraph(LIST, "List Paragraph"))
        .add_style(paragraph(CODE, "HTML Preformatted").fonts(fonts()).size(20))
        .add_style(paragraph(FORMULA, "Formula").fonts(fonts()).align(AlignmentType::Center))
        .add_style(paragraph(FURNITURE, "Page Furniture").color("7F7F7F").size(18));
    for (level, size) in (1..).zip(HEADING_SIZES) {
        let style = paragraph(&heading(level), &format!("heading {level}"));
        docx = docx.add_style(style.next(NORMAL).bold().size(size).outline_lvl(usize::from(level) - 1));
    }
    for (id, bullet) in (1..).zip(BULLETS) {
        let list = (0..=MAX_LEVEL).fold(AbstractNumbering::new(id), |list, level| {
            let (number, format) = (Start::new(1), NumberFormat::new("bullet"));
            let text = LevelText::new(bullet);
            let level_of_list = Level::new(level, number, format, text, LevelJc::new("left"));
            let hanging = Some(SpecialIndentType::Hanging(INDENT));
            list.add_level(level_of_list.indent(Some(width(level + 1)), hanging, None, None))
        });
        docx = docx.add_abstract_numbering(list).add_numbering(Numbering::new(id, id));
    }
    docx
}
