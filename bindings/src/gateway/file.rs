//! Files that are sent. The core opens and reads them: no byte of theirs crosses the border.

use std::{fs::File, io, sync::Arc};

use appwrite_session_core as core;

/// A file that is sent, and what the gateway is told about it.
#[derive(Clone, uniffi::Record)]
pub struct SentFile {
    /// Where it is.
    pub source: FileSource,
    /// Its name in a form; none for that of its path.
    pub name: Option<String>,
    /// Its content type; none for `application/octet-stream`.
    pub content_type: Option<String>,
}

/// Where a file is.
#[derive(Clone, uniffi::Enum)]
pub enum FileSource {
    /// At a path.
    Path {
        /// The path.
        path: String,
    },
    /// Where only the host can open it, such as at a `content:` URL of Android.
    Host {
        /// Opens it.
        file: Arc<dyn HostFile>,
    },
}

/// Why the host could not open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostFileError {
    /// There is none.
    #[error("not found")]
    NotFound,
    /// The app may not read it.
    #[error("denied")]
    Denied,
    /// Anything else.
    #[error("other")]
    Other,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostFileError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Other
    }
}

/// A file that the host opens.
#[uniffi::export(foreign)]
pub trait HostFile: Send + Sync {
    /// Opens the file for reading, and gives away its descriptor: on Android, that of `ParcelFileDescriptor.detachFd()`. Called once for
    /// each time that the file is sent, and once before, on a thread that may block.
    fn open(&self) -> Result<i32, HostFileError>;
}

impl From<SentFile> for core::UploadFile {
    fn from(file: SentFile) -> Self {
        let mut upload = match file.source {
            FileSource::Path { path } => Self::at(path),
            FileSource::Host { file } => Self::opened_by("", move || open(&*file)),
        };
        if let Some(name) = file.name {
            upload = upload.name(&name);
        }
        if let Some(kind) = file.content_type {
            upload = upload.content_type(&kind);
        }
        upload
    }
}

fn open(file: &dyn HostFile) -> io::Result<File> {
    let descriptor = file.open().map_err(|error| match error {
        HostFileError::NotFound => io::ErrorKind::NotFound,
        HostFileError::Denied => io::ErrorKind::PermissionDenied,
        HostFileError::Other => io::ErrorKind::Other,
    })?;
    owned(descriptor)
}

#[cfg(unix)]
fn owned(descriptor: i32) -> io::Result<File> {
    use std::os::fd::FromRawFd as _;
    if descriptor < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: `HostFile::open` gives the descriptor away, so nobody else closes it. It is the host's part to give one that is open.
    #[expect(
        unsafe_code,
        reason = "a descriptor that comes from the other side of the border has no other way in"
    )]
    Ok(unsafe { File::from_raw_fd(descriptor) })
}

#[cfg(not(unix))]
fn owned(_: i32) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}
