use std::{fmt::Write as _, io};

use futures::StreamExt as _;
use inkstream_core::runs::LiveRun;
use inkstream_wire::{BoxKind, EventBody, PageWarning, TextBox};

use super::{OcrError, Outcome, output, printer::Printer};

/// How a run ended.
pub(super) struct FollowOutcome {
    pub(super) outcome: Outcome,
    /// The pages that were read, in order.
    pub(super) read: Vec<u32>,
}

/// Follows a run to its end: text, or with `locates` places, go to the printer as they come, failures and what else is
/// worth knowing to stderr.
pub(super) async fn follow<W: io::Write>(
    mut run: LiveRun,
    locates: bool,
    mut printer: Printer<W>,
) -> Result<FollowOutcome, OcrError> {
    let (mut read, mut failed, mut partial) = (Vec::new(), 0, false);
    let single = run.pages.first().copied().unwrap_or(1);
    let mut model = String::new();
    let mut found = 0;
    printer.expect(run.pages.iter().copied());
    while let Some(event) = run.next().await {
        match event.body {
            EventBody::Start(start) => model = start.model,
            EventBody::PageStart(start) if start.model != model => {
                output::complain(format_args!("page {}: read by {}", start.page, start.model));
            }
            EventBody::Delta { delta, .. } if !locates => printer.text(single, &delta).map_err(OcrError::Output)?,
            EventBody::PageDelta { page, delta, .. } if !locates => {
                printer.text(page, &delta).map_err(OcrError::Output)?;
            }
            EventBody::PageEnd(end) => {
                partial |= told(end.page, &end.warnings);
                if locates {
                    let places = places(end.page, end.boxes);
                    found += places.len();
                    printer.text(end.page, &places).map_err(OcrError::Output)?;
                }
                read.push(end.page);
                printer.end(end.page).map_err(OcrError::Output)?;
            }
            EventBody::PageError { page, error } => {
                failed += 1;
                output::complain(format_args!("page {page}: {}", error.message));
                printer.end(page).map_err(OcrError::Output)?;
            }
            EventBody::Error { error } => {
                output::complain(&error.message);
                return Ok(FollowOutcome { outcome: Outcome::of(error.code), read });
            }
            EventBody::End(end) => {
                // A single picture's end is its page's, too.
                if read.is_empty() && failed == 0 {
                    partial |= told(single, &end.warnings);
                    if locates {
                        let places = places(single, end.boxes);
                        found += places.len();
                        printer.text(single, &places).map_err(OcrError::Output)?;
                    }
                    read.push(single);
                    printer.end(single).map_err(OcrError::Output)?;
                }
                if locates && found == 0 {
                    output::complain("what was looked for is on none of the pages that were read");
                }
                read.sort_unstable();
                let outcome = match (read.len(), failed) {
                    (_, 0) if !partial => Outcome::Read,
                    (0, _) => Outcome::Failed,
                    _ => Outcome::Partly,
                };
                return Ok(FollowOutcome { outcome, read });
            }
            _ => {}
        }
    }
    Ok(FollowOutcome { outcome: Outcome::Failed, read })
}

/// Says what may be wrong with a page's text. Whether text of it is missing.
fn told(page: u32, warnings: &[PageWarning]) -> bool {
    for warning in warnings {
        output::complain(format_args!("page {page}: {}", warning.message));
    }
    warnings.iter().any(|warning| warning.code.is_partial())
}

/// A line for each place that was looked for and found.
fn places(page: u32, boxes: Option<Vec<TextBox>>) -> String {
    let mut lines = String::new();
    let found = boxes.into_iter().flatten().filter(|place| place.kind == BoxKind::Reference);
    for TextBox { bounds, text, .. } in found {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (x, y, width, height) = (bounds.x, bounds.y, bounds.width, bounds.height);
        // Writing to a text cannot fail.
        let _ = writeln!(lines, "{page}\t{x}\t{y}\t{width}\t{height}\t{text}");
    }
    lines
}
