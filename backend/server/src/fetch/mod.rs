//! Fetches images from other servers, for callers who name them by their URL.
//!
//! Callers must not reach what only this server can reach (SSRF). So every address that a host name resolves to must be public,
//! and the client connects only to addresses that were checked: it resolves names with [`CheckedResolver`] alone, again on each
//! redirect.

mod address;
mod names;

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use futures::{Stream, stream};
use inkstream_core::{
    Error, Result,
    documents::{self, Documents, Upload},
    metrics,
};
use inkstream_wire::ErrorCode;
use reqwest::{Client, Response, StatusCode, header, redirect};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use names::{CheckedResolver, is_not_public};
pub use names::{Internet, Names};

/// Redirects that are followed, at most.
const MAX_REDIRECTS: usize = 3;
/// Longest URL, in bytes.
const MAX_URL: usize = 8_192;
/// How long connecting may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Fetches images.
pub struct Fetcher {
    client: Client,
    names: Arc<dyn Names>,
    timeout: Duration,
}

/// The deadline of all of a request's images.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Fetcher {
    /// All images of a request may take `timeout` together. `names` resolves host names and permits addresses.
    pub fn new(timeout: Duration, names: Arc<dyn Names>) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("inkstream/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(CheckedResolver(Arc::clone(&names)))
            .connect_timeout(CONNECT_TIMEOUT)
            // Follow redirects by hand, because each target must be checked first.
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .http1_only()
            // Keep no connections: the next one to use them would be another caller.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { client, names, timeout })
    }

    /// The deadline of a request that begins now.
    pub fn deadline(&self) -> Deadline {
        Deadline(Instant::now() + self.timeout)
    }

    /// Fetches a URL into a blob of at most `max` bytes. Errors reveal neither addresses nor what answers there.
    pub async fn fetch(&self, documents: &Documents, url: &str, max: u64, deadline: Deadline) -> Result<Upload> {
        let (outcome, fetched) = match self.fetch_upload(documents, url, max, deadline).await {
            Ok(upload) => ("ok", Ok(upload)),
            Err(FetchError::Address) => ("refused", Err(bad_request(ADDRESS_REFUSED))),
            Err(FetchError::Failed(detail)) => ("failed", Err(bad_request(&detail))),
            Err(FetchError::TimedOut) => ("timeout", Err(bad_request("The images could not be fetched in time."))),
            Err(FetchError::Internal(error)) if error.code == ErrorCode::TooLarge => ("too_large", Err(error)),
            Err(FetchError::Internal(error)) => ("failed", Err(error)),
        };
        metrics::fetched(outcome);
        fetched
    }

    async fn fetch_upload(
        &self,
        documents: &Documents,
        url: &str,
        max: u64,
        Deadline(end): Deadline,
    ) -> Result<Upload, FetchError> {
        let response = timeout_at(end, self.follow_redirects(url)).await.map_err(|_| FetchError::TimedOut)??;
        let limit = documents.max_upload_bytes;
        if response.content_length().is_some_and(|length| length > max) {
            return Err(FetchError::Internal(documents::too_large(limit)));
        }
        Ok(documents::receive(documents, None, bounded(response, end, max, limit)).await?)
    }

    /// Follows redirects to the final response.
    async fn follow_redirects(&self, url: &str) -> Result<Response, FetchError> {
        let mut url = parse(url)?;
        for _ in 0..=MAX_REDIRECTS {
            self.check_url(&url)?;
            let request = self.client.get(url.clone()).header(header::ACCEPT, "image/*, application/pdf");
            let response = request.send().await.map_err(|error| {
                if is_not_public(&error) { FetchError::Address } else { failed("The image's server does not answer.") }
            })?;
            let status = response.status();
            if status == StatusCode::OK {
                return Ok(response);
            }
            let next = response.headers().get(header::LOCATION).filter(|_| status.is_redirection());
            let Some(next) = next.and_then(|next| next.to_str().ok()) else {
                return Err(failed(&format!("The image's server answers with status {}.", status.as_u16())));
            };
            url = url.join(next).map_err(|_| FetchError::Address)?;
        }
        Err(failed(&format!("The image's address leads on more than {MAX_REDIRECTS} times.")))
    }

    /// Checks a URL. The addresses of its host name are checked when it is resolved.
    fn check_url(&self, url: &Url) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(failed("An image's address must begin with http:// or https://."));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(failed("An image's address must not hold a user or password."));
        }
        // Services that do not speak HTTP, such as mail, mostly listen on other ports below 1024.
        if !matches!(url.port_or_known_default(), Some(80 | 443 | 1024..)) {
            return Err(failed("An image's address may have the ports 80, 443 and those from 1024 on."));
        }
        let permitted = match url.host() {
            Some(Host::Ipv4(address)) => self.names.permits(address.into()),
            Some(Host::Ipv6(address)) => self.names.permits(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        if permitted { Ok(()) } else { Err(FetchError::Address) }
    }
}

/// One message for all refused addresses: the reason would reveal what is in the server's network.
const ADDRESS_REFUSED: &str = "The image's address leads nowhere, or where this server does not go.";

/// Why nothing was fetched.
enum FetchError {
    /// The address does not exist or is not public.
    Address,
    /// The other server failed.
    Failed(String),
    /// The deadline has passed.
    TimedOut,
    /// This server failed, or the file is too large.
    Internal(Error),
}

impl From<Error> for FetchError {
    /// Separates the errors that [`bounded`] reports of the other server from this server's own.
    fn from(error: Error) -> Self {
        match error.code {
            ErrorCode::BodyTimeout => Self::TimedOut,
            ErrorCode::BadRequest => Self::Failed(error.detail),
            _ => Self::Internal(error),
        }
    }
}

fn parse(url: &str) -> Result<Url, FetchError> {
    if url.len() > MAX_URL {
        return Err(failed(&format!("An image's address may have at most {MAX_URL} bytes.")));
    }
    Url::parse(url).map_err(|_| failed("The image's address is none."))
}

/// Streams the response's body, at most `max` bytes, until `end`. `limit` is the number that the error names.
fn bounded(response: Response, end: Instant, max: u64, limit: u64) -> impl Stream<Item = Result<Bytes>> + Send {
    stream::try_unfold((response, max), move |(mut response, left)| async move {
        let chunk = timeout_at(end, response.chunk()).await;
        let chunk = chunk.map_err(|_| Error::new(ErrorCode::BodyTimeout, "The time is over."))?;
        let Some(bytes) = chunk.map_err(|_| bad_request("The image's server broke off."))? else { return Ok(None) };
        let left = left.checked_sub(bytes.len() as u64).ok_or_else(|| documents::too_large(limit))?;
        Ok(Some((bytes, (response, left))))
    })
}

fn failed(detail: &str) -> FetchError {
    FetchError::Failed(detail.to_owned())
}

fn bad_request(detail: &str) -> Error {
    Error::new(ErrorCode::BadRequest, detail)
}
