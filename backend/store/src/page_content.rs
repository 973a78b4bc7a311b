//! The content of pages: JSON of the content model, compressed where it is long.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use inkstream_content::{PageContent, VERSION};
use inkstream_core::Error;

use crate::error::StoreError;

/// Longer JSON is compressed. Zlib's header never begins as JSON does (RFC 1950, section 2.2).
const MAX_PLAIN_BYTES: usize = 4 * 1024;
/// The maximum decompressed size: some hundred times the largest page seen.
const MAX_BYTES: u64 = 256 << 20;

/// Encodes content as a column.
pub(crate) fn encode(content: &PageContent) -> Result<Vec<u8>, StoreError> {
    let internal = |error: std::io::Error| StoreError::Domain(Error::internal(error));
    let json = serde_json::to_vec(content).map_err(|error| StoreError::Domain(Error::internal(error)))?;
    if json.len() <= MAX_PLAIN_BYTES {
        return Ok(json);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&json).map_err(internal)?;
    encoder.finish().map_err(internal)
}

/// Decodes the column.
pub(crate) fn decode(bytes: &[u8]) -> Result<PageContent, StoreError> {
    let corrupt = || StoreError::corrupt("pages.content");
    let content: PageContent = if bytes.starts_with(b"{") {
        serde_json::from_slice(bytes).map_err(|_| corrupt())?
    } else {
        let mut json = Vec::new();
        ZlibDecoder::new(bytes).take(MAX_BYTES).read_to_end(&mut json).map_err(|_| corrupt())?;
        serde_json::from_slice(&json).map_err(|_| corrupt())?
    };
    // A newer server's content may say what this one does not understand.
    if content.version > VERSION { Err(corrupt()) } else { Ok(content) }
}

#[cfg(test)]
mod tests {
    use inkstream_content::from_markdown;

    use super::*;

    #[test]
    fn content_is_stored_plain_or_compressed_and_comes_back_whole() {
        for lines in [1, 5_000] {
            let content = from_markdown(&"A line of text.\n\n".repeat(lines), Vec::new());
            let stored = encode(&content).unwrap();
            assert!(stored.len() < 100_000, "{}", stored.len());
            assert_eq!(stored.starts_with(b"{"), lines == 1);
            assert_eq!(decode(&stored).unwrap(), content);
        }
    }

    #[test]
    fn content_that_is_damaged_or_newer_is_refused() {
        for bytes in [&b""[..], b"{", b"{}", b"\x78\x9cxx", br#"{"version":99,"blocks":[]}"#] {
            assert!(decode(bytes).is_err());
        }
    }
}
