//! Selects the route of a file by its first bytes.

use inkstream_wire::DocumentKind;

/// The number of bytes that [`sniff`] needs. A PDF may have other bytes before its header.
pub(crate) const SNIFF_BYTES: u32 = 1024;

/// Whether it is a PDF or an image. Everything else is sent as an image, so that the server reports the error.
pub(crate) fn sniff(head: &[u8]) -> DocumentKind {
    if head.windows(5).any(|window| window == b"%PDF-") { DocumentKind::Pdf } else { DocumentKind::Image }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pdf_is_recognized_by_its_header_even_after_other_bytes() {
        assert_eq!(sniff(b"%PDF-1.7\n"), DocumentKind::Pdf);
        assert_eq!(sniff(b"\xef\xbb\xbfjunk\n%PDF-1.4"), DocumentKind::Pdf);
    }

    #[test]
    fn everything_else_is_an_image() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n"), DocumentKind::Image);
        assert_eq!(sniff(b""), DocumentKind::Image);
    }
}
