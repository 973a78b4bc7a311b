//! The callbacks by which libtiff reads the file.

use std::{
    ffi::{c_int, c_void},
    io::{Read, Seek, SeekFrom},
};

use super::{directory::SinglePage, library::Handle};

/// The maximum number of bytes that a file which is cut off may seem to have beyond its end, and the maximum factor of
/// its size.
const BEYOND: u64 = 1 << 20;
const TIMES: u64 = 4;

/// The callbacks' state.
pub(super) struct Client {
    page: SinglePage,
    position: u64,
    /// The size that is reported to libtiff, so that it tries to decode the incomplete last strip of a file that is cut off.
    virtual_len: u64,
    beyond: u8,
    overread: bool,
}

impl Client {
    /// The page's file, followed by bytes of this value.
    pub(super) fn new(page: SinglePage, beyond: u8) -> Self {
        let virtual_len = page.len() * TIMES + BEYOND;
        Self { page, position: 0, virtual_len, beyond, overread: false }
    }

    /// Whether libtiff read beyond the file's end.
    pub(super) fn overread(&self) -> bool {
        self.overread
    }

    /// Fills the buffer up to the virtual length.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.virtual_len.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let buffer = &mut buffer[..wanted];
        self.page.seek(SeekFrom::Start(self.position))?;
        let mut filled = 0;
        while filled < wanted {
            match self.page.read(&mut buffer[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        if filled < wanted {
            buffer[filled..].fill(self.beyond);
            self.overread = true;
        }
        self.position += wanted as u64;
        Ok(wanted)
    }
}

/// # Safety
/// `client` is the one of `LibTiff::with`, and `buffer` has room for `len` bytes.
pub(super) unsafe extern "C" fn read(client: Handle, buffer: *mut c_void, len: isize) -> isize {
    let Ok(len) = usize::try_from(len) else { return -1 };
    // SAFETY: by this function's contract.
    let (client, buffer) =
        unsafe { (&mut *client.cast::<Client>(), std::slice::from_raw_parts_mut(buffer.cast::<u8>(), len)) };
    client.read(buffer).map_or(-1, |read| read as isize)
}

pub(super) unsafe extern "C" fn write(_client: Handle, _buffer: *mut c_void, _len: isize) -> isize {
    -1
}

/// # Safety
/// `client` is the one of `LibTiff::with`.
pub(super) unsafe extern "C" fn seek(client: Handle, to: u64, whence: c_int) -> u64 {
    // SAFETY: by this function's contract.
    let client = unsafe { &mut *client.cast::<Client>() };
    client.position = match whence {
        libc::SEEK_CUR => client.position.wrapping_add(to),
        libc::SEEK_END => client.virtual_len.wrapping_add(to),
        _ => to,
    };
    client.position
}

pub(super) unsafe extern "C" fn close(_client: Handle) -> c_int {
    0
}

/// # Safety
/// `client` is the one of `LibTiff::with`.
pub(super) unsafe extern "C" fn size(client: Handle) -> u64 {
    // SAFETY: by this function's contract.
    unsafe { (*client.cast::<Client>()).virtual_len }
}
