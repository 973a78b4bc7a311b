//! A document's bytes.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    sync::Arc,
};

/// Reads a file at its own position, because other children share the descriptor's position.
#[derive(Debug, Clone)]
pub(super) struct Source {
    file: Arc<File>,
    len: u64,
    position: u64,
}

impl Source {
    pub(super) fn new(file: File) -> io::Result<Self> {
        // `File::metadata` makes system calls that the sandbox refuses, because they can also look up files by name.
        let len = u64::try_from(rustix::fs::fstat(&file)?.st_size).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Self { file: Arc::new(file), len, position: 0 })
    }

    /// Size in bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The first `max` bytes, or all there are.
    pub(super) fn head(&self, max: u64) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.rewound().take(max).read_to_end(&mut head)?;
        Ok(head)
    }

    /// A second reader, at the start.
    pub(super) fn rewound(&self) -> Self {
        Self { position: 0, ..self.clone() }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
