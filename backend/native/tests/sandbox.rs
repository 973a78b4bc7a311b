//! Each right that a child gives up, tried from within a real child.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, process::Command};

fn probe(role: &str) -> BTreeMap<String, bool> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_inkstream-test-worker")).args(["probe", role]).env_clear().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| line.split_once(' ').unwrap()).map(|(name, said)| (name.into(), said == "yes")).collect()
}

#[test]
fn a_child_cannot_use_the_rights_that_it_dropped() {
    for role in ["decode", "read"] {
        let rights = probe(role);
        assert_eq!(rights.len(), if cfg!(target_arch = "x86_64") { 44 } else { 43 }, "the probe tried all");
        let kept: Vec<_> = rights.iter().filter(|(name, could)| **could && *name != "list_fonts").collect();
        assert!(kept.is_empty(), "{role}: {kept:?}");
    }
}

#[test]
fn a_decode_child_alone_reads_the_systems_fonts_where_landlock_guards_the_rest() {
    assert_eq!(probe("decode")["list_fonts"], inkstream_native::sandbox_report().landlock);
    assert!(!probe("read")["list_fonts"]);
}

#[test]
fn a_worker_that_no_server_started_says_so_and_ends() {
    let output = Command::new(env!("CARGO_BIN_EXE_inkstream-test-worker"))
        .args(["worker", "decode"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("only the server starts it"));
}
