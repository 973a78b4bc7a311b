//! All users: role, access, usage and quotas.

use inkstream_wire::Account;
use yew::prelude::*;

use super::{Frame, user_row::UserRow};
use crate::{
    api,
    components::More,
    hooks::use_paged,
    state::{PagedAction, Rest},
};

/// One row for each user.
#[component]
pub(crate) fn AdminUsers() -> Html {
    let (list, onmore) = use_paged(api::users);
    let onchange = {
        let store = list.dispatcher();
        Callback::from(move |(place, account): (usize, Account)| store.dispatch(PagedAction::Replace(place, account)))
    };
    let (rows, rest) = (&list.0.rows, list.0.rest);
    html! {
        <Frame title="Users">
            if rows.is_empty() && rest == Rest::Nothing {
                <p class="empty">{ "Nobody has an account yet. Make one with: inkstream user add NAME" }</p>
            } else if !rows.is_empty() {
                <div class="table-scroll" tabindex="0" role="region" aria-label="Users">
                    <table class="table is-middle">
                        <thead>
                            <tr>
                                <th scope="col">{ "Name" }</th><th scope="col">{ "Role" }</th><th scope="col">{ "May use the service" }</th>
                                <th scope="col" class="is-number">{ "Pages this month" }</th>
                                <th scope="col" class="is-number">{ "Tokens this month" }</th>
                                <th scope="col"><span class="visually-hidden">{ "Quotas" }</span></th>
                            </tr>
                        </thead>
                        <tbody>
                            { for rows.iter().enumerate().map(|(place, account)| html! {
                                <UserRow
                                    key={account.user.id.to_string()} account={account.clone()}
                                    onchange={onchange.reform(move |account| (place, account))}
                                />
                            }) }
                        </tbody>
                    </table>
                </div>
            }
            <More {rest} empty={rows.is_empty()} {onmore} />
        </Frame>
    }
}
