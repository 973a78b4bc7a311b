use inkstream_export::{Format, Options, SourcePage, export};

use super::{elements, everything, file};

#[test]
fn strings_have_places_and_confidences_and_hyphens_are_elements() {
    let all = elements(&file(Format::Alto, Options::default(), &[everything(), everything()]));
    let count = |name: &str| all.iter().filter(|element| element.name == name).count();
    assert_eq!(["Page", "PrintSpace", "Illustration", "GraphicalElement", "HYP"].map(count), [2, 2, 2, 2, 2]);
    let strings: Vec<_> = all.iter().filter(|element| element.name == "String").collect();
    let title = strings.iter().find(|string| string.get("CONTENT") == Some("Title")).unwrap();
    assert_eq!(
        ["HPOS", "VPOS", "WIDTH", "HEIGHT", "WC"].map(|name| title.get(name)),
        [Some("30"), Some("20"), Some("10"), Some("8"), Some("0.95")]
    );
    assert!(strings.iter().any(|string| string.get("CONTENT") == Some("exam")));
    let cell = all.iter().find(|element| element.get("ID").is_some_and(|id| id.ends_with("_2_1"))).unwrap();
    assert_eq!((cell.name.as_str(), cell.get("HPOS"), cell.get("WIDTH")), ("TextBlock", Some("100"), Some("30")));
    let contents: Vec<_> = strings.iter().filter_map(|string| string.get("CONTENT")).collect();
    let expected = "Head The Title first exam ple quoted 3. third Fruit Both red apple 3 4 a cat a<b if x { y }";
    assert_eq!(contents[..contents.len() / 2].join(" "), expected);
}

#[test]
fn pages_have_their_numbers_sizes_and_warnings() {
    let mut out = Vec::new();
    let mut file = export(Format::Alto, Options::default(), &mut out);
    let (content, warnings) = (everything(), ["Unsure.".to_owned()]);
    file.page(&SourcePage { file: "x.png", number: 9, engine: None, warnings: &warnings, content: &content }).unwrap();
    file.finish().unwrap();
    let all = elements(&out);
    let page = all.iter().find(|element| element.name == "Page").unwrap();
    let expected = [Some("9"), Some("600"), Some("800"), Some("Unsure."), Some("deu")];
    assert_eq!(["PHYSICAL_IMG_NR", "WIDTH", "HEIGHT", "QUALITY_DETAIL", "LANG"].map(|name| page.get(name)), expected);
    let ids: Vec<_> = all.iter().filter_map(|element| element.get("ID")).collect();
    let unique: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
}
