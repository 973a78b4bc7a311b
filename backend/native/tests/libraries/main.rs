//! What the children's libraries make of documents, in the test's own process.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

mod annotate;
mod decode_cut;
mod decode_further_images;
mod decode_images;
mod decode_kinds;
mod decode_metadata;
mod decode_original;
mod decode_pdf;
mod decode_tables;
mod decode_text;
mod decode_text_marks;
mod decode_text_order;
mod decode_text_shown;
mod decode_tiff;
mod decode_transparency;
mod opening;
mod ppocr;
mod reading_quality;
mod recorded_boxes;
mod scripts;
mod tesseract_lines;
mod tesseract_prepared;
