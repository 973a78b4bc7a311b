//! What the tests of the server's side share: an adapter with the tests' child, small documents, and a look at processes.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    sync::Arc,
    time::Duration,
};

use inkstream_core::{
    Error,
    image::{ImageEncoding, ImageSpec},
    ports::{Engine, OpenDocument, OpenRequest},
};
use inkstream_native::{Native, NativeConfig};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

/// Each test looks at all children of the process: they take turns, and begin without any.
pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    let turn = TURN.lock().await;
    until(|| children().is_empty()).await;
    turn
}

pub(crate) fn config() -> NativeConfig {
    NativeConfig {
        worker_program: Some(env!("CARGO_BIN_EXE_inkstream-test-worker").into()),
        read_children: 1,
        decode_children: 1,
        // Without them the default engine is Tesseract.
        models: Some("/nowhere".into()),
        render_deadline: Duration::from_secs(30),
        ..NativeConfig::default()
    }
}

pub(crate) fn tesseract(native: &Native) -> Arc<dyn Engine> {
    native.engines().find(|engine| engine.info().identity.model == "tesseract").unwrap()
}

/// An adapter whose children are this shell script.
pub(crate) fn with_script(folder: &Path, script: &str) -> Native {
    use std::os::unix::fs::PermissionsExt;
    let program = folder.join("child");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    Native::start(NativeConfig { worker_program: Some(program), ..config() }).unwrap()
}

pub(crate) async fn open(native: &Native, bytes: &[u8]) -> Result<Box<dyn OpenDocument>, Error> {
    let mut file: File = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    native.renderer().open(OpenRequest { file, password: None }).await
}

pub(crate) fn grey() -> ImageSpec {
    ImageSpec {
        dpi: 72.0,
        max_width: None,
        max_side: None,
        min_side: 64,
        format: ImageEncoding::Gray8,
        colour: false,
        rotation: 0,
        original: false,
    }
}

/// A PDF whose pages draw these streams; `/F0` is a form nested 30 deep, ten times each.
pub(crate) fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned()];
    let first_page = 33;
    let kids: Vec<_> = (0..pages.len()).map(|page| format!("{} 0 R", first_page + 2 * page)).collect();
    objects.push(format!("<</Type/Pages/Count {}/Kids[{}]>>", pages.len(), kids.join(" ")));
    for form in 3..first_page {
        let inner = if form + 1 < first_page { "/F0 Do ".repeat(10) } else { "0 0 1 1 re f".into() };
        let next = (form + 1).min(first_page - 1);
        objects.push(format!(
            "<</Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</F0 {next} 0 R>>>>/Length {}>>\nstream\n{inner}\nendstream",
            inner.len()
        ));
    }
    for (index, content) in pages.iter().enumerate() {
        let stream = first_page + 2 * index + 1;
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<</XObject<</F0 3 0 R>>>>/Contents {stream} 0 R>>"
        ));
        objects.push(format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
    }
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    let xref = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        file.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    file.extend(format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF", objects.len() + 1).bytes());
    file
}

/// A page that is drawn at once.
pub(crate) const PLAIN: &str = "20 20 100 100 re f";

/// The children of this process, zombies too.
pub(crate) fn children() -> Vec<Pid> {
    let own = std::process::id().to_string();
    let stats =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats
        .filter(|stat| stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)) == Some(&own))
        .filter_map(|stat| Pid::from_raw(stat.split_whitespace().next()?.parse().ok()?))
        .collect()
}

pub(crate) fn signal(child: Pid, signal: Signal) {
    kill_process(child, signal).unwrap();
}

/// Waits for the kernel to agree.
pub(crate) async fn until(mut agreed: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !agreed() {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("it came to pass");
}
