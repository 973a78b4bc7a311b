//! Extracts files from a JSON body without holding them in memory: each base64 data URI is streamed to a blob, and `data:N`
//! replaces it in the JSON, with N counting from 0.
//!
//! No crate fits. struson streams strings, but from a blocking source, and any error of that source ends it, `WouldBlock` too: each
//! slow upload would hold a thread of the blocking pool, and the blobs are written by the same pool. actson takes its input
//! piece by piece, but keeps each string whole in memory.

use axum::body::{BodyDataStream, Bytes};
use base64::{Engine as _, engine::GeneralPurpose, engine::general_purpose};
use futures::{StreamExt as _, stream};
use inkstream_core::{
    Error, Result,
    documents::{self, Documents},
};
use inkstream_wire::ErrorCode;

use super::uploads::Uploads;
use crate::http::{MAX_JSON, body::BodyFailure};

const BROKEN: &str = "The base64 of a data URI is broken.";

/// Files of one request.
pub(super) const MAX_FILES: usize = 32;
/// Bytes of a data URI before its data.
const MAX_PREFIX: usize = 256;
/// Padding is optional, because some clients leave it out. The URL-safe alphabet is mapped to the standard one before.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    general_purpose::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
        // Do not refuse an image because of unused bits in its last character.
        .with_decode_allow_trailing_bits(true),
);

/// Reads a body to its end, and returns its JSON without files, and the files. All files together may have the bytes of one upload
/// (`TooLarge`). On an error the files are deleted.
pub(super) async fn extract(documents: &Documents, body: BodyDataStream) -> Result<(Vec<u8>, Uploads)> {
    let mut uploads = Uploads::default();
    let mut extractor = DataUriExtractor::new(body, documents.max_upload_bytes);
    while extractor.next_data_uri().await? {
        if uploads.count() == MAX_FILES {
            return Err(bad_request(&format!("A request may hold at most {MAX_FILES} images and files.")));
        }
        let data = stream::try_unfold(&mut extractor, |extractor| async move {
            Ok(extractor.next_data().await?.map(|bytes| (bytes, extractor)))
        });
        uploads.add(documents::receive(documents, None, data).await?);
    }
    Ok((extractor.json, uploads))
}

struct DataUriExtractor {
    body: BodyDataStream,
    /// Received bytes that were not scanned yet.
    chunk: Bytes,
    json: Vec<u8>,
    state: State,
    escapes: Escapes,
    /// Number of data URIs found so far.
    found: usize,
    /// Base64 characters that do not make whole bytes yet.
    base64: Vec<u8>,
    percent: Percent,
    /// Bytes that the remaining files may have.
    left: u64,
    max: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Outside strings.
    Outside,
    /// In a string that is not a data URI.
    String,
    /// In a string that may be a data URI: its text so far, and its offset in the JSON.
    Prefix { text: Vec<u8>, begin: usize },
    /// In a data URI, after its comma.
    Data,
}

impl DataUriExtractor {
    fn new(body: BodyDataStream, max: u64) -> Self {
        Self {
            body,
            chunk: Bytes::new(),
            json: Vec::new(),
            state: State::Outside,
            escapes: Escapes::default(),
            found: 0,
            base64: Vec::new(),
            percent: Percent::None,
            left: max,
            max,
        }
    }

    /// Reads until the data of a data URI begins. Returns false at the body's end.
    async fn next_data_uri(&mut self) -> Result<bool> {
        loop {
            if self.scan()? {
                return Ok(true);
            }
            if !self.refill().await? {
                return Ok(false);
            }
        }
    }

    /// Returns the next decoded bytes of the data that [`Self::next_data_uri`] has found; `None` at its end.
    async fn next_data(&mut self) -> Result<Option<Bytes>> {
        while self.state == State::Data {
            if self.chunk.is_empty() && !self.refill().await? {
                return Err(bad_request("The body broke off within a data URI."));
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

    /// Copies the chunk to the JSON, up to the beginning of data. Returns whether data was found.
    fn scan(&mut self) -> Result<bool> {
        let chunk = std::mem::take(&mut self.chunk);
        for (at, &byte) in chunk.iter().enumerate() {
            if self.json.len() == MAX_JSON {
                let detail = format!("Beside its images, a request may have at most {MAX_JSON} bytes.");
                return Err(Error::new(ErrorCode::TooLarge, detail));
            }
            self.json.push(byte);
            if self.state == State::Outside {
                if byte == b'"' {
                    self.state = State::Prefix { text: Vec::new(), begin: self.json.len() };
                }
                continue;
            }
            match (self.escapes.take(byte), &mut self.state) {
                (Character::End, state) => *state = State::Outside,
                (Character::One(letter), State::Prefix { text, begin }) => {
                    text.push(letter);
                    match is_data_uri(text) {
                        None => {}
                        Some(false) => self.state = State::String,
                        Some(true) => {
                            self.json.truncate(*begin);
                            self.json.extend_from_slice(format!("data:{}\"", self.found).as_bytes());
                            self.found += 1;
                            self.state = State::Data;
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

    /// Decodes the data in the chunk, up to its end.
    fn decode(&mut self) -> Result<Vec<u8>> {
        let mut at = 0;
        while self.state == State::Data && at < self.chunk.len() {
            let rest = &self.chunk[at..];
            let plain = if self.escapes == Escapes::None && self.percent == Percent::None {
                rest.iter().position(|&byte| !is_plain(byte)).unwrap_or(rest.len())
            } else {
                0
            };
            self.base64.extend_from_slice(&rest[..plain]);
            at += plain;
            let Some(&byte) = self.chunk.get(at) else { break };
            at += 1;
            match self.escapes.take(byte) {
                Character::End if self.percent == Percent::None => self.state = State::Outside,
                Character::End => return Err(bad_request(BROKEN)),
                Character::Incomplete => {}
                Character::One(letter) => self.base64.extend(self.percent.take(letter).and_then(normalize)),
            }
        }
        self.chunk = self.chunk.slice(at..);
        let whole = if self.state == State::Data { self.base64.len() / 4 * 4 } else { self.base64.len() };
        let rest = self.base64.split_off(whole);
        let letters = std::mem::replace(&mut self.base64, rest);
        BASE64.decode(letters).map_err(|_| bad_request(BROKEN))
    }
}

/// Whether a byte of the body is a base64 character without an escape.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Maps the URL-safe alphabet to the standard one, and drops white space such as MIME's line ends.
fn normalize(letter: u8) -> Option<u8> {
    match letter {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b' ' | b'\t' | b'\r' | b'\n' => None,
        letter => Some(letter),
    }
}

/// The state of decoding a URI's percent encoding (RFC 3986, 2.1) within the data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Percent {
    #[default]
    None,
    Mark,
    Digit(u32),
}

impl Percent {
    /// Returns the character that this one completes.
    fn take(&mut self, letter: u8) -> Option<u8> {
        let digit = char::from(letter).to_digit(16);
        let (next, letter) = match (*self, digit) {
            (Self::None, _) if letter == b'%' => (Self::Mark, None),
            (Self::None, _) => (Self::None, Some(letter)),
            (Self::Mark, Some(digit)) => (Self::Digit(digit), None),
            (Self::Digit(first), Some(digit)) => {
                (Self::None, Some(u8::try_from(first * 16 + digit).unwrap_or(NON_ASCII)))
            }
            // Base64 has no such character, so that decoding refuses it.
            (Self::Mark | Self::Digit(_), None) => (Self::None, Some(NON_ASCII)),
        };
        *self = next;
        letter
    }
}

/// Whether a string with this beginning is a base64 data URI; `None` while that is undecided.
fn is_data_uri(begin: &[u8]) -> Option<bool> {
    const SCHEME: &[u8] = b"data:";
    const MARK: &[u8] = b"base64";
    let begin = begin.trim_ascii_start();
    let known = begin.len().min(SCHEME.len());
    if !begin[..known].eq_ignore_ascii_case(&SCHEME[..known]) || begin.len() > MAX_PREFIX {
        return Some(false);
    }
    let Some((b',', head)) = begin.split_last() else { return None };
    let head = head.trim_ascii_end();
    let (rest, mark) = head.split_at(head.len().saturating_sub(MARK.len()));
    Some(mark.eq_ignore_ascii_case(MARK) && rest.trim_ascii_end().ends_with(b";"))
}

/// The state of decoding JSON's escapes within a string (RFC 8259, 7). Only those of ASCII characters matter.
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
enum Character {
    /// Within an escape.
    Incomplete,
    One(u8),
    /// The string's closing quote.
    End,
}

/// Stands for any character that is not ASCII, which no data URI has.
const NON_ASCII: u8 = 0xff;

impl Escapes {
    fn take(&mut self, byte: u8) -> Character {
        let (next, letter) = match (*self, byte) {
            (Self::None, b'\\') => (Self::Backslash, Character::Incomplete),
            (Self::None, b'"') => (Self::None, Character::End),
            (Self::None, byte) => (Self::None, Character::One(byte)),
            (Self::Backslash, b'u') => (Self::Hex { digits: 0, value: 0 }, Character::Incomplete),
            (Self::Backslash, b'n') => (Self::None, Character::One(b'\n')),
            (Self::Backslash, b'r') => (Self::None, Character::One(b'\r')),
            (Self::Backslash, b't') => (Self::None, Character::One(b'\t')),
            (Self::Backslash, b'"' | b'\\' | b'/') => (Self::None, Character::One(byte)),
            (Self::Backslash, _) => (Self::None, Character::One(NON_ASCII)),
            (Self::Hex { digits, value }, byte) => match char::from(byte).to_digit(16) {
                Some(digit) if digits < 3 => {
                    (Self::Hex { digits: digits + 1, value: value * 16 + digit }, Character::Incomplete)
                }
                Some(digit) => {
                    let letter = u8::try_from(value * 16 + digit).ok().filter(u8::is_ascii).unwrap_or(NON_ASCII);
                    (Self::None, Character::One(letter))
                }
                None => (Self::None, Character::One(NON_ASCII)),
            },
        };
        *self = next;
        letter
    }
}

fn bad_request(detail: &str) -> Error {
    Error::new(ErrorCode::BadRequest, detail)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures::TryStreamExt as _;

    use super::*;

    /// Extracts the files of a body that arrives in chunks of `size` bytes. Returns the remaining JSON and the files.
    async fn extract_chunked(json: &str, size: usize, max: u64) -> Result<(String, Vec<Vec<u8>>)> {
        let chunks: Vec<_> = json.as_bytes().chunks(size).map(|chunk| Ok::<_, Error>(chunk.to_vec())).collect();
        let body = Body::from_stream(stream::iter(chunks)).into_data_stream();
        let mut extractor = DataUriExtractor::new(body, max);
        let mut files = Vec::new();
        while extractor.next_data_uri().await? {
            let data = stream::try_unfold(&mut extractor, |extractor| async move {
                Ok::<_, Error>(extractor.next_data().await?.map(|bytes| (bytes, extractor)))
            });
            files.push(data.try_concat_bytes().await?);
        }
        Ok((String::from_utf8(extractor.json).unwrap(), files))
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
    async fn files_are_extracted_however_the_body_is_chunked() {
        let json = r#"{"a": "data:image/png;base64,aGVsbG8gd29ybGQ=", "b\"": ["DATA:;base64,aW5r", "data"], "c": "x"}"#;
        for size in 1..json.len() {
            let (rest, files) = extract_chunked(json, size, 1000).await.unwrap();
            assert_eq!(rest, r#"{"a": "data:0", "b\"": ["data:1", "data"], "c": "x"}"#, "{size}");
            assert_eq!(files, [b"hello world".to_vec(), b"ink".to_vec()], "{size}");
        }
    }

    #[tokio::test]
    async fn escapes_line_ends_and_missing_padding_are_decoded() {
        for (uri, bytes) in [
            (r"data:image\/png;base64,\/\/\/+", vec![0xff, 0xff, 0xfe]),
            (r"data:image/png;base64,\u002F\u002f\/\u002B", vec![0xff, 0xff, 0xfe]),
            (r"d\u0061ta:image/png;base64,aW\r\n5r\n", b"ink".to_vec()),
            ("data:;base64,aQ", b"i".to_vec()),
            ("data:;base64,", Vec::new()),
            // White space after the comma or within the data.
            ("data:image/png;base64, aW5r", b"ink".to_vec()),
            ("data:image/png; base64 , aW 5r ", b"ink".to_vec()),
            (" data:image/png;base64,aW5r", b"ink".to_vec()),
            (r"data:image/png;base64,\taW\r\n\t5r\r\n", b"ink".to_vec()),
            // The URL-safe alphabet and percent encoding.
            ("data:image/png;base64,___-", vec![0xff, 0xff, 0xfe]),
            ("data:image/png;charset=utf-8;base64,%2F%2f/%2Baa%3D%3D", vec![0xff, 0xff, 0xfe, 0x69]),
            ("data:image/png;base64,aW%0D%0A5r%20", b"ink".to_vec()),
        ] {
            for size in [1, 7, 1000] {
                let (rest, files) = extract_chunked(&format!("[\"{uri}\"]"), size, 1000).await.unwrap();
                assert_eq!((rest.as_str(), files), (r#"["data:0"]"#, vec![bytes.clone()]), "{uri}");
            }
        }
    }

    #[tokio::test]
    async fn strings_that_are_not_data_uris_stay() {
        let long = format!(r#"["data:{};base64,aW5r"]"#, "x".repeat(300));
        for json in [r#"["data:text/plain,ink", "data:", "dat\u00e4:;base64,aW5r", "base64,"]"#, "{", "\"\\", &long] {
            assert_eq!(extract_chunked(json, 3, 1000).await.unwrap(), (json.to_owned(), Vec::new()));
        }
    }

    #[tokio::test]
    async fn broken_and_too_large_files_are_refused() {
        let refused = async |json: &str, max| extract_chunked(json, 5, max).await.unwrap_err().code;
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
