//! The page that shows the mock, and has buttons for the controls.

/// The page.
pub(crate) const PAGE: Option<&str> = Some(include_str!("ui.html"));
