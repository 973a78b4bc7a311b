//! Decodes file names of any encoding.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257, WINDOWS_1258,
};

/// The code pages of Windows for alphabets that add letters to ASCII.
const LATIN: [&Encoding; 5] = [WINDOWS_1250, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257, WINDOWS_1258];
/// Its other code pages. Who does not send UTF-8 sends the code page of its system; systems without code pages have UTF-8.
const OTHERS: [&Encoding; 10] =
    [GBK, GB18030, BIG5, SHIFT_JIS, EUC_KR, WINDOWS_874, WINDOWS_1251, WINDOWS_1253, WINDOWS_1255, WINDOWS_1256];

/// Decodes UTF-8, or else the encoding that the bytes look like. Bytes that are none become U+FFFD.
///
/// A name is short for the detector, which counts letters: it takes two Chinese characters for Latin or Cyrillic letters. So its
/// guess counts only if it is a code page and reads as text.
pub(super) fn decode(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let text = lossy(guess, bytes);
    if OTHERS.contains(&guess) || (LATIN.contains(&guess) && is_plausible_latin(&text)) {
        return text;
    }
    let latin = || Some(lossy(WINDOWS_1252, bytes)).filter(|text| is_plausible_latin(text));
    east_asian(bytes).or_else(latin).unwrap_or(text)
}

fn lossy(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Whether words could be written so: no symbol is beside a letter with an accent, except for quotation marks, and such letters
/// are not in long rows.
fn is_plausible_latin(text: &str) -> bool {
    let in_words = |c: char| c.is_alphabetic() || matches!(c, '«' | '»' | '“' | '”' | '„' | '‘' | '’');
    text.split(|c: char| c.is_ascii()).all(|run| match run.chars().count() {
        0 | 1 => true,
        2 | 3 => run.chars().all(in_words),
        _ => false,
    })
}

/// Decodes an encoding of two bytes a character, if all of them are East Asian letters then.
fn east_asian(bytes: &[u8]) -> Option<String> {
    // The bytes that characters in common use begin with tell the encodings apart.
    let (encoding, pairs_only) = match bytes.iter().find(|byte| !byte.is_ascii())? {
        0x81..=0x9f => (SHIFT_JIS, false),
        0xa4..=0xaf => (BIG5, true),
        _ => (GBK, true),
    };
    // The second byte may be ASCII. However, an accented Latin letter may also be followed by an ASCII byte.
    let is_pairs = bytes.split(u8::is_ascii).all(|run| run.len() % 2 == 0);
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let fits = |c: char| {
        c.is_ascii() || matches!(c, '\u{3000}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
    };
    ((is_pairs || !pairs_only) && text.chars().all(fits)).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoding: &'static Encoding, name: &str) -> String {
        let (bytes, _, unmappable) = encoding.encode(name);
        assert!(!unmappable, "{name}");
        decode(&bytes)
    }

    #[test]
    fn utf_8_goes_before_every_other_encoding() {
        for name in ["é.png", "大.png", "あ.png", "Größe 大.png", "", "plain"] {
            assert_eq!(decode(name.as_bytes()), name);
        }
    }

    #[test]
    fn short_names_of_windows_code_pages_are_decoded() {
        for (encoding, names) in [
            (GBK, &["大.png", "扫描.png", "发票.jpg", "李明.png", "合同 2.pdf", "新建文件夹"][..]),
            (SHIFT_JIS, &["あ.png", "書類.png", "画像1.jpg", "スキャン.png", "見積書.pdf"]),
            (BIG5, &["文件.pdf", "掃描.png", "照片.png", "合約書.pdf"]),
            (EUC_KR, &["문서.pdf", "영수증.pdf", "계약서.pdf"]),
            (WINDOWS_1251, &["Скан.png", "Договор.pdf"]),
            (
                WINDOWS_1252,
                &[
                    "é.png",
                    "naïve.png",
                    "Größe.png",
                    "ÄÖÜ.png",
                    "reçu n°1.pdf",
                    "Prüfung – Kopie.pdf",
                    "10 €.pdf",
                    "«été».png",
                ],
            ),
        ] {
            for name in names {
                assert_eq!(decoded(encoding, name), *name, "{}", encoding.name());
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_decoded_and_ascii_stays(bytes: Vec<u8>, name in "[ -~]{0,40}") {
            decode(&bytes);
            proptest::prop_assert_eq!(decode(name.as_bytes()), name);
        }
    }
}
