use std::{
    fs::{self, DirBuilder},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use inkstream_store::Database;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::StartError;

/// The file in `DATA_DIR`.
const NAME: &str = "secret_key";
/// Rights of the group and of others.
const OTHERS: u32 = 0o077;

/// The name in a database that servers share.
const SHARED: &str = "secret_key";

/// The key where the settings have none. Servers that share a database find it there, for what one signs another reads. The
/// embedded database has one server, and its copies need not hold the key: there it is a file beside it.
pub(super) async fn found(database: &Database, folder: &Path, now: Timestamp) -> Result<SecretString, StartError> {
    if !database.is_shared() {
        return kept(folder);
    }
    // A server that had a file of its own brings it along: what it has signed is still good.
    let candidate = existing(folder)?.unwrap_or_else(fresh);
    Ok(database.shared_secret(SHARED, candidate.expose_secret(), now).await?.into())
}

/// The key that is kept in this folder; the first to ask makes it.
fn kept(folder: &Path) -> Result<SecretString, StartError> {
    let path = folder.join(NAME);
    make(folder, &path).map_err(|error| StartError::SecretKey { path, reason: error.to_string() })?;
    Ok(existing(folder)?.unwrap_or_else(fresh))
}

/// The key in this folder, if there is one. One that others may read is no secret.
fn existing(folder: &Path) -> Result<Option<SecretString>, StartError> {
    let path = folder.join(NAME);
    let failed = |reason: String| StartError::SecretKey { path: path.clone(), reason };
    if !path.try_exists().map_err(|error| failed(error.to_string()))? {
        return Ok(None);
    }
    let rights = fs::metadata(&path).map_err(|error| failed(error.to_string()))?.mode();
    if rights & OTHERS != 0 {
        return Err(failed(
            "others may read or change this secret: chmod 600 it, or delete it to have a new one".to_owned(),
        ));
    }
    let text = SecretString::from(fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?);
    Ok(Some(text.expose_secret().trim().into()))
}

/// A key of 32 random bytes.
pub(super) fn fresh() -> SecretString {
    let bytes: [u8; 32] = rand::random();
    BASE64_STANDARD.encode(bytes).into()
}

/// Makes the file unless it is there. It appears whole or not at all, whoever else makes one or dies at the same time.
fn make(folder: &Path, path: &Path) -> io::Result<()> {
    if path.try_exists()? {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // It is made with O_EXCL and mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", fresh().expose_secret())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_its_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("data");
        let first = kept(&folder).unwrap();
        assert_eq!(BASE64_STANDARD.decode(first.expose_secret()).unwrap().len(), 32);
        assert_eq!(kept(&folder).unwrap().expose_secret(), first.expose_secret());
        assert_eq!(fs::metadata(folder.join(NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left behind");
        assert_ne!(fresh().expose_secret(), first.expose_secret());
    }

    #[test]
    fn of_many_that_start_at_once_all_have_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| kept(folder.path()).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| key.expose_secret() == keys[0].expose_secret()));
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        kept(folder.path()).unwrap();
        for rights in [0o640, 0o604, 0o620] {
            fs::set_permissions(folder.path().join(NAME), fs::Permissions::from_mode(rights)).unwrap();
            let error = kept(folder.path()).unwrap_err().to_string();
            assert!(error.contains("secret_key: ") && error.contains("chmod 600"), "{error}");
        }
    }
}
