//! A lock among tabs: they share a refresh token, which can be used only once.

use std::{cell::RefCell, future::Future, rc::Rc};

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// The lock's name, the same in every tab.
const NAME: &str = "inkstream-session";

/// Runs `work` while no other tab runs such work. Without Web Locks, as outside of a secure context, it excludes only other work of this
/// tab.
pub(super) async fn alone<T>(work: impl Future<Output = T>) -> T {
    let Some(held) = hold().await else { return work.await };
    let done = work.await;
    drop(held);
    done
}

/// The lock while it is held. Dropping it releases the lock.
struct Held(Rc<RefCell<Option<Function>>>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(release) = self.0.borrow_mut().take() {
            // Calling a promise's own resolver cannot fail.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

async fn hold() -> Option<Held> {
    let locks = Reflect::get(&web_sys::window()?.navigator(), &"locks".into()).ok()?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let held = Held(Rc::default());
    let released = Promise::new(&mut |resolve, _| *held.0.borrow_mut() = Some(resolve));
    let (granted, grant) = oneshot::channel();
    let callback = Closure::once_into_js(move |_lock: JsValue| {
        // If the receiver is gone, dropping `Held` releases the lock.
        let _ = granted.send(());
        released
    });
    let over = request.call2(&locks, &NAME.into(), &callback).ok()?.dyn_into::<Promise>().ok()?;
    match select(grant, JsFuture::from(over)).await {
        Either::Left((Ok(()), _)) => Some(held),
        // The browser refuses locks to this page.
        Either::Left((Err(_), _)) | Either::Right(_) => None,
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use wasm_bindgen_futures::spawn_local;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    async fn the_second_waits_until_the_first_is_done() {
        let order = Rc::new(RefCell::new(Vec::new()));
        let (release, gate) = oneshot::channel::<()>();
        let (began, begun) = oneshot::channel::<()>();
        let (ended, end) = oneshot::channel::<()>();
        spawn_local({
            let order = order.clone();
            async move {
                alone(async {
                    began.send(()).unwrap();
                    gate.await.unwrap();
                    order.borrow_mut().push("first");
                })
                .await;
            }
        });
        begun.await.unwrap();
        spawn_local({
            let order = order.clone();
            async move {
                alone(async { order.borrow_mut().push("second") }).await;
                ended.send(()).unwrap();
            }
        });
        order.borrow_mut().push("asked");
        release.send(()).unwrap();
        end.await.unwrap();
        assert_eq!(*order.borrow(), ["asked", "first", "second"]);
    }
}
