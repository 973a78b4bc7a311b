//! The line at the foot: how far it is, how fast it goes, how long it may take.

use yew::prelude::*;

use crate::state::{Pace, Phase, counted};

/// Properties of [`Progress`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Where the document stands.
    pub(crate) phase: Phase,
    /// The run's progress.
    pub(crate) pace: Pace,
    /// Pages of the document.
    pub(crate) pages: usize,
    /// Pages without a good result.
    pub(crate) missing: usize,
    /// Pages that the engine reads before this run's next.
    pub(crate) queued: Option<u32>,
    /// What else there is to say, at the end of the line.
    #[prop_or_default]
    pub(crate) children: Html,
}

/// Numbers of equal width, so that nothing moves but the digits.
#[component]
pub(crate) fn Progress(props: &Props) -> Html {
    let total = props.pace.total.max(1);
    // A whole page of one is either there or not: its bar shows only that something goes on.
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
    let read = props.pages.saturating_sub(props.missing);
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
        Phase::Settled if props.missing == 0 && props.pace.done > 0 => {
            format!("{} read in {:.1} s", counted(props.pages as u64, "page"), props.pace.seconds())
        }
        Phase::Settled if props.missing == 0 => format!("{} read", counted(props.pages as u64, "page")),
        Phase::Settled => format!("{read} of {} read", counted(props.pages as u64, "page")),
        Phase::Stopped => format!("Stopped · {read} of {} read", counted(props.pages as u64, "page")),
        Phase::Failed(_) => format!("Not finished · {read} of {} read", counted(props.pages as u64, "page")),
    }
}
