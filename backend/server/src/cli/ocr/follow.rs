use std::{fmt::Write as _, io};

use futures::StreamExt as _;
use inkstream_core::runs::LiveRun;
use inkstream_wire::{BoxKind, EventBody, PageWarning, TextBox};

use super::{OcrError, Outcome, output, printer::Printer};

/// How a run ended.
pub(super) struct FollowOutcome {
    pub(super) outcome: Outcome,
    /// The pages that were recognized, in order.
    pub(super) pages: Vec<u32>,
}

/// Follows a run to its end. Text, or bounding boxes with `locates`, goes to the printer as it arrives; failures and warnings go to
/// stderr.
pub(super) async fn follow<W: io::Write>(
    mut run: LiveRun,
    locates: bool,
    mut printer: Printer<W>,
) -> Result<FollowOutcome, OcrError> {
    let (mut pages, mut failed, mut partial) = (Vec::new(), 0, false);
    let single = run.pages.first().copied().unwrap_or(1);
    let mut model = String::new();
    let mut found = 0;
    printer.expect(run.pages.iter().copied());
    while let Some(event) = run.next().await {
        match event.body {
            EventBody::Start(start) => model = start.model,
            EventBody::PageStart(start) if start.engine.as_ref().unwrap_or(&start.model) != &model => {
                output::print_error(format_args!("page {}: read by {}", start.page, start.model));
            }
            EventBody::Delta { delta, .. } if !locates => printer.text(single, &delta).map_err(OcrError::Output)?,
            EventBody::PageDelta { page, delta, .. } if !locates => {
                printer.text(page, &delta).map_err(OcrError::Output)?;
            }
            EventBody::PageEnd(end) => {
                partial |= print_warnings(end.page, &end.warnings);
                if locates {
                    let lines = found_boxes(end.page, end.boxes);
                    found += lines.len();
                    printer.text(end.page, &lines).map_err(OcrError::Output)?;
                }
                pages.push(end.page);
                printer.end(end.page).map_err(OcrError::Output)?;
            }
            EventBody::PageError { page, error } => {
                failed += 1;
                output::print_error(format_args!("page {page}: {}", error.message));
                printer.end(page).map_err(OcrError::Output)?;
            }
            EventBody::Error { error } => {
                output::print_error(&error.message);
                return Ok(FollowOutcome { outcome: Outcome::from_code(error.code), pages });
            }
            EventBody::End(end) => {
                // A single image has no page end, so the run's end is its page's.
                if pages.is_empty() && failed == 0 {
                    partial |= print_warnings(single, &end.warnings);
                    if locates {
                        let lines = found_boxes(single, end.boxes);
                        found += lines.len();
                        printer.text(single, &lines).map_err(OcrError::Output)?;
                    }
                    pages.push(single);
                    printer.end(single).map_err(OcrError::Output)?;
                }
                if locates && found == 0 {
                    output::print_error("what was looked for is on none of the pages that were read");
                }
                pages.sort_unstable();
                let outcome = match (pages.len(), failed) {
                    (_, 0) if !partial => Outcome::Complete,
                    (0, _) => Outcome::Failed,
                    _ => Outcome::Partial,
                };
                return Ok(FollowOutcome { outcome, pages });
            }
            _ => {}
        }
    }
    Ok(FollowOutcome { outcome: Outcome::Failed, pages })
}

/// Prints a page's warnings. Returns whether text of the page is missing.
fn print_warnings(page: u32, warnings: &[PageWarning]) -> bool {
    for warning in warnings {
        output::print_error(format_args!("page {page}: {}", warning.message));
    }
    warnings.iter().any(|warning| warning.code.is_partial())
}

/// Formats one line for each box that matches the reference.
fn found_boxes(page: u32, boxes: Option<Vec<TextBox>>) -> String {
    let mut lines = String::new();
    let found = boxes.into_iter().flatten().filter(|found| found.kind == BoxKind::Reference);
    for TextBox { bounds, text, .. } in found {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (x, y, width, height) = (bounds.x, bounds.y, bounds.width, bounds.height);
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{page}\t{x}\t{y}\t{width}\t{height}\t{text}");
    }
    lines
}
