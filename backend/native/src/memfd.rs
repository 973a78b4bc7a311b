//! Shared memory that passes images between the server and its children.
//!
//! The server creates, sizes and seals it, because a memfd that a child creates would escape that child's memory limit.

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::fs::FileExt},
};

use bytes::Bytes;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

/// A memfd of fixed size for a child to write to. Pages that are not written take no memory.
pub(crate) fn create(capacity: u64) -> io::Result<File> {
    let memfd = memfd_create(c"image", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&memfd, capacity)?;
    fcntl_add_seals(&memfd, SealFlags::GROW | SealFlags::SHRINK)?;
    Ok(memfd.into())
}

/// Seals the memfd against writes. Fails if a child still maps it for writing; its content must not be used then.
pub(crate) fn seal(memfd: &File) -> io::Result<()> {
    Ok(fcntl_add_seals(memfd, SealFlags::WRITE | SealFlags::SEAL)?)
}

/// Copies the first `len` bytes. The caller has checked `len` against the capacity.
pub(crate) fn contents(memfd: &File, len: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(len).map_err(|_| io::ErrorKind::InvalidInput)?];
    memfd.read_exact_at(&mut bytes, 0)?;
    Ok(bytes.into())
}

/// A sealed memfd with these bytes.
pub(crate) fn filled(bytes: &[u8]) -> io::Result<OwnedFd> {
    let memfd = create(bytes.len() as u64)?;
    memfd.write_all_at(bytes, 0)?;
    seal(&memfd)?;
    Ok(memfd.into())
}
