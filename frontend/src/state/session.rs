//! The session's state, a fold over messages of the server and of other tabs.

use std::rc::Rc;

use inkstream_wire::{Account, AuthSettings, Role};

/// Who is signed in.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum SignedInUser {
    /// Not known yet.
    #[default]
    Starting,
    /// Nobody is signed in.
    Out,
    /// This user is signed in.
    In(Rc<Account>),
}

/// Why the sign-in page is shown without being requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    /// The user signed out, here or in another tab.
    SignedOut,
    /// The session could not be renewed.
    Ended,
    /// The account is deleted.
    Deleted,
}

impl Note {
    /// The note in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::SignedOut => "You are signed out.",
            Self::Ended => "Your session has ended. Sign in to go on where you were.",
            Self::Deleted => "Your account and everything it owned are deleted.",
        }
    }
}

/// The session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Session {
    /// The server's settings of authentication.
    pub(crate) settings: AuthSettings,
    /// Who is signed in.
    pub(crate) user: SignedInUser,
    /// The note for the sign-in page.
    pub(crate) note: Option<Note>,
}

/// What changes a [`Session`].
#[derive(Debug, Clone)]
pub(crate) enum SessionAction {
    /// The settings were fetched.
    Settings(AuthSettings),
    /// Someone signed in.
    In(Box<Account>),
    /// The account was fetched again.
    Known(Box<Account>),
    /// Nobody is signed in, without a note.
    Out,
    /// The session has ended, with this note.
    Over(Note),
    /// The note was shown.
    Read,
}

/// What a page requires of its visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing, because it signs users in.
    Nothing,
    /// That the server accepts the visitor's requests.
    Reader,
    /// An account.
    Account,
    /// An admin's account.
    Admin,
}

/// Whether a page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It is shown.
    Granted,
    /// It is not known yet.
    Wait,
    /// It is shown after signing in.
    SignIn,
    /// It is not shown to this user.
    Refused,
}

impl Session {
    /// The state after `action`.
    pub(crate) fn after(mut self, action: SessionAction) -> Self {
        match action {
            SessionAction::Settings(settings) => self.settings = settings,
            SessionAction::In(account) => {
                self.user = SignedInUser::In(Rc::new(*account));
                self.note = None;
            }
            // Ignore an answer about a user who is no longer signed in.
            SessionAction::Known(account) if self.account().is_some_and(|now| now.user.id == account.user.id) => {
                self.user = SignedInUser::In(Rc::new(*account));
            }
            SessionAction::Known(_) => {}
            SessionAction::Out => self.user = SignedInUser::Out,
            SessionAction::Over(note) => {
                // A tab in which nobody was signed in shows no note.
                self.note = self.account().is_some().then_some(note).or(self.note);
                self.user = SignedInUser::Out;
            }
            SessionAction::Read => self.note = None,
        }
        self
    }

    /// The account that is signed in.
    pub(crate) fn account(&self) -> Option<&Account> {
        match &self.user {
            SignedInUser::In(account) => Some(account),
            SignedInUser::Starting | SignedInUser::Out => None,
        }
    }

    /// Whether an admin is signed in.
    pub(crate) fn is_admin(&self) -> bool {
        self.account().is_some_and(|account| account.user.role == Role::Admin)
    }

    /// Whether requests without a token are answered.
    pub(crate) fn open(&self) -> bool {
        !self.settings.auth_enabled || self.settings.anonymous_allowed
    }

    /// Whether a page that needs `need` is shown.
    pub(crate) fn access(&self, need: Need) -> Access {
        match (&self.user, need) {
            (_, Need::Nothing) => Access::Granted,
            (SignedInUser::Starting, _) => Access::Wait,
            (SignedInUser::In(_), Need::Admin) if !self.is_admin() => Access::Refused,
            (SignedInUser::In(_), _) => Access::Granted,
            (SignedInUser::Out, Need::Reader) if self.open() => Access::Granted,
            (SignedInUser::Out, _) => Access::SignIn,
        }
    }

    /// Identifies the user. When it changes, everything on the screen is recreated.
    pub(crate) fn who(&self) -> String {
        self.account().map_or_else(|| "nobody".to_owned(), |account| account.user.id.to_string())
    }
}

/// The delay until a token is renewed, in milliseconds: until a minute before it expires, or half its lifetime if that is short.
pub(crate) fn renew_in(seconds: u64) -> u32 {
    // Browsers limit timers to 24 days. An early renewal is harmless.
    let wait = seconds.saturating_sub(60).max(seconds / 2).clamp(1, 86_400);
    wait as u32 * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, role: &str) -> Box<Account> {
        let id = if name == "ada" { "1" } else { "2" };
        let meter = r#"{"used":0,"reserved":0,"limit":null}"#;
        Box::new(
            serde_json::from_str(&format!(
                r#"{{"id":"7f8a4c1e-0000-4000-8000-00000000000{id}","username":"{name}","role":"{role}","anonymous":false,
                "disabled":false,"created_at":"2026-11-01T00:00:00Z","quotas":{{"pages":"default","tokens":"unlimited"}},
                "period":{{"starts_at":"2026-11-01T00:00:00Z","ends_at":"2026-12-01T00:00:00Z","pages":{meter},"tokens":{meter}}}}}"#
            ))
            .unwrap(),
        )
    }

    fn session(auth_enabled: bool, anonymous_allowed: bool) -> Session {
        let settings = AuthSettings { auth_enabled, anonymous_allowed, ..AuthSettings::default() };
        Session::default().after(SessionAction::Settings(settings))
    }

    #[test]
    fn pages_wait_until_the_session_is_known() {
        assert_eq!(session(true, false).access(Need::Reader), Access::Wait);
        assert_eq!(session(true, false).access(Need::Nothing), Access::Granted);
    }

    #[test]
    fn without_accounts_reading_needs_no_sign_in_but_keys_do() {
        let session = session(false, false).after(SessionAction::Out);
        assert_eq!(session.access(Need::Reader), Access::Granted);
        assert_eq!(session.access(Need::Account), Access::SignIn);
    }

    #[test]
    fn a_closed_service_requires_signing_in_on_every_page_and_an_open_one_does_not() {
        assert_eq!(session(true, false).after(SessionAction::Out).access(Need::Reader), Access::SignIn);
        assert_eq!(session(true, true).after(SessionAction::Out).access(Need::Reader), Access::Granted);
    }

    #[test]
    fn admin_pages_are_for_admins() {
        let user = session(true, false).after(SessionAction::In(account("ada", "user")));
        assert_eq!(user.access(Need::Admin), Access::Refused);
        let admin = session(true, false).after(SessionAction::In(account("ada", "admin")));
        assert_eq!(admin.access(Need::Admin), Access::Granted);
    }

    #[test]
    fn the_end_of_a_session_is_noted_once_and_cleared_after_signing_in() {
        let session = session(true, false).after(SessionAction::In(account("ada", "user")));
        let over = session.after(SessionAction::Over(Note::SignedOut)).after(SessionAction::Over(Note::Ended));
        assert_eq!(over.note, Some(Note::SignedOut), "the second end is no news");
        assert_eq!(over.after(SessionAction::In(account("ada", "user"))).note, None);
    }

    #[test]
    fn a_tab_without_a_session_shows_no_note() {
        let out = session(true, true).after(SessionAction::Out).after(SessionAction::Over(Note::SignedOut));
        assert_eq!(out.note, None);
    }

    #[test]
    fn a_late_answer_does_not_sign_in_a_user_who_has_signed_out() {
        let eve = session(true, false).after(SessionAction::In(account("eve", "user")));
        assert_eq!(eve.clone().after(SessionAction::Known(account("ada", "admin"))), eve);
        let out = eve.after(SessionAction::Over(Note::SignedOut));
        assert_eq!(out.clone().after(SessionAction::Known(account("eve", "user"))), out);
    }

    #[test]
    fn a_token_is_renewed_a_minute_before_it_expires_and_never_in_a_tight_loop() {
        assert_eq!(renew_in(3600), 3_540_000);
        assert_eq!(renew_in(60), 30_000);
        assert_eq!(renew_in(0), 1000);
        assert_eq!(renew_in(u64::MAX), 86_400_000);
    }

    #[test]
    fn a_refreshed_account_is_the_same_user_and_another_is_not() {
        let ada = session(true, false).after(SessionAction::In(account("ada", "user")));
        let promoted = ada.clone().after(SessionAction::Known(account("ada", "admin")));
        assert_eq!(ada.who(), promoted.who());
        assert!(promoted.is_admin());
        assert_ne!(ada.who(), ada.clone().after(SessionAction::In(account("eve", "user"))).who());
        assert_ne!(ada.who(), ada.clone().after(SessionAction::Over(Note::SignedOut)).who());
    }
}
