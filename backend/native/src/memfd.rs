//! The memory of pictures on their way between children.
//!
//! The server makes, sizes and seals it: a memfd made by a child would escape that child's memory limit.

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::fs::FileExt},
};

use bytes::Bytes;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

/// A memfd of fixed size, to be written by a child. What is not written takes no memory.
pub(crate) fn create(capacity: u64) -> io::Result<File> {
    let memfd = memfd_create(c"picture", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&memfd, capacity)?;
    fcntl_add_seals(&memfd, SealFlags::GROW | SealFlags::SHRINK)?;
    Ok(memfd.into())
}

/// Nobody writes to it any more. An error where a child still maps it to write: it must not be believed.
pub(crate) fn seal(memfd: &File) -> io::Result<()> {
    Ok(fcntl_add_seals(memfd, SealFlags::WRITE | SealFlags::SEAL)?)
}

/// The first `len` bytes. The caller has checked `len` against the capacity.
pub(crate) fn read(memfd: &File, len: u64) -> io::Result<Bytes> {
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
