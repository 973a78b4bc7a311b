//! Recorded answers of servers, byte for byte: `fixtures/*.sse`.
//!
//! Field order and nulls are those of vLLM's `model_dump_json(exclude_unset=True)`; the pages are those of
//! [`crate::fixtures::page`] or a few sentences. Servers differ from version to version, so there is one recording of each.
#![expect(clippy::panic, reason = "a test that asks for a recording which is not there fails by panicking")]

use bytes::Bytes;

use super::{Script, Step};

/// Every recording by its name, with its bytes; `fixtures/README.md` says what each is about.
pub const RECORDINGS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/recordings.rs"));

impl Script {
    /// The recording with this name, with one frame for each event.
    pub fn recorded(name: &str) -> Self {
        let Some((_, stream)) = RECORDINGS.iter().find(|(known, _)| *known == name) else {
            panic!("there is no recording {name}; see RECORDINGS")
        };
        let end = if stream.contains("\r\n") { "\r\n\r\n" } else { "\n\n" };
        stream.split_inclusive(end).fold(Self::stream(), |script, event| script.step(Step::Send(Bytes::from(event))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_recording_consists_of_json_events_and_is_sent_unchanged() {
        for (name, stream) in RECORDINGS {
            let script = Script::recorded(name);
            assert_eq!(sent(&script).concat(), *stream, "{name}");
            for event in sent(&script) {
                let line = event.trim_end();
                let Some(data) = line.strip_prefix("data: ") else {
                    assert!(line.starts_with(": "), "{name}: {line}");
                    continue;
                };
                assert!(data == "[DONE]" || serde_json::from_str::<Value>(data).is_ok(), "{name}: {data}");
            }
        }
    }

    #[test]
    fn the_recording_with_carriage_returns_still_has_them() {
        let (_, pings) = RECORDINGS.iter().find(|(name, _)| *name == "pings").unwrap();
        assert_eq!(pings.matches("\r\n").count(), pings.matches('\n').count());
    }

    fn sent(script: &Script) -> Vec<String> {
        let text = |step: &Step| match step {
            Step::Send(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("{other:?}"),
        };
        script.steps.iter().map(text).collect()
    }
}
