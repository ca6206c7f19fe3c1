//! What a call sends.

use std::time::Duration;

use appwrite_session_core::{self as core, Method};

use super::{Header, SentFile};

/// What a call of a gateway sends.
#[derive(Clone, uniffi::Record)]
pub struct GatewayRequestOptions {
    /// The method, in capitals.
    pub method: String,
    /// A path of the default gateway, or a URL of an allowed one.
    pub target: String,
    /// The app's own headers.
    pub headers: Vec<Header>,
    /// The body.
    pub body: GatewayBody,
    /// The time for the whole request, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Whether the request is idempotent although its method does not say so.
    pub repeatable: bool,
    /// How many bytes the body of the answer, or of a file that is downloaded, may have, in place of the client's limit.
    pub response_limit: Option<u64>,
    /// Whether [`GatewayCall::progress`](super::GatewayCall::progress) tells how far the bodies have come.
    pub observed: bool,
}

/// The body of a call.
#[derive(Clone, uniffi::Enum)]
pub enum GatewayBody {
    /// Bytes; none for no body.
    Bytes {
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A file, which is read when it is sent.
    File {
        /// The file.
        file: SentFile,
    },
    /// A form (`multipart/form-data`).
    Form {
        /// Its fields, in order.
        fields: Vec<FormField>,
    },
}

/// A field of a form.
#[derive(Clone, uniffi::Record)]
pub struct FormField {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub content: FormContent,
}

/// What is in a field of a form.
#[derive(Clone, uniffi::Enum)]
pub enum FormContent {
    /// A text.
    Text {
        /// The text.
        text: String,
    },
    /// Bytes, as if they were a file.
    Bytes {
        /// The name of the file.
        file_name: String,
        /// The content type.
        content_type: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A file, which is read when it is sent.
    File {
        /// The file.
        file: SentFile,
    },
}

impl GatewayRequestOptions {
    pub(super) fn request(self, client: &core::SessionClient) -> Result<core::GatewayRequest, core::Error> {
        let method = Method::from_bytes(self.method.as_bytes()).map_err(|_| core::ConfigError::Method)?;
        let mut request = client.request(method, &self.target);
        for header in &self.headers {
            request = request.append_header(&header.name, &header.value);
        }
        // After the headers: a file's content type is the app's if it has set one.
        request = match self.body {
            GatewayBody::Bytes { bytes } => request.body(bytes),
            GatewayBody::File { file } => request.file(file),
            GatewayBody::Form { fields } => {
                request.multipart(fields.into_iter().fold(core::Multipart::new(), with))
            }
        };
        if let Some(timeout) = self.timeout_ms {
            request = request.timeout(Duration::from_millis(timeout));
        }
        if let Some(limit) = self.response_limit {
            request = request.response_limit(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        if self.repeatable {
            request = request.idempotent();
        }
        Ok(request)
    }
}

fn with(form: core::Multipart, field: FormField) -> core::Multipart {
    let name = &field.name;
    match field.content {
        FormContent::Text { text } => form.text(name, &text),
        FormContent::Bytes { file_name, content_type, bytes } => {
            form.bytes(name, &file_name, &content_type, bytes)
        }
        FormContent::File { file } => form.file(name, file),
    }
}
