//! DeepSeek-OCR's grounding tags in hostile answers: no panic, no tag in the text, no box outside the image, and the
//! same result however the answer is split.

#![no_main]

use arbitrary::Arbitrary;
use inkstream_engines::ground;
use inkstream_wire::Task;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    task: usize,
    width: u16,
    height: u16,
    deltas: Vec<&'a str>,
}

fuzz_target!(|input: Input<'_>| {
    let task = Task::ALL[input.task % Task::ALL.len()];
    let (width, height) = (u32::from(input.width), u32::from(input.height));
    let deltas = input.deltas.iter().copied().filter(|delta| !delta.is_empty());
    let Some((text, boxes)) = ground(task, width, height, deltas) else { panic!("an answer was refused") };
    for token in ["<|ref|>", "<|/ref|>", "<|det|>", "<|/det|>"] {
        assert!(!text.contains(token));
    }
    for bounds in &boxes {
        assert!(bounds.x + bounds.width <= width && bounds.y + bounds.height <= height);
    }
    let answer = input.deltas.concat();
    let whole = ground(task, width, height, [answer.as_str()]);
    assert_eq!(whole, Some((text, boxes)));
});
