//! PDFium, Tesseract and image decoding in sandboxed child processes
