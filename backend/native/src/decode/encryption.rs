//! A PDF's encryption dictionary. PDFium reports an unknown encryption as a wrong password.

/// The latest version of the standard handler (ISO 32000-2, table 20).
const LATEST: u32 = 5;
/// The maximum length of an encryption dictionary that is searched, in bytes. The longest real ones have 1 KiB.
const DICTIONARY: usize = 8 << 10;

/// Whether the file is encrypted by an unknown version of the standard handler. If the dictionary is not found, the
/// answer is no: it only chooses between two messages of the same refusal.
pub(super) fn is_unknown(file: &[u8]) -> bool {
    version(file).is_some_and(|version| version > LATEST)
}

fn version(file: &[u8]) -> Option<u32> {
    let named = value(file, b"/Encrypt")?;
    let dictionary = if named.starts_with(b"<<") {
        named
    } else {
        // `12 0 R` refers to the object that begins with `12 0 obj`.
        let reference = std::str::from_utf8(named.get(..named.iter().position(|byte| *byte == b'R')?)?).ok()?;
        let (number, generation) = reference.trim().split_once(' ')?;
        let (number, generation): (u32, u32) = (number.parse().ok()?, generation.trim().parse().ok()?);
        let start = format!("{number} {generation} obj");
        &file[last(file, start.as_bytes(), |before, _| !before.is_some_and(|byte| byte.is_ascii_digit()))?..]
    };
    let version = value(&dictionary[..dictionary.len().min(DICTIONARY)], b"/V")?;
    let digits = version.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&version[..digits]).ok()?.parse().ok()
}

/// The bytes after the last occurrence of the key. Longer names such as `/EncryptMetadata` do not count.
fn value<'a>(bytes: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let ends = |after: Option<u8>| after.is_some_and(|byte| byte.is_ascii_whitespace() || byte == b'<');
    let at = last(bytes, key, |_, after| ends(after))?;
    Some(bytes[at + key.len()..].trim_ascii_start())
}

/// The last position of `wanted` whose neighbouring bytes satisfy `fits`.
fn last(bytes: &[u8], wanted: &[u8], fits: impl Fn(Option<u8>, Option<u8>) -> bool) -> Option<usize> {
    let beside = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied();
    bytes.windows(wanted.len()).enumerate().rev().find_map(|(at, window)| {
        (window == wanted && fits(beside(at.checked_sub(1)), beside(Some(at + wanted.len())))).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_place_and_by_reference() {
        assert_eq!(version(b"<< /Encrypt << /CF << /StdCF << /CFM /V2 >> >> /V 99 >> >>"), Some(99));
        let file = b"112 0 obj << /V 1 >> 12 0 obj\n<< /Filter /Standard /V 5 >>\nendobj trailer << /Encrypt 12 0 R >>";
        assert_eq!(version(file), Some(5));
        assert!(is_unknown(b"12 0 obj << /V 6 >> /Encrypt 12 0 R /EncryptMetadata true"));
    }

    #[test]
    fn what_says_nothing_is_not_unknown() {
        for file in
            [&b""[..], b"/Encrypt", b"/Encrypt ", b"/Encrypt 1 0 R", b"/Encrypt R", b"/Encrypt << /V >>", b"/V 99"]
        {
            assert!(!is_unknown(file), "{}", String::from_utf8_lossy(file));
        }
        assert!(!is_unknown(b"/Encrypt << /V 99999999999 >>"));
    }
}
