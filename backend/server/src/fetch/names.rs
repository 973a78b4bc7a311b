use std::{
    error::Error as StdError,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address;

/// Resolves host names, and decides which addresses may be connected to.
#[async_trait]
pub trait Names: Send + Sync {
    /// Resolves a host name to its addresses.
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>>;
    /// Whether connecting to this address is allowed.
    fn permits(&self, address: IpAddr) -> bool;
}

/// The system's resolver. It permits only public addresses.
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

/// A name that does not resolve, or that resolves to an address that is not permitted.
#[derive(Debug, thiserror::Error)]
#[error("the name leads nowhere, or where nothing is fetched from")]
struct NotPublic;

/// Whether a request failed because of [`NotPublic`].
pub(super) fn is_not_public(error: &reqwest::Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.any(<dyn StdError>::is::<NotPublic>)
}

/// A resolver that refuses a name if any of its addresses is not permitted.
pub(super) struct CheckedResolver(pub(super) Arc<dyn Names>);

impl Resolve for CheckedResolver {
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
