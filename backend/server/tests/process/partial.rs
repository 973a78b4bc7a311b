//! `inkstream ocr` with an engine that stops before the page's end.

use inkstream_testkit::{
    engine::{Script, ScriptedEngine},
    fixtures::page,
};
use tokio::process::Command;

#[tokio::test]
async fn a_partial_page_is_reported_on_stderr_and_by_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.png"), page::IMAGE).unwrap();
    for (reason, code, says) in [
        ("stop", 0, ""),
        ("length", 1, "inkstream: page 1: The engine reached its limit: the end of the text is missing.\n"),
        ("safety", 1, "inkstream: page 1: The engine's provider withheld text of this page.\n"),
    ] {
        let script = Script::stream().role().delta("half").finish(reason).done();
        let engine = ScriptedEngine::start(script).await.unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_inkstream"))
            .args(["ocr", "page.png"])
            .current_dir(folder.path())
            .env("LLM_BASE_URL", engine.base_url())
            .output()
            .await
            .unwrap();
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!((output.status.code(), stdout.as_str()), (Some(code), "half\n"), "{stderr}");
        assert_eq!(stderr, says);
    }
}
