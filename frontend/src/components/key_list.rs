//! The list of API keys.

use inkstream_wire::{ApiKey, ApiKeyId};
use yew::prelude::*;

use crate::{
    components::{Glyph, Icon},
    state::{Day, ago, scope_list},
};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) onrevoke: Callback<(ApiKeyId, String)>,
}

/// One entry for each key: its name and prefix, scopes, last use and expiry.
#[component]
pub(crate) fn KeyList(props: &Props) -> Html {
    let now = js_sys::Date::now();
    html! {
        <ul class="keys" aria-label="Keys">
            { for props.keys.iter().map(|key| html! {
                <li class="key" key={key.id.to_string()}>
                    <Icon glyph={Glyph::Key} />
                    <div class="key-words">
                        <p class="key-head"><span class="key-name">{ &key.name }</span><code>{ &key.prefix }{ "…" }</code></p>
                        <p class="key-facts">{ facts(key, now) }</p>
                    </div>
                    <button
                        class="button is-quiet" type="button" aria-label={format!("Revoke {}", key.name)}
                        onclick={
                            let (id, name) = (key.id, key.name.clone());
                            props.onrevoke.reform(move |_| (id, name.clone()))
                        }
                    >
                        { "Revoke" }
                    </button>
                </li>
            }) }
        </ul>
    }
}

fn facts(key: &ApiKey, now: f64) -> String {
    let day = |text: &str| Day::parse(text).map_or_else(|| text.to_owned(), Day::long);
    let used = match &key.last_used_at {
        Some(when) => format!("last used {}", ago(js_sys::Date::parse(when), now)),
        None => "never used".to_owned(),
    };
    let ends = match &key.expires_at {
        Some(when) if js_sys::Date::parse(when) <= now => format!("expired {}", day(when)),
        Some(when) => format!("expires {}", day(when)),
        None => "does not expire".to_owned(),
    };
    format!("{} · made {} · {used} · {ends}", scope_list(&key.scopes), day(&key.created_at))
}
