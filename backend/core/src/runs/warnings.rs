//! What a page's result itself tells of its trustworthiness.

use inkstream_wire::{PageWarning, Task, WarningCode};

use crate::ports::Finish;

/// Below this mean confidence (0 to 100) most words are doubtful: upright pages of all samples have 70 and more, pages
/// that lie on their side or stand on their head about 33.
const LOW_CONFIDENCE: f32 = 60.0;

/// The warnings about a page that was read to this end with this text, after those that came with its picture.
pub(super) fn of_page(finish: &Finish, text: &str, task: Task, with_picture: Vec<PageWarning>) -> Vec<PageWarning> {
    let mut warnings = with_picture;
    warnings.extend(finish.warnings.iter().cloned());
    // Looking for something in vain is an answer.
    if task == Task::Locate {
        return warnings;
    }
    if text.trim().is_empty() {
        warnings.push(PageWarning::new(WarningCode::NoText, "No text was found on this page."));
    } else if let Some(confidence) = finish.confidence.filter(|confidence| *confidence < LOW_CONFIDENCE) {
        let message = format!(
            "The engine is unsure of most words (confidence {confidence:.0} of 100): the page may be turned, tilted, \
             handwritten, or in another language."
        );
        warnings.push(PageWarning::new(WarningCode::LowConfidence, message));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(confidence: Option<f32>, text: &str, task: Task) -> Vec<WarningCode> {
        let finish = Finish { confidence, ..Finish::default() };
        let cut = PageWarning::new(WarningCode::TruncatedImage, "Cut.");
        of_page(&finish, text, task, vec![cut]).iter().skip(1).map(|warning| warning.code).collect()
    }

    #[test]
    fn a_page_without_text_or_with_doubtful_words_says_so() {
        assert_eq!(codes(Some(95.0), " \n", Task::Text), [WarningCode::NoText]);
        assert_eq!(codes(Some(33.0), "vjoq", Task::Text), [WarningCode::LowConfidence]);
        assert_eq!(codes(Some(93.0), "text", Task::Text), []);
        assert_eq!(codes(None, "text", Task::Text), []);
    }

    #[test]
    fn what_was_looked_for_in_vain_is_no_fault_of_the_page() {
        assert_eq!(codes(Some(95.0), "", Task::Locate), []);
    }
}
