//! Engines in words: how they stand, what they can do, how an attempt ended.

use inkstream_wire::{EngineCondition, EngineState, PDF_TEXT, PageAttempt, SizeMode, Task};

use crate::state::span;

/// `ready`, `busy, 3 waiting` or `down for 5 min`; `seconds` is how long it has been so, where that is known.
pub(crate) fn standing(engine: &EngineState, seconds: Option<f64>) -> String {
    match (engine.state, engine.waiting, seconds) {
        (EngineCondition::Ready, ..) => "ready".to_owned(),
        (EngineCondition::Busy, 0, _) => "busy".to_owned(),
        (EngineCondition::Busy, waiting, _) => format!("busy, {waiting} waiting"),
        (EngineCondition::Down, _, Some(seconds)) => format!("down for {}", span(seconds)),
        (EngineCondition::Down, ..) => "down".to_owned(),
    }
}

/// Whether it takes a page, itself or through its stand-in.
pub(crate) fn takes_pages(engine: &EngineState) -> bool {
    engine.state != EngineCondition::Down || engine.fallback.is_some()
}

/// Another engine that can do the task, one that takes pages now before one that does not.
pub(crate) fn able<'a>(engines: &'a [EngineState], task: Task, not: Option<&str>) -> Option<&'a EngineState> {
    let mut able = engines.iter().filter(|engine| engine.tasks.contains(&task) && Some(engine.model.as_str()) != not);
    able.clone().find(|engine| takes_pages(engine)).or_else(|| able.next())
}

/// A task as a choice.
pub(crate) const fn task_name(task: Task) -> &'static str {
    match task {
        Task::Markdown => "Markdown",
        Task::Text => "Plain text",
        Task::Layout => "Text with places",
        Task::Locate => "Find on the page",
        Task::Figure => "Figure as data",
        Task::Describe => "Description",
    }
}

/// A size as a choice.
pub(crate) const fn size_name(size: SizeMode) -> &'static str {
    match size {
        SizeMode::Tiny => "tiny, 512 px",
        SizeMode::Small => "small, 640 px",
        SizeMode::Base => "base, 1024 px",
        SizeMode::Large => "large, 1280 px",
        SizeMode::Gundam => "gundam, in tiles",
    }
}

/// A page's model in words.
pub(crate) fn model_name(model: &str) -> &str {
    if model == PDF_TEXT { "the PDF’s own text" } else { model }
}

/// Why an attempt does not count, as part of a sentence.
pub(crate) fn reason_words(reason: &str) -> &'static str {
    match reason {
        "repetition" => "the engine repeated itself",
        "invalid" => "the engine’s answer was not valid",
        "timeout" => "the engine took too long",
        "unreachable" => "the engine could not be reached",
        "refused" => "the engine refused",
        "busy" => "the engine was busy",
        "limited" => "the engine took no more requests for a while",
        "broken" => "the connection to the engine broke off",
        "protocol" => "the engine’s answer made no sense",
        "too_complex" => "it took too much time or memory",
        "crashed" => "the engine crashed",
        _ => "the engine failed",
    }
}

/// `deepseek-ocr, 1.5 s: the engine repeated itself`.
pub(crate) fn attempt_words(attempt: &PageAttempt) -> String {
    let end = if attempt.outcome == "ok" { "read" } else { reason_words(&attempt.outcome) };
    format!("{}, {:.1} s: {end}", model_name(&attempt.model), attempt.seconds)
}

/// The default engine, ready.
#[cfg(test)]
pub(crate) fn engine_with(model: &str, tasks: &[Task]) -> EngineState {
    EngineState {
        model: model.to_owned(),
        ready: true,
        state: EngineCondition::Ready,
        since: "2026-11-21T12:00:00Z".to_owned(),
        profile: "tesseract".to_owned(),
        tasks: tasks.to_vec(),
        sizes: Vec::new(),
        concurrency: 2,
        reading: 0,
        waiting: 0,
        fallback: None,
        languages: Vec::new(),
        takes_prompt: false,
        default: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(model: &str) -> EngineState {
        engine_with(model, &[Task::Text, Task::Locate])
    }

    #[test]
    fn an_engine_stands_in_a_word_and_what_matters_of_it() {
        let ready = engine("a");
        assert_eq!(standing(&ready, Some(90.0)), "ready");
        let busy = EngineState { state: EngineCondition::Busy, waiting: 3, ..ready.clone() };
        assert_eq!(standing(&busy, None), "busy, 3 waiting");
        let down = EngineState { state: EngineCondition::Down, ..ready };
        assert_eq!(standing(&down, Some(250.0)), "down for 5 min");
        assert_eq!(standing(&down, None), "down");
    }

    #[test]
    fn an_engine_that_is_down_takes_pages_through_its_stand_in_alone() {
        let down = EngineState { state: EngineCondition::Down, ..engine("a") };
        assert!(!takes_pages(&down));
        assert!(takes_pages(&EngineState { fallback: Some("b".to_owned()), ..down }));
    }

    #[test]
    fn the_engine_to_switch_to_can_do_the_task_and_is_another_one() {
        let down = EngineState { state: EngineCondition::Down, ..engine("down") };
        let engines = [engine("same"), down, engine("other")];
        let to = |task, not| able(&engines, task, Some(not)).map(|engine| engine.model.as_str());
        assert_eq!(to(Task::Locate, "same"), Some("other"));
        assert_eq!(to(Task::Locate, "other"), Some("same"));
        assert_eq!(able(&engines[..2], Task::Text, Some("same")).unwrap().model, "down");
        assert_eq!(to(Task::Describe, "same"), None);
    }

    #[test]
    fn an_attempt_is_told_with_what_became_of_it() {
        let attempt = |model: &str, outcome: &str| PageAttempt {
            model: model.to_owned(),
            outcome: outcome.to_owned(),
            seconds: 1.52,
            prompt_tokens: 0,
            completion_tokens: 0,
        };
        assert_eq!(attempt_words(&attempt("a", "repetition")), "a, 1.5 s: the engine repeated itself");
        assert_eq!(attempt_words(&attempt(PDF_TEXT, "ok")), "the PDF’s own text, 1.5 s: read");
        assert_eq!(reason_words("a newer server's"), "the engine failed");
    }
}
