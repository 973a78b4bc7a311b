//! Lists the recordings in `fixtures`, so that a new one is a file there and nothing else.

use std::{env, error::Error, fs, path::Path};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folder in a variable")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=fixtures");
    let folder = fs::canonicalize("fixtures")?;
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let file = entry?.file_name().into_string().map_err(|_| "a recording's name is no UTF-8")?;
        names.extend(file.strip_suffix(".sse").map(str::to_owned));
    }
    names.sort_unstable();
    let folder = folder.to_str().ok_or("the folder's path is no UTF-8")?;
    let entries: Vec<String> =
        names.iter().map(|name| format!("({name:?}, include_str!({:?})),", format!("{folder}/{name}.sse"))).collect();
    let list = format!("&[{}]", entries.concat());
    fs::write(Path::new(&env::var("OUT_DIR")?).join("recordings.rs"), list)?;
    Ok(())
}
