//! The workspace as a store outside of components. A component selects what it shows, and is rendered again only if that has changed.
//! Therefore an animation frame renders the page that is being read, and not the whole app.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use yew::prelude::*;

use crate::state::{Action, Workspace};

/// The store. Clones are the same store.
#[derive(Clone, Default)]
pub(crate) struct WorkspaceStore(Rc<Inner>);

#[derive(Default)]
struct Inner {
    workspace: RefCell<Rc<Workspace>>,
    subscribers: RefCell<BTreeMap<u64, Subscriber>>,
    next: Cell<u64>,
}

type Subscriber = Rc<dyn Fn(&Workspace)>;

impl PartialEq for WorkspaceStore {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl WorkspaceStore {
    /// The current workspace.
    pub(crate) fn workspace(&self) -> Rc<Workspace> {
        self.0.workspace.borrow().clone()
    }

    /// Changes the workspace, and renders the components whose selection has changed.
    pub(crate) fn dispatch(&self, action: Action) {
        let before = self.0.workspace.take();
        // The state is nearly always changed in place, because nothing else holds it for long.
        let after = Rc::new(Rc::unwrap_or_clone(before).after(action));
        self.0.workspace.replace(Rc::clone(&after));
        let subscribers: Vec<Subscriber> = self.0.subscribers.borrow().values().cloned().collect();
        for subscriber in subscribers {
            subscriber(&after);
        }
    }

    fn subscribe(&self, subscriber: Subscriber) -> Subscription {
        let id = self.0.next.get();
        self.0.next.set(id + 1);
        self.0.subscribers.borrow_mut().insert(id, subscriber);
        Subscription { store: self.clone(), id }
    }
}

/// A subscription, which ends on drop.
struct Subscription {
    store: WorkspaceStore,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.store.0.subscribers.borrow_mut().remove(&self.id);
    }
}

/// The value that `select` takes from the workspace of the context. `select` must be fast, because it runs at each change.
#[hook]
pub(crate) fn use_selector<T, F>(select: F) -> T
where
    T: Clone + PartialEq + 'static,
    F: Fn(&Workspace) -> T + 'static,
{
    let none = use_memo((), |()| WorkspaceStore::default());
    let store = use_context::<WorkspaceStore>().unwrap_or_else(|| (*none).clone());
    use_selector_of(store, select)
}

/// Like [`use_selector`], for this store.
#[hook]
pub(crate) fn use_selector_of<T, F>(store: WorkspaceStore, select: F) -> T
where
    T: Clone + PartialEq + 'static,
    F: Fn(&Workspace) -> T + 'static,
{
    #[cfg(test)]
    renders::count::<F>();
    let update = use_force_update();
    let selected = select(&store.workspace());
    // The shown value and the latest selector, which may have captured properties.
    let shown = use_mut_ref(|| None::<(T, F)>);
    *shown.borrow_mut() = Some((selected.clone(), select));
    use_effect_with(store, move |store| {
        let check = move |workspace: &Workspace| {
            let is_stale = shown.borrow().as_ref().is_some_and(|(shown, select)| select(workspace) != *shown);
            if is_stale {
                update.force_update();
            }
        };
        // The workspace may have changed since the rendering.
        check(&store.workspace());
        let subscription = store.subscribe(Rc::new(check));
        move || drop(subscription)
    });
    selected
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
impl WorkspaceStore {
    /// A document of so many pages that is being read.
    pub(crate) fn reading(pages: u32) -> Self {
        let store = Self::default();
        let (name, kind) = ("a.pdf".to_owned(), inkstream_wire::DocumentKind::Pdf);
        store.dispatch(Action::Upload { name, kind, range: None, sought: None });
        store.tell(&[crate::state::fixtures::start("pdf", &format!(r#""pages":{pages},"#))]);
        store
    }

    /// Takes in the events of an animation frame.
    pub(crate) fn tell(&self, lines: &[String]) {
        self.dispatch(Action::Events { events: crate::state::fixtures::events(lines), at: 0.0 });
    }
}

/// How often components that select were rendered.
#[cfg(test)]
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "only tests in a browser render"))]
pub(crate) mod renders {
    use std::{any::type_name, cell::RefCell, collections::BTreeMap};

    thread_local! {
        static RENDERS: RefCell<BTreeMap<&'static str, u32>> = RefCell::default();
    }

    /// Counts a rendering of the component that has this selector.
    pub(super) fn count<F>() {
        RENDERS.with_borrow_mut(|renders| *renders.entry(type_name::<F>()).or_default() += 1);
    }

    /// The renderings since the last call, by component.
    pub(crate) fn take() -> BTreeMap<String, u32> {
        // `<path::Component as …>::run::inner::{{closure}}`; of a selector that is a function, the function's name.
        let component = |selector: &str| {
            let path = selector.split(" as ").next().unwrap_or(selector);
            let path = path.trim_end_matches("::{{closure}}").trim_end_matches("::inner").trim_end_matches("::run");
            path.rsplit("::").next().unwrap_or(path).to_owned()
        };
        let mut counted = BTreeMap::new();
        for (selector, renders) in RENDERS.take() {
            let all: &mut u32 = counted.entry(component(selector)).or_default();
            *all = renders.max(*all);
        }
        counted
    }
}
