//! A text as lines of words with their places, for the formats that have places.

use inkstream_content::{BoundingBox, Line, PageContent, RichText, TextRange};

/// A line with at least one word.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct PlacedLine<'a> {
    pub(crate) bounds: Option<BoundingBox>,
    /// The engine's confidence, 0 to 100.
    pub(crate) confidence: Option<f32>,
    pub(crate) words: Vec<PlacedWord<'a>>,
}

/// A word. It is never blank.
#[derive(Debug, PartialEq)]
pub(crate) struct PlacedWord<'a> {
    pub(crate) text: &'a str,
    pub(crate) bounds: Option<BoundingBox>,
    /// The engine's confidence, 0 to 100.
    pub(crate) confidence: Option<f32>,
}

/// The lines of a text, in their order. They hold the whole text: what no line or word of the engine has is there without a place.
pub(crate) fn lines(text: &RichText) -> Vec<PlacedLine<'_>> {
    let characters = Characters::new(&text.text);
    let mut known: Vec<&Line> = text.lines.iter().collect();
    known.sort_by_key(|line| line.range.start);
    let mut lines = Vec::new();
    let mut end = 0;
    for line in known {
        lines.extend(unplaced(characters.cut(end, line.range.start)));
        let start = line.range.start.max(end);
        end = line.range.end.max(end);
        lines.push(PlacedLine {
            bounds: line.bounds,
            confidence: valid(line.confidence),
            words: words(&characters, line, TextRange::new(start, end)),
        });
    }
    lines.extend(unplaced(characters.cut(end, u32::MAX)));
    lines.retain(|line| !line.words.is_empty());
    lines
}

/// The lines of a text of which nothing else is known.
pub(crate) fn unplaced(text: &str) -> impl Iterator<Item = PlacedLine<'_>> {
    text.lines()
        .map(|line| PlacedLine { words: unplaced_words(line).collect(), ..PlacedLine::default() })
        .filter(|line| !line.words.is_empty())
}

fn unplaced_words(text: &str) -> impl Iterator<Item = PlacedWord<'_>> {
    text.split_whitespace().map(|text| PlacedWord { text, bounds: None, confidence: None })
}

fn words<'a>(characters: &Characters<'a>, line: &Line, range: TextRange) -> Vec<PlacedWord<'a>> {
    let mut words = Vec::new();
    let mut end = range.start;
    for word in &line.words {
        words.extend(unplaced_words(characters.cut(end, word.range.start.min(range.end))));
        let text = characters.cut(word.range.start.max(end), word.range.end.min(range.end)).trim();
        end = word.range.end.max(end);
        if !text.is_empty() {
            words.push(PlacedWord { text, bounds: word.bounds, confidence: valid(word.confidence) });
        }
    }
    words.extend(unplaced_words(characters.cut(end, range.end)));
    words
}

/// A confidence that is a number within its limits, whatever the engine wrote.
fn valid(confidence: Option<f32>) -> Option<f32> {
    confidence.filter(|confidence| !confidence.is_nan()).map(|confidence| confidence.clamp(0.0, 100.0))
}

/// The bounds of a text: what surrounds its lines.
pub(crate) fn bounds(text: &RichText) -> Option<BoundingBox> {
    text.lines.iter().filter_map(|line| line.bounds).reduce(BoundingBox::union)
}

/// The main language of a page as a tag (BCP 47, `xsd:language`); engines name theirs `eng` or `chi_sim`.
pub(crate) fn language(content: &PageContent) -> Option<String> {
    let tag = content.languages.first()?.replace('_', "-");
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let begins = tag.split('-').next().is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    (begins && tag.split('-').all(is_part)).then_some(tag)
}

/// Where the characters of a text begin.
struct Characters<'a> {
    text: &'a str,
    bytes: Vec<usize>,
}

impl<'a> Characters<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, bytes: text.char_indices().map(|(byte, _)| byte).collect() }
    }

    /// The characters from `start` to `end`, limited to the text's; nothing if `end` is before `start`.
    fn cut(&self, start: u32, end: u32) -> &'a str {
        let byte = |character: u32| self.bytes.get(character as usize).copied().unwrap_or(self.text.len());
        self.text.get(byte(start)..byte(end)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use inkstream_content::Word;

    use super::*;

    fn line(start: u32, end: u32, words: &[(u32, u32)]) -> Line {
        let bounds = Some(BoundingBox::from([1, 2, 3, 4]));
        let word =
            |&(start, end): &(u32, u32)| Word { range: TextRange::new(start, end), bounds, confidence: Some(50.0) };
        let words = words.iter().map(word).collect();
        Line { range: TextRange::new(start, end), number: None, bounds, confidence: None, words }
    }

    /// The words of the lines; whether they have a place.
    fn texts(text: &RichText) -> Vec<Vec<(&str, bool)>> {
        lines(text)
            .into_iter()
            .map(|line| line.words.into_iter().map(|word| (word.text, word.bounds.is_some())).collect())
            .collect()
    }

    #[test]
    fn text_that_no_line_or_word_holds_is_kept_in_its_order() {
        let text = RichText {
            text: "häß zwei drei\nvier fünf\nsechs".to_owned(),
            lines: vec![line(14, 23, &[]), line(4, 13, &[(4, 8)])],
            ..RichText::default()
        };
        let expected = [
            vec![("häß", false)],
            vec![("zwei", true), ("drei", false)],
            vec![("vier", false), ("fünf", false)],
            vec![("sechs", false)],
        ];
        assert_eq!(texts(&text), expected);
    }

    #[test]
    fn ranges_that_overlap_or_lie_give_no_text_twice() {
        let text = RichText {
            text: "ab cd".to_owned(),
            lines: vec![line(0, 5, &[(0, 4), (1, 99)]), line(3, 2, &[(0, 1)]), line(90, 99, &[])],
            ..RichText::default()
        };
        assert_eq!(texts(&text), [vec![("ab c", true), ("d", true)]]);
    }

    #[test]
    fn languages_are_tags_or_nothing() {
        let of = |name: &str| language(&PageContent { languages: vec![name.to_owned()], ..PageContent::default() });
        assert_eq!(of("chi_sim"), Some("chi-sim".to_owned()));
        assert_eq!(of("script/Latin\" onload="), None);
        assert_eq!(language(&PageContent::default()), None);
    }
}
