//! The audit trail.

use inkstream_wire::{AuditEvent, AuditKind};
use yew::prelude::*;

use super::Frame;
use crate::{
    api,
    components::More,
    hooks::use_paged,
    state::{Rest, ago},
};

/// One row for each event, newest first.
#[component]
pub(crate) fn AdminAudit() -> Html {
    let (list, onmore) = use_paged(api::audit);
    let (rows, rest) = (&list.0.rows, list.0.rest);
    html! {
        <Frame title="Audit trail">
            if rows.is_empty() && rest == Rest::Nothing {
                <p class="empty">{ "Nothing has happened yet. Sign-ins, keys and changes of roles and quotas will stand here." }</p>
            } else if !rows.is_empty() {
                <div class="table-scroll" tabindex="0" role="region" aria-label="Events">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">{ "When" }</th><th scope="col">{ "What" }</th><th scope="col">{ "Who" }</th>
                                <th scope="col">{ "Whom" }</th><th scope="col">{ "Particulars" }</th><th scope="col">{ "Address" }</th>
                            </tr>
                        </thead>
                        <tbody>{ for rows.iter().map(row) }</tbody>
                    </table>
                </div>
            }
            <More {rest} empty={rows.is_empty()} {onmore} />
        </Frame>
    }
}

fn row(event: &AuditEvent) -> Html {
    let (words, class) = event_words(event.event);
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    html! {
        <tr key={event.id.to_string()}>
            <td><time datetime={event.at.clone()} title={event.at.clone()}>{ ago(js_sys::Date::parse(&event.at), js_sys::Date::now()) }</time></td>
            <td {class}>{ words }</td>
            <td>{ or_dash(&event.actor) }</td>
            <td>{ or_dash(&event.subject) }</td>
            <td>{ or_dash(&event.detail) }</td>
            <td class="is-mono">{ or_dash(&event.address) }</td>
        </tr>
    }
}

/// An event in words, and its class if it needs attention.
const fn event_words(event: AuditKind) -> (&'static str, Option<&'static str>) {
    match event {
        AuditKind::Registered => ("made an account", None),
        AuditKind::SignedIn => ("signed in", None),
        AuditKind::SignInFailed => ("! sign-in failed", Some("is-cut")),
        AuditKind::SignedOut => ("signed out", None),
        AuditKind::TokenReused => ("! a worn-out token came again", Some("is-failed")),
        AuditKind::PasswordChanged => ("changed a password", None),
        AuditKind::AccountDeleted => ("deleted an account", None),
        AuditKind::KeyCreated => ("made a key", None),
        AuditKind::KeyRevoked => ("revoked a key", None),
        AuditKind::RoleChanged => ("changed a role", None),
        AuditKind::UserDisabled => ("disabled a user", None),
        AuditKind::UserEnabled => ("enabled a user", None),
        AuditKind::QuotaChanged => ("changed a quota", None),
    }
}
