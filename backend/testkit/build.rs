//! Lists the recordings in `fixtures`, so that a new one is a file there and nothing else.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("fixtures");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Box<dyn Error>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sse"));
    files.sort_unstable();
    let entries: Vec<String> = files
        .iter()
        .map(|file| format!("({:?}, include_str!({:?})),", file.file_stem().unwrap_or_default(), file))
        .collect();
    let list = format!("&[{}]", entries.concat());
    fs::write(Path::new(&env::var("OUT_DIR")?).join("recordings.rs"), list)?;
    Ok(())
}
