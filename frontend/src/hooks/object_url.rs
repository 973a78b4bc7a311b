//! Object URLs.

use web_sys::{Blob, Url};
use yew::AttrValue;

/// A blob's URL, which is revoked on drop.
#[derive(Debug, PartialEq)]
pub(crate) struct ObjectUrl(AttrValue);

impl ObjectUrl {
    /// Creates the URL of `blob`; `None` if the browser refuses.
    pub(crate) fn from_blob(blob: &Blob) -> Option<Self> {
        Url::create_object_url_with_blob(blob).ok().map(|url| Self(url.into()))
    }

    pub(crate) fn address(&self) -> AttrValue {
        self.0.clone()
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        // An unknown URL need not be revoked.
        let _ = Url::revoke_object_url(&self.0);
    }
}
