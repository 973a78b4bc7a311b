//! Warnings that follow from a page's result.

use inkstream_wire::{PageWarning, Task, WarningCode};

use crate::ports::Finish;

/// Below this mean confidence (0 to 100) most words are doubtful. The embedded engines' is calibrated: so many of 100 words are right.
/// Tesseract's means over the words of a page, measured:
/// - upright prints in the language that was asked for, in eight languages: 82 (Japanese) to 99;
/// - the same upside down or on their side: 38;
/// - Arabic, Hebrew, Thai, Chinese, Japanese and Korean read as English: 27 to 43; a page half of which is Arabic: 72;
/// - scribbles and a photograph without text: 19 to 32; Cyrillic read as English: 59.
const LOW_CONFIDENCE: f32 = 60.0;

/// The warnings about a page that ended with `finish` and has this text, after those about its image.
pub(super) fn of_page(finish: &Finish, text: &str, task: Task, image_warnings: Vec<PageWarning>) -> Vec<PageWarning> {
    let mut warnings = image_warnings;
    warnings.extend(finish.warnings.iter().cloned());
    let known = |code| warnings.iter().any(|warning| warning.code == code);
    let incomplete = for_finish_reason(finish.reason.as_deref()).filter(|warning| !known(warning.code));
    warnings.extend(incomplete);
    // A `locate` page without a match has no text, and that is a valid answer.
    if task == Task::Locate {
        return warnings;
    }
    if text.trim().is_empty() {
        warnings.push(PageWarning::new(WarningCode::NoText, "No text was found on this page."));
    } else if let Some(confidence) = finish.confidence.filter(|confidence| *confidence < LOW_CONFIDENCE)
        && !warnings.iter().any(|warning| warning.code == WarningCode::LowConfidence)
    {
        let message = format!(
            "The engine is unsure of most words (confidence {confidence:.0} of 100): the page may be turned, tilted, \
             handwritten, or in another language."
        );
        warnings.push(PageWarning::new(WarningCode::LowConfidence, message));
    }
    warnings
}

/// The warning about a finish reason. Only `stop` means that the text is complete.
fn for_finish_reason(reason: Option<&str>) -> Option<PageWarning> {
    let (code, message) = match reason {
        Some("stop") => return None,
        Some("length") => (WarningCode::TruncatedText, "The engine reached its limit: the end of the text is missing."),
        Some("content_filter") => (WarningCode::Filtered, "The engine's provider withheld text of this page."),
        Some(_) => {
            let message = "The engine stopped for a reason that this server does not know: text may be missing.";
            (WarningCode::UnknownFinish, message)
        }
        None => (WarningCode::UnknownFinish, "The engine did not say why it stopped: text may be missing."),
    };
    Some(PageWarning::new(code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(reason: Option<&str>) -> Finish {
        Finish { reason: reason.map(str::to_owned), ..Finish::default() }
    }

    #[test]
    fn a_finish_reason_other_than_stop_is_warned_of_once_and_makes_the_page_partial() {
        for (reason, code) in [
            (Some("length"), WarningCode::TruncatedText),
            (Some("content_filter"), WarningCode::Filtered),
            (Some("tool_calls"), WarningCode::UnknownFinish),
            (None, WarningCode::UnknownFinish),
        ] {
            let engines = vec![PageWarning::new(code, "The engine says so.")];
            for finish in [finish(reason), Finish { warnings: engines, ..finish(reason) }] {
                let warnings = of_page(&finish, "text", Task::Locate, Vec::new());
                assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), [code]);
                assert!(code.is_partial());
            }
        }
        assert_eq!(of_page(&finish(Some("stop")), "text", Task::Text, Vec::new()), []);
    }

    fn codes(confidence: Option<f32>, text: &str, task: Task) -> Vec<WarningCode> {
        let finish = Finish { confidence, ..finish(Some("stop")) };
        let cut = PageWarning::new(WarningCode::TruncatedImage, "Cut.");
        of_page(&finish, text, task, vec![cut]).iter().skip(1).map(|warning| warning.code).collect()
    }

    #[test]
    fn a_page_without_text_or_with_low_confidence_has_a_warning() {
        assert_eq!(codes(Some(95.0), " \n", Task::Text), [WarningCode::NoText]);
        assert_eq!(codes(Some(33.0), "vjoq", Task::Text), [WarningCode::LowConfidence]);
        assert_eq!(codes(Some(93.0), "text", Task::Text), []);
        assert_eq!(codes(None, "text", Task::Text), []);
    }

    #[test]
    fn a_locate_without_a_match_has_no_warning() {
        assert_eq!(codes(Some(95.0), "", Task::Locate), []);
    }
}
