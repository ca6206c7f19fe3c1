//! No page: without sockets, no browser asks for it.

/// The page.
pub(crate) const PAGE: Option<&str> = None;
