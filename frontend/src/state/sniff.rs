//! Which route a file belongs to, by its first bytes.

use inkstream_wire::DocumentKind;

/// How many bytes [`sniff`] wants: a PDF may have junk before its header.
pub(crate) const SNIFF_BYTES: u32 = 1024;

/// PDF or picture. What is neither is called a picture, so that the server says what is wrong.
pub(crate) fn sniff(head: &[u8]) -> DocumentKind {
    if head.windows(5).any(|window| window == b"%PDF-") { DocumentKind::Pdf } else { DocumentKind::Image }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pdf_is_known_by_its_header_even_after_junk() {
        assert_eq!(sniff(b"%PDF-1.7\n"), DocumentKind::Pdf);
        assert_eq!(sniff(b"\xef\xbb\xbfjunk\n%PDF-1.4"), DocumentKind::Pdf);
    }

    #[test]
    fn all_else_goes_to_the_picture_route() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n"), DocumentKind::Image);
        assert_eq!(sniff(b""), DocumentKind::Image);
    }
}
