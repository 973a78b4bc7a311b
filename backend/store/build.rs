//! The migrations are compiled in; cargo cannot see by itself that a file came to their folders.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
