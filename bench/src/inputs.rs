//! The inputs: a PDF of text pages, and images of such pages.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};
use tokio::process::Command;

use crate::Bench;

/// A4 in points.
const PAGE: Rect = Rect { x1: 0.0, y1: 0.0, x2: 595.0, y2: 842.0 };
const LINES: usize = 46;
const WORDS_A_LINE: usize = 13;
const WORDS: &str = "the river turned slowly under old stone arches while people on both banks carried baskets of \
    apples and bread towards a market that opened every morning before light nobody remembered who had first \
    put tables there but records from many years ago mention salt wool copper letters written about prices";

/// A PDF with this number of pages full of text, each different, in a font that is not embedded.
pub(crate) fn pdf(pages: usize) -> Vec<u8> {
    let mut next = Ref::new(1);
    let (catalog, tree, font) = (next.bump(), next.bump(), next.bump());
    let ids: Vec<(Ref, Ref)> = (0..pages).map(|_| (next.bump(), next.bump())).collect();
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids(ids.iter().map(|(page, _)| *page)).count(i32::try_from(pages).unwrap_or(i32::MAX));
    pdf.type1_font(font).base_font(Name(b"Helvetica"));
    for (number, (page_id, content_id)) in ids.into_iter().enumerate() {
        let mut page = pdf.page(page_id);
        page.parent(tree).media_box(PAGE).contents(content_id);
        page.resources().fonts().pair(Name(b"F"), font);
        page.finish();
        pdf.stream(content_id, &content(number));
    }
    pdf.finish()
}

fn content(number: usize) -> Vec<u8> {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    // A small generator of Knuth's: the same pages every time.
    let mut state = number as u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[(state >> 33) as usize % words.len()]
    };
    let mut content = Content::new();
    content.begin_text().set_font(Name(b"F"), 10.0).set_leading(16.0).next_line(56.0, 780.0);
    content.show(Str(format!("Page {}", number + 1).as_bytes())).next_line_using_leading();
    for _ in 0..LINES {
        let line: Vec<&str> = (0..WORDS_A_LINE).map(|_| word()).collect();
        content.show(Str(line.join(" ").as_bytes())).next_line_using_leading();
    }
    content.end_text();
    content.finish().to_vec()
}

/// The images' colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colours {
    Grey,
    Rgb,
}

/// PNGs of the first pages at a resolution, made once in a folder of that name.
pub(crate) async fn images(bench: &Bench, pages: usize, dpi: u32, colours: Colours) -> Result<Vec<PathBuf>> {
    let folder = bench.work.path().join(format!("{pages}-pages-{dpi}-dpi-{colours:?}"));
    if !folder.exists() {
        fs::create_dir(&folder)?;
        let source = bench.work.path().join("source.pdf");
        fs::write(&source, pdf(pages))?;
        let mut render = Command::new(&bench.python);
        render.arg(bench.fastapi.join("render.py")).args([&source, &folder]).arg(dpi.to_string());
        render.arg(if colours == Colours::Grey { "grey" } else { "rgb" });
        ensure!(render.status().await?.success(), "the images could not be made");
    }
    (1..=pages).map(|number| existing(folder.join(format!("{number:04}.png")))).collect()
}

fn existing(path: PathBuf) -> Result<PathBuf> {
    ensure!(Path::exists(&path), "{} was not made", path.display());
    Ok(path)
}
