//! The only part of the app that talks to the network.

mod admin;
mod base;
mod call;
mod documents;
mod form;
mod keys;
mod lock;
mod service;
mod session;
mod stream;
mod token;
mod usage;

pub(crate) use admin::{audit, change_user, engines, users};
pub(crate) use base::{address, base_path};
pub(crate) use documents::{delete, document, document_summary, documents, image, page, store};
pub(crate) use keys::{keys, make_key, revoke_key};
pub(crate) use service::{health, sample};
pub(crate) use session::{
    change_password, delete_account, me, register, renew, renew_now, settings, sign_in, sign_out,
};
pub(crate) use stream::{read_file, read_stored};
pub(crate) use token::{TokenChange, forget, listen, signed_in};
pub(crate) use usage::{Ledger, usage, usage_csv, usage_summary};
