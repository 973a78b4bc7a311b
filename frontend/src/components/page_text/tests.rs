use inkstream_content::{Block, BlockKind, Line, RichText, TextRange};
use inkstream_wire::PixelBox;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use super::*;
use crate::{
    components::stage::{Stage, drawn},
    hooks::WorkspaceStore,
    state::fixtures::{page_delta, page_end_with, page_start},
};

wasm_bindgen_test_configure!(run_in_browser);

#[derive(Properties, PartialEq)]
struct InStoreProps {
    store: WorkspaceStore,
    view: TextView,
}

/// A page's text in a workspace, with what it highlights.
#[component]
fn InStore(props: &InStoreProps) -> Html {
    let highlight = use_state(|| None::<Highlight>);
    let onhighlight = {
        let highlight = highlight.clone();
        Callback::from(move |to| highlight.set(to))
    };
    let workspace = props.store.workspace();
    let content = workspace.shown().and_then(|page| page.content().cloned());
    let content = Rc::new(ContentView::new(content.as_deref(), &[]));
    html! {
        <ContextProvider<WorkspaceStore> context={props.store.clone()}>
            <PageText page={1} view={props.view} {content} highlight={*highlight} {onhighlight} />
            <output>{ highlight.map(|it| it.region.to_string()) }</output>
        </ContextProvider<WorkspaceStore>>
    }
}

fn lines(lines: &[&str]) -> PageContent {
    let blocks = lines.iter().enumerate().map(|(index, line)| {
        let bounds = Some(PixelBox { x: 0, y: index as u32 * 10, width: 100, height: 8 });
        let range = TextRange::new(0, line.chars().count() as u32);
        let line_of = Line { range, number: None, bounds, confidence: None, words: Vec::new() };
        Block::new(BlockKind::Paragraph { text: RichText { lines: vec![line_of], ..RichText::plain(*line) } })
    });
    PageContent::new(blocks.collect())
}

/// A store with one page that was read.
fn read(text: &str, content: &PageContent) -> WorkspaceStore {
    let store = WorkspaceStore::reading(1);
    store.tell(&[page_start(1), page_delta(1, text), page_end_with(1, content)]);
    store
}

#[wasm_bindgen_test]
async fn a_models_html_is_shown_as_text_and_never_live() {
    let hostile = "<script>window.owned = 1</script> <img src=x onerror=\"window.owned = 1\">";
    let content = lines(&[hostile]);
    for view in [TextView::Text, TextView::Raw, TextView::Json] {
        let store = read("<script>window.owned = 1</script>", &content);
        let stage = Stage::render::<InStore>(yew::props!(InStoreProps { store, view })).await;
        assert!(stage.words().contains("<script>window.owned = 1</script>"), "{}", stage.words());
        assert!(stage.find::<Element>("script, img, a").is_none());
    }
    drawn().await;
    let owned = js_sys::Reflect::get(&web_sys::window().unwrap(), &"owned".into()).unwrap();
    assert!(owned.is_undefined());
}

#[wasm_bindgen_test]
async fn text_highlights_its_region_when_it_has_the_focus_and_arrows_walk_from_piece_to_piece() {
    let store = read("one line\n\nanother line", &lines(&["one line", "another line"]));
    let stage = Stage::render::<InStore>(yew::props!(InStoreProps { store, view: TextView::Text })).await;
    let told = || stage.find::<Element>("output").unwrap().text_content().unwrap_or_default();
    let first: HtmlElement = stage.find("[data-region='0']").unwrap();
    assert_eq!(first.tab_index(), 0);
    first.focus().unwrap();
    drawn().await;
    assert_eq!(told(), "0");
    assert!(first.class_list().contains("is-highlighted"));
    let init = web_sys::KeyboardEventInit::new();
    init.set_key("ArrowDown");
    init.set_bubbles(true);
    let down = web_sys::KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
    first.dispatch_event(&down).unwrap();
    drawn().await;
    assert_eq!(told(), "1");
    assert!(!first.class_list().contains("is-highlighted"));
}

#[wasm_bindgen_test]
async fn arriving_text_is_appended_to_the_same_node_and_void_text_is_removed() {
    let store = WorkspaceStore::reading(1);
    store.tell(&[page_start(1), page_delta(1, "one ")]);
    let stage =
        Stage::render::<InStore>(yew::props!(InStoreProps { store: store.clone(), view: TextView::Text })).await;
    // Effects come after the first rendering.
    drawn().await;
    let node = || stage.find::<Element>(".text-plain").unwrap().first_child().unwrap();
    let first = node();
    store.tell(&[page_delta(1, "two")]);
    drawn().await;
    assert_eq!(first.text_content().as_deref(), Some("one two"));
    assert!(first.is_same_node(Some(&node())), "nodes are kept");
    store.tell(&[page_start(1), page_delta(1, "new")]);
    drawn().await;
    assert_eq!(node().text_content().as_deref(), Some("new"));
}
