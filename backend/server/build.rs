//! Rebuilds when the web app was built anew: rust-embed alone does not notice new files.

fn main() {
    println!("cargo::rerun-if-changed=../../frontend/dist");
}
