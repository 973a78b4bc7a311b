//! Blobs on the local disk, through `object_store`.

use std::{
    error::Error as StdError,
    fmt,
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use inkstream_core::{
    Error, Result,
    ports::{BlobKey, BlobWriter, Blobs, Clock},
};
use inkstream_wire::ErrorCode;
use jiff::Timestamp;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path as Location};
use tokio::{runtime::Handle, task::spawn_blocking};

use crate::SetupError;

/// Bytes that are gathered before they are written.
const PART_BYTES: usize = 1 << 20;

/// Blobs in a folder.
///
/// What is being written is a file `KEY#1` beside its place, which `finish` syncs and renames. What a crash leaves of
/// one is found by `older_than` as a key like any other: its age counts from the last write.
pub struct DiskBlobs {
    store: Arc<dyn ObjectStore>,
    root: PathBuf,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for DiskBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskBlobs").field("root", &self.root).finish_non_exhaustive()
    }
}

impl DiskBlobs {
    /// Opens the folder, and makes it (0700) where there is none yet. `clock` tells how old a blob is.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|source| SetupError::File { path: dir.to_owned(), source })?;
        let store = LocalFileSystem::new_with_prefix(dir)
            .map_err(|source| SetupError::Blobs { path: dir.to_owned(), source })?
            .with_fsync(true);
        Ok(Self { store: Arc::new(store), root: dir.to_owned(), clock })
    }

    fn path(&self, key: &BlobKey) -> Result<PathBuf> {
        let path = Path::new(key.as_str());
        // A key comes from our own table, but nothing that leaves the folder is ever opened or deleted.
        if path.components().all(|part| matches!(part, Component::Normal(_))) {
            Ok(self.root.join(path))
        } else {
            Err(Error::internal("a blob's key is no relative path"))
        }
    }
}

#[async_trait]
impl Blobs for DiskBlobs {
    async fn create(&self, key: &BlobKey) -> Result<Box<dyn BlobWriter>> {
        self.path(key)?;
        let location = Location::parse(key.as_str()).map_err(Error::internal)?;
        let store = Arc::clone(&self.store);
        // The local store makes folder and file where it is polled: not on the runtime.
        let upload = on_disk(move || Handle::current().block_on(async { store.put_multipart(&location).await }));
        let upload = upload.await?.map_err(fault)?;
        Ok(Box::new(PartWriter { upload, gathered: BytesMut::new(), broken: false }))
    }

    async fn open(&self, key: &BlobKey) -> Result<File> {
        let path = self.path(key)?;
        on_disk(move || File::open(path)).await?.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::new(ErrorCode::NotFound, "The file is not there any more.").because(error)
            }
            _ => Error::internal(error),
        })
    }

    async fn delete(&self, key: &BlobKey) -> Result<()> {
        let path = self.path(key)?;
        match on_disk(move || fs::remove_file(path)).await? {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(fault(error)),
            _ => Ok(()),
        }
    }

    async fn older_than(&self, seconds: u64) -> Result<Vec<BlobKey>> {
        let root = self.root.clone();
        let limit = self.clock.now() - Duration::from_secs(seconds);
        on_disk(move || {
            let mut listing = Listing { root: &root, limit, keys: Vec::new(), unread: None };
            listing.walk(&root);
            if let Some(error) = &listing.unread {
                tracing::error!(error = error as &dyn StdError, "a part of the blobs' folder cannot be listed");
            }
            listing.keys
        })
        .await
    }
}

/// The keys of files whose last write was before `limit`. What cannot be read hides nothing of the rest.
struct Listing<'a> {
    root: &'a Path,
    limit: Timestamp,
    keys: Vec<BlobKey>,
    /// Why a folder or a file could not be looked at, the first of them.
    unread: Option<io::Error>,
}

impl Listing<'_> {
    fn walk(&mut self, folder: &Path) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.skip(error),
        };
        for entry in entries {
            if let Err(error) = entry.and_then(|entry| self.look_at(&entry.path())) {
                self.skip(error);
            }
        }
    }

    fn look_at(&mut self, path: &Path) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path)?;
        if metadata.is_dir() {
            self.walk(path);
        } else if Timestamp::try_from(metadata.modified()?).is_ok_and(|modified| modified < self.limit)
            && let Some(key) = path.strip_prefix(self.root).ok().and_then(Path::to_str)
        {
            self.keys.push(BlobKey::stored(key.to_owned()));
        }
        Ok(())
    }

    fn skip(&mut self, error: io::Error) {
        // A file that another sweeper or a finished upload has just taken away is no error.
        if error.kind() != io::ErrorKind::NotFound {
            self.unread.get_or_insert(error);
        }
    }
}

/// A blob being written to any object store. Dropping the upload takes its parts away.
struct PartWriter {
    upload: Box<dyn MultipartUpload>,
    gathered: BytesMut,
    /// A part was lost: what is there must never become visible.
    broken: bool,
}

impl PartWriter {
    async fn put(&mut self) -> Result<()> {
        let part = self.gathered.split().freeze();
        let put = self.upload.put_part(part.into()).await;
        self.broken |= put.is_err();
        put.map_err(fault)
    }
}

#[async_trait]
impl BlobWriter for PartWriter {
    async fn write(&mut self, chunk: Bytes) -> Result<()> {
        self.gathered.extend_from_slice(&chunk);
        if self.gathered.len() < PART_BYTES { Ok(()) } else { self.put().await }
    }

    async fn finish(mut self: Box<Self>) -> Result<()> {
        if !self.gathered.is_empty() {
            self.put().await?;
        }
        if self.broken {
            return Err(Error::internal("a blob was to be finished after a write had failed"));
        }
        self.upload.complete().await.map(drop).map_err(fault)
    }

    async fn abort(mut self: Box<Self>) {
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(
                error = &error as &dyn StdError,
                "what was written of a blob stays until the sweeper finds it"
            );
        }
    }
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    spawn_blocking(work).await.map_err(Error::internal)
}

/// Tells a full disk, or a spent quota, from the rest, however deep the system's error is wrapped.
fn fault(error: impl StdError + Send + Sync + 'static) -> Error {
    let mut source: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>()
            && matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        {
            return Error::new(ErrorCode::StorageFull, "The server's disk is full.").because(error);
        }
        source = inner.source();
    }
    Error::internal(error)
}

#[cfg(test)]
mod tests;
