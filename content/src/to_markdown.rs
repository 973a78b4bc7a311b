//! The projection to Markdown: CommonMark with pipe tables. A table with spans is HTML, as the models write it.

use std::fmt::Write as _;

use crate::{
    Block, BlockKind, BoundingBox, FurnitureRole, ListItem, PageContent, RichText, Style, StyleKind, Table, TextRange,
    hyphenation::{Joint, joint},
    plain_text::one_line,
    reflow::joints,
};

impl PageContent {
    /// The content as Markdown, without page furniture, which would interrupt text that continues on the next page.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        write_blocks(&mut out, &self.blocks);
        out
    }

    /// Makes Markdown the engine's text of the page. Returns it in parts: a block each, with what separates it from the one before and with
    /// its bounds. The blocks' ranges become those in this text. Page furniture is in it, too, in the tags that models write, so that the text
    /// of the page is complete.
    pub fn rewrite_as_markdown(&mut self) -> Vec<(String, Option<BoundingBox>)> {
        let mut parts = Vec::new();
        let mut before: Option<bool> = None;
        let mut at = 0;
        for block in &mut self.blocks {
            block.visit_mut(&mut |block| block.source = None);
            let text = of_furniture(block).unwrap_or_else(|| of_block(block));
            if text.is_empty() {
                continue;
            }
            let is_list = matches!(block.kind, BlockKind::List { .. });
            let separator = before.map_or("", |list_before| separator(list_before && is_list));
            before = Some(is_list);
            let start = at + separator.chars().count() as u32;
            at = start + text.chars().count() as u32;
            block.source = Some(TextRange::new(start, at));
            parts.push((format!("{separator}{text}"), block.bounds));
        }
        parts
    }
}

impl Block {
    /// This block alone as Markdown, page furniture included, as text.
    pub fn markdown(&self) -> String {
        match &self.kind {
            BlockKind::Furniture { text, .. } => inline(text),
            _ => of_block(self),
        }
    }
}

fn write_blocks(out: &mut String, blocks: &[Block]) {
    let mut before: Option<&Block> = None;
    for block in blocks {
        let text = of_block(block);
        if text.is_empty() {
            continue;
        }
        if let Some(before) = before {
            let lists = matches!((&before.kind, &block.kind), (BlockKind::List { .. }, BlockKind::List { .. }));
            out.push_str(separator(lists));
        }
        out.push_str(&text);
        before = Some(block);
    }
}

/// What stands between two blocks. Adjacent lists would be parsed as one.
const fn separator(lists: bool) -> &'static str {
    if lists { "\n\n<!-- -->\n\n" } else { "\n\n" }
}

/// Page furniture in the tags of Nanonets-OCR and of HTML, as [`crate::from_markdown`] parses them.
fn of_furniture(block: &Block) -> Option<String> {
    let BlockKind::Furniture { role, text } = &block.kind else { return None };
    let name = match role {
        FurnitureRole::RunningHead => "header",
        FurnitureRole::RunningFoot => "footer",
        FurnitureRole::PageNumber => "page_number",
        FurnitureRole::Watermark => "watermark",
    };
    Some(format!("<{name}>{}</{name}>", html_escaped(&one_line(&text.text))))
}

fn of_block(block: &Block) -> String {
    match &block.kind {
        BlockKind::Heading { level, text } => {
            let text = on_one_line(text);
            if text.is_empty() { text } else { format!("{} {text}", "#".repeat(usize::from(*level).clamp(1, 6))) }
        }
        BlockKind::Quote { blocks } => {
            let mut inner = String::new();
            write_blocks(&mut inner, blocks);
            prefixed(&inner, "> ", "> ")
        }
        BlockKind::List { items } => of_list(items),
        BlockKind::Table(table) => of_table(table),
        BlockKind::Figure { text } if text.is_blank() => String::new(),
        BlockKind::Figure { text } => format!("![{}]()", escaped(&one_line(&text.text), true)),
        BlockKind::Formula { latex } => format!("$$\n{}\n$$", latex.trim()),
        BlockKind::Code { language, code } => {
            let fence = fence(code);
            format!("{fence}{}\n{}\n{fence}", language.as_deref().unwrap_or_default(), code.trim_end_matches('\n'))
        }
        // A watermark is kept, because it concerns the whole sheet.
        BlockKind::Paragraph { text } | BlockKind::Furniture { role: FurnitureRole::Watermark, text } => inline(text),
        BlockKind::Furniture { .. } => String::new(),
        BlockKind::Rule => "---".to_owned(),
    }
}

fn of_list(items: &[ListItem]) -> String {
    let mut out = String::new();
    let is_uniform = items.windows(2).all(|pair| pair[0].marker == pair[1].marker);
    for (index, item) in items.iter().enumerate() {
        let (mark, written) = list_marker(&item.marker, is_uniform);
        let mut mark = format!("{mark} ");
        let indent = " ".repeat(mark.len());
        mark.extend(written.map(|written| format!("{} ", escaped(written, false))));
        if let Some(checked) = item.checked {
            mark.push_str(if checked { "[x] " } else { "[ ] " });
        }
        let mut inner = String::new();
        write_blocks(&mut inner, &item.blocks);
        if index > 0 {
            out.push('\n');
        }
        out.push_str(&prefixed(&inner, &mark, &indent));
    }
    out
}

/// The marker in Markdown, and the marker as written, if Markdown has no such markers: letters, and numbers in parentheses. Different bullets
/// would be different lists.
fn list_marker(marker: &str, is_uniform: bool) -> (&str, Option<&str>) {
    let number = marker.strip_suffix(['.', ')']).unwrap_or_default();
    let is_number = (1..=9).contains(&number.len()) && number.bytes().all(|digit| digit.is_ascii_digit());
    match marker {
        _ if is_number => (marker, None),
        "*" | "+" if is_uniform => (marker, None),
        _ if marker.contains(char::is_alphanumeric) => ("-", Some(marker)),
        _ => ("-", None),
    }
}

fn of_table(table: &Table) -> String {
    let simple = table.cells.iter().all(|cell| cell.row_span == 1 && cell.column_span == 1) && table.header_rows <= 1;
    let body = if simple { pipe_table(table) } else { html_table(table) };
    match &table.caption {
        Some(caption) if !caption.is_blank() => format!("{}\n\n{body}", inline(caption)),
        _ => body,
    }
}

/// A pipe table requires a head, so a table without one gets an empty head.
fn pipe_table(table: &Table) -> String {
    let mut rows = vec![vec![String::new(); table.columns as usize]; table.rows as usize];
    for cell in &table.cells {
        if let Some(place) = rows.get_mut(cell.row as usize).and_then(|row| row.get_mut(cell.column as usize)) {
            *place = on_one_line(&cell.text);
        }
    }
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let empty = vec![String::new(); table.columns as usize];
    let (head, body) = match rows.split_first() {
        Some((head, body)) if table.header_rows == 1 => (head, body),
        _ => (&empty, rows.as_slice()),
    };
    let mut lines = vec![line(head), format!("|{}", " --- |".repeat(table.columns as usize))];
    lines.extend(body.iter().map(|row| line(row)));
    lines.join("\n")
}

fn html_table(table: &Table) -> String {
    let mut out = "<table>\n".to_owned();
    for row in 0..table.rows {
        out.push_str("<tr>");
        for cell in table.cells.iter().filter(|cell| cell.row == row) {
            let name = if cell.header || row < table.header_rows { "th" } else { "td" };
            let mut spans = String::new();
            for (attribute, span) in [("colspan", cell.column_span), ("rowspan", cell.row_span)] {
                if span > 1 {
                    // Writing to a string never fails.
                    let _ = write!(spans, " {attribute}=\"{span}\"");
                }
            }
            let text = html_escaped(&cell.text.text).replace('\n', "<br>");
            let _ = write!(out, "<{name}{spans}>{text}</{name}>");
        }
        out.push_str("</tr>\n");
    }
    out + "</table>"
}

fn html_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text with its styles on one line.
fn on_one_line(text: &RichText) -> String {
    let lines = text.text.split('\n');
    let joints = lines.clone().zip(lines.skip(1)).map(|(line, next)| Some(joint(line, next)));
    one_line(&with_styles(text, &joints.collect::<Vec<_>>()))
}

/// Text with its styles. The lines of located prose are joined. Other line breaks stay; those between located lines are hard ones, because
/// the page has them.
fn inline(text: &RichText) -> String {
    let is_located = text.lines.iter().any(|line| line.bounds.is_some());
    let joints = if is_located { joints(&text.text) } else { Vec::new() };
    with_styles(text, &joints)
}

/// Text with its styles. `joints` are those of its line breaks; without one a break stays as it is.
fn with_styles(text: &RichText, joints: &[Option<Joint>]) -> String {
    let mut joints = joints.iter();
    let letters: Vec<char> = text.text.chars().collect();
    let mut out = String::new();
    let mut open: Vec<&Style> = Vec::new();
    let mut literal = None;
    let mut at_line_start = true;
    let mut styles = text.styles.iter().peekable();
    for at in 0..=letters.len() {
        let here = at as u32;
        while open.last().is_some_and(|style| style.range.end <= here) {
            if let Some(style) = open.pop() {
                out.push_str(&closing(style));
            }
        }
        if literal.is_some_and(|end| end <= here) {
            literal = None;
        }
        while let Some(style) = styles.next_if(|style| style.range.start <= here) {
            let within = open.last().is_none_or(|outer| outer.range.end >= style.range.end);
            let begins = style.range.start == here && style.range.end > here;
            if begins && within && literal.is_none() && can_be_written(style, &letters) {
                out.push_str(opening(style));
                open.push(style);
                if matches!(style.kind, StyleKind::Code | StyleKind::Formula) {
                    literal = Some(style.range.end);
                }
            }
        }
        let Some(&letter) = letters.get(at) else { break };
        if literal.is_some() {
            out.push(letter);
        } else if letter == '\n' {
            out.truncate(out.trim_end_matches([' ', '\t']).len());
            let between = match joints.next() {
                None => "\n",
                Some(None) => "  \n",
                Some(Some(Joint::Space)) => " ",
                Some(Some(Joint::Tight | Joint::Mended)) => "",
            };
            at_line_start = out.is_empty() || between.ends_with('\n');
            // An empty line would end the paragraph.
            if !out.is_empty() && !out.ends_with('\n') {
                out.push_str(between);
            }
            continue;
        } else if at_line_start && letter.is_whitespace() {
            continue;
        } else {
            push_escaped(&mut out, &letters, at, at_line_start);
        }
        at_line_start = false;
    }
    out.trim_end().to_owned()
}

/// Whether the style can be written: its marks cannot be next to white space, and code cannot contain its own mark.
fn can_be_written(style: &Style, letters: &[char]) -> bool {
    let Some(text) = letters.get(style.range.start as usize..(style.range.end as usize).min(letters.len())) else {
        return false;
    };
    let (Some(first), Some(last)) = (text.first(), text.last()) else { return false };
    let tight = !first.is_whitespace() && !last.is_whitespace() && !text.contains(&'\n');
    match &style.kind {
        StyleKind::Code => tight && !text.contains(&'`'),
        StyleKind::Formula => tight && !text.contains(&'$'),
        StyleKind::Link { url } => tight && !url.contains(['<', '>', '\n']),
        _ => tight,
    }
}

fn opening(style: &Style) -> &'static str {
    match style.kind {
        StyleKind::Bold => "**",
        StyleKind::Italic => "*",
        StyleKind::Strikethrough => "~~",
        StyleKind::Underline => "<u>",
        StyleKind::Superscript => "<sup>",
        StyleKind::Subscript => "<sub>",
        StyleKind::Code => "`",
        StyleKind::Formula => "$",
        StyleKind::Link { .. } => "[",
    }
}

fn closing(style: &Style) -> String {
    match &style.kind {
        StyleKind::Underline => "</u>".to_owned(),
        StyleKind::Superscript => "</sup>".to_owned(),
        StyleKind::Subscript => "</sub>".to_owned(),
        StyleKind::Link { url } => format!("](<{url}>)"),
        _ => opening(style).to_owned(),
    }
}

fn push_escaped(out: &mut String, letters: &[char], at: usize, at_line_start: bool) {
    let letter = letters[at];
    let is_word = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|it| it.is_alphanumeric());
    // Marks of list items are marks only before white space: neither 58.50 nor -5 is an item.
    let ends_word = letters.get(at + 1).is_none_or(|next| next.is_whitespace());
    let escape = match letter {
        '\\' | '`' | '*' | '[' | ']' | '<' | '$' | '~' | '|' | '&' => true,
        '_' => !(is_word(at.checked_sub(1)) && is_word(Some(at + 1))),
        '+' => at_line_start && ends_word,
        '-' => at_line_start && (ends_word || letters.get(at + 1) == Some(&'-')),
        '#' | '>' | '=' => at_line_start,
        '!' => letters.get(at + 1) == Some(&'['),
        '.' | ')' => ends_word && is_number_at_line_start(letters, at),
        _ => false,
    };
    if escape {
        out.push('\\');
    }
    out.push(letter);
}

/// Whether there are only digits between the start of the line and `at`.
fn is_number_at_line_start(letters: &[char], at: usize) -> bool {
    let line = letters[..at].iter().rev().take_while(|letter| **letter != '\n');
    let mut digits = 0;
    for letter in line {
        if !letter.is_ascii_digit() {
            return false;
        }
        digits += 1;
    }
    digits > 0
}

fn escaped(text: &str, at_line_start: bool) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for at in 0..letters.len() {
        push_escaped(&mut out, &letters, at, at_line_start && at == 0);
    }
    out
}

/// A fence that is longer than every fence in the code.
fn fence(code: &str) -> String {
    let longest = code.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    "`".repeat((longest + 1).max(3))
}

fn prefixed(text: &str, first: &str, others: &str) -> String {
    let mut out = String::new();
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let prefix = if index == 0 { first } else { others };
        out.push_str(if line.is_empty() { prefix.trim_end() } else { prefix });
        out.push_str(line);
    }
    out
}
