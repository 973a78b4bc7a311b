//! The providers, and what surrounds every page.

use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    api::base_path,
    components::{DropOverlay, Shell, ToastList},
    hooks::{
        EnginesProvider, Reader, ReaderProvider, SessionProvider, SessionStore, ToastStore, ToastsProvider, take,
        use_files, use_selector,
    },
    pages::{
        AccountPage, AdminAudit, AdminEngines, AdminUsage, AdminUsers, Home, KeysPage, NotFound, Register, SignIn,
        UsagePage, WorkspacePage,
    },
    route::{ReturnQuery, Route, redirect},
    state::{Access, Need, Phase},
};

#[component]
pub(crate) fn App() -> Html {
    let base = Some(base_path()).filter(|base| !base.is_empty()).map(AttrValue::from);
    html! {
        <BrowserRouter basename={base}>
            <SessionProvider>
                <EnginesProvider>
                    <Person />
                </EnginesProvider>
            </SessionProvider>
        </BrowserRouter>
    }
}

/// Everything that belongs to one user. It is recreated for another user, so that nothing of the previous one stays on the screen or in
/// memory.
#[component]
fn Person() -> Html {
    let Some(session) = use_context::<SessionStore>() else { return Html::default() };
    html! {
        <ToastsProvider key={session.session().who()}>
            <ReaderProvider>
                <Frame />
            </ReaderProvider>
        </ToastsProvider>
    }
}

/// The current page, with what every page has: dropping of files, toasts, and announcements for screen readers.
#[component]
fn Frame() -> Html {
    let (name, named, empty) = use_selector(|workspace| {
        (workspace.name.clone(), workspace.document.is_some(), workspace.phase == Phase::Empty)
    });
    let (Some(session), Some(reader), Some(toasts)) =
        (use_context::<SessionStore>(), use_context::<Reader>(), use_context::<ToastStore>())
    else {
        return Html::default();
    };
    let route = use_route::<Route>().unwrap_or(Route::NotFound);
    let session = session.session();
    let may_read = session.access(Need::Reader) == Access::Granted;
    let taken = {
        let (reader, navigator) = (reader.clone(), use_navigator());
        Callback::from(move |files| {
            if !may_read {
                return;
            }
            if let (Some(navigator), true) = (&navigator, route != Route::Home) {
                navigator.push(&Route::Home);
            }
            take(&reader, &toasts, files);
        })
    };
    let over = use_files(taken.clone());
    let title = match (route.name(), name.as_str()) {
        (None, "") => "Inkstream".to_owned(),
        (None, _) if route == Route::Home && named => "Inkstream".to_owned(),
        (Some(name), _) | (None, name) => format!("{name} · Inkstream"),
    };
    use_effect_with(title, |title| {
        if let Some(page) = web_sys::window().and_then(|window| window.document()) {
            page.set_title(title);
        }
    });
    use_focus_on_change(route);
    let query = use_location().and_then(|location| location.query::<ReturnQuery>().ok()).unwrap_or_default();
    let redirect = redirect(session, route, &query);
    let leaving = redirect.is_some();
    use_redirect(redirect);
    let page = match (session.access(route.need()), route) {
        _ if leaving => html! { <Shell /> },
        (Access::Wait | Access::SignIn, _) => html! { <Shell /> },
        (Access::Refused, _) => html! { <NotFound /> },
        (Access::Granted, Route::Home) if !named && !empty => {
            // A document that is being uploaded has no URL yet.
            html! { <WorkspacePage id={None} /> }
        }
        (Access::Granted, route) => page(route, taken),
    };
    html! {
        <>
            <a class="skip" href="#main">{ "Skip to the content" }</a>
            { page }
            <DropOverlay over={over && may_read} />
            <ToastList />
            <Voice />
        </>
    }
}

/// The announcements for screen readers about the document.
#[component]
fn Voice() -> Html {
    let announcement = use_selector(|workspace| workspace.announcement.clone());
    html! { <div class="visually-hidden voice" role="status" aria-live="polite">{ announcement }</div> }
}

fn page(route: Route, taken: Callback<Vec<web_sys::File>>) -> Html {
    match route {
        Route::Home => html! { <Home {taken} /> },
        Route::Document { id } => html! { <WorkspacePage id={Some(id)} /> },
        Route::Usage => html! { <UsagePage /> },
        Route::SignIn => html! { <SignIn /> },
        Route::Register => html! { <Register /> },
        Route::Account => html! { <AccountPage /> },
        Route::Keys => html! { <KeysPage /> },
        Route::AdminUsers => html! { <AdminUsers /> },
        Route::AdminUsage => html! { <AdminUsage /> },
        Route::AdminEngines => html! { <AdminEngines /> },
        Route::AdminAudit => html! { <AdminAudit /> },
        Route::NotFound => html! { <NotFound /> },
    }
}

/// Redirects to the required page by replacing the history entry.
#[hook]
fn use_redirect(redirect: Option<(Route, ReturnQuery)>) {
    let navigator = use_navigator();
    use_effect_with(redirect, move |redirect| {
        let (Some((route, query)), Some(navigator)) = (redirect, navigator) else { return };
        match query.to {
            // The query is plain text and can always be serialized.
            Some(_) => drop(navigator.replace_with_query(route, query)),
            None => navigator.replace(route),
        }
    });
}

/// Focuses the new page after navigation, or its first field to fill, so that the keyboard starts there.
#[hook]
fn use_focus_on_change(route: Route) {
    let shown = use_mut_ref(|| route);
    use_effect_with(route, move |&route| {
        if shown.replace(route) != route {
            let page = web_sys::window().and_then(|window| window.document());
            let first = page.and_then(|page| {
                let field = page.query_selector("#main [autofocus]").ok().flatten();
                field.or_else(|| page.get_element_by_id("main"))
            });
            if let Some(first) = first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
                let options = FocusOptions::new();
                // Keep the header in view.
                options.set_prevent_scroll(true);
                // The page works also without focus.
                let _ = first.focus_with_options(&options);
                if let Some(window) = web_sys::window() {
                    window.scroll_to_with_x_and_y(0.0, 0.0);
                }
            }
        }
    });
}
