use std::{io::Read, sync::Mutex};

use object_store::{PutPayload, PutResult, UploadPart};
use uuid::Uuid;

use super::*;

/// A clock that shows the time that the test sets.
struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    fn at(time: Timestamp) -> Arc<Self> {
        Arc::new(Self(Mutex::new(time)))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn blobs(dir: &Path) -> (DiskBlobs, Arc<ManualClock>) {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    (DiskBlobs::open(&dir.join("blobs"), clock.clone()).unwrap(), clock)
}

/// The files within a folder, at any depth.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut listing = Listing { root: dir, limit: Timestamp::MAX, keys: Vec::new(), first_error: None };
    listing.walk(dir);
    assert!(listing.first_error.is_none(), "{:?}", listing.first_error);
    listing.keys.into_iter().map(|key| PathBuf::from(key.as_str())).collect()
}

async fn content(blobs: &DiskBlobs, key: &BlobKey) -> Vec<u8> {
    let mut bytes = Vec::new();
    blobs.open(key).await.unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn a_blob_is_visible_only_when_it_is_finished_and_gone_when_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, _) = blobs(dir.path());
    let key = BlobKey::document(Uuid::new_v4());
    let mut writer = blobs.create(&key).await.unwrap();
    // More than two parts, in chunks whose size does not divide a part's.
    let bytes: Vec<u8> = (0..PART_BYTES * 2 + 77).map(|n| (n % 251) as u8).collect();
    for chunk in bytes.chunks(60_001) {
        writer.write(Bytes::copy_from_slice(chunk)).await.unwrap();
    }
    assert_eq!(blobs.open(&key).await.unwrap_err().code, ErrorCode::NotFound);
    writer.finish().await.unwrap();
    assert_eq!(content(&blobs, &key).await, bytes);
    assert_eq!(files(&blobs.root).len(), 1, "the unfinished file is gone");

    blobs.delete(&key).await.unwrap();
    assert_eq!(blobs.open(&key).await.unwrap_err().code, ErrorCode::NotFound);
    blobs.delete(&key).await.unwrap();
}

#[tokio::test]
async fn an_aborted_or_dropped_blob_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, _) = blobs(dir.path());
    let part = Bytes::from(vec![1; PART_BYTES]);

    let mut aborted = blobs.create(&BlobKey::document(Uuid::new_v4())).await.unwrap();
    aborted.write(part.clone()).await.unwrap();
    assert_eq!(files(&blobs.root).len(), 1);
    aborted.abort().await;
    assert_eq!(files(&blobs.root), Vec::<PathBuf>::new());

    // Shutting a runtime down waits for the blocking work that the drop started.
    let root = blobs.root.clone();
    spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut dropped = blobs.create(&BlobKey::document(Uuid::new_v4())).await.unwrap();
            dropped.write(part).await.unwrap();
            assert_eq!(files(&blobs.root).len(), 1);
            drop(dropped);
        });
    })
    .await
    .unwrap();
    assert_eq!(files(&root), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn the_sweeper_finds_old_blobs_and_unfinished_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, clock) = blobs(dir.path());
    let key = BlobKey::document(Uuid::new_v4());
    blobs.create(&key).await.unwrap().finish().await.unwrap();
    let unfinished = BlobKey::stored(format!("{key}#1"));
    fs::write(blobs.root.join(unfinished.as_str()), "half").unwrap();

    let written = fs::metadata(blobs.root.join(unfinished.as_str())).unwrap().modified().unwrap();
    let written = Timestamp::try_from(written).unwrap();
    *clock.0.lock().unwrap() = written + Duration::from_mins(1);
    assert_eq!(blobs.older_than(3600).await.unwrap(), []);
    *clock.0.lock().unwrap() = written + Duration::from_secs(3601);
    let mut old = blobs.older_than(3600).await.unwrap();
    old.sort_by_key(ToString::to_string);
    assert_eq!(old, [key, unfinished]);
    for key in &old {
        blobs.delete(key).await.unwrap();
    }
    assert_eq!(files(&blobs.root), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_key_cannot_leave_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, _) = blobs(dir.path());
    fs::write(dir.path().join("secret"), "s").unwrap();
    for key in ["../secret", "/etc/passwd", "documents/../../secret"] {
        let key = BlobKey::stored(key.to_owned());
        assert_eq!(blobs.open(&key).await.unwrap_err().code, ErrorCode::Internal, "{key}");
        assert_eq!(blobs.delete(&key).await.unwrap_err().code, ErrorCode::Internal, "{key}");
        assert!(blobs.create(&key).await.is_err(), "{key}");
    }
    assert!(dir.path().join("secret").exists());
}

/// An upload whose disk is full from the second part on.
#[derive(Debug, Default)]
struct FullDiskUpload {
    parts: usize,
}

#[async_trait]
impl MultipartUpload for FullDiskUpload {
    fn put_part(&mut self, _: PutPayload) -> UploadPart {
        self.parts += 1;
        let full = self.parts > 1;
        Box::pin(async move {
            let source = || io::Error::from(io::ErrorKind::StorageFull);
            if full { Err(object_store::Error::Generic { store: "test", source: Box::new(source()) }) } else { Ok(()) }
        })
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        panic!("a blob that lost a part was made visible")
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_is_reported_and_the_blob_cannot_be_finished() {
    let mut writer = PartWriter { upload: Box::<FullDiskUpload>::default(), buffer: BytesMut::new(), broken: false };
    writer.write(Bytes::from(vec![0; PART_BYTES])).await.unwrap();
    let error = writer.write(Bytes::from(vec![0; PART_BYTES])).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::StorageFull);
    assert_eq!(Box::new(writer).finish().await.unwrap_err().code, ErrorCode::Internal);
}

#[tokio::test]
async fn an_unreadable_folder_does_not_hide_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, clock) = blobs(dir.path());
    let root = dir.path().join("blobs");
    for folder in ["a", "b", "c"] {
        fs::create_dir(root.join(folder)).unwrap();
        fs::write(root.join(folder).join("file"), "x").unwrap();
    }
    // A dangling symlink stands for the unreadable folder: permissions do not stop a test that runs as root.
    fs::remove_dir_all(root.join("b")).unwrap();
    std::os::unix::fs::symlink("/nowhere", root.join("b")).unwrap();
    *clock.0.lock().unwrap() = Timestamp::MAX;
    let mut keys: Vec<_> = blobs.older_than(1).await.unwrap().iter().map(ToString::to_string).collect();
    keys.sort();
    assert_eq!(keys, ["a/file", "b", "c/file"]);

    let mut listing = Listing { root: &root, limit: Timestamp::MAX, keys: Vec::new(), first_error: None };
    listing.walk(&root.join("a/file"));
    assert!(listing.first_error.is_some() && listing.keys.is_empty(), "a file cannot be listed as a folder");
    listing.walk(&root);
    assert_eq!(listing.keys.len(), 3);
}
