//! Parses a part's `Content-Disposition` (RFC 7578, 4.2) leniently, because clients differ: any case, any order, raw bytes of any
//! encoding, quoted or not, RFC 5987's `filename*` and RFC 2047's encoded words.
//!
//! No crate fits: `content_disposition` and mailparse take text, where this header may hold bytes of any encoding. The one splits
//! quoted values at semicolons; the other drops the backslashes of a Windows path, and decodes encoded words only between spaces.

use std::borrow::Cow;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use encoding_rs::{Encoding, UTF_8};
use percent_encoding::percent_decode;

use super::encoding;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The names of a part and of its file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Disposition {
    pub(super) name: Option<String>,
    /// The file's name as the client sent it. It may hold folders and control characters.
    pub(super) file_name: Option<String>,
}

impl Disposition {
    /// Parses the header's value. What is not a parameter is ignored.
    pub(super) fn parse(value: &[u8]) -> Self {
        let (mut name, mut plain, mut extended) = (None, None, None);
        for (key, value) in Parameters(after_kind(value)) {
            match key.as_slice() {
                b"name" => name = name.or_else(|| Some(decode_value(&value))),
                b"filename" => plain = plain.or_else(|| Some(decode_value(&value))),
                b"filename*" => extended = extended.or_else(|| extended_value(&value)),
                _ => {}
            }
        }
        // RFC 6266, 4.3: a recipient that supports `filename*` prefers it.
        Self { name, file_name: extended.or(plain) }
    }
}

/// Skips `form-data;` before the parameters.
fn after_kind(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|&byte| byte == b';').map_or(value.len(), |at| at + 1);
    // Some clients leave `form-data` out.
    if value[..end].contains(&b'=') { value } else { &value[end..] }
}

/// The `key=value` pairs, keys in lower case.
struct Parameters<'a>(&'a [u8]);

impl Iterator for Parameters<'_> {
    type Item = (Vec<u8>, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.0.is_empty() {
                return None;
            }
            let end = self.0.iter().position(|byte| matches!(byte, b'=' | b';')).unwrap_or(self.0.len());
            let key = self.0[..end].trim_ascii().to_ascii_lowercase();
            let rest = self.0.get(end + 1..).unwrap_or_default();
            if self.0.get(end) != Some(&b'=') {
                self.0 = rest;
                continue;
            }
            let rest = rest.trim_ascii_start();
            let (value, rest) = match rest.strip_prefix(b"\"").and_then(quoted_string) {
                Some(value) => value,
                None => token(rest),
            };
            self.0 = rest;
            return Some((key, value));
        }
    }
}

/// Parses a quoted string after its opening quote, and returns what follows it; `None` without a closing quote.
fn quoted_string(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut value, mut at) = (Vec::new(), 0);
    loop {
        match (*text.get(at)?, text.get(at + 1)) {
            // Only quotes and backslashes are escaped. Any other backslash is part of a Windows path.
            (b'\\', Some(&next @ (b'"' | b'\\'))) if !closes_path(&text[at + 1..], next) => {
                value.push(next);
                at += 2;
            }
            (b'"', _) => break,
            (byte, _) => {
                value.push(byte);
                at += 1;
            }
        }
    }
    let rest = &text[at + 1..];
    let next = rest.iter().position(|&byte| byte == b';').map_or(rest.len(), |at| at + 1);
    Some((value, &rest[next..]))
}

/// Whether this quote closes the string although a backslash precedes it, as in `"C:\scans\"`: no further quote follows.
fn closes_path(text: &[u8], next: u8) -> bool {
    next == b'"' && !text[1..].contains(&b'"')
}

/// Parses an unquoted value, which may contain spaces.
fn token(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = text.iter().position(|&byte| byte == b';').unwrap_or(text.len());
    let value = text[..end].trim_ascii();
    (value.strip_prefix(b"\"").unwrap_or(value).to_vec(), text.get(end + 1..).unwrap_or_default())
}

/// Decodes RFC 5987's `charset'language'percent-encoded`.
fn extended_value(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |&byte| byte == b'\'');
    let (charset, _, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Cow<'_, [u8]> = percent_decode(text).into();
    let (text, broken) = Encoding::for_label(charset)?.decode_without_bom_handling(&bytes);
    Some(if broken { encoding::decode(&bytes) } else { text.into_owned() })
}

/// Decodes a plain value.
fn decode_value(value: &[u8]) -> String {
    let text = encoding::decode(value);
    let text = encoded_words(&text).unwrap_or(text);
    // Browsers escape quotes and line ends so (HTML, "multipart/form-data encoding algorithm").
    if text.contains('%') { text.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n") } else { text }
}

/// Decodes RFC 2047's encoded words, if there are any. White space between two of them is dropped.
fn encoded_words(text: &str) -> Option<String> {
    if !text.contains("=?") {
        return None;
    }
    let (mut out, mut rest, mut after_word) = (String::new(), text, false);
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at(at);
        if let Some((word, length)) = encoded_word(from) {
            if !(after_word && before.trim().is_empty()) {
                out.push_str(before);
            }
            out.push_str(&word);
            rest = &from[length..];
            after_word = true;
        } else {
            out.push_str(before);
            out.push_str("=?");
            rest = &from[2..];
            after_word = false;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// Decodes the encoded word at the beginning of a text, and returns its length.
fn encoded_word(text: &str) -> Option<(String, usize)> {
    let mut parts = text.strip_prefix("=?")?.splitn(3, '?');
    let (charset, kind, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let data = &rest[..rest.find("?=")?];
    // RFC 2231 lets a language follow the charset.
    let encoding = Encoding::for_label(charset.split('*').next()?.as_bytes()).unwrap_or(UTF_8);
    let bytes = match kind {
        "B" | "b" => BASE64.decode(data).ok()?,
        "Q" | "q" => percent_decode(data.replace('%', "%25").replace('_', " ").replace('=', "%").as_bytes()).collect(),
        _ => return None,
    };
    let length = "=?".len() + charset.len() + 1 + kind.len() + 1 + data.len() + "?=".len();
    Some((encoding.decode_without_bom_handling(&bytes).0.into_owned(), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_name(value: &[u8]) -> String {
        let Disposition { name, file_name } = Disposition::parse(value);
        assert_eq!(name.as_deref(), Some("file"), "{}", value.escape_ascii());
        file_name.unwrap_or_default()
    }

    #[test]
    fn names_are_parsed_in_every_form_that_clients_write() {
        for (parameters, expected) in [
            (r#"form-data; name="file"; filename="a.png""#, "a.png"),
            (r#"form-data; filename="a.png"; name="file""#, "a.png"),
            (r#"FORM-DATA; NAME="file"; FILENAME="a.png""#, "a.png"),
            ("form-data;name=file;filename=a.png", "a.png"),
            (r#"form-data ; name = "file" ; filename = "a.png" ;"#, "a.png"),
            ("form-data; name=file; filename=my scan 1.png", "my scan 1.png"),
            (r#"form-data; name="file"; filename="a;b=c.png""#, "a;b=c.png"),
            (r#"form-data; name="file"; filename="a \"b\" c.png""#, "a \"b\" c.png"),
            (r#"form-data; name="file"; filename="a %22b%22.png""#, "a \"b\".png"),
            (r#"form-data; name="file"; filename="C:\scans\page 1.png""#, r"C:\scans\page 1.png"),
            (r#"form-data; name="file"; filename="C:\\scans\\1.png""#, r"C:\scans\1.png"),
            (r#"form-data; name="file"; filename="C:\scans\""#, r"C:\scans\"),
            (r#"form-data; name="file"; filename="Größe 大.png""#, "Größe 大.png"),
            (r#"form-data; name="file"; filename="open"#, "open"),
            (r#"form-data; name="file"; filename="""#, ""),
            (r#"name="file"; filename="a.png""#, "a.png"),
            (r#"attachment; name="file"; filename="a.png"; size=7"#, "a.png"),
            (r#"form-data; name="file"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.png"#, "Größe.png"),
            (r#"form-data; name="file"; filename*=utf-8'de'Gr%c3%b6%c3%9fe%20a.png"#, "Größe a.png"),
            (r#"form-data; name="file"; FileName*="UTF-8''%E5%A4%A7.png""#, "大.png"),
            (r#"form-data; name="file"; filename*=iso-8859-1''Gr%F6%DFe.png"#, "Größe.png"),
            (r#"form-data; name="file"; filename*=GBK''%B4%F3.png"#, "大.png"),
            (r#"form-data; name="file"; filename="plain.png"; filename*=UTF-8''%E5%A4%A7.png"#, "大.png"),
            (r#"form-data; name="file"; filename*=UTF-8''%E5%A4%A7.png; filename="plain.png""#, "大.png"),
            (r#"form-data; name="file"; filename*=none''a.png; filename="plain.png""#, "plain.png"),
            (r#"form-data; name="file"; filename="=?UTF-8?B?R3LDtsOfZS5wbmc=?=""#, "Größe.png"),
            (r#"form-data; name="file"; filename="=?utf-8?q?Gr=C3=B6=C3=9Fe_a?= =?utf-8?Q?.png?=""#, "Größe a.png"),
            (r#"form-data; name="file"; filename="=?iso-8859-1?Q?Gr=F6=DFe?= 2.png""#, "Größe 2.png"),
            (r#"form-data; name="file"; filename="=?gb2312?B?tPM=?=.png""#, "大.png"),
            (r#"form-data; name="file"; filename="=?what.png""#, "=?what.png"),
            (r#"form-data; name="file"; filename="=?utf-8?x?a?=.png""#, "=?utf-8?x?a?=.png"),
        ] {
            assert_eq!(file_name(parameters.as_bytes()), expected, "{parameters}");
        }
    }

    #[test]
    fn bytes_of_older_encodings_are_detected() {
        let named = |name: &[u8]| file_name(&[b"form-data; name=\"file\"; filename=\"", name, b"\""].concat());
        assert_eq!(named(b"Gr\xf6\xdfe.png"), "Größe.png");
        assert_eq!(named(b"Pi\xe8ce jointe \xe0 lire.pdf"), "Pièce jointe à lire.pdf");
        let (gbk, ..) = encoding_rs::GBK.encode("扫描文件第一页.png");
        assert_eq!(named(&gbk), "扫描文件第一页.png");
        let (sjis, ..) = encoding_rs::SHIFT_JIS.encode("スキャンした書類.png");
        assert_eq!(named(&sjis), "スキャンした書類.png");
        assert!(named(b"\xff\xfe\x80 page").ends_with(" page"));
    }

    #[test]
    fn a_header_without_names_has_none() {
        for value in ["", "form-data", "form-data;", ";;;", "form-data; filename", "=", "form-data; =\"x\""] {
            assert_eq!(Disposition::parse(value.as_bytes()), Disposition::default(), "{value}");
        }
        let field = Disposition::parse(b"form-data; name=\"prompt\"");
        assert_eq!((field.name.as_deref(), field.file_name), (Some("prompt"), None));
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(value: Vec<u8>) {
            Disposition::parse(&value);
        }
    }
}
