//! The web app's entry point. Everything else is in the library, where it can be tested.

fn main() {
    inkstream_frontend::run();
}
