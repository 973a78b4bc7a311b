use std::{
    error::Error as StdError,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address;

/// Where names lead, and where one may go.
#[async_trait]
pub trait Names: Send + Sync {
    /// The addresses of a name.
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>>;
    /// Whether one may connect to this address.
    fn permits(&self, address: IpAddr) -> bool;
}

/// The system's names, and the addresses of the public internet.
#[derive(Debug, Clone, Copy)]
pub struct Internet;

#[async_trait]
impl Names for Internet {
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }

    fn permits(&self, address: IpAddr) -> bool {
        address::is_public(address)
    }
}

/// A name leads nowhere, or where one may not go.
#[derive(Debug, thiserror::Error)]
#[error("the name leads nowhere, or where nothing is fetched from")]
struct NotPublic;

/// Whether this is why a request failed.
pub(super) fn leads_astray(error: &reqwest::Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.any(<dyn StdError>::is::<NotPublic>)
}

/// Names that lead only where one may go: a name with a single other address leads nowhere.
pub(super) struct Checked(pub(super) Arc<dyn Names>);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let names = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = names.look_up(name.as_str()).await.map_err(|_| NotPublic)?;
            if addresses.is_empty() || !addresses.iter().all(|&address| names.permits(address)) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
