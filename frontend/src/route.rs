//! The app's routes.

use inkstream_wire::DocumentId;
use serde::{Deserialize, Serialize};
use yew_router::Routable;

use crate::state::{Access, Need, Note, Session};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Routable)]
pub(crate) enum Route {
    /// The home page, with the intake and recent documents.
    #[at("/")]
    Home,
    /// The workspace of a document.
    #[at("/d/:id")]
    Document { id: DocumentId },
    #[at("/usage")]
    Usage,
    #[at("/sign-in")]
    SignIn,
    #[at("/register")]
    Register,
    #[at("/account")]
    Account,
    #[at("/keys")]
    Keys,
    #[at("/admin")]
    AdminUsers,
    #[at("/admin/usage")]
    AdminUsage,
    #[at("/admin/engines")]
    AdminEngines,
    /// The audit trail.
    #[at("/admin/audit")]
    AdminAudit,
    /// Anything else.
    #[not_found]
    #[at("/not-found")]
    NotFound,
}

impl Route {
    /// What the page requires of its visitor.
    pub(crate) const fn need(self) -> Need {
        match self {
            Self::SignIn | Self::Register => Need::Nothing,
            Self::Home | Self::Document { .. } | Self::Usage | Self::NotFound => Need::Reader,
            Self::Account | Self::Keys => Need::Account,
            Self::AdminUsers | Self::AdminUsage | Self::AdminEngines | Self::AdminAudit => Need::Admin,
        }
    }

    /// The page's title, if it does not depend on its content.
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

/// The query of the sign-in page: where to go after signing in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReturnQuery {
    /// A path of this app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
}

impl ReturnQuery {
    /// The query that returns to `route`; empty for the home page and the sign-in pages.
    pub(crate) fn back_to(route: Route) -> Self {
        let to = (route.need() != Need::Nothing && route != Route::Home).then(|| route.to_path());
        Self { to }
    }

    /// The route to go to. A path that is not the app's leads to the home page.
    pub(crate) fn route(&self) -> Route {
        let route = self.to.as_deref().and_then(Route::recognize);
        route.filter(|route| route.need() != Need::Nothing && *route != Route::NotFound).unwrap_or(Route::Home)
    }
}

/// The route to redirect to from `route`, if any.
pub(crate) fn redirect(session: &Session, route: Route, query: &ReturnQuery) -> Option<(Route, ReturnQuery)> {
    let stays = route.need() == Need::Nothing;
    match session.account() {
        Some(_) => stays.then(|| (query.route(), ReturnQuery::default())),
        None if stays => None,
        // Show users that their session has ended also on pages for everyone.
        None => match (session.access(route.need()), session.note) {
            // After signing out or deleting the account, do not return to the page: the next user may be someone else.
            (_, Some(Note::Deleted | Note::SignedOut)) => Some((Route::SignIn, ReturnQuery::default())),
            (Access::SignIn, _) | (_, Some(_)) => Some((Route::SignIn, ReturnQuery::back_to(route))),
            (_, None) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::SessionAction;

    #[test]
    fn a_page_that_needs_an_account_leads_to_sign_in_and_back() {
        let out = Session::default().after(SessionAction::Out);
        let (route, back) = redirect(&out, Route::Keys, &ReturnQuery::default()).unwrap();
        assert_eq!((route, back.route()), (Route::SignIn, Route::Keys));
        assert_eq!(redirect(&out, Route::Usage, &ReturnQuery::default()), None);
        assert_eq!(redirect(&out, Route::SignIn, &back), None);
        assert_eq!(redirect(&Session::default(), Route::Keys, &ReturnQuery::default()), None, "nothing is known yet");
    }

    fn query(to: &str) -> Route {
        ReturnQuery { to: Some(to.to_owned()) }.route()
    }

    #[test]
    fn signing_in_returns_to_the_page() {
        let id = "7f8a4c1e-0000-4000-8000-000000000001".parse().unwrap();
        for route in [Route::Keys, Route::Document { id }, Route::AdminAudit] {
            assert_eq!(ReturnQuery::back_to(route).route(), route);
        }
        assert_eq!(ReturnQuery::back_to(Route::Home).to, None);
        assert_eq!(ReturnQuery::back_to(Route::Register).route(), Route::Home);
    }

    #[test]
    fn paths_of_other_sites_lead_home() {
        for to in ["https://evil.example/keys", "//evil.example", "javascript:alert(1)", "/sign-in", "", "keys/.."] {
            assert_eq!(query(to), Route::Home, "{to}");
        }
    }
}
