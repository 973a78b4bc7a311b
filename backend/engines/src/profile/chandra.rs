//! Chandra of Datalab: `chandra`, its version 2, and `chandra-1`. Source: `chandra/prompts.py` (`ocr_layout`), `chandra/settings.py`,
//! `chandra/input.py`, `chandra/model/vllm.py` and `chandra/model/util.py` of <https://github.com/datalab-to/chandra>; for version 2, those files
//! in the package `chandra-ocr` 0.2.0 of `PyPI`. The prompt without a layout (`ocr`) is not used.

use std::borrow::Cow;

use inkstream_core::{image::ImageEncoding, ports::ReadRequest};
use inkstream_wire::Task;
use serde_json::{Map, Value, json};

use super::family::{Family, PartOrder};
use crate::parse::HtmlLayout;

/// Version 2. A model that is served as `chandra`, as the makers' script names both versions, is taken for it.
pub(super) static FAMILY: Family = Family {
    name: "chandra",
    model_names: &["chandra", "datalab-to/chandra-ocr-2"],
    prompt: |request| prompt(request, LAYOUT_2),
    // Each retry is warmer by 0.2, up to 0.8.
    temperatures: &[0.0, 0.2, 0.4, 0.6, 0.8],
    parser: |input| Box::new(HtmlLayout::new(input.request, 1000.0, input.image.width, input.image.height)),
    ..FAMILY_1
};

/// Version 1.
pub(super) static FAMILY_OF_1: Family = FAMILY_1;

const FAMILY_1: Family = Family {
    name: "chandra-1",
    model_names: &["chandra-1", "datalab-to/chandra"],
    tasks: &[Task::Markdown, Task::Layout],
    sizes: &[],
    system: None,
    prompt: |request| prompt(request, LAYOUT_1),
    order: PartOrder::ImageFirst,
    dpi: 192.0,
    // A square of 3,072 x 2,048 pixels, to which larger images are scaled down.
    max_side: 2508,
    format: ImageEncoding::Png,
    temperatures: &[0.0, 0.3],
    max_tokens: Some(12_384),
    extra,
    // `MAX_VLLM_RETRIES` is 6.
    attempts: 7,
    // 3,072 x 2,048 pixels in squares of 32, and the prompt.
    image_tokens: 6_900,
    parser: |input| Box::new(HtmlLayout::new(input.request, 1024.0, input.image.width, input.image.height)),
};

fn prompt(request: &ReadRequest, layout: &'static str) -> Option<Cow<'static, str>> {
    matches!(request.task, Task::Markdown | Task::Layout).then_some(Cow::Borrowed(layout))
}

/// The makers' value for retries. At temperature 0, the first attempt's, it has no effect.
fn extra() -> Map<String, Value> {
    Map::from_iter([("top_p".to_owned(), json!(0.95))])
}

/// Of version 2, whose bounds are thousandths.
const LAYOUT_2: &str = "OCR this image to HTML, arranged as layout blocks.  Each layout block should be a div with the \
    data-bbox attribute representing the bounding box of the block in x0 y0 x1 y1 format.  Bboxes are \
    normalized 0-1000. The data-label attribute is the label for the block.\n\n\
    Use the following labels:\n\
    - Caption\n\
    - Footnote\n\
    - Equation-Block\n\
    - List-Group\n\
    - Page-Header\n\
    - Page-Footer\n\
    - Image\n\
    - Section-Header\n\
    - Table\n\
    - Text\n\
    - Complex-Block\n\
    - Code-Block\n\
    - Form\n\
    - Table-Of-Contents\n\
    - Figure\n\
    - Chemical-Block\n\
    - Diagram\n\
    - Bibliography\n\
    - Blank-Page\n\n\
    Only use these tags ['math', 'br', 'i', 'b', 'u', 'del', 'sup', 'sub', 'table', 'tr', 'td', 'p', 'th', \
    'div', 'pre', 'h1', 'h2', 'h3', 'h4', 'h5', 'ul', 'ol', 'li', 'input', 'a', 'span', 'img', 'hr', \
    'tbody', 'small', 'caption', 'strong', 'thead', 'big', 'code', 'chem'], and these attributes ['class', \
    'colspan', 'rowspan', 'display', 'checked', 'type', 'border', 'value', 'style', 'href', 'alt', 'align', \
    'data-bbox', 'data-label'].\n\n\
    Guidelines:\n\
    * Inline math: Surround math with <math>...</math> tags. Math expressions should be rendered in \
    KaTeX-compatible LaTeX. Use display for block math.\n\
    * Tables: Use colspan and rowspan attributes to match table structure.\n\
    * Formatting: Maintain consistent formatting with the image, including spacing, indentation, \
    subscripts/superscripts, and special characters.\n\
    * Images: Include a description of any images in the alt attribute of an <img> tag. Do not fill out the \
    src property. Describe in detail inside the div tag. Also convert charts to high fidelity data, and \
    convert diagrams to mermaid.\n\
    * Forms: Mark checkboxes and radio buttons properly.\n\
    * Text: join lines together properly into paragraphs using <p>...</p> tags.  Use <br> tags for line \
    breaks within paragraphs, but only when absolutely necessary to maintain meaning.\n\
    * Chemistry: Use <chem>...</chem> tags for chemical formulas with reactive SMILES.\n\
    * Lists: Preserve indents and proper list markers.\n\
    * Use the simplest possible HTML structure that accurately represents the content of the block.\n\
    * Make sure the text is accurate and easy for a human to read and interpret.  Reading order should be \
    correct and natural.";

/// Of version 1, with `{bbox_scale}` filled in.
const LAYOUT_1: &str = "OCR this image to HTML, arranged as layout blocks.  Each layout block should be a div with the \
    data-bbox attribute representing the bounding box of the block in [x0, y0, x1, y1] format.  Bboxes are \
    normalized 0-1024. The data-label attribute is the label for the block.\n\n\
    Use the following labels:\n\
    - Caption\n\
    - Footnote\n\
    - Equation-Block\n\
    - List-Group\n\
    - Page-Header\n\
    - Page-Footer\n\
    - Image\n\
    - Section-Header\n\
    - Table\n\
    - Text\n\
    - Complex-Block\n\
    - Code-Block\n\
    - Form\n\
    - Table-Of-Contents\n\
    - Figure\n\n\
    Only use these tags ['math', 'br', 'i', 'b', 'u', 'del', 'sup', 'sub', 'table', 'tr', 'td', 'p', 'th', \
    'div', 'pre', 'h1', 'h2', 'h3', 'h4', 'h5', 'ul', 'ol', 'li', 'input', 'a', 'span', 'img', 'hr', \
    'tbody', 'small', 'caption', 'strong', 'thead', 'big', 'code'], and these attributes ['class', \
    'colspan', 'rowspan', 'display', 'checked', 'type', 'border', 'value', 'style', 'href', 'alt', 'align'].\n\n\
    Guidelines:\n\
    * Inline math: Surround math with <math>...</math> tags. Math expressions should be rendered in \
    KaTeX-compatible LaTeX. Use display for block math.\n\
    * Tables: Use colspan and rowspan attributes to match table structure.\n\
    * Formatting: Maintain consistent formatting with the image, including spacing, indentation, \
    subscripts/superscripts, and special characters.\n\
    * Images: Include a description of any images in the alt attribute of an <img> tag. Do not fill out the \
    src property.\n\
    * Forms: Mark checkboxes and radio buttons properly.\n\
    * Text: join lines together properly into paragraphs using <p>...</p> tags.  Use <br> tags for line \
    breaks within paragraphs, but only when absolutely necessary to maintain meaning.\n\
    * Use the simplest possible HTML structure that accurately represents the content of the block.\n\
    * Make sure the text is accurate and easy for a human to read and interpret.  Reading order should be \
    correct and natural.";
