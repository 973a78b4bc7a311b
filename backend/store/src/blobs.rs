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

/// Bytes that are buffered before they are written as one part.
const PART_BYTES: usize = 1 << 20;

/// Blobs in a folder.
///
/// An unfinished blob is the file `KEY#1`, which `finish` syncs and renames to `KEY`. If a crash leaves such a file behind,
/// `older_than` lists it as a key like any other; its age counts from the last write.
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
    /// Opens the folder, and creates it (mode 0700) if it does not exist. `clock` is what `older_than` measures ages by.
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
        // Keys come from our own table. Check them all the same: nothing outside the folder may be opened or deleted.
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
        // The local store creates the folder and file on the thread that polls it, so keep that off the runtime's threads.
        let upload = run_blocking(move || Handle::current().block_on(async { store.put_multipart(&location).await }));
        let upload = upload.await?.map_err(map_error)?;
        Ok(Box::new(PartWriter { upload, buffer: BytesMut::new(), broken: false }))
    }

    async fn open(&self, key: &BlobKey) -> Result<File> {
        let path = self.path(key)?;
        run_blocking(move || File::open(path)).await?.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::new(ErrorCode::NotFound, "The file is not there any more.").because(error)
            }
            _ => Error::internal(error),
        })
    }

    async fn delete(&self, key: &BlobKey) -> Result<()> {
        let path = self.path(key)?;
        match run_blocking(move || fs::remove_file(path)).await? {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(map_error(error)),
            _ => Ok(()),
        }
    }

    async fn older_than(&self, seconds: u64) -> Result<Vec<BlobKey>> {
        let root = self.root.clone();
        let limit = self.clock.now() - Duration::from_secs(seconds);
        run_blocking(move || {
            let mut listing = Listing { root: &root, limit, keys: Vec::new(), first_error: None };
            listing.walk(&root);
            if let Some(error) = &listing.first_error {
                tracing::error!(error = error as &dyn StdError, "a part of the blobs' folder cannot be listed");
            }
            listing.keys
        })
        .await
    }
}

/// Collects the keys of files whose last write was before `limit`. A folder that cannot be read is skipped, so that the
/// sweeper still finds the rest.
struct Listing<'a> {
    root: &'a Path,
    limit: Timestamp,
    keys: Vec<BlobKey>,
    /// The first error of a folder or file that could not be read.
    first_error: Option<io::Error>,
}

impl Listing<'_> {
    fn walk(&mut self, folder: &Path) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.skip(error),
        };
        for entry in entries {
            if let Err(error) = entry.and_then(|entry| self.visit(&entry.path())) {
                self.skip(error);
            }
        }
    }

    fn visit(&mut self, path: &Path) -> io::Result<()> {
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
        // Another sweeper, or an upload that finished, may have removed the file in the meantime.
        if error.kind() != io::ErrorKind::NotFound {
            self.first_error.get_or_insert(error);
        }
    }
}

/// Writes a blob to an object store. Dropping the upload deletes its parts.
struct PartWriter {
    upload: Box<dyn MultipartUpload>,
    buffer: BytesMut,
    /// A part failed to be written, so that the blob must never become visible.
    broken: bool,
}

impl PartWriter {
    async fn put(&mut self) -> Result<()> {
        let part = self.buffer.split().freeze();
        let put = self.upload.put_part(part.into()).await;
        self.broken |= put.is_err();
        put.map_err(map_error)
    }
}

#[async_trait]
impl BlobWriter for PartWriter {
    async fn write(&mut self, chunk: Bytes) -> Result<()> {
        self.buffer.extend_from_slice(&chunk);
        if self.buffer.len() < PART_BYTES { Ok(()) } else { self.put().await }
    }

    async fn finish(mut self: Box<Self>) -> Result<()> {
        if !self.buffer.is_empty() {
            self.put().await?;
        }
        if self.broken {
            return Err(Error::internal("a blob was to be finished after a write had failed"));
        }
        self.upload.complete().await.map(drop).map_err(map_error)
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

async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    spawn_blocking(work).await.map_err(Error::internal)
}

/// Maps a full disk or an exhausted disk quota to `StorageFull`, however deep the system's error is wrapped.
fn map_error(error: impl StdError + Send + Sync + 'static) -> Error {
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
