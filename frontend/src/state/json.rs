//! Readable JSON: a list that fits on a line is written on one.

use serde::Serialize;

/// The maximum length of a joined line in characters.
const WIDTH: usize = 100;

/// `value` as indented JSON, with small lists such as bounds on one line.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    // Values of the wire types have text keys and finite numbers and always serialize.
    let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut lines: Vec<String> = Vec::new();
    let mut opened: Vec<usize> = Vec::new();
    for line in pretty.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with(']')
            && let Some(start) = opened.pop()
            && let Some(joined) = joined(&lines[start..], trimmed)
        {
            lines.truncate(start);
            lines.push(joined);
            continue;
        }
        // A string ends with a quotation mark, so a bracket at the end of a line is structure.
        if line.ends_with('[') {
            opened.push(lines.len());
        }
        lines.push(line.to_owned());
    }
    lines.join("\n")
}

/// The lines joined to one; `None` if it is too long.
fn joined(lines: &[String], close: &str) -> Option<String> {
    let (open, within) = lines.split_first()?;
    let within = within.iter().map(|line| line.trim_start()).collect::<Vec<_>>().join(" ");
    let line = format!("{open}{within}{close}");
    (line.chars().count() <= WIDTH).then_some(line)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json as value};

    use super::json;

    #[test]
    fn bounds_take_one_line_and_a_list_of_boxes_several() {
        let boxes: Vec<Value> = (0..3).map(|n| value!({"box": [n, 22222, 33333, 44444], "text": "a [ b {"})).collect();
        let text = json(&value!({ "boxes": boxes }));
        assert!(text.contains("\"box\": [0, 22222, 33333, 44444],\n"), "{text}");
        assert_eq!(text.lines().count(), 16, "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["boxes"][2]["box"][0], 2);
    }
}
