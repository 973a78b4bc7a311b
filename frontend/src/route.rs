//! The app's addresses.

use inkstream_wire::DocumentId;
use serde::{Deserialize, Serialize};
use yew_router::Routable;

use crate::state::{Access, Need, Note, Session};

/// Where a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Routable)]
pub(crate) enum Route {
    /// Take a document in; recent ones.
    #[at("/")]
    Home,
    /// One document: picture beside text.
    #[at("/d/:id")]
    Document {
        /// The document.
        id: DocumentId,
    },
    /// The caller's ledger.
    #[at("/usage")]
    Usage,
    /// Sign in.
    #[at("/sign-in")]
    SignIn,
    /// Make an account.
    #[at("/register")]
    Register,
    /// The caller's account.
    #[at("/account")]
    Account,
    /// The caller's API keys.
    #[at("/keys")]
    Keys,
    /// All users.
    #[at("/admin")]
    AdminUsers,
    /// Everyone's ledger.
    #[at("/admin/usage")]
    AdminUsage,
    /// Engines and their state.
    #[at("/admin/engines")]
    AdminEngines,
    /// The trail of security events.
    #[at("/admin/audit")]
    AdminAudit,
    /// Anything else.
    #[not_found]
    #[at("/not-found")]
    NotFound,
}

impl Route {
    /// What the page asks of whoever wants to see it.
    pub(crate) const fn need(self) -> Need {
        match self {
            Self::SignIn | Self::Register => Need::Nothing,
            Self::Home | Self::Document { .. } | Self::Usage | Self::NotFound => Need::Reader,
            Self::Account | Self::Keys => Need::Account,
            Self::AdminUsers | Self::AdminUsage | Self::AdminEngines | Self::AdminAudit => Need::Admin,
        }
    }

    /// The page's name, where its title does not depend on what is on it.
    pub(crate) const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Home | Self::Document { .. } => return None,
            Self::Usage => "Usage",
            Self::SignIn => "Sign in",
            Self::Register => "Create an account",
            Self::Account => "Account",
            Self::Keys => "API keys",
            Self::AdminUsers => "Users",
            Self::AdminUsage => "Usage of all",
            Self::AdminEngines => "Engines",
            Self::AdminAudit => "Audit trail",
            Self::NotFound => "Nothing is here",
        })
    }
}

/// Where a person goes after signing in, in the sign-in page's own address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// A path of this app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
}

impl Wanted {
    /// The way back to `route`; home and the sign-in pages are where one gets anyway.
    pub(crate) fn back_to(route: Route) -> Self {
        let to = (route.need() != Need::Nothing && route != Route::Home).then(|| route.to_path());
        Self { to }
    }

    /// The page to go to. An address that is none of ours leads home.
    pub(crate) fn route(&self) -> Route {
        let route = self.to.as_deref().and_then(Route::recognize);
        route.filter(|route| route.need() != Need::Nothing && *route != Route::NotFound).unwrap_or(Route::Home)
    }
}

/// Where someone who is at `route` has to go instead, and what is wanted there.
pub(crate) fn detour(session: &Session, route: Route, wanted: &Wanted) -> Option<(Route, Wanted)> {
    let stays = route.need() == Need::Nothing;
    match session.account() {
        Some(_) => stays.then(|| (wanted.route(), Wanted::default())),
        None if stays => None,
        // Whose session has just ended is told so, on pages for everyone, too.
        None => match (session.access(route.need()), session.note) {
            // Who leaves on purpose does not want back to where that was; the next may be someone else.
            (_, Some(Note::Deleted | Note::SignedOut)) => Some((Route::SignIn, Wanted::default())),
            (Access::SignIn, _) | (_, Some(_)) => Some((Route::SignIn, Wanted::back_to(route))),
            (_, None) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::SessionAction;

    #[test]
    fn a_page_for_accounts_leads_to_sign_in_and_back() {
        let out = Session::default().after(SessionAction::Out);
        let (route, back) = detour(&out, Route::Keys, &Wanted::default()).unwrap();
        assert_eq!((route, back.route()), (Route::SignIn, Route::Keys));
        assert_eq!(detour(&out, Route::Usage, &Wanted::default()), None);
        assert_eq!(detour(&out, Route::SignIn, &back), None);
        assert_eq!(detour(&Session::default(), Route::Keys, &Wanted::default()), None, "nothing is known yet");
    }

    fn wanted(to: &str) -> Route {
        Wanted { to: Some(to.to_owned()) }.route()
    }

    #[test]
    fn the_way_back_leads_to_where_a_person_was() {
        let id = "7f8a4c1e-0000-4000-8000-000000000001".parse().unwrap();
        for route in [Route::Keys, Route::Document { id }, Route::AdminAudit] {
            assert_eq!(Wanted::back_to(route).route(), route);
        }
        assert_eq!(Wanted::back_to(Route::Home).to, None);
        assert_eq!(Wanted::back_to(Route::Register).route(), Route::Home);
    }

    #[test]
    fn another_sites_address_leads_home() {
        for to in ["https://evil.example/keys", "//evil.example", "javascript:alert(1)", "/sign-in", "", "keys/.."] {
            assert_eq!(wanted(to), Route::Home, "{to}");
        }
    }
}
