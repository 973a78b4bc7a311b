//! Icons on a grid of 20.

use yew::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glyph {
    /// The mark of the product: a drop of ink.
    Drop,
    /// A circle, half of it dark.
    Auto,
    /// A sun.
    Light,
    /// A moon.
    Dark,
    /// Two sheets.
    Copy,
    /// An arrow into a tray.
    Export,
    /// A square.
    Stop,
    /// A bin.
    Delete,
    /// A sheet with a folded corner.
    Page,
    /// An exclamation mark in a triangle.
    Warning,
    /// A small arrow down.
    Down,
    /// Arrows that part.
    Zoom,
    /// A head and shoulders.
    Person,
    /// A key.
    Key,
    /// Bars.
    Chart,
    /// A shield.
    Admin,
    /// An arrow out of a door.
    Leave,
    /// An eye.
    Show,
    /// An eye that is struck out.
    Hide,
    /// A frame around lines.
    Boxes,
    /// An i in a circle.
    Details,
    /// Sliders.
    Options,
    /// A circular arrow.
    Again,
    /// Hills in a frame.
    Image,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Drop => "M10 2.5c3 3.6 5 6.3 5 9a5 5 0 0 1-10 0c0-2.7 2-5.4 5-9zM7.5 12a2.5 2.5 0 0 0 2.5 2.5",
            Self::Auto => "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14z",
            Self::Light => {
                "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 1.8v1.7M10 16.5v1.7M1.8 10h1.7M16.5 10h1.7M4.2 4.2l1.2 1.2M14.6 14.6l1.2 1.2M4.2 15.8l1.2-1.2M14.6 5.4l1.2-1.2"
            }
            Self::Dark => "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
            Self::Copy => "M7 7V3.5h9.5V13H13M3.5 7H13v9.5H3.5z",
            Self::Export => "M10 3v9.5M6 8.8l4 3.9 4-3.9M3.5 13.5v3h13v-3",
            Self::Stop => "M5.5 5.5h9v9h-9z",
            Self::Delete => "M4 5.5h12M8 5.5v-2h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5",
            Self::Page => "M5 2.5h6.5L15.5 6.5v11H5zM11.5 2.5v4h4M7.5 10h5.5M7.5 13h5.5",
            Self::Warning => "M10 3.5l7.5 13h-15zM10 8v4.2M10 14.2v.3",
            Self::Down => "M6 8.2l4 3.9 4-3.9",
            Self::Person => {
                "M10 3.5a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4zM3.8 16.8c.6-3 3.1-4.6 6.2-4.6s5.6 1.6 6.2 4.6"
            }
            Self::Key => "M6.8 9.4a3.6 3.6 0 1 0 0 7.2 3.6 3.6 0 0 0 0-7.2zM9.4 10.6L16.5 3.5M13.6 6.4l2.6 2.6",
            Self::Chart => "M3.5 16.5h13M5.5 13.5v-4M10 13.5v-9M14.5 13.5v-6",
            Self::Admin => "M10 2.8l6 2.2v4.6c0 3.6-2.4 6.2-6 7.6-3.6-1.4-6-4-6-7.6V5zM7.5 9.8l1.9 1.9 3.3-3.5",
            Self::Leave => "M11.5 3.5h-7v13h7M8.5 10h8.5M13.8 6.8L17 10l-3.2 3.2",
            Self::Show => {
                "M2.5 10c1.9-3.3 4.4-5 7.5-5s5.6 1.7 7.5 5c-1.9 3.3-4.4 5-7.5 5s-5.6-1.7-7.5-5zM10 7.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6z"
            }
            Self::Hide => "M2.5 10c1.9-3.3 4.4-5 7.5-5s5.6 1.7 7.5 5c-1.9 3.3-4.4 5-7.5 5s-5.6-1.7-7.5-5zM4 16.5l12-13",
            Self::Boxes => "M3 6V3h3M14 3h3v3M17 14v3h-3M6 17H3v-3M6.5 7.5h7M6.5 12.5h4.5",
            Self::Details => "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 9.2v4.3M10 6.6v.3",
            Self::Options => {
                "M3 6h7.5M14.5 6H17M3 14h2.5M9.5 14H17M12.5 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM7.5 12a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"
            }
            Self::Again => "M15.8 7.2A6.5 6.5 0 1 0 16.5 10M16.3 3.2v4h-4",
            Self::Image => "M3 4h14v12H3zM3 13.5l4-4 3.5 3.5 2.5-2.5 4 4M13.2 7.4v.2",
            Self::Zoom => "M11.5 8.5l5-5M12.5 3.5h4v4M8.5 11.5l-5 5M3.5 12.5v4h4",
        }
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) glyph: Glyph,
}

/// An icon beside a text or in a labelled button, hidden from screen readers.
#[component]
pub(crate) fn Icon(props: &Props) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d={props.glyph.path()} />
            if props.glyph == Glyph::Auto {
                <path class="icon-filled" d="M10 3a7 7 0 0 1 0 14z" />
            }
        </svg>
    }
}
