use std::path::PathBuf;

use inkstream_native::NativeConfig;

use crate::settings::{ChildSettings, EngineSettings, LimitSettings};

/// The sandboxed processes' configuration; without limits, for processes that meet no document.
pub(super) fn config(
    children: &ChildSettings,
    limits: Option<&LimitSettings>,
    engine: &EngineSettings,
) -> NativeConfig {
    let usual = NativeConfig::default();
    NativeConfig {
        pdfium_library: named(children.pdfium_library.as_ref()),
        tessdata: named(children.tessdata_dir.as_ref()),
        languages: engine.ocr_languages.names().to_vec(),
        read_children: children.read_children.unwrap_or(usual.read_children),
        decode_children: children.decode_children.unwrap_or(usual.decode_children),
        max_pixels: limits.map_or(usual.max_pixels, |limits| limits.max_pixels),
        max_pages: limits.map_or(usual.max_pages, |limits| limits.max_pages),
        open_deadline: children.open_deadline,
        render_deadline: children.render_deadline,
        read_deadline: children.read_deadline,
        ..usual
    }
}

/// `PDFIUM_LIBRARY=` in a compose file means "look for it".
fn named(path: Option<&PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty()).cloned()
}
