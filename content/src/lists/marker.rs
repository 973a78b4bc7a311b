//! The markers of list items.

/// Bullets that mean nothing else, so that also a letter may follow them at once.
const BULLETS: &str = "•●○◦▪▫■□◆◇►▶‣⁃∙❖➢➤✓✔";
/// Marks that are bullets only before a space. The last ones are what Tesseract takes round bullets for, one in one line and another in the
/// next.
const WEAK_BULLETS: &str = "·*+¢°";
/// Boxes that are checked or not.
const BOXES: [(char, bool); 4] = [('☐', false), ('☑', true), ('☒', true), ('🗹', true)];
/// The maximum number of digits. Years have more.
const MAX_DIGITS: usize = 3;

/// What sort of marker it is. The items of a list have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bullet(char),
    WeakBullet,
    /// A dash, which may also be a sign, or begin spoken words.
    Dash(char),
    CheckBox,
    Number(Punctuation),
    Roman(Punctuation),
    Letter {
        punctuation: Punctuation,
        upper: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Punctuation {
    Period,
    Closing,
    Enclosed,
}

/// A marker at the start of a line.
#[derive(Debug, Clone)]
pub(super) struct Marker {
    pub(super) kind: Kind,
    /// Its place in the sequence, from 1.
    value: u32,
    /// The marker as written.
    pub(super) text: String,
    pub(super) checked: Option<bool>,
    /// Characters of the line before the item's text.
    pub(super) length: u32,
}

impl Marker {
    /// Whether this is the marker of the item after `last`.
    pub(super) fn follows(&self, last: &Self) -> bool {
        let is_counted = matches!(self.kind, Kind::Number(_) | Kind::Roman(_) | Kind::Letter { .. });
        self.kind == last.kind && (!is_counted || self.value == last.value + 1)
    }

    /// The number of items from which on such markers make a list; a list of letters and of Roman numbers begins with the first.
    pub(super) fn min_items(&self) -> usize {
        match self.kind {
            Kind::Roman(_) | Kind::Letter { .. } if self.value != 1 => usize::MAX,
            // Names begin so, too.
            Kind::Letter { punctuation: Punctuation::Period, upper: true } => 3,
            _ => 2,
        }
    }
}

/// The markers that the start of this line may be. An `i.` is a letter and a number.
pub(super) fn all(line: &str) -> Vec<Marker> {
    let text = line.trim_start();
    let Some(first) = text.chars().next() else { return Vec::new() };
    let rest = &text[first.len_utf8()..];
    let is_spaced = rest.starts_with(char::is_whitespace);
    let mut kinds: Vec<(Kind, u32)> = Vec::new();
    let mut end = first.len_utf8();
    let checked = BOXES.iter().find(|(mark, _)| *mark == first).map(|(_, checked)| *checked);
    if checked.is_some() {
        kinds.push((Kind::CheckBox, 1));
    } else if BULLETS.contains(first) && (is_spaced || rest.starts_with(char::is_alphabetic)) {
        kinds.push((Kind::Bullet(first), 1));
    } else if WEAK_BULLETS.contains(first) && (is_spaced || (first == '¢' && rest.starts_with(char::is_alphabetic))) {
        kinds.push((Kind::WeakBullet, 1));
    } else if matches!(first, '-' | '–') && is_spaced {
        kinds.push((Kind::Dash(first), 1));
    } else if let Some((count, punctuation, length)) = counter(text) {
        end = length;
        kinds = values(count, punctuation);
    }
    let content = &text[end..];
    let has_text = content.contains(if kinds.iter().any(|(kind, _)| matches!(kind, Kind::Number(_))) {
        char::is_alphabetic
    } else {
        char::is_alphanumeric
    });
    if !has_text {
        return Vec::new();
    }
    let before = line.chars().count() - content.trim_start().chars().count();
    let marker = |(kind, value)| Marker { kind, value, text: text[..end].to_owned(), checked, length: before as u32 };
    kinds.into_iter().map(marker).collect()
}

/// A number or letters with their punctuation at the start of the text, and where they end.
fn counter(text: &str) -> Option<(&str, Punctuation, usize)> {
    let (inner, opened) = text.strip_prefix('(').map_or((text, 0), |inner| (inner, 1));
    let length = inner.find(|letter: char| !letter.is_ascii_alphanumeric())?;
    let count = &inner[..length];
    let punctuation = match (opened, inner[length..].chars().next()?) {
        (1, ')') => Punctuation::Enclosed,
        (0, ')') => Punctuation::Closing,
        (0, '.') => Punctuation::Period,
        _ => return None,
    };
    let end = opened + length + 1;
    let is_number = count.starts_with(|first: char| first.is_ascii_digit());
    // Recognition often loses the space behind a number, but 1.5 and a.m. are no markers.
    let may_follow = |next: char| next.is_whitespace() || (is_number && next.is_alphabetic());
    (length > 0 && text[end..].starts_with(may_follow)).then_some((count, punctuation, end))
}

fn values(count: &str, punctuation: Punctuation) -> Vec<(Kind, u32)> {
    if let Ok(number) = count.parse() {
        let is_short = count.len() <= MAX_DIGITS && (count == "0" || !count.starts_with('0'));
        return if is_short { vec![(Kind::Number(punctuation), number)] } else { Vec::new() };
    }
    let mut kinds = Vec::new();
    let letters = count.as_bytes();
    if let [letter] = letters
        && letter.is_ascii_alphabetic()
    {
        let value = u32::from(letter.to_ascii_lowercase() - b'a') + 1;
        kinds.push((Kind::Letter { punctuation, upper: letter.is_ascii_uppercase() }, value));
    }
    kinds.extend(roman(count).map(|value| (Kind::Roman(punctuation), value)));
    kinds
}

/// The value of a small Roman number of small letters, as written by the rules. Capitals number chapters.
pub(crate) fn roman(text: &str) -> Option<u32> {
    const SIGNS: [(&str, u32); 9] =
        [("c", 100), ("xc", 90), ("l", 50), ("xl", 40), ("x", 10), ("ix", 9), ("v", 5), ("iv", 4), ("i", 1)];
    let (mut rest, mut value) = (text, 0);
    for (sign, worth) in SIGNS {
        let most = if sign.len() == 1 && sign != "v" && sign != "l" { 3 } else { 1 };
        for _ in 0..most {
            let Some(after) = rest.strip_prefix(sign) else { break };
            (rest, value) = (after, value + worth);
        }
    }
    let is_usual = !["ivi", "ixi", "xlx", "xcx"].iter().any(|odd| text.contains(odd));
    (rest.is_empty() && value > 0 && is_usual).then_some(value)
}
