//! Addresses of what is in the page's memory.

use web_sys::{Blob, Url};
use yew::AttrValue;

/// A blob's address, given back when it is dropped.
#[derive(Debug, PartialEq)]
pub(crate) struct ObjectUrl(AttrValue);

impl ObjectUrl {
    /// An address for `blob`; None where the browser gives none.
    pub(crate) fn of(blob: &Blob) -> Option<Self> {
        Url::create_object_url_with_blob(blob).ok().map(|url| Self(url.into()))
    }

    /// The address.
    pub(crate) fn address(&self) -> AttrValue {
        self.0.clone()
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        // An address that is not known any more needs no giving back.
        let _ = Url::revoke_object_url(&self.0);
    }
}
