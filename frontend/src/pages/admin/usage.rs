//! Everyone's ledger.

use yew::prelude::*;

use super::Frame;
use crate::{api::Ledger, pages::usage::UsageView};

/// The same as a user's own, over all users.
#[component]
pub(crate) fn AdminUsage() -> Html {
    html! { <Frame title="Usage of all"><UsageView ledger={Ledger::All} /></Frame> }
}
