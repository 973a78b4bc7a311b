//! Renders a page's content as HTML elements. Everything that a model wrote is passed to Yew as text, so it never becomes markup, and
//! its addresses are never followed.

use std::{cell::Cell, rc::Rc};

use inkstream_content::FurnitureRole;
use yew::{prelude::*, virtual_dom::VTag};

use crate::{
    components::{Glyph, Icon},
    state::{BlockView, BlockViewKind, CellView, ContentView, ItemView, Piece, Run, RunStyle, TableView},
};

/// Properties of [`ContentBlocks`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What is shown.
    pub(crate) view: Rc<ContentView>,
}

/// The blocks. They are rendered once, because a highlight changes nothing here.
#[component]
pub(crate) fn ContentBlocks(props: &Props) -> Html {
    let renderer = Renderer { has_stop: Cell::new(false) };
    html! { <div class="content">{ renderer.blocks(&props.view.blocks) }</div> }
}

struct Renderer {
    /// Whether a piece that Tab stops at was rendered. Only the first piece is a tab stop, because a page has hundreds; arrow keys move
    /// from it to the others.
    has_stop: Cell<bool>,
}

/// The attributes of an element that belongs to a region of the image.
struct Link {
    class: Option<&'static str>,
    region: Option<String>,
    tabindex: Option<&'static str>,
}

impl Renderer {
    fn link(&self, region: Option<usize>) -> Link {
        let tabindex = region.map(|_| if self.has_stop.replace(true) { "-1" } else { "0" });
        Link { class: region.map(|_| "linked"), region: region.map(|region| region.to_string()), tabindex }
    }

    fn blocks(&self, blocks: &[BlockView]) -> Html {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&self, block: &BlockView) -> Html {
        match &block.kind {
            BlockViewKind::Heading(level, text) => self.element(heading(*level), None, block.region, self.pieces(text)),
            BlockViewKind::Paragraph(text) => self.element("p", None, block.region, self.pieces(text)),
            BlockViewKind::Quote(blocks) => self.element("blockquote", None, block.region, self.blocks(blocks)),
            BlockViewKind::List(items, numbered) => {
                let items = items.iter().map(|item| self.item(item)).collect();
                self.element(if *numbered { "ol" } else { "ul" }, None, block.region, items)
            }
            BlockViewKind::Table(table) => self.table(table, block.region),
            BlockViewKind::Figure(caption) => {
                let caption = if caption.is_empty() {
                    html! { { "Figure" } }
                } else {
                    self.pieces(caption)
                };
                let inner = html! { <><Icon glyph={Glyph::Image} /><figcaption dir="auto">{ caption }</figcaption></> };
                self.element("figure", None, block.region, inner)
            }
            BlockViewKind::Formula(latex) => {
                self.element("p", Some("content-formula"), block.region, html! { <code>{ latex }</code> })
            }
            BlockViewKind::Code(code) => {
                let Link { class, region, .. } = self.link(block.region);
                html! { <pre {class} data-region={region} tabindex="0" role="group" aria-label="Code"><code>{ code }</code></pre> }
            }
            BlockViewKind::Furniture(role, text) => {
                self.element("p", Some(furniture(*role)), block.region, self.pieces(text))
            }
            BlockViewKind::Rule => html! { <hr /> },
        }
    }

    fn element(&self, tag: &'static str, own: Option<&'static str>, region: Option<usize>, inner: Html) -> Html {
        let Link { class, region, tabindex } = self.link(region);
        let class = classes!(own, class);
        let mut element = VTag::new(tag);
        element.add_attribute("dir", "auto");
        if !class.is_empty() {
            element.add_attribute("class", class.to_string());
        }
        if let (Some(region), Some(tabindex)) = (region, tabindex) {
            element.add_attribute("data-region", region);
            element.add_attribute("tabindex", tabindex);
        }
        element.add_child(inner);
        element.into()
    }

    fn item(&self, item: &ItemView) -> Html {
        let marker = match item.checked {
            Some(true) => html! { <span class="check is-checked" role="img" aria-label="Checked" /> },
            Some(false) => html! { <span class="check" role="img" aria-label="Not checked" /> },
            None => html! { <span class="marker">{ shown_marker(&item.marker) }</span> },
        };
        html! { <li dir="auto">{ marker }<div class="item">{ self.blocks(&item.blocks) }</div></li> }
    }

    /// A wide table scrolls on its own, so that the page never scrolls horizontally.
    fn table(&self, table: &TableView, region: Option<usize>) -> Html {
        let Link { class, region, .. } = self.link(region);
        let rows = |rows: &[Vec<CellView>], in_head| -> Html {
            let row = |cells: &Vec<CellView>| -> Html {
                html! { <tr>{ for cells.iter().map(|cell| self.cell(cell, in_head)) }</tr> }
            };
            rows.iter().map(row).collect()
        };
        html! {
            <div class={classes!("content-table", class)} data-region={region} tabindex="0" role="group" aria-label="Table">
                <table>
                    if let Some(caption) = &table.caption {
                        <caption dir="auto">{ self.pieces(caption) }</caption>
                    }
                    if !table.head.is_empty() {
                        <thead>{ rows(&table.head, true) }</thead>
                    }
                    <tbody>{ rows(&table.body, false) }</tbody>
                </table>
                if table.truncated {
                    <p class="content-note">{ "The table goes on: it is too large to be kept whole." }</p>
                }
            </div>
        }
    }

    fn cell(&self, cell: &CellView, in_head: bool) -> Html {
        let span = |span: u32| Some(span).filter(|span| *span > 1).map(|span| span.to_string());
        let (colspan, rowspan) = (span(cell.column_span), span(cell.row_span));
        let Link { class, region, tabindex } = self.link(cell.region);
        let class = classes!(class, cell.numeric.then_some("is-numeric"));
        let text = self.pieces(&cell.text);
        if cell.header {
            let scope = if in_head { "col" } else { "row" };
            html! { <th {class} {scope} {colspan} {rowspan} dir="auto" data-region={region} {tabindex}>{ text }</th> }
        } else {
            html! { <td {class} {colspan} {rowspan} dir="auto" data-region={region} {tabindex}>{ text }</td> }
        }
    }

    fn pieces(&self, pieces: &[Piece]) -> Html {
        let piece = |piece: &Piece| -> Html {
            let runs: Html = piece.runs.iter().map(run).collect();
            if piece.region.is_none() {
                return runs;
            }
            let Link { class, region, tabindex } = self.link(piece.region);
            html! { <span {class} data-region={region} {tabindex}>{ runs }</span> }
        };
        pieces.iter().map(piece).collect()
    }
}

/// A run of text within the elements of its style.
fn run(run: &Run) -> Html {
    let mut inner = html! { { run.text.as_str() } };
    if run.style.has(RunStyle::FORMULA) {
        inner = html! { <code class="formula">{ inner }</code> };
    }
    for (style, tag) in [
        (RunStyle::CODE, "code"),
        (RunStyle::SUBSCRIPT, "sub"),
        (RunStyle::SUPERSCRIPT, "sup"),
        (RunStyle::STRIKETHROUGH, "s"),
        (RunStyle::UNDERLINE, "u"),
        (RunStyle::ITALIC, "em"),
        (RunStyle::BOLD, "strong"),
    ] {
        if run.style.has(style) {
            let mut element = VTag::new(tag);
            element.add_child(inner);
            inner = element.into();
        }
    }
    match &run.link {
        Some(url) => html! { <span class="link" title={url.clone()}>{ inner }</span> },
        None => inner,
    }
}

const fn heading(level: u8) -> &'static str {
    match level {
        0 | 1 => "h1",
        2 => "h2",
        3 => "h3",
        4 => "h4",
        5 => "h5",
        _ => "h6",
    }
}

const fn furniture(role: FurnitureRole) -> &'static str {
    match role {
        FurnitureRole::RunningHead | FurnitureRole::RunningFoot => "furniture",
        FurnitureRole::PageNumber => "furniture is-page-number",
        FurnitureRole::Watermark => "furniture is-watermark",
    }
}

/// A hyphen is shown as a dash and not as a bullet, because it may be the sign of a number.
fn shown_marker(marker: &str) -> &str {
    match marker {
        "-" => "–",
        "*" | "+" => "•",
        other => other,
    }
}
