//! Splits HTML, as it comes, into texts and tags that are complete.

/// The maximum length of a tag or comment in bytes. A longer one is text. The longest are images with their description.
const MAX_TAG: usize = 8 * 1024;
/// The maximum length of a character reference in bytes; HTML's longest has 33.
const MAX_REFERENCE: usize = 40;

/// A part of HTML.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'a> {
    /// Text in which no character reference is cut.
    Text(&'a str),
    /// A tag, a comment or a document type.
    Tag(&'a str),
    /// A tag within whose attributes the next tag begins.
    Broken(&'a str),
}

/// What a text is that begins with `<`.
enum Found {
    /// A tag of this length in bytes.
    Tag(usize),
    /// A tag that is not closed, of this length.
    Broken(usize),
    /// The beginning of what may be a tag.
    Incomplete,
    Text,
}

/// The first piece of `html`; `None` if more must come before it is known, or at the end, if a tag is incomplete.
pub(super) fn next(html: &str, at_end: bool) -> Option<Piece<'_>> {
    match html.find('<') {
        Some(0) => match find(html) {
            Found::Tag(length) => Some(Piece::Tag(&html[..length])),
            Found::Broken(length) => Some(Piece::Broken(&html[..length])),
            Found::Incomplete => None,
            Found::Text => Some(Piece::Text(&html[..1])),
        },
        Some(at) => Some(Piece::Text(&html[..at])),
        None => {
            let end = if at_end { html.len() } else { reference(html) };
            (end > 0).then_some(Piece::Text(&html[..end]))
        }
    }
}

/// The start of the character reference that `text` ends with and that may go on; the text's length if there is none.
fn reference(text: &str) -> usize {
    let Some(at) = text.rfind('&') else { return text.len() };
    let name = &text[at + 1..];
    let goes_on = name.len() < MAX_REFERENCE && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
    if goes_on { at } else { text.len() }
}

/// Tags with attributes. Where one of them is not closed, its attributes are no words of the page.
const WITH_ATTRIBUTES: [&str; 9] = ["div", "img", "input", "table", "td", "th", "a", "ol", "math"];

/// A tag's attributes contain no tag: `a<b and c<d>` is text, then a tag.
fn find(html: &str) -> Found {
    if let Some(comment) = html.strip_prefix("<!--") {
        let within = &comment[..comment.floor_char_boundary(MAX_TAG)];
        return match within.find("-->") {
            Some(end) => Found::Tag(end + "<!---->".len()),
            None if within.len() < comment.len() => Found::Text,
            None => Found::Incomplete,
        };
    }
    let is_start_of = |whole: &str| {
        html.len() < whole.len() && whole.get(..html.len()).is_some_and(|start| start.eq_ignore_ascii_case(html))
    };
    if html == "</" || ["<!--", "<!doctype"].into_iter().any(is_start_of) {
        return Found::Incomplete;
    }
    let bytes = html.as_bytes();
    let is_type = html.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    let name = if bytes.get(1) == Some(&b'/') { 2 } else { 1 };
    if !is_type && !bytes.get(name).is_some_and(u8::is_ascii_alphabetic) {
        return Found::Text;
    }
    // What it is if a tag begins within it.
    let interrupted = |at: usize| {
        let attributes = html[1..at].split_once(|letter: char| letter.is_ascii_whitespace());
        let is_tag = attributes.is_some_and(|(name, attributes)| {
            attributes.contains('=') && WITH_ATTRIBUTES.iter().any(|tag| tag.eq_ignore_ascii_case(name))
        });
        if is_tag { Found::Broken(at) } else { Found::Text }
    };
    let mut quote = None;
    let mut after_equals = false;
    for (at, &byte) in bytes.iter().enumerate().skip(name) {
        if at == MAX_TAG {
            return Found::Text;
        }
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), b'<') if bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'/') => {
                return interrupted(at);
            }
            (None, b'<') => return interrupted(at),
            (None, b'>') => return Found::Tag(at + 1),
            (None, b'"' | b'\'') if after_equals => quote = Some(byte),
            _ => {}
        }
        after_equals = byte == b'=' || (after_equals && byte.is_ascii_whitespace());
    }
    Found::Incomplete
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(mut html: &str) -> Vec<&str> {
        let mut found = Vec::new();
        while let Some(Piece::Text(piece) | Piece::Tag(piece) | Piece::Broken(piece)) = next(html, true) {
            found.push(piece);
            html = &html[piece.len()..];
        }
        found
    }

    #[test]
    fn tags_are_told_from_text() {
        assert_eq!(pieces("a<b>c</b >d<!-- <i> -->e"), ["a", "<b>", "c", "</b >", "d", "<!-- <i> -->", "e"]);
        assert_eq!(pieces("1 < 2<3 x<y</math>"), ["1 ", "<", " 2", "<", "3 x", "<", "y", "</math>"]);
        assert_eq!(pieces(r#"<img alt="a > b, c < d" x='"'>e"#), [r#"<img alt="a > b, c < d" x='"'>"#, "e"]);
        assert_eq!(pieces("<p it's>e"), ["<p it's>", "e"]);
        assert_eq!(next(r#"<img alt="open<p>text"#, true), Some(Piece::Broken(r#"<img alt="open"#)));
        assert_eq!(pieces(r#"<y is="open<p>text"#), ["<", r#"y is="open"#, "<p>", "text"]);
        assert_eq!(pieces("<!DOCTYPE html>a<!b"), ["<!DOCTYPE html>", "a", "<", "!b"]);
        assert_eq!(pieces("text <div cla"), ["text "]);
        let long = format!("<p class=\"{}\">", "x".repeat(MAX_TAG));
        assert_eq!(pieces(&long), ["<", &long[1..]]);
    }

    #[test]
    fn what_may_go_on_is_held_back() {
        for held in ["<", "</", "<d", "<!", "<!-", "<!-- a --", "<!doc", "<img alt=\"a>", "&", "&am", "&#38"] {
            assert_eq!(next(held, false), None, "{held}");
        }
        assert_eq!(next("a &am", false), Some(Piece::Text("a ")));
        assert_eq!(next("a &amp; b", false), Some(Piece::Text("a &amp; b")));
        assert_eq!(next("a &am", true), Some(Piece::Text("a &am")));
    }
}
