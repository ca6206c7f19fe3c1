//! The error page, which the real server gives in place of JSON on some routes (contract §14.2).

use crate::errors::ApiError;

/// The page of an error.
pub(crate) fn error_page(error: &ApiError) -> String {
    let missing = error.kind == "general_route_not_found";
    let (title, text) = if missing {
        ("Page not found".to_owned(), "The page you're looking for doesn't exist.".to_owned())
    } else {
        (format!("Error {}", error.status), escape(&error.message))
    };
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"UTF-8\"><title>Error</title></head><body>\
         <main><h1>{title}</h1><p>{text}</p><p>{}</p></main></body></html>",
        error.kind
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
