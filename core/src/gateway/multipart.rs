//! Files that are sent: alone, or as the fields of a form (RFC 7578).

use std::{
    fmt,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;

use super::content::{Content, OpenFile, Piece};
use crate::{error::Result, random};

/// A file that is sent, and what the gateway is told about it. It is opened when it is sent, and never held in memory as a whole.
#[derive(Clone)]
pub struct UploadFile {
    pub(super) open: OpenFile,
    pub(super) content_type: String,
    name: String,
}

impl UploadFile {
    /// The file at `path`. Its name is that of the path, and its content type `application/octet-stream`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::opened_by(&name, move || {
            // To open a pipe would wait for its other end.
            if std::fs::metadata(&path)?.is_file() {
                File::open(&path)
            } else {
                Err(io::ErrorKind::IsADirectory.into())
            }
        })
    }

    /// A file that `open` opens, such as one that the platform hands out. It is called once for each time that the file is sent, and once
    /// before, on a thread that may block.
    pub fn opened_by(name: &str, open: impl Fn() -> io::Result<File> + Send + Sync + 'static) -> Self {
        let content_type = "application/octet-stream".to_owned();
        Self { open: Arc::new(open), content_type, name: name.to_owned() }
    }

    /// Sets the content type, such as `image/jpeg`.
    pub fn content_type(mut self, content_type: &str) -> Self {
        content_type.clone_into(&mut self.content_type);
        self
    }

    /// Sets the name that a form says.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }
}

impl<P: AsRef<Path>> From<P> for UploadFile {
    fn from(path: P) -> Self {
        Self::at(path.as_ref())
    }
}

impl fmt::Debug for UploadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its name can say something of the user.
        f.debug_struct("UploadFile").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

/// The fields of a form, with files among them: `multipart/form-data`.
#[derive(Clone, Default)]
pub struct Multipart {
    /// What the head of each field says, and its content.
    fields: Vec<(String, Piece)>,
}

impl Multipart {
    /// A form without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field with a text.
    pub fn text(self, name: &str, value: &str) -> Self {
        self.field(name, "", Piece::Bytes(Bytes::copy_from_slice(value.as_bytes())))
    }

    /// Adds a field with bytes, as if they were a file of that name.
    pub fn bytes(self, name: &str, file_name: &str, content_type: &str, bytes: impl Into<Bytes>) -> Self {
        let rest = of_file(file_name, content_type);
        self.field(name, &rest, Piece::Bytes(bytes.into()))
    }

    /// Adds a field with a file.
    pub fn file(self, name: &str, file: impl Into<UploadFile>) -> Self {
        let file = file.into();
        let rest = of_file(&file.name, &file.content_type);
        self.field(name, &rest, Piece::File(file.open, None))
    }

    fn field(mut self, name: &str, rest: &str, content: Piece) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{}\"{rest}\r\n\r\n", escaped(name));
        self.fields.push((head, content));
        self
    }

    /// The content type and the body.
    pub(super) fn content(self) -> Result<(String, Content)> {
        // Whoever could guess it could write fields into a file.
        let boundary = random::unguessable()?;
        let boundary = boundary.expose();
        let mut pieces = Vec::with_capacity(self.fields.len() * 2 + 1);
        let mut end = "";
        for (head, content) in self.fields {
            pieces.extend([Piece::Bytes(format!("{end}--{boundary}\r\n{head}").into()), content]);
            end = "\r\n";
        }
        pieces.push(Piece::Bytes(format!("{end}--{boundary}--\r\n").into()));
        Ok((format!("multipart/form-data; boundary={boundary}"), Content::Pieces(pieces)))
    }
}

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart").finish_non_exhaustive()
    }
}

/// What the head of a field says more where it is a file.
fn of_file(name: &str, content_type: &str) -> String {
    let kind: String = content_type.chars().filter(|c| !c.is_control()).collect();
    format!("; filename=\"{}\"\r\nContent-Type: {kind}", escaped(name))
}

/// A name as browsers write it, which can end neither its quotes nor its line (HTML, multipart/form-data encoding).
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
