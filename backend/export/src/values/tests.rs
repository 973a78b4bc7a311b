use inkstream_content::{RichText, TableBuilder};

use super::*;

/// The values of a column below a head, as text: numbers with their format, dates as ISO 8601 with theirs.
fn column(texts: &[&str], locale: Option<&str>) -> Vec<String> {
    table(&[texts], locale).remove(0)
}

fn table(columns: &[&[&str]], locale: Option<&str>) -> Vec<Vec<String>> {
    let mut builder = TableBuilder::default();
    builder.begin_row(true);
    for _ in columns {
        builder.cell(RichText::plain("Head"), true, 1, 1);
    }
    for row in 0..columns[0].len() {
        builder.begin_row(false);
        for column in columns {
            builder.cell(RichText::plain(column[row]), false, 1, 1);
        }
    }
    let table = builder.finish().unwrap();
    let values = values(&table, locale.map(|tag| Locale::parse(tag).unwrap()));
    let mut written = vec![Vec::new(); columns.len()];
    for (cell, value) in table.cells.iter().zip(values).filter(|(cell, _)| cell.row > 0) {
        written[cell.column as usize].push(match value {
            Value::Number { value, format } => format!("{value} {format}"),
            Value::Date { year, month, day, format } => format!("{year}-{month:02}-{day:02} {format}"),
            Value::Text => "text".to_owned(),
            Value::OddText => "odd".to_owned(),
        });
    }
    written
}

#[test]
fn a_number_that_can_be_read_in_one_way_decides_for_its_column() {
    assert_eq!(column(&["1,234", "12.5", "7"], None), ["1234 #,##0", "12.5 0.0", "7 0"]);
    assert_eq!(column(&["1.234", "12,5", "7"], None), ["1234 #,##0", "12.5 0.0", "7 0"]);
    assert_eq!(column(&["1,234", "1,234,567"], None), ["1234 #,##0", "1234567 #,##0"]);
    assert_eq!(column(&["0.5", ".05", "1.234"], None), ["0.5 0.0", "0.05 .00", "1.234 0.000"]);
    assert_eq!(column(&["1’234.50", "1 234.00"], None), ["1234.5 #,##0.00", "1234 #,##0.00"]);
}

#[test]
fn an_ambiguous_column_follows_its_table_then_the_locale_and_is_text_without_both() {
    assert_eq!(column(&["1,234", "5,678"], None), ["text", "text"]);
    assert_eq!(column(&["1,234", "5,678"], Some("en-GB")), ["1234 #,##0", "5678 #,##0"]);
    assert_eq!(column(&["1,234", "5,678"], Some("de")), ["1.234 0.000", "5.678 0.000"]);
    assert_eq!(column(&["1.234", "5.678"], Some("de_CH")), ["1.234 0.000", "5.678 0.000"]);
    let both = table(&[&["1,234", "5,678"], &["0,5", "2,25"]], Some("en"));
    assert_eq!(both[0], ["1.234 0.000", "5.678 0.000"]);
    assert_eq!(Locale::parse("tlh"), None);
}

#[test]
fn separators_that_only_large_numbers_have_separate_groups() {
    assert_eq!(column(&["1,234", "56", "12,000"], None), ["1234 #,##0", "56 0", "12000 #,##0"]);
    assert_eq!(column(&["1.234", "56", "12.000"], None), ["1234 #,##0", "56 0", "12000 #,##0"]);
    assert_eq!(column(&["1,234", "4567", "12,000"], None), ["text", "text", "text"]);
    assert_eq!(column(&["1.234", "56", "12.000"], Some("en")), ["1.234 0.000", "56 0", "12 0.000"]);
}

#[test]
fn a_column_that_is_written_in_two_ways_is_text() {
    assert_eq!(column(&["1,234.5", "12,5"], None), ["text", "text"]);
    assert_eq!(column(&["13/1/2024", "1/13/2024"], None), ["text", "text"]);
}

#[test]
fn codes_keep_their_zeros_and_their_digits() {
    assert_eq!(column(&["007", "123"], None), ["text", "text"]);
    assert_eq!(column(&["1234567890123456", "12"], None), ["text", "text"]);
    assert_eq!(column(&["123456789012345"], None), ["123456789012345 0"]);
    assert_eq!(column(&["020 7946 0018", "12"], None), ["text", "text"]);
    assert_eq!(column(&["12 345", "1 234 567"], None), ["odd", "1234567 #,##0"]);
}

#[test]
fn percent_currencies_and_signs_keep_their_look() {
    let amounts = ["€ 1,200.50", "(3.00)", "$5", "-7.1", "+2", "−4", "12 EUR", "n/a"];
    let expected = [
        "1200.5 \"€ \"#,##0.00",
        "-3 0.00;\\(0.00\\)",
        "5 \"$\"0",
        "-7.1 0.0",
        "2 +0;-0",
        "-4 0",
        "12 0\" EUR\"",
        "text",
    ];
    assert_eq!(column(&amounts, None), expected);
    assert_eq!(column(&["5.7%", "12 %"], None), ["0.057 0.0%", "0.12 0\\ %"]);
    assert_eq!(column(&["-0.0", "1.5"], None), ["text", "1.5 0.0"]);
}

#[test]
fn parentheses_are_negative_only_among_amounts() {
    assert_eq!(column(&["0.52", "(0.12)"], None), ["0.52 0.00", "text"]);
    assert_eq!(column(&["(1)", "(2)"], None), ["text", "text"]);
}

#[test]
fn dates_are_those_that_the_column_or_the_locale_allows() {
    assert_eq!(column(&["2024-02-29", "2023-02-29"], None), ["2024-02-29 yyyy\\-mm\\-dd", "odd"]);
    assert_eq!(column(&["1.2.2024", "01.12.2024"], None), ["2024-02-01 d\\.m\\.yyyy", "2024-12-01 dd\\.mm\\.yyyy"]);
    assert_eq!(column(&["01/02/2024", "13/02/2024"], None)[0], "2024-02-01 dd\\/mm\\/yyyy");
    assert_eq!(column(&["01/02/2024", "02/13/2024"], None)[0], "2024-01-02 mm\\/dd\\/yyyy");
    assert_eq!(column(&["01/02/2024", "03/04/2024"], None), ["text", "text"]);
    assert_eq!(column(&["01/02/2024"], Some("en")), ["2024-01-02 mm\\/dd\\/yyyy"]);
    assert_eq!(column(&["01/02/2024"], Some("en-GB")), ["2024-02-01 dd\\/mm\\/yyyy"]);
    assert_eq!(column(&["01/02/2024"], Some("ja")), ["text"]);
    assert_eq!(column(&["3 Jan 2024", "May 4, 2024"], None)[1], "2024-05-04 [$-409]mmm d, yyyy");
    assert_eq!(column(&["01.02.24", "1899-12-31"], None), ["text", "text"]);
}

#[test]
fn a_column_of_texts_with_some_numbers_is_text() {
    assert_eq!(column(&["apples", "pears", "300"], None), ["text", "text", "text"]);
    assert_eq!(column(&["12", "l3", "14"], None), ["12 0", "odd", "14 0"]);
    assert_eq!(column(&["1.2.3", "=1+1", "@x", "- 5"], None), ["text", "text", "text", "text"]);
}
