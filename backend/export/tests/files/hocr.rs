use inkstream_export::{Format, Options};

use super::{Element, elements, everything, file};

fn of_class<'a>(elements: &'a [Element], class: &str) -> Vec<&'a Element> {
    elements.iter().filter(|element| element.get("class") == Some(class)).collect()
}

#[test]
fn pages_lines_and_words_have_boxes_and_confidences() {
    let all = elements(&file(Format::Hocr, Options::default(), &[everything(), everything()]));
    let titles: Vec<_> = of_class(&all, "ocr_page").iter().map(|page| page.get("title").unwrap()).collect();
    assert_eq!(
        titles,
        ["image \"scan.pdf\"; bbox 0 0 600 800; ppageno 0", "image \"scan.pdf\"; bbox 0 0 600 800; ppageno 1"]
    );
    let words = of_class(&all, "ocrx_word");
    let title = words.iter().find(|word| word.text == "Title").unwrap();
    assert_eq!(title.get("title"), Some("bbox 30 20 40 28; x_wconf 96"));
    let lines: Vec<_> = of_class(&all, "ocr_line").iter().filter_map(|line| line.get("title")).collect();
    assert!(lines.contains(&"bbox 10 20 40 28"), "{lines:?}");
    assert_eq!(of_class(&all, "ocr_page")[0].get("lang"), Some("deu"));
    let ids: Vec<_> = all.iter().filter_map(|element| element.get("id")).collect();
    let unique: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
}

#[test]
fn every_block_has_its_class_and_all_text_is_there() {
    let all = elements(&file(Format::Hocr, Options::default(), &[everything()]));
    for (class, count) in [
        ("ocr_carea", 10),
        ("ocr_header", 1),
        ("ocr_table", 1),
        ("ocr_image", 1),
        ("ocr_caption", 2),
        ("ocr_display", 1),
        ("ocr_separator", 1),
    ] {
        assert_eq!(of_class(&all, class).len(), count, "{class}");
    }
    let words: Vec<&str> = of_class(&all, "ocrx_word").iter().map(|word| word.text.as_str()).collect();
    assert_eq!(words.join(" "), "Head The Title first exam- ple quoted 3. third Fruit Both red apple 3 4 a cat");
    assert_eq!(of_class(&all, "ocr_display")[0].text, "a<b");
    assert!(all.iter().any(|element| element.name == "pre" && element.text == "if x {\n  y\n}"));
    let spans: Vec<_> = all.iter().filter_map(|cell| cell.get("colspan").or(cell.get("rowspan"))).collect();
    assert_eq!(spans, ["2", "2"]);
}
