use std::path::PathBuf;

use inkstream_native::NativeConfig;

use crate::settings::{ChildSettings, EngineSettings, LimitSettings};

/// Decode children that are started ahead.
const DECODE_AHEAD: usize = 2;

/// Builds the configuration of the sandboxed processes. `limits` is `None` for processes that open no document.
pub(super) fn config(
    children: &ChildSettings,
    limits: Option<&LimitSettings>,
    engine: &EngineSettings,
) -> NativeConfig {
    let defaults = NativeConfig::default();
    NativeConfig {
        pdfium_library: non_empty(children.pdfium_library.as_ref()),
        tessdata: non_empty(children.tessdata_dir.as_ref()),
        models: non_empty(children.models_dir.as_ref()),
        languages: engine.ocr_languages.names().to_vec(),
        read_children: children.read_children.unwrap_or(defaults.read_children),
        decode_children: children.decode_children.unwrap_or(defaults.decode_children),
        decode_ahead: if limits.is_some() { DECODE_AHEAD } else { 0 },
        max_pixels: limits.map_or(defaults.max_pixels, |limits| limits.max_pixels),
        max_pages: limits.map_or(defaults.max_pages, |limits| limits.max_pages),
        open_deadline: children.open_deadline,
        render_deadline: children.render_deadline,
        read_deadline: children.read_deadline,
        ..defaults
    }
}

/// An empty path counts as unset: `PDFIUM_LIBRARY=` in a compose file means to search for the library.
fn non_empty(path: Option<&PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty()).cloned()
}
