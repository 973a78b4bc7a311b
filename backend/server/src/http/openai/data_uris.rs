//! A body of JSON whose files never stand in memory: each base64 data URI goes to a blob as it comes, and `data:N` takes its
//! place in the JSON, N counting from 0.

use std::sync::Arc;

use axum::body::{BodyDataStream, Bytes};
use base64::{Engine as _, engine::GeneralPurpose, engine::general_purpose};
use futures::{StreamExt as _, stream};
use inkstream_core::{Error, Result, app::App, documents};
use inkstream_wire::ErrorCode;

use super::uploads::Uploads;
use crate::http::{MAX_JSON, body::BodyFailure};

const BROKEN: &str = "The base64 of a data URI is broken.";

/// Files of one request.
pub(super) const MAX_FILES: usize = 32;
/// Bytes of a data URI before its data.
const MAX_HEAD: usize = 256;
/// Some clients leave the padding out. The alphabet for URLs is turned into this one before.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    general_purpose::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
        // A single bit too many in the last letter is no reason to refuse a picture.
        .with_decode_allow_trailing_bits(true),
);

/// Reads a body to its end: its JSON, short, and the files that stood in it. All files together may have the bytes of one
/// upload (`TooLarge`). On an error the files are deleted.
pub(super) async fn data_uris(app: &Arc<App>, body: BodyDataStream) -> Result<(Vec<u8>, Uploads)> {
    let mut uploads = Uploads::default();
    let mut scanner = Scanner::new(body, app.limits.max_upload_bytes);
    while scanner.find().await? {
        if uploads.count() == MAX_FILES {
            return Err(bad(&format!("A request may hold at most {MAX_FILES} pictures and files.")));
        }
        let data = stream::try_unfold(&mut scanner, |scanner| async move {
            Ok(scanner.data().await?.map(|bytes| (bytes, scanner)))
        });
        uploads.add(documents::receive(app, None, data).await?);
    }
    Ok((scanner.json, uploads))
}

struct Scanner {
    body: BodyDataStream,
    /// What has come and was not looked at yet.
    chunk: Bytes,
    json: Vec<u8>,
    place: Place,
    escapes: Escapes,
    /// Data URIs so far.
    found: usize,
    /// Letters that do not make whole bytes yet.
    letters: Vec<u8>,
    percent: Percent,
    /// Bytes that may still come of all files.
    left: u64,
    max: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Between texts.
    Outside,
    /// In a text that is no data URI.
    Text,
    /// In a text that may become one: what has come of it, and where it begins in the JSON.
    Head { text: Vec<u8>, begin: usize },
    /// In a data URI, after its comma.
    Data,
}

impl Scanner {
    fn new(body: BodyDataStream, max: u64) -> Self {
        Self {
            body,
            chunk: Bytes::new(),
            json: Vec::new(),
            place: Place::Outside,
            escapes: Escapes::default(),
            found: 0,
            letters: Vec::new(),
            percent: Percent::None,
            left: max,
            max,
        }
    }

    /// Reads on until a data URI's data begins; false at the body's end.
    async fn find(&mut self) -> Result<bool> {
        loop {
            if self.scan()? {
                return Ok(true);
            }
            if !self.refill().await? {
                return Ok(false);
            }
        }
    }

    /// The next bytes of the data that [`Self::find`] has found; `None` at its end.
    async fn data(&mut self) -> Result<Option<Bytes>> {
        while self.place == Place::Data {
            if self.chunk.is_empty() && !self.refill().await? {
                return Err(bad("The body broke off within a data URI."));
            }
            let bytes = self.decode()?;
            if !bytes.is_empty() {
                let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
                    return Err(documents::too_large(self.max));
                };
                self.left = left;
                return Ok(Some(bytes.into()));
            }
        }
        Ok(None)
    }

    async fn refill(&mut self) -> Result<bool> {
        match self.body.next().await {
            Some(Ok(chunk)) => {
                self.chunk = chunk;
                Ok(true)
            }
            Some(Err(error)) => Err(BodyFailure::find(&error).unwrap_or(BodyFailure::CutOff).error()),
            None => Ok(false),
        }
    }

    /// Takes the chunk over into the JSON, up to where data begins.
    fn scan(&mut self) -> Result<bool> {
        let chunk = std::mem::take(&mut self.chunk);
        for (at, &byte) in chunk.iter().enumerate() {
            if self.json.len() == MAX_JSON {
                let detail = format!("Beside its pictures, a request may have at most {MAX_JSON} bytes.");
                return Err(Error::new(ErrorCode::TooLarge, detail));
            }
            self.json.push(byte);
            if self.place == Place::Outside {
                if byte == b'"' {
                    self.place = Place::Head { text: Vec::new(), begin: self.json.len() };
                }
                continue;
            }
            match (self.escapes.take(byte), &mut self.place) {
                (Letter::End, place) => *place = Place::Outside,
                (Letter::One(letter), Place::Head { text, begin }) => {
                    text.push(letter);
                    match is_data_uri(text) {
                        None => {}
                        Some(false) => self.place = Place::Text,
                        Some(true) => {
                            self.json.truncate(*begin);
                            self.json.extend_from_slice(format!("data:{}\"", self.found).as_bytes());
                            self.found += 1;
                            self.place = Place::Data;
                            self.chunk = chunk.slice(at + 1..);
                            return Ok(true);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(false)
    }

    /// Decodes what the chunk has of the data.
    fn decode(&mut self) -> Result<Vec<u8>> {
        let mut at = 0;
        while self.place == Place::Data && at < self.chunk.len() {
            let rest = &self.chunk[at..];
            let plain = if self.escapes == Escapes::None && self.percent == Percent::None {
                rest.iter().position(|&byte| !is_plain(byte)).unwrap_or(rest.len())
            } else {
                0
            };
            self.letters.extend_from_slice(&rest[..plain]);
            at += plain;
            let Some(&byte) = self.chunk.get(at) else { break };
            at += 1;
            match self.escapes.take(byte) {
                Letter::End if self.percent == Percent::None => self.place = Place::Outside,
                Letter::End => return Err(bad(BROKEN)),
                Letter::Nothing => {}
                Letter::One(letter) => self.letters.extend(self.percent.take(letter).and_then(sense)),
            }
        }
        self.chunk = self.chunk.slice(at..);
        let whole = if self.place == Place::Data { self.letters.len() / 4 * 4 } else { self.letters.len() };
        let rest = self.letters.split_off(whole);
        let letters = std::mem::replace(&mut self.letters, rest);
        BASE64.decode(letters).map_err(|_| bad(BROKEN))
    }
}

/// Whether a byte of the body stands for itself in standard base64.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// A letter as the standard alphabet has it; white space, MIME's line ends among it, has no meaning.
fn sense(letter: u8) -> Option<u8> {
    match letter {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b' ' | b'\t' | b'\r' | b'\n' => None,
        letter => Some(letter),
    }
}

/// A URI's percent encoding (RFC 3986, 2.1) within the data, as far as it has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Percent {
    #[default]
    None,
    Mark,
    Digit(u32),
}

impl Percent {
    /// The letter that has come to its end with this one.
    fn take(&mut self, letter: u8) -> Option<u8> {
        let digit = char::from(letter).to_digit(16);
        let (next, letter) = match (*self, digit) {
            (Self::None, _) if letter == b'%' => (Self::Mark, None),
            (Self::None, _) => (Self::None, Some(letter)),
            (Self::Mark, Some(digit)) => (Self::Digit(digit), None),
            (Self::Digit(first), Some(digit)) => (Self::None, Some(u8::try_from(first * 16 + digit).unwrap_or(OTHER))),
            // Base64 has no such letter, so that it is refused as broken.
            (Self::Mark | Self::Digit(_), None) => (Self::None, Some(OTHER)),
        };
        *self = next;
        letter
    }
}

/// Whether a text that begins so is a base64 data URI, once that is certain.
fn is_data_uri(begin: &[u8]) -> Option<bool> {
    const SCHEME: &[u8] = b"data:";
    const MARK: &[u8] = b"base64";
    let begin = begin.trim_ascii_start();
    let known = begin.len().min(SCHEME.len());
    if !begin[..known].eq_ignore_ascii_case(&SCHEME[..known]) || begin.len() > MAX_HEAD {
        return Some(false);
    }
    let Some((b',', head)) = begin.split_last() else { return None };
    let head = head.trim_ascii_end();
    let (rest, mark) = head.split_at(head.len().saturating_sub(MARK.len()));
    Some(mark.eq_ignore_ascii_case(MARK) && rest.trim_ascii_end().ends_with(b";"))
}

/// JSON's escapes within a text (RFC 8259, 7), as far as ASCII letters come of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Escapes {
    #[default]
    None,
    Backslash,
    Hex {
        digits: u8,
        value: u32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letter {
    /// Within an escape.
    Nothing,
    One(u8),
    /// The text's closing quotation mark.
    End,
}

/// What stands for a letter that is none of ASCII's: no data URI has it.
const OTHER: u8 = 0xff;

impl Escapes {
    fn take(&mut self, byte: u8) -> Letter {
        let (next, letter) = match (*self, byte) {
            (Self::None, b'\\') => (Self::Backslash, Letter::Nothing),
            (Self::None, b'"') => (Self::None, Letter::End),
            (Self::None, byte) => (Self::None, Letter::One(byte)),
            (Self::Backslash, b'u') => (Self::Hex { digits: 0, value: 0 }, Letter::Nothing),
            (Self::Backslash, b'n') => (Self::None, Letter::One(b'\n')),
            (Self::Backslash, b'r') => (Self::None, Letter::One(b'\r')),
            (Self::Backslash, b't') => (Self::None, Letter::One(b'\t')),
            (Self::Backslash, b'"' | b'\\' | b'/') => (Self::None, Letter::One(byte)),
            (Self::Backslash, _) => (Self::None, Letter::One(OTHER)),
            (Self::Hex { digits, value }, byte) => match char::from(byte).to_digit(16) {
                Some(digit) if digits < 3 => {
                    (Self::Hex { digits: digits + 1, value: value * 16 + digit }, Letter::Nothing)
                }
                Some(digit) => {
                    let letter = u8::try_from(value * 16 + digit).ok().filter(u8::is_ascii).unwrap_or(OTHER);
                    (Self::None, Letter::One(letter))
                }
                None => (Self::None, Letter::One(OTHER)),
            },
        };
        *self = next;
        letter
    }
}

fn bad(detail: &str) -> Error {
    Error::new(ErrorCode::BadRequest, detail)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures::TryStreamExt as _;

    use super::*;

    /// The JSON that is left and the files, of a body that comes in chunks of so many bytes.
    async fn split(json: &str, size: usize, max: u64) -> Result<(String, Vec<Vec<u8>>)> {
        let chunks: Vec<_> = json.as_bytes().chunks(size).map(|chunk| Ok::<_, Error>(chunk.to_vec())).collect();
        let body = Body::from_stream(stream::iter(chunks)).into_data_stream();
        let mut scanner = Scanner::new(body, max);
        let mut files = Vec::new();
        while scanner.find().await? {
            let data = stream::try_unfold(&mut scanner, |scanner| async move {
                Ok::<_, Error>(scanner.data().await?.map(|bytes| (bytes, scanner)))
            });
            files.push(data.try_concat_bytes().await?);
        }
        Ok((String::from_utf8(scanner.json).unwrap(), files))
    }

    trait Concat {
        async fn try_concat_bytes(self) -> Result<Vec<u8>>;
    }

    impl<S: futures::Stream<Item = Result<Bytes>>> Concat for S {
        async fn try_concat_bytes(self) -> Result<Vec<u8>> {
            self.try_fold(Vec::new(), |mut all, bytes| async move {
                all.extend_from_slice(&bytes);
                Ok(all)
            })
            .await
        }
    }

    #[tokio::test]
    async fn files_leave_the_json_however_the_body_is_cut() {
        let json = r#"{"a": "data:image/png;base64,aGVsbG8gd29ybGQ=", "b\"": ["DATA:;base64,aW5r", "data"], "c": "x"}"#;
        for size in 1..json.len() {
            let (rest, files) = split(json, size, 1000).await.unwrap();
            assert_eq!(rest, r#"{"a": "data:0", "b\"": ["data:1", "data"], "c": "x"}"#, "{size}");
            assert_eq!(files, [b"hello world".to_vec(), b"ink".to_vec()], "{size}");
        }
    }

    #[tokio::test]
    async fn escapes_line_ends_and_missing_padding_are_understood() {
        for (uri, bytes) in [
            (r"data:image\/png;base64,\/\/\/+", vec![0xff, 0xff, 0xfe]),
            (r"data:image/png;base64,\u002F\u002f\/\u002B", vec![0xff, 0xff, 0xfe]),
            (r"d\u0061ta:image/png;base64,aW\r\n5r\n", b"ink".to_vec()),
            ("data:;base64,aQ", b"i".to_vec()),
            ("data:;base64,", Vec::new()),
            // A blank behind the comma or within, tabs, line ends of MIME.
            ("data:image/png;base64, aW5r", b"ink".to_vec()),
            ("data:image/png; base64 , aW 5r ", b"ink".to_vec()),
            (" data:image/png;base64,aW5r", b"ink".to_vec()),
            (r"data:image/png;base64,\taW\r\n\t5r\r\n", b"ink".to_vec()),
            // The alphabet for URLs, and what a URI is percent-encoded to.
            ("data:image/png;base64,___-", vec![0xff, 0xff, 0xfe]),
            ("data:image/png;charset=utf-8;base64,%2F%2f/%2Baa%3D%3D", vec![0xff, 0xff, 0xfe, 0x69]),
            ("data:image/png;base64,aW%0D%0A5r%20", b"ink".to_vec()),
        ] {
            for size in [1, 7, 1000] {
                let (rest, files) = split(&format!("[\"{uri}\"]"), size, 1000).await.unwrap();
                assert_eq!((rest.as_str(), files), (r#"["data:0"]"#, vec![bytes.clone()]), "{uri}");
            }
        }
    }

    #[tokio::test]
    async fn what_only_looks_like_a_data_uri_stays() {
        let long = format!(r#"["data:{};base64,aW5r"]"#, "x".repeat(300));
        for json in [r#"["data:text/plain,ink", "data:", "dat\u00e4:;base64,aW5r", "base64,"]"#, "{", "\"\\", &long] {
            assert_eq!(split(json, 3, 1000).await.unwrap(), (json.to_owned(), Vec::new()));
        }
    }

    #[tokio::test]
    async fn broken_and_too_large_files_are_refused() {
        let refused = async |json: &str, max| split(json, 5, max).await.unwrap_err().code;
        assert_eq!(refused(r#"["data:;base64,aW5!"]"#, 1000).await, ErrorCode::BadRequest);
        assert_eq!(refused(r#"["data:;base64,aW5rä"]"#, 1000).await, ErrorCode::BadRequest);
        assert_eq!(refused(r#"["data:;base64,aW5r"#, 1000).await, ErrorCode::BadRequest);
        for broken in ["aW5r%", "aW5r%2", "aW5%zz", "aW5r%00", "a", "aW=5r", r"aW5r\f", r"aW5r\u00a0"] {
            let body = format!(r#"["data:;base64,{broken}"]"#);
            assert_eq!(refused(&body, 1000).await, ErrorCode::BadRequest, "{broken}");
        }
        assert_eq!(refused(r#"["data:;base64,aW5r", "data:;base64,aW5r"]"#, 5).await, ErrorCode::TooLarge);
        assert_eq!(refused(&format!("\"{}", "x".repeat(MAX_JSON)), 5).await, ErrorCode::TooLarge);
    }
}
