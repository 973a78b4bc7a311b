use proptest::prelude::*;

use super::*;
use crate::{BlockKind, PageContent};

/// The parts of HTML that comes in these deltas.
fn read<'a>(deltas: impl IntoIterator<Item = &'a str>) -> (Vec<HtmlPart>, bool) {
    let mut reader = HtmlReader::default();
    let mut parts: Vec<_> = deltas.into_iter().flat_map(|delta| reader.push(delta)).collect();
    let (rest, is_whole) = reader.finish();
    parts.extend(rest);
    (parts, is_whole)
}

fn blocks(html: &str) -> Vec<Block> {
    let parts = read([html]).0.into_iter();
    parts.filter_map(|part| if let HtmlPart::Block(block) = part { Some(block) } else { None }).collect()
}

/// The blocks as Markdown.
fn markdown(html: &str) -> String {
    PageContent::new(blocks(html)).markdown()
}

#[test]
fn a_page_becomes_its_blocks() {
    let html = r#"<div data-bbox="10 20 30 40" data-label="Section-Header"><h2>A &amp; B</h2></div>
<div data-bbox="1 2 3 4" data-label="Text"><p>One <b>bold</b>
word<br/>x<sup>2</sup> <math>a < b</math></p><p>Two</p></div>"#;
    let (parts, is_whole) = read([html]);
    assert!(is_whole);
    let begin = |label: &str, bounds: &str| HtmlPart::Begin { label: label.to_owned(), bounds: bounds.to_owned() };
    assert_eq!((&parts[0], &parts[2]), (&begin("Section-Header", "10 20 30 40"), &HtmlPart::End));
    assert_eq!((&parts[3], &parts[6]), (&begin("Text", "1 2 3 4"), &HtmlPart::End));
    assert_eq!(markdown(html), "## A & B\n\nOne **bold** word\nx<sup>2</sup> $a < b$\n\nTwo".replace(" & ", r" \& "));
}

#[test]
fn lists_are_nested_and_have_their_markers_and_check_boxes() {
    let html = "<ul><li>a<ol start=3><li>b</li><li>c</ol></li><li><input type=checkbox checked> d</li><li><p>e</p><p>f";
    assert_eq!(markdown(html), "- a\n\n  3. b\n  4. c\n- [x] d\n- e\n\n  f");
    assert_eq!(markdown("<p>Yes <input type=checkbox checked>, no <input type=radio></p>"), "Yes ☑ , no ☐");
    assert_eq!(markdown("Name: <input type=text value=Ada>"), "Name: Ada");
    assert_eq!(markdown("<li>a</li><li>b</li>"), "- a\n- b");
    let deep = format!("{}x{}", "<ul><li>".repeat(500), "</li></ul>".repeat(500));
    assert_eq!(markdown(&deep).trim_start_matches(['-', ' ']), "x");
}

#[test]
fn tables_keep_their_spans_and_formulas() {
    let html = "<table border=1><thead><tr><th colspan=2>Head</th></tr></thead><tbody><tr><td>1 <input type=checkbox></td>\
                <td><math>x^2</math></td></tr></tbody></table>";
    let found = blocks(html);
    let [Block { kind: BlockKind::Table(table), .. }] = found.as_slice() else { panic!("{found:?}") };
    let cells: Vec<_> = table.cells.iter().map(|cell| (cell.text.text.as_str(), cell.column_span)).collect();
    assert_eq!((table.header_rows, cells), (1, vec![("Head", 2), ("1 ☐", 1), ("x^2", 1)]));
    assert_eq!(table.cells[2].text.styles.len(), 1);
    assert_eq!(markdown("<table>only words</table>"), "only words");
    assert_eq!(
        markdown("<div data-label=Table><table><tr><td><div>a</div></td><td>b</div>after"),
        "| | |\n".replace("| |", "|  | ") + "| --- | --- |\n| a | b |\n\nafter"
    );
}

#[test]
fn figures_formulas_and_code_are_blocks_of_their_own() {
    assert_eq!(markdown(r#"a<img alt=" A ship ">b"#), "a\n\n![A ship]()\n\nb");
    assert_eq!(markdown(r#"<math display="block">\frac{a}{b} &lt; c</math>"#), "$$\n\\frac{a}{b} < c\n$$");
    assert_eq!(
        markdown("<pre><code class=\"language-rust\">\nfn a() {\n  &amp;<b>\n}\n</code></pre>"),
        "```rust\nfn a() {\n  &<b>\n}\n```"
    );
    assert_eq!(markdown("<chem>C[C@H](N)O</chem>"), "`C[C@H](N)O`");
    assert_eq!(markdown("a<hr>b"), "a\n\n---\n\nb");
    assert_eq!(
        markdown("<a href=https://a.example>x</a> <a href=\"javascript:y\">z</a>"),
        "[x](<https://a.example>) z"
    );
}

#[test]
fn words_are_kept_whatever_the_markup_and_unknown_tags_are_words() {
    assert_eq!(markdown("x <y> and <foo>bar</foo>"), r"x \<y> and \<foo>bar\</foo>");
    assert_eq!(markdown("</p></b></div></li></table>a</ul><b>c"), "a\n\n**c**");
    assert_eq!(markdown("<math>a<b>c</math> <math>open<p>text</p>"), "$a<b>c$ $open$\n\ntext");
    assert_eq!(markdown("a&#0;&#27;&nbsp;b&bogus;"), "a\u{fffd}\u{a0}b\\&bogus;");
    assert_eq!(markdown("<!DOCTYPE html><html><body><!-- no --><p>a"), "a");
}

#[test]
fn what_is_not_closed_is_told() {
    for whole in ["", "a", "<p>a", "<div data-label=x><p>a</div>", "<div>a", "<ul><li>a", "1 < 2"] {
        assert!(read([whole]).1, "{whole}");
    }
    for cut in [
        "<div data-label=x>a",
        "<p>a</",
        "<table><tr><td>a",
        "<pre>a",
        "<math>a",
        "<div data-label=x><table></div>",
        "<img alt=\"a",
        "a <",
        "<img alt=\"a<p>b",
    ] {
        assert!(!read([cut]).1, "{cut}");
    }
    let bomb = "<table><tr><td colspan=1000 rowspan=1000>a</td></tr></table>";
    assert!(!read([bomb]).1);
}

/// The letters that are in no tag, in order of their codes: a caption is told before the cells.
fn letters(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().filter(|letter| letter.is_alphabetic() && !letter.is_ascii()).collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

/// Texts between tags in every disorder. The letters are those of no tag and no reference.
fn hostile() -> impl Strategy<Value = Vec<(String, String)>> {
    let tag = prop::sample::select(vec![
        "<div data-label=\"Text\" data-bbox=\"1 2 3 4\">",
        "<div data-bbox=''>",
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<table>",
        "<tr>",
        "<td>",
        "<td colspan=3 rowspan=2>",
        "<th>",
        "</td>",
        "</tr>",
        "</table>",
        "<caption>",
        "<ul>",
        "<ol>",
        "<li>",
        "</li>",
        "</ul>",
        "</ol>",
        "<math>",
        "<math display=block>",
        "</math>",
        "<pre>",
        "<code>",
        "</code>",
        "</pre>",
        "<b>",
        "</b>",
        "<i>",
        "<a href=\"https://\">",
        "</a>",
        "<h1>",
        "</h1>",
        "<br>",
        "<hr>",
        "<img>",
        "<input>",
        "<!-- -->",
        "<",
        "&",
        "\n",
        " ",
        "",
    ]);
    prop::collection::vec((tag.prop_map(str::to_owned), "[Ä-ÖØ-Þ ]{0,6}"), 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn hostile_html_keeps_its_words_and_is_the_same_in_every_split(pieces in hostile(), cut in 0_usize..500) {
        let html: String = pieces.iter().flat_map(|(tag, text)| [tag.as_str(), text.as_str()]).collect();
        let whole = read([html.as_str()]);
        prop_assert_eq!(&read(html.split_inclusive(|_| true)), &whole);
        let (a, b) = html.split_at(html.floor_char_boundary(cut));
        prop_assert_eq!(&read([a, b]), &whole);
        let text: String = blocks(&html).iter().map(Block::plain_text).collect();
        let words: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
        prop_assert_eq!(letters(&text), letters(&words));
    }

    #[test]
    fn html_that_breaks_off_anywhere_neither_panics_nor_repeats(pieces in hostile(), end in any::<prop::sample::Index>()) {
        let html: String = pieces.iter().flat_map(|(tag, text)| [tag.as_str(), text.as_str()]).collect();
        let cut = &html[..html.floor_char_boundary(end.index(html.len() + 1))];
        let begun = |parts: &[HtmlPart]| parts.iter().filter(|part| matches!(part, HtmlPart::Begin { .. })).count();
        let ended = |parts: &[HtmlPart]| parts.iter().filter(|part| matches!(part, HtmlPart::End)).count();
        let (parts, _) = read([cut]);
        prop_assert_eq!(begun(&parts), ended(&parts));
    }
}
