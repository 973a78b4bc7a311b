//! dots.ocr and dots.mocr. Source: `dots_ocr/utils/prompts.py` (`prompt_layout_all_en`, `prompt_ocr`), `dots_ocr/model/inference.py` and, for the
//! image's size, `dots_ocr/utils/image_utils.py`, <https://github.com/rednote-hilab/dots.ocr>.

use std::borrow::Cow;

use inkstream_core::image::ImageEncoding;
use inkstream_wire::Task;
use serde_json::{Map, Value, json};

use super::family::{ATTEMPTS, Family, PartOrder};
use crate::parse::{Fence, JsonLayout};

pub(super) static FAMILY: Family = Family {
    name: "dots-ocr",
    model_names: &["dots.ocr", "dots.mocr", "dots-ocr", "dots-mocr", "dotsocr", "dotsmocr"],
    tasks: &[Task::Markdown, Task::Text, Task::Layout],
    sizes: &[],
    system: None,
    prompt: |request| prompt(request.task).map(Cow::Borrowed),
    order: PartOrder::ImageFirst,
    dpi: 200.0,
    // A4 at the 200 dpi that its makers recommend.
    max_side: 2339,
    format: ImageEncoding::Png,
    temperatures: &[0.1, 0.3, 0.6],
    // Its makers allow 32,768, of which a page needs a fraction; as many would be reserved of a user's quota.
    max_tokens: Some(16_384),
    extra,
    attempts: ATTEMPTS,
    image_tokens: 5_000,
    parser: |input| match input.request.task {
        Task::Markdown | Task::Layout => {
            let (width, height) = (input.image.width, input.image.height);
            Box::new(JsonLayout::new(input.request, [width, height], seen(width, height)))
        }
        task => Box::new(Fence::new(task)),
    },
};

fn prompt(task: Task) -> Option<&'static str> {
    match task {
        Task::Markdown | Task::Layout => Some(LAYOUT),
        Task::Text => Some(TEXT),
        _ => None,
    }
}

// Without the image's placeholder vLLM puts a line feed before the text, as its makers note.
const TEXT: &str = "<|img|><|imgpad|><|endofimg|>Extract the text content from this image.";
const LAYOUT: &str = "<|img|><|imgpad|><|endofimg|>Please output the layout information from the PDF image, \
    including each layout element's bbox, its category, and the corresponding text content within the bbox.\n\n\
    1. Bbox format: [x1, y1, x2, y2]\n\n\
    2. Layout Categories: The possible categories are ['Caption', 'Footnote', 'Formula', 'List-item', \
    'Page-footer', 'Page-header', 'Picture', 'Section-header', 'Table', 'Text', 'Title'].\n\n\
    3. Text Extraction & Formatting Rules:\
    \n    - Picture: For the 'Picture' category, the text field should be omitted.\
    \n    - Formula: Format its text as LaTeX.\
    \n    - Table: Format its text as HTML.\
    \n    - All Others (Text, Title, etc.): Format their text as Markdown.\n\n\
    4. Constraints:\
    \n    - The output text must be the original text from the image, with no translation.\
    \n    - All layout elements must be sorted according to human reading order.\n\n\
    5. Final Output: The entire output must be a single JSON object.\n";

fn extra() -> Map<String, Value> {
    Map::from_iter([("top_p".to_owned(), json!(0.9))])
}

/// The size to which the model's image processor scales an image, in whose pixels its boxes are: `smart_resize`, with its default
/// values.
fn seen(width: u32, height: u32) -> [f64; 2] {
    const FACTOR: f64 = 28.0;
    const MIN_PIXELS: f64 = 3_136.0;
    const MAX_PIXELS: f64 = 11_289_600.0;
    let sides = [f64::from(width), f64::from(height)];
    let pixels = sides[0] * sides[1];
    // Python rounds halves to even numbers.
    let scaled = sides.map(|side| ((side / FACTOR).round_ties_even() * FACTOR).max(FACTOR));
    let area = scaled[0] * scaled[1];
    if area > MAX_PIXELS {
        let by = (pixels / MAX_PIXELS).sqrt();
        sides.map(|side| ((side / by / FACTOR).floor() * FACTOR).max(FACTOR))
    } else if area < MIN_PIXELS {
        let by = (MIN_PIXELS / pixels).sqrt();
        sides.map(|side| (side * by / FACTOR).ceil() * FACTOR)
    } else {
        scaled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_that_the_model_sees_is_that_of_smart_resize() {
        // Computed with the makers' function.
        for (size, expected) in [
            ([1654, 2339], [1652, 2352]),
            ([999, 999], [1008, 1008]),
            ([28, 28], [56, 56]),
            ([30, 40], [56, 84]),
            ([4000, 5000], [2996, 3752]),
            ([5600, 3000], [4564, 2436]),
            ([28, 5000], [28, 5012]),
            ([70, 98], [56, 112]),
        ] {
            assert_eq!(seen(size[0], size[1]).map(|side| side as u32), expected, "{size:?}");
        }
    }
}
