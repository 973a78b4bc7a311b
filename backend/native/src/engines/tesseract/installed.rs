//! The languages whose models are installed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use tokio::task::spawn_blocking;

use crate::tesseract::installed_languages;

/// The installed languages. The folder is read at the start and at each probe, so that a run need not read it.
#[derive(Debug)]
pub(crate) struct InstalledLanguages {
    tessdata: PathBuf,
    known: RwLock<Arc<[String]>>,
}

impl InstalledLanguages {
    /// Reads the folder.
    pub(crate) fn scan(tessdata: &Path) -> Self {
        let known = RwLock::new(installed_languages(tessdata).into());
        Self { tessdata: tessdata.to_owned(), known }
    }

    pub(crate) fn known(&self) -> Arc<[String]> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the folder again, outside the async runtime.
    pub(crate) async fn refresh(&self) {
        let tessdata = self.tessdata.clone();
        // Keep the known languages if the task has panicked.
        if let Ok(languages) = spawn_blocking(move || installed_languages(&tessdata)).await {
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = languages.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn a_folder_is_read_at_the_start_and_at_a_refresh_and_not_in_between() {
        let folder = tempfile::tempdir().unwrap();
        let install = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        install("eng.traineddata");
        let installed = InstalledLanguages::scan(folder.path());
        install("deu.traineddata");
        assert_eq!(*installed.known(), ["eng".to_owned()]);
        installed.refresh().await;
        assert_eq!(*installed.known(), ["deu".to_owned(), "eng".to_owned()]);
    }
}
