use std::{fmt, str::FromStr};

/// First segments of the server's and the web app's own paths. Beneath one of them, a path would be ambiguous.
const RESERVED: [&str; 17] = [
    "api",
    "v1",
    "models",
    "docs",
    "openapi.json",
    "img-echo",
    "health",
    "livez",
    "readyz",
    "metrics",
    "d",
    "usage",
    "sign-in",
    "register",
    "account",
    "keys",
    "admin",
];

/// The path that the server is reached beneath, without a slash at its end; empty if the server has a host of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// The path: empty, or `/ocr`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the server has a host of its own.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Strips this path from a path beneath it. The rest begins with a slash; `None` if `path` is not beneath it.
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&self.0).filter(|rest| rest.starts_with('/'))
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BasePath {
    type Err = String;

    /// A slash at either end is optional.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let path = text.strip_prefix('/').unwrap_or(text);
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.is_empty() && text.len() < 2 {
            return Ok(Self::default());
        }
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        let is_valid = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_unreserved);
        if !path.split('/').all(is_valid) {
            return Err(
                "a path such as /ocr, of letters, digits and - _ . ~ between its slashes, was expected".to_owned()
            );
        }
        if path.split('/').next().is_some_and(|first| RESERVED.contains(&first)) {
            return Err("a path that begins as none of the server's own addresses does was expected".to_owned());
        }
        Ok(Self(format!("/{path}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_slash_before_each_segment() {
        for (text, path) in [
            ("", ""),
            ("/", ""),
            (" ", ""),
            ("/ocr", "/ocr"),
            ("ocr", "/ocr"),
            ("/ocr/", "/ocr"),
            ("tools/ocr-2", "/tools/ocr-2"),
            ("/~ada/v1.0", "/~ada/v1.0"),
        ] {
            assert_eq!(text.parse::<BasePath>().unwrap().as_str(), path, "{text:?}");
        }
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        for text in [
            "//",
            "//evil.example",
            "/a//b",
            "/..",
            "/a/../b",
            "/a?b",
            "/a#b",
            "/a%2fb",
            "/a b",
            "/ä",
            "/<b>",
            "https://a/b",
            "/api",
            "/v1/ocr",
            "d",
        ] {
            assert!(text.parse::<BasePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_whole_segments_are_beneath_it() {
        let base: BasePath = "/ocr".parse().unwrap();
        assert_eq!(base.strip("/ocr/api"), Some("/api"));
        assert_eq!(base.strip("/ocr/"), Some("/"));
        assert_eq!((base.strip("/ocr"), base.strip("/ocrs/api"), base.strip("/api")), (None, None, None));
    }
}
