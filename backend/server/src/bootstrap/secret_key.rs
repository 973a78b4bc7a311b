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

/// The file's name in `DATA_DIR`.
const FILE_NAME: &str = "secret_key";
/// Permission bits of the group and of others.
const GROUP_AND_OTHERS: u32 = 0o077;

/// The secret's name in a shared database.
const SECRET_NAME: &str = "secret_key";

/// Loads the key if the settings have none, and creates it at the first start.
///
/// Servers that share a database keep the key in it, because each must verify what another signs. The embedded database has one
/// server; there the key is a file beside the database, so that copies of the database do not hold it.
pub(super) async fn load_or_create(
    database: &Database,
    folder: &Path,
    now: Timestamp,
) -> Result<SecretString, StartError> {
    if !database.is_shared() {
        return load_or_create_file(folder);
    }
    // Prefer the key of an existing file, so that what it has signed stays valid after a move to a shared database.
    let candidate = load_file(folder)?.unwrap_or_else(generate);
    Ok(database.shared_secret(SECRET_NAME, candidate.expose_secret(), now).await?.into())
}

/// Loads the key from the file in this folder, and creates the file if it does not exist.
fn load_or_create_file(folder: &Path) -> Result<SecretString, StartError> {
    let path = folder.join(FILE_NAME);
    create_file(folder, &path).map_err(|error| StartError::SecretKey { path, reason: error.to_string() })?;
    Ok(load_file(folder)?.unwrap_or_else(generate))
}

/// Loads the key from the file in this folder, if there is one. Refuses a file that other users may read.
fn load_file(folder: &Path) -> Result<Option<SecretString>, StartError> {
    let path = folder.join(FILE_NAME);
    let failed = |reason: String| StartError::SecretKey { path: path.clone(), reason };
    if !path.try_exists().map_err(|error| failed(error.to_string()))? {
        return Ok(None);
    }
    let mode = fs::metadata(&path).map_err(|error| failed(error.to_string()))?.mode();
    if mode & GROUP_AND_OTHERS != 0 {
        return Err(failed(
            "others may read or change this secret: chmod 600 it, or delete it to have a new one".to_owned(),
        ));
    }
    let text = SecretString::from(fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?);
    Ok(Some(text.expose_secret().trim().into()))
}

/// Generates a key of 32 random bytes.
pub(super) fn generate() -> SecretString {
    let bytes: [u8; 32] = rand::random();
    BASE64_STANDARD.encode(bytes).into()
}

/// Creates the file unless it exists. It appears complete or not at all, even if other processes create it or this one dies.
fn create_file(folder: &Path, path: &Path) -> io::Result<()> {
    if path.try_exists()? {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // tempfile creates it with O_EXCL and mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", generate().expose_secret())?;
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
    fn a_key_is_created_once_and_only_its_owner_may_read_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("data");
        let first = load_or_create_file(&folder).unwrap();
        assert_eq!(BASE64_STANDARD.decode(first.expose_secret()).unwrap().len(), 32);
        assert_eq!(load_or_create_file(&folder).unwrap().expose_secret(), first.expose_secret());
        assert_eq!(fs::metadata(folder.join(FILE_NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left behind");
        assert_ne!(generate().expose_secret(), first.expose_secret());
    }

    #[test]
    fn concurrent_starts_all_have_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..16).map(|_| scope.spawn(|| load_or_create_file(folder.path()).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| key.expose_secret() == keys[0].expose_secret()));
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        load_or_create_file(folder.path()).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(folder.path().join(FILE_NAME), fs::Permissions::from_mode(mode)).unwrap();
            let error = load_or_create_file(folder.path()).unwrap_err().to_string();
            assert!(error.contains("secret_key: ") && error.contains("chmod 600"), "{error}");
        }
    }
}
