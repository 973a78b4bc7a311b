//! page_range
