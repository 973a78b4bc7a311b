//! Detects the kind of a file by its content.

use image::ImageFormat;
use inkstream_core::ports::FileFormat;

use super::DecoderLibrary;

/// The range in bytes in which a PDF's header may begin (PDF 1.7, implementation note 13).
pub(super) const HEAD: u64 = 1024;

/// A kind of file that can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Png,
    Tiff,
    /// A format of the image crate: JPEG, WebP, BMP, GIF, PNM.
    StillImage(ImageFormat),
    /// HEIC or AVIF, by libheif.
    Heif(FileFormat),
    /// JPEG 2000.
    Jp2,
    Pdf,
}

impl Kind {
    /// The library that opens it.
    pub(super) const fn library(self) -> DecoderLibrary {
        match self {
            Self::Pdf => DecoderLibrary::Pdfium,
            Self::Tiff => DecoderLibrary::Tiff,
            Self::Heif(_) => DecoderLibrary::Heif,
            Self::StillImage(ImageFormat::WebP) => DecoderLibrary::WebP,
            Self::Png | Self::StillImage(_) | Self::Jp2 => DecoderLibrary::BuiltIn,
        }
    }
}

/// The kind of a file that begins with `head`. Images' signatures are at the very start and come first; a PDF's header
/// may come later. So a file that is both is an image.
pub(super) fn sniff(head: &[u8]) -> Option<Kind> {
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Kind::Png),
        [0xff, 0xd8] | [0xff, 0xd8, 0xff, ..] => Some(Kind::StillImage(ImageFormat::Jpeg)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Kind::StillImage(ImageFormat::WebP)),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Kind::StillImage(ImageFormat::Gif)),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Kind::Tiff),
        [_, _, _, _, b'f', b't', b'y', b'p', brands @ ..] => heif(head, brands).map(Kind::Heif),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', b'\r', b'\n', 0x87, b'\n', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => {
            Some(Kind::Jp2)
        }
        [b'B', b'M', rest @ ..] if is_bitmap(rest) => Some(Kind::StillImage(ImageFormat::Bmp)),
        [b'P', b'1'..=b'7', b' ' | b'\t' | b'\r' | b'\n' | b'#', ..] | [b'P', b'1'..=b'7'] => {
            Some(Kind::StillImage(ImageFormat::Pnm))
        }
        _ => head.windows(5).any(|window| window == b"%PDF-").then_some(Kind::Pdf),
    }
}

/// Detects HEIC and AVIF by the brands of an ISO base media file (ISO 14496-12): the major brand, a version, and the
/// compatible ones. Films have the same format and are refused.
fn heif(head: &[u8], brands: &[u8]) -> Option<FileFormat> {
    let len = head.get(..4).map_or(0, |len| len.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)));
    let mut brands = brands.get(..len.saturating_sub(8)).unwrap_or(brands).chunks_exact(4).peekable();
    let major = brands.peek().copied()?;
    let is_heif = |brand: &[u8]| {
        matches!(
            brand,
            b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"hevm" | b"hevs" | b"mif1" | b"msf1"
        )
    };
    let is_avif = |brand: &[u8]| matches!(brand, b"avif" | b"avis");
    match () {
        () if is_avif(major) || is_heif(major) && brands.any(is_avif) => Some(FileFormat::Avif),
        () if is_heif(major) => Some(FileFormat::Heic),
        () => None,
    }
}

/// Whether a file of the ISO base media format holds a sequence of images (ISO 23008-12, 7), such as an animated AVIF.
pub(super) fn is_sequence(head: &[u8]) -> bool {
    let len = head.get(..4).map_or(0, |len| len.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)));
    let brands = head.get(8..len.clamp(8, head.len().max(8))).unwrap_or_default();
    brands.chunks_exact(4).any(|brand| matches!(brand, b"avis" | b"msf1" | b"hevc" | b"hevx" | b"hevm" | b"hevs"))
}

/// Whether a bitmap header follows `BM`, because two letters are too weak a signature. The sizes are those of
/// `BITMAPCOREHEADER` to `BITMAPV5HEADER`.
fn is_bitmap(after_signature: &[u8]) -> bool {
    match after_signature.get(12..16) {
        Some(size) => matches!(size, [12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]),
        None => {
            after_signature.iter().any(|byte| !byte.is_ascii_graphic() && *byte != b' ') || after_signature.is_empty()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_goes_before_a_pdf_inside_it() {
        let mut both = b"\x89PNG\r\n\x1a\n".to_vec();
        both.extend_from_slice(b"%PDF-1.7");
        assert_eq!(sniff(&both), Some(Kind::Png));
    }

    #[test]
    fn a_pdf_may_begin_with_junk() {
        assert_eq!(sniff(b"\r\njunk %PDF-1.4\n"), Some(Kind::Pdf));
    }

    #[test]
    fn the_brands_of_a_media_file_distinguish_images_from_films() {
        let file = |brands: &[&[u8; 4]]| {
            let len = u8::try_from(8 + 4 * brands.len()).unwrap_or(0);
            let brands: Vec<u8> = brands.iter().copied().flatten().copied().collect();
            [&[0, 0, 0, len][..], b"ftyp", &brands, b"\0\0\0\x10metaavif"].concat()
        };
        for (brands, kind) in [
            (&[b"heic", b"\0\0\0\0", b"mif1"][..], Some(FileFormat::Heic)),
            (&[b"mif1", b"\0\0\0\0", b"heic"], Some(FileFormat::Heic)),
            (&[b"mif1", b"\0\0\0\0", b"avif"], Some(FileFormat::Avif)),
            (&[b"avif", b"\0\0\0\0"], Some(FileFormat::Avif)),
            (&[b"isom", b"\0\0\x02\0", b"avc1"], None),
            (&[b"qt  ", b"\0\0\0\0"], None),
        ] {
            assert_eq!(sniff(&file(brands)), kind.map(Kind::Heif), "{brands:?}");
        }
        assert_eq!(sniff(b"\0\0\0\x0cftyp"), None);
        for (brands, sequence) in [
            (&[b"avis", b"\0\0\0\0", b"avif"][..], true),
            (&[b"avif", b"\0\0\0\0", b"mif1", b"avis"], true),
            (&[b"heic", b"\0\0\0\0", b"mif1", b"miaf"], false),
        ] {
            assert_eq!(is_sequence(&file(brands)), sequence, "{brands:?}");
        }
        assert!(!is_sequence(b"\0\0\0\x0cftyp") && !is_sequence(b""));
    }

    #[test]
    fn scripts_and_prose_are_nothing() {
        for text in [
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "%!PS-Adobe-3.0 EPSF",
            "<html></html>",
            "push graphic-context",
        ] {
            assert_eq!(sniff(text.as_bytes()), None, "{text}");
        }
        assert_eq!(sniff(b"BMW builds cars, and so on and so forth."), None);
        assert_eq!(sniff(b"P2P networks"), None);
    }
}
