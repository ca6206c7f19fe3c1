//! A form with files (RFC 7578), as a gateway reads it.

use serde_json::Value;

use crate::json;

/// The fields of a form: `[{"name", "fileName", "type", "length", "text"}]`, where `text` is that of a field that is no file. `None` if it is
/// none.
pub(crate) fn fields(content_type: &str, body: &[u8]) -> Option<Vec<Value>> {
    let (kind, boundary) = content_type.split_once("boundary=")?;
    if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        return None;
    }
    let delimiter = format!("--{}", boundary.trim().trim_matches('"'));
    let mut rest = body.strip_prefix(delimiter.as_bytes())?;
    let next = format!("\r\n{delimiter}");
    let mut fields = Vec::new();
    loop {
        if rest == b"--\r\n" || rest == b"--" {
            return Some(fields);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let (part, after) = split(rest, next.as_bytes())?;
        fields.push(field(part)?);
        rest = after;
    }
}

fn field(part: &[u8]) -> Option<Value> {
    let (head, content) = split(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(head);
    let line = |name: &str| {
        head.split("\r\n").find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let disposition = line("content-disposition")?;
    let quoted = |name: &str| {
        let (_, rest) = disposition.split_once(&format!("; {name}=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let file_name = quoted("filename");
    let text = file_name.is_none().then(|| String::from_utf8_lossy(content).into_owned());
    Some(json!({
        "name": quoted("name")?, "fileName": file_name, "type": line("content-type"),
        "length": content.len(), "text": text,
    }))
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let index = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..index], &bytes[index + at.len()..]))
}
