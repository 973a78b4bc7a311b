//! Parses `.env`. Each value is taken literally. If docker compose, systemd or a shell might read another value from the same line,
//! the start is refused with the line and the name; single quotes are unambiguous. Error messages never repeat a value.

use std::{collections::BTreeMap, fs, io, path::Path};

/// The advice for an ambiguous value.
const QUOTE_IT: &str = "put the value into single quotes";

/// Adds the file's variables to this process' environment, except those that are set already. A missing file is not an error.
/// Errors have one line per problem.
pub fn load(path: &Path) -> Result<(), Vec<String>> {
    let named = |problem: String| format!("{}: {problem}", path.display());
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(vec![named(error.to_string())]),
    };
    let variables = parse(&bytes, |name| std::env::var_os(name).is_some())
        .map_err(|problems| problems.into_iter().map(named).collect::<Vec<_>>())?;
    let lines: Vec<_> = variables.iter().map(|(name, value)| format!("{name}=\"{}\"\n", escape(value))).collect();
    dotenvy::from_read(lines.concat().as_bytes()).map_err(|_| vec![named("its variables cannot be set".to_owned())])
}

/// Escapes a value for dotenvy, which expands unescaped `$` within double quotes.
fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\\' | '"' | '$' => text.extend(['\\', c]),
            c => text.push(c),
        }
    }
    text
}

/// Parses the variables in order, or returns all problems. `is_set` says whether the environment has a variable.
fn parse(bytes: &[u8], is_set: impl Fn(&str) -> bool) -> Result<Vec<(String, String)>, Vec<String>> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| vec![format!("line {}: it is not UTF-8", line_at(&bytes[..error.valid_up_to()]))])?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text, line: 1 };
    let (mut values, mut problems) = (Vec::new(), Vec::new());
    let mut lines = BTreeMap::new();
    while !reader.rest.is_empty() {
        let line = reader.line;
        match reader.next_entry() {
            Ok(None) => {}
            Ok(Some(entry)) => {
                if let Some(first) = lines.insert(entry.name.clone(), line) {
                    problems.push((line, format!("{}: it stands on line {first}, too", entry.name)));
                }
                values.push((line, entry));
            }
            Err(Problem { name: Some(name), reason }) => problems.push((line, format!("{name}: {reason}"))),
            Err(Problem { name: None, reason }) => problems.push((line, reason)),
        }
    }
    for (line, entry) in &values {
        let known = |name: &str| lines.contains_key(name) || is_set(name);
        if looks_expandable(&entry.expandable, known) {
            let reason = format!(
                "variables ($NAME, ${{NAME}}) are not put in here: write out what is meant, or {QUOTE_IT} if it is \
                 meant as it stands"
            );
            problems.push((*line, format!("{}: {reason}", entry.name)));
        }
    }
    if problems.is_empty() {
        return Ok(values.into_iter().map(|(_, entry)| (entry.name, entry.value)).collect());
    }
    problems.sort_by_key(|(line, _)| *line);
    Err(problems.into_iter().map(|(line, problem)| format!("line {line}: {problem}")).collect())
}

fn line_at(before: &[u8]) -> usize {
    before.split(|&byte| byte == b'\n').count()
}

/// Whether the author may have meant another variable's value: `${…}`, or `$NAME` of a variable that is set. Any other `$` is literal.
fn looks_expandable(value: &str, known: impl Fn(&str) -> bool) -> bool {
    value.split('$').skip(1).any(|after| {
        let name = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(after, |end| &after[..end]);
        after.starts_with('{') || (!name.is_empty() && known(name))
    })
}

struct Entry {
    name: String,
    value: String,
    /// The part that others might expand: nothing in single quotes, no escaped `$`.
    expandable: String,
}

struct Problem {
    name: Option<String>,
    reason: String,
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    /// Parses the next line, and further ones if a quoted value spans them.
    fn next_entry(&mut self) -> Result<Option<Entry>, Problem> {
        let line = self.next_line();
        let line = line.trim_matches(|c| matches!(c, ' ' | '\t'));
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let exported = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
        let assignment = exported.map(str::trim_ascii_start).filter(|rest| !rest.starts_with('=')).unwrap_or(line);
        let named = assignment.split_once('=').map(|(name, value)| (name.trim_ascii_end(), value));
        let Some((name, written)) = named.filter(|(name, _)| is_name(name)) else {
            return Err(Problem { name: None, reason: "NAME=value was expected".to_owned() });
        };
        let wrong = |reason: String| Problem { name: Some(name.to_owned()), reason };
        let value = written.trim_ascii_start();
        let (value, expandable) = if let Some(quote @ ('\'' | '"')) = value.chars().next() {
            self.quoted(&value[1..], quote).map_err(wrong)?
        } else {
            let value = unquoted(value, value.len() < written.len()).map_err(wrong)?;
            (value.to_owned(), value.to_owned())
        };
        if value.contains('\0') {
            return Err(wrong("no value can have a zero byte".to_owned()));
        }
        Ok(Some(Entry { name: name.to_owned(), value, expandable }))
    }

    fn next_line(&mut self) -> &'a str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        self.line += 1;
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// Parses a quoted value, and the part of it that others might expand. `line` is the text after the opening quote.
    fn quoted(&mut self, line: &'a str, quote: char) -> Result<(String, String), String> {
        let (mut value, mut expandable) = (String::new(), String::new());
        let mut line = line;
        // The opening quote may be an apostrophe. Then the next lines must be parsed as lines of their own.
        let (rest, number) = (self.rest, self.line);
        loop {
            let mut chars = line.char_indices();
            while let Some((at, c)) = chars.next() {
                match c {
                    c if c == quote => return after_quote(&line[at + 1..]).map(|()| (value, expandable)),
                    '\\' if quote == '"' => value.push(match chars.next() {
                        Some((_, c @ ('\\' | '"' | '\'' | '$'))) => c,
                        Some((_, 'n')) => '\n',
                        Some((_, 'r')) => '\r',
                        Some((_, 't')) => '\t',
                        _ => return Err(format!("this backslash means nothing within double quotes: {QUOTE_IT}")),
                    }),
                    c => {
                        value.push(c);
                        if quote == '"' {
                            expandable.push(c);
                        }
                    }
                }
            }
            if self.rest.is_empty() {
                (self.rest, self.line) = (rest, number);
                return Err("the quote at its beginning is never closed".to_owned());
            }
            value.push('\n');
            line = self.next_line();
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// Only a comment may follow the closing quote.
fn after_quote(text: &str) -> Result<(), String> {
    let more = text.trim_ascii();
    if more.is_empty() || (more.starts_with('#') && text.starts_with([' ', '\t'])) {
        return Ok(());
    }
    Err("something stands behind the closing quote".to_owned())
}

/// Parses a value without quotes, up to a comment. `spaced`: whether a space precedes the value.
fn unquoted(text: &str, spaced: bool) -> Result<&str, String> {
    let hash = text.char_indices().find(|&(at, c)| {
        c == '#' && text[..at].chars().next_back().map_or(spaced, |before| matches!(before, ' ' | '\t'))
    });
    let value = match hash {
        Some((at, _)) => {
            let comment = &text[at + 1..];
            if !(comment.is_empty() || comment.starts_with([' ', '\t', '#'])) || text[..at].contains(['\'', '"']) {
                return Err(format!(
                    "a # behind a space begins a comment: {QUOTE_IT}, or write the comment after \"# \""
                ));
            }
            &text[..at]
        }
        None if text.starts_with("# ") || text == "#" => {
            return Err(format!("a comment needs a space before its #: write one, or {QUOTE_IT}"));
        }
        None => text,
    };
    if value.contains('\\') {
        return Err(format!("what a backslash means depends on who reads it: {QUOTE_IT}"));
    }
    Ok(value.trim_ascii_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> Result<Vec<(String, String)>, Vec<String>> {
        parse(text.as_bytes(), |name| name == "HOME")
    }

    fn value(line: &str) -> String {
        let variables = parse_text(line).unwrap_or_else(|problems| panic!("{line}: {problems:?}"));
        assert_eq!((variables.len(), variables[0].0.as_str()), (1, "PASS"), "{line}");
        variables[0].1.clone()
    }

    fn refusal(text: &str) -> String {
        let problems = parse_text(text).unwrap_err();
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        problems[0].clone()
    }

    #[test]
    fn a_value_is_taken_literally() {
        for as_it_is in [
            "Harbour2026$Light!",
            "$Light",
            "a$b$$c$",
            "$1",
            "a#b",
            "#a",
            "it's",
            "say \"hi\"",
            "correct horse battery",
            "a=b=c",
            "`date`$(date)",
            "pässwörd\u{301}",
            "a!b%c^d&e*(f)~|<>;",
        ] {
            assert_eq!(value(&format!("PASS={as_it_is}")), as_it_is);
            if !as_it_is.starts_with('#') && !as_it_is.contains(['"', '\'']) {
                assert_eq!(value(&format!("\u{feff}  export PASS = {as_it_is} \t# a comment\r\n")), as_it_is);
            }
            if !as_it_is.contains('\'') {
                assert_eq!(value(&format!("PASS='{as_it_is}'")), as_it_is);
            }
        }
        for in_single_quotes in ["${HOME}", "$HOME", "a\\b\\", "a #b", " spaces ", "\\n", "", "\"", "two\nlines", "#"] {
            assert_eq!(value(&format!("PASS='{in_single_quotes}' # why")), in_single_quotes);
        }
    }

    #[test]
    fn double_quotes_have_escapes_and_may_span_lines() {
        assert_eq!(value(r#"PASS="a\\b\"c\n\t'd' # $Light" # a comment"#), "a\\b\"c\n\t'd' # $Light");
        assert_eq!(value(r#"PASS="\$HOME \${HOME}""#), "$HOME ${HOME}");
        assert_eq!(value("PASS=\"-----BEGIN\r\nx\r\n-----END\"\r\n"), "-----BEGIN\nx\n-----END");
    }

    #[test]
    fn empty_values_and_comments_are_empty() {
        for empty in ["PASS=", "PASS= ", "PASS=\t# a comment", "PASS=''", "PASS=\"\"\r", "\n\n# x\n  #PASS=y\nPASS="] {
            assert_eq!(value(empty), "", "{empty}");
        }
        assert_eq!(parse_text("export=a\nexport\tB=b").unwrap().len(), 2);
        assert!(parse_text("").unwrap().is_empty() && parse_text("\u{feff}").unwrap().is_empty());
    }

    #[test]
    fn ambiguous_values_are_refused_with_line_and_name_and_without_the_value() {
        for wrong in [
            "s3cret${HOME}x",
            "s3cret$HOME",
            "s3cret$FIRST",
            "\"s3cret$HOME\"",
            "s3cret\\$x",
            "s3cret\\n",
            "\"s3cret\\x\"",
            "s3cret #x",
            "it's # s3cret",
            "# s3cret",
            "\"s3cret\"x",
            "'s3cret'#x",
            "'s3cret\nMORE=1",
            "\"s3cret",
            "s3cret\0",
        ] {
            let problem = refusal(&format!("# one\nFIRST=1\nPASS={wrong}\nLAST=1\n"));
            assert!(problem.starts_with("line 3: PASS: ") && !problem.contains("s3cret"), "{wrong}: {problem}");
        }
        for wrong in ["s3cret", "2PASS=s3cret", "PA-SS=s3cret", "=s3cret", "export s3cret"] {
            assert_eq!(refusal(&format!("\n{wrong}\n")), "line 2: NAME=value was expected", "{wrong}");
        }
        assert_eq!(refusal("PASS=a\n\nPASS=b"), "line 3: PASS: it stands on line 1, too");
        assert_eq!(parse_text("A=${B}\nB=\\\nC").unwrap_err().len(), 3, "all problems are reported");
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_refused_with_their_line() {
        let utf16: Vec<u8> = "\u{feff}PASS=x".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(parse(&utf16, |_| false).unwrap_err(), ["line 1: it is not UTF-8"]);
        assert_eq!(parse(b"A=1\nB=\xe9\n", |_| false).unwrap_err(), ["line 2: it is not UTF-8"]);
    }

    #[test]
    fn dotenvy_reads_the_escaped_value_back() {
        for value in ["Harbour2026$Light!", "a\\", "\\\\n", "'\"\"' # x", " a\nb\r\n\t", "${X}\\$", "é", ""] {
            let line = format!("PASS=\"{}\"\n", escape(value));
            let read: Vec<_> = dotenvy::from_read_iter(line.as_bytes()).map(Result::unwrap).collect();
            assert_eq!(read, [("PASS".to_owned(), value.to_owned())]);
        }
    }
}
