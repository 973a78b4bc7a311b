//! The pages of a run: each is read, written and then reported.

use std::sync::Arc;

use inkstream_wire::Usage;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{
    Runs,
    bound::{TokenBound, TokenHold},
    closing,
    progress::{Progress, RunSink},
};
use crate::{
    page_reader::{PageReader, PageTask, ReadPage, TokenReservation},
    ports::{PageOutcome, PageResult},
};

/// Reads the pages of a run.
pub(super) struct RunPages {
    pub(super) runs: Arc<Runs>,
    pub(super) reader: PageReader,
    /// The token bound of the answer that the run belongs to.
    pub(super) bound: Option<TokenBound>,
    pub(super) reservation: Option<Arc<TokenReservation>>,
    pub(super) progress: Arc<Mutex<Progress>>,
    /// Stops every page. Cancelled with the run, or when going on is pointless.
    pub(super) stop: CancellationToken,
}

impl RunPages {
    /// Reads a page, writes its result, and then reports its end: whoever sees the end finds the page stored. Cancels `stop` if
    /// the run's reader has left.
    pub(super) async fn read(self: Arc<Self>, page: u32) {
        let mut hold = match &self.bound {
            Some(bound) => match self.hold_tokens(bound, page).await {
                Some(hold) if hold.granted == 0 => return self.progress.lock().await.page_skipped(),
                Some(hold) => Some(hold),
                None => return,
            },
            None => None,
        };
        let task = PageTask { page, max_tokens: hold.as_ref().map(|hold| hold.granted) };
        let mut sink = RunSink::new(Arc::clone(&self.progress), page);
        let Some(page) = self.reader.read(task, &mut sink, &self.stop).await else { return };
        if let Some(hold) = &mut hold {
            hold.used = page.tokens;
        }
        if page.result.outcome == PageOutcome::Aborted {
            self.stop.cancel();
            self.progress.lock().await.page_aborted(page.result);
        } else {
            self.finish(page).await;
        }
    }

    /// Waits until the answer's bound has tokens for the page; `None` if the run is stopped first.
    async fn hold_tokens(&self, bound: &TokenBound, page: u32) -> Option<TokenHold> {
        let tokens_per_page = self.reader.engine().info().limits.tokens_per_page;
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            hold = bound.hold_page(page, tokens_per_page) => Some(hold),
        }
    }

    async fn finish(&self, mut page: ReadPage) {
        let written = closing::write_page(&self.runs, &page.result).await;
        if let Some(reservation) = &self.reservation {
            reservation.release(page.result.page);
        }
        let mut progress = self.progress.lock().await;
        let reported = match (page.error.take(), written) {
            (None, Ok(written)) => progress.page_read(page, written).await,
            (None, Err(error)) => progress.page_lost(self.without_page_price(page.result), error).await,
            (Some(error), written) => progress.page_failed(page.result, error, written).await,
        };
        if reported.is_err() {
            self.stop.cancel();
        }
    }

    /// The result of a page that is not paid, because it could not be stored. Its tokens are.
    fn without_page_price(&self, result: PageResult) -> PageResult {
        let page_price = self.runs.prices.page(&result.engine, true, &Usage::default());
        let cost = result.cost.zip(page_price).map(|(cost, page_price)| cost - page_price);
        PageResult { cost, ..result }
    }
}
