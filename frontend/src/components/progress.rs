//! The status line: progress, rate and remaining time.

use yew::prelude::*;

use crate::state::{Pace, Phase, counted};

/// Properties of [`Progress`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The phase of the document.
    pub(crate) phase: Phase,
    /// The run's progress.
    pub(crate) pace: Pace,
    /// Pages of the document.
    pub(crate) pages: usize,
    /// The number of pages that were not read completely.
    pub(crate) missing: usize,
    /// The number of those that were read partially.
    #[prop_or_default]
    pub(crate) partial: usize,
    /// The number of pages ahead of this run's next page in the engine's queue.
    pub(crate) queued: Option<u32>,
    /// Further elements at the end of the line.
    #[prop_or_default]
    pub(crate) children: Html,
}

/// Numbers have a fixed width, so that the rest of the line does not move.
#[component]
pub(crate) fn Progress(props: &Props) -> Html {
    let total = props.pace.total.max(1);
    // The progress of a single page is not known. Its bar only shows that the run is active.
    let value = (props.phase == Phase::Reading && total > 1).then(|| props.pace.done.to_string());
    let active = matches!(props.phase, Phase::Loading | Phase::Uploading | Phase::Waiting(_) | Phase::Reading);
    html! {
        <footer class="progress">
            if active {
                <progress class="progress-bar" max={total.to_string()} {value} aria-label="Progress" />
            }
            <span class="progress-line">{ line(props) }</span>
            <span class="progress-more">{ props.children.clone() }</span>
        </footer>
    }
}

fn line(props: &Props) -> String {
    // Count the run's pages, or without a run the document's.
    let (read, total) = match &props.pace {
        Pace { total: 0, .. } => ((props.pages + props.partial).saturating_sub(props.missing), props.pages),
        pace => (pace.done.saturating_sub(pace.failed) as usize, pace.total as usize),
    };
    let pages = counted(total as u64, "page");
    let in_part = match props.partial {
        0 => String::new(),
        partial => format!(" · {partial} in part"),
    };
    match &props.phase {
        Phase::Empty => String::new(),
        Phase::Loading => "Opening".to_owned(),
        Phase::Uploading => "Sending the file".to_owned(),
        Phase::Waiting(Some(ahead)) if *ahead > 0 => format!("Waiting · {} ahead", counted(u64::from(*ahead), "run")),
        Phase::Waiting(_) => "Waiting for its turn".to_owned(),
        Phase::Reading if let Some(ahead @ 1..) = props.queued => {
            format!("Waiting for the engine · {} before yours", counted(u64::from(ahead), "page"))
        }
        Phase::Reading if props.pace.total > 1 => props.pace.line(),
        Phase::Reading => "Reading".to_owned(),
        // The run read the remaining pages of a document of which other pages had been read before.
        Phase::Settled if read == total && props.missing == 0 && total < props.pages => {
            let all = counted(props.pages as u64, "page");
            format!("{all} read · {total} of them in {:.1} s", props.pace.seconds())
        }
        Phase::Settled if read == total && props.pace.done > 0 => {
            format!("{pages} read in {:.1} s{in_part}", props.pace.seconds())
        }
        Phase::Settled if read == total => format!("{pages} read{in_part}"),
        Phase::Settled => format!("{read} of {pages} read{in_part}"),
        Phase::Stopped => format!("Stopped · {read} of {pages} read{in_part}"),
        Phase::Failed(_) => format!("Not finished · {read} of {pages} read{in_part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(phase: Phase, pace: Pace, pages: usize, missing: usize) -> String {
        line(&Props { phase, pace, pages, missing, partial: 0, queued: None, children: Html::default() })
    }

    #[test]
    fn partial_pages_are_counted_and_reported() {
        let (phase, queued, children) = (Phase::Settled, None, Html::default());
        let mut props = Props { phase, pace: Pace::default(), pages: 3, missing: 2, partial: 1, queued, children };
        assert_eq!(line(&props), "2 of 3 pages read · 1 in part");
        (props.pages, props.missing) = (1, 1);
        assert_eq!(line(&props), "1 page read · 1 in part");
    }

    #[test]
    fn a_run_counts_its_own_pages_and_a_document_all_of_them() {
        let mut pace = Pace::begin(2, 0.0);
        pace.tick(500.0);
        pace.tick(1000.0);
        assert_eq!(told(Phase::Settled, pace, 20, 18), "2 pages read in 1.0 s");
        assert_eq!(told(Phase::Settled, Pace::default(), 20, 18), "2 of 20 pages read");
        assert_eq!(told(Phase::Settled, pace, 20, 0), "20 pages read · 2 of them in 1.0 s");
        let mut failing = Pace::begin(3, 0.0);
        failing.tick(500.0);
        failing.fail(1000.0);
        assert_eq!(told(Phase::Stopped, failing, 20, 19), "Stopped · 1 of 3 pages read");
    }
}
