//! The frame of every page: the header with the logo, the page's title and actions, and the global buttons.

use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    components::{AccountMenu, Glyph, Icon, Shortcuts},
    hooks::{Key, Reader, SessionStore, close, use_keys, use_theme},
    route::Route,
    state::{Access, Need, Theme},
};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page's title beside the logo.
    #[prop_or_default]
    pub(crate) title: Html,
    /// The page's actions.
    #[prop_or_default]
    pub(crate) actions: Html,
    /// Whether the page fills the window and scrolls inside.
    #[prop_or_default]
    pub(crate) filled: bool,
    #[prop_or_default]
    pub(crate) children: Html,
}

#[component]
pub(crate) fn Shell(props: &Props) -> Html {
    let (theme, next) = use_theme();
    let help = use_state(|| false);
    let show_help = {
        let help = help.clone();
        Callback::from(move |()| help.set(true))
    };
    let hide_help = {
        let help = help.clone();
        Callback::from(move |()| help.set(false))
    };
    use_keys({
        let show_help = show_help.clone();
        Callback::from(move |key| {
            if key == Key::Help {
                show_help.emit(());
            }
        })
    });
    let known = use_context::<SessionStore>();
    let signed_in = known.as_ref().is_some_and(|known| known.session().account().is_some());
    let may_read = known.is_some_and(|known| known.session().access(Need::Reader) == Access::Granted);
    let (glyph, word) = match theme {
        Theme::Auto => (Glyph::Auto, "as the system"),
        Theme::Light => (Glyph::Light, "light"),
        Theme::Dark => (Glyph::Dark, "dark"),
    };
    let label = format!("Theme: {word}");
    html! {
        <div class={classes!("shell", props.filled.then_some("is-filled"))}>
            <header class="header">
                <Mark />
                <div class="header-title">{ props.title.clone() }</div>
                <div class="header-actions">{ props.actions.clone() }</div>
                <nav class="header-nav" aria-label="App">
                    if may_read {
                        // On a phone, the account menu contains it.
                        <Link<Route> to={Route::Usage} classes={classes!("button", "is-quiet", signed_in.then_some("hide-on-phone"))}>
                            { "Usage" }
                        </Link<Route>>
                    }
                    <button class="button is-quiet is-icon" type="button" onclick={next} aria-label={label.clone()} title={label}>
                        <Icon {glyph} />
                    </button>
                    <button
                        class="button is-quiet is-icon hide-on-phone" type="button" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)"
                        onclick={show_help.reform(|_| ())}
                    >
                        { "?" }
                    </button>
                    <AccountMenu />
                </nav>
            </header>
            <main id="main" class="main" tabindex="-1">{ props.children.clone() }</main>
            if *help {
                <Shortcuts onclose={hide_help} />
            }
        </div>
    }
}

/// The logo, which links to the home page. A document without a URL is closed by it.
#[component]
fn Mark() -> Html {
    let reader = use_context::<Reader>();
    let onclick = Callback::from(move |_: MouseEvent| {
        if let Some(reader) = reader.as_ref().filter(|reader| reader.workspace().document.is_none()) {
            close(reader);
        }
    });
    html! {
        <span class="mark" {onclick}>
            <Link<Route> to={Route::Home}>
                <Icon glyph={Glyph::Drop} />
                <span class="wordmark">{ "Inkstream" }</span>
            </Link<Route>>
        </span>
    }
}
