//! Pictures of other servers, fetched for callers who name them by their address.
//!
//! Whoever names an address must not reach what only this server reaches. So every address that a name leads to must be
//! one of the public internet, and those that were looked at are those that are connected to: the client gets its
//! addresses from [`Checked`] alone, on each hop anew.

mod address;
mod names;

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use futures::{Stream, stream};
use inkstream_core::{
    Error, Result,
    app::App,
    documents::{self, Upload},
    metrics,
};
use inkstream_wire::ErrorCode;
use reqwest::{Client, Response, StatusCode, header, redirect};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use names::{Checked, leads_astray};
pub use names::{Internet, Names};

/// Redirects that are followed.
const MAX_HOPS: usize = 3;
/// Longest address, in bytes.
const MAX_URL: usize = 8_192;
/// How long connecting may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Fetches pictures.
pub struct Fetcher {
    client: Client,
    names: Arc<dyn Names>,
    timeout: Duration,
}

/// The time that a request has for its pictures.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Fetcher {
    /// All pictures of a request may take `timeout` together; `names` says where names lead, and where one may go.
    pub fn new(timeout: Duration, names: Arc<dyn Names>) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("inkstream/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Checked(Arc::clone(&names)))
            .connect_timeout(CONNECT_TIMEOUT)
            // Redirects are followed by hand: each one is looked at first.
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .http1_only()
            // A connection that is kept would be another caller's.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { client, names, timeout })
    }

    /// When a request that begins now must have its pictures.
    pub fn deadline(&self) -> Deadline {
        Deadline(Instant::now() + self.timeout)
    }

    /// Fetches what is at an address into a blob, at most `max` bytes. No error tells an address, or what is there.
    pub async fn fetch(&self, app: &App, url: &str, max: u64, deadline: Deadline) -> Result<Upload> {
        let (outcome, fetched) = match self.upload(app, url, max, deadline).await {
            Ok(upload) => ("ok", Ok(upload)),
            Err(Refusal::Address) => ("refused", Err(bad(ASTRAY))),
            Err(Refusal::Failed(detail)) => ("failed", Err(bad(&detail))),
            Err(Refusal::Late) => ("timeout", Err(bad("The pictures could not be fetched in time."))),
            Err(Refusal::Own(error)) if error.code == ErrorCode::TooLarge => ("too_large", Err(error)),
            Err(Refusal::Own(error)) => ("failed", Err(error)),
        };
        metrics::fetched(outcome);
        fetched
    }

    async fn upload(&self, app: &App, url: &str, max: u64, Deadline(end): Deadline) -> Result<Upload, Refusal> {
        let response = timeout_at(end, self.follow(url)).await.map_err(|_| Refusal::Late)??;
        let limit = app.limits.max_upload_bytes;
        if response.content_length().is_some_and(|length| length > max) {
            return Err(Refusal::Own(documents::too_large(limit)));
        }
        Ok(documents::receive(app, None, bounded(response, end, max, limit)).await?)
    }

    /// The answer that the redirects lead to.
    async fn follow(&self, url: &str) -> Result<Response, Refusal> {
        let mut url = parse(url)?;
        for _ in 0..=MAX_HOPS {
            self.look_at(&url)?;
            let request = self.client.get(url.clone()).header(header::ACCEPT, "image/*, application/pdf");
            let response = request.send().await.map_err(|error| {
                if leads_astray(&error) { Refusal::Address } else { failed("The picture's server does not answer.") }
            })?;
            let status = response.status();
            if status == StatusCode::OK {
                return Ok(response);
            }
            let next = response.headers().get(header::LOCATION).filter(|_| status.is_redirection());
            let Some(next) = next.and_then(|next| next.to_str().ok()) else {
                return Err(failed(&format!("The picture's server answers with status {}.", status.as_u16())));
            };
            url = url.join(next).map_err(|_| Refusal::Address)?;
        }
        Err(failed(&format!("The picture's address leads on more than {MAX_HOPS} times.")))
    }

    /// Whether one may ask at this address. Where its name leads is looked at when it is connected to.
    fn look_at(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(failed("A picture's address must begin with http:// or https://."));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(failed("A picture's address must not hold a user or password."));
        }
        // What speaks no HTTP (mail, databases' old ports) mostly listens below.
        if !matches!(url.port_or_known_default(), Some(80 | 443 | 1024..)) {
            return Err(failed("A picture's address may have the ports 80, 443 and those from 1024 on."));
        }
        let known = match url.host() {
            Some(Host::Ipv4(address)) => self.names.permits(address.into()),
            Some(Host::Ipv6(address)) => self.names.permits(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        if known { Ok(()) } else { Err(Refusal::Address) }
    }
}

/// One sentence for all of these: which it was would tell what is in the server's own network.
const ASTRAY: &str = "The picture's address leads nowhere, or where this server does not go.";

/// Why nothing was fetched.
enum Refusal {
    /// The address is no one's, or not for us.
    Address,
    /// The other server.
    Failed(String),
    /// The time is over.
    Late,
    /// This one.
    Own(Error),
}

impl From<Error> for Refusal {
    /// What [`bounded`] says of the other server, and what is this one's own.
    fn from(error: Error) -> Self {
        match error.code {
            ErrorCode::BodyTimeout => Self::Late,
            ErrorCode::BadRequest => Self::Failed(error.detail),
            _ => Self::Own(error),
        }
    }
}

fn parse(url: &str) -> Result<Url, Refusal> {
    if url.len() > MAX_URL {
        return Err(failed(&format!("A picture's address may have at most {MAX_URL} bytes.")));
    }
    Url::parse(url).map_err(|_| failed("The picture's address is none."))
}

/// The answer's bytes until `end`, of which there may be `max`; `limit` is what is told of that.
fn bounded(response: Response, end: Instant, max: u64, limit: u64) -> impl Stream<Item = Result<Bytes>> + Send {
    stream::try_unfold((response, max), move |(mut response, left)| async move {
        let chunk = timeout_at(end, response.chunk()).await;
        let chunk = chunk.map_err(|_| Error::new(ErrorCode::BodyTimeout, "The time is over."))?;
        let Some(bytes) = chunk.map_err(|_| bad("The picture's server broke off."))? else { return Ok(None) };
        let left = left.checked_sub(bytes.len() as u64).ok_or_else(|| documents::too_large(limit))?;
        Ok(Some((bytes, (response, left))))
    })
}

fn failed(detail: &str) -> Refusal {
    Refusal::Failed(detail.to_owned())
}

fn bad(detail: &str) -> Error {
    Error::new(ErrorCode::BadRequest, detail)
}
