//! The provider stack and what frames every page.

use wasm_bindgen::JsCast;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    components::{DropOverlay, ToastList},
    hooks::{Engines, EnginesProvider, Reader, ReaderProvider, ToastStore, ToastsProvider, take, use_files},
    pages::{Home, NotFound, UsagePage, WorkspacePage},
    route::Route,
    state::Phase,
};

/// The app.
#[component]
pub(crate) fn App() -> Html {
    html! {
        <BrowserRouter>
            <ToastsProvider>
                <EnginesProvider>
                    <ReaderProvider>
                        <Frame />
                    </ReaderProvider>
                </EnginesProvider>
            </ToastsProvider>
        </BrowserRouter>
    }
}

/// The page of the address, and what every page has: files may be dropped anywhere, notes, and
/// the voice for screen readers.
#[component]
fn Frame() -> Html {
    let (Some(reader), Some(toasts), Some(Engines(engines))) =
        (use_context::<Reader>(), use_context::<ToastStore>(), use_context::<Engines>())
    else {
        return Html::default();
    };
    let route = use_route::<Route>().unwrap_or(Route::NotFound);
    let taken = {
        let (reader, navigator) = (reader.clone(), use_navigator());
        Callback::from(move |files| {
            if let (Some(navigator), true) = (&navigator, route != Route::Home) {
                navigator.push(&Route::Home);
            }
            take(&reader, &toasts, &engines, files);
        })
    };
    let over = use_files(taken.clone());
    let workspace = reader.workspace();
    let title = match route {
        Route::Home if workspace.document.is_some() || workspace.phase == Phase::Empty => "Inkstream".to_owned(),
        Route::Home | Route::Document { .. } if !workspace.name.is_empty() => format!("{} · Inkstream", workspace.name),
        Route::Usage => "Usage · Inkstream".to_owned(),
        _ => "Inkstream".to_owned(),
    };
    use_effect_with(title, |title| {
        if let Some(page) = web_sys::window().and_then(|window| window.document()) {
            page.set_title(title);
        }
    });
    use_focus_on_change(route);
    let page = match route {
        // A file that was just taken has no address yet.
        Route::Home if workspace.document.is_none() && workspace.phase != Phase::Empty => {
            html! { <WorkspacePage id={None} /> }
        }
        Route::Home => html! { <Home {taken} /> },
        Route::Document { id } => html! { <WorkspacePage id={Some(id)} /> },
        Route::Usage => html! { <UsagePage /> },
        Route::NotFound => html! { <NotFound /> },
    };
    html! {
        <>
            <a class="skip" href="#main">{ "Skip to the content" }</a>
            { page }
            <DropOverlay {over} />
            <ToastList />
            <div class="visually-hidden voice" role="status" aria-live="polite">{ &workspace.announcement }</div>
        </>
    }
}

/// Gives the focus to the page that an address change brought, so that the keyboard starts there.
#[hook]
fn use_focus_on_change(route: Route) {
    let shown = use_mut_ref(|| route);
    use_effect_with(route, move |&route| {
        if shown.replace(route) != route {
            let page = web_sys::window().and_then(|window| window.document());
            let main = page.and_then(|page| page.get_element_by_id("main"));
            if let Some(main) = main.and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok()) {
                // Without focus the page works all the same.
                let _ = main.focus();
            }
        }
    });
}
