//! The decoder returns the same values however the bytes are split.
#![expect(clippy::unwrap_used, reason = "what a test did not expect fails it")]

use inkstream_wire::{EventBody, NdjsonDecoder, NdjsonError, OcrEvent};
use proptest::prelude::*;

fn read(chunks: &[&[u8]]) -> Vec<Result<OcrEvent, String>> {
    let mut decoder = NdjsonDecoder::default();
    let mut values: Vec<Result<OcrEvent, NdjsonError>> = chunks.iter().flat_map(|chunk| decoder.push(chunk)).collect();
    values.extend(decoder.finish());
    values.into_iter().map(|value| value.map_err(|error| error.to_string())).collect()
}

fn delta(text: &str, seq: u64) -> OcrEvent {
    OcrEvent { seq, body: EventBody::Delta { delta: text.to_owned(), bounds: None } }
}

fn line(event: &OcrEvent) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(event).unwrap();
    bytes.push(b'\n');
    bytes
}

#[test]
fn an_invalid_line_does_not_affect_the_others() {
    let first = line(&delta("a", 0));
    let last = line(&delta("b", 1));
    let values = read(&[&first, b"not json\n", b"\xff\xfe\n\n\r\n", &last]);
    assert_eq!(values.len(), 4);
    assert_eq!((&values[0], &values[3]), (&Ok(delta("a", 0)), &Ok(delta("b", 1))));
    assert!(values[1].is_err() && values[2].is_err());
}

#[test]
fn a_last_line_without_a_newline_is_decoded() {
    let mut bytes = line(&delta("a", 0));
    bytes.pop();
    assert_eq!(read(&[&bytes]), [Ok(delta("a", 0))]);
}

#[test]
fn an_endless_line_is_refused_in_bounded_memory() {
    let mut decoder = NdjsonDecoder::default();
    let chunk = vec![b'x'; 1 << 20];
    let refused = (0..20).any(|_| {
        let values: Vec<Result<OcrEvent, _>> = decoder.push(&chunk);
        matches!(values.as_slice(), [Err(NdjsonError::TooLong)])
    });
    assert!(refused);
}

proptest! {
    #[test]
    fn events_are_the_same_wherever_the_bytes_are_split(texts in prop::collection::vec(".{0,12}", 1..4)) {
        let events: Vec<OcrEvent> = texts.iter().zip(0..).map(|(text, seq)| delta(text, seq)).collect();
        let bytes: Vec<u8> = events.iter().flat_map(line).collect();
        let whole = read(&[&bytes]);
        prop_assert_eq!(&whole, &events.into_iter().map(Ok).collect::<Vec<_>>());
        for cut in 0..=bytes.len() {
            prop_assert_eq!(&read(&[&bytes[..cut], &bytes[cut..]]), &whole);
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&read(&single), &whole);
    }

    #[test]
    fn any_bytes_give_the_same_results_wherever_they_are_split(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'{'), Just(b'"'), any::<u8>()], 0..60),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(bytes.len() + 1);
        prop_assert_eq!(read(&[&bytes[..cut], &bytes[cut..]]), read(&[&bytes]));
    }
}
