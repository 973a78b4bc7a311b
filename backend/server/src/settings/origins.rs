use std::str::FromStr;

use http::HeaderValue;

/// The other origins whose pages may call the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// These origins; none if the list is empty.
    List(Vec<HeaderValue>),
    /// All origins, without credentials.
    Any,
}

impl FromStr for Origins {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "*" {
            return Ok(Self::Any);
        }
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(origin)
            .collect::<Result<_, _>>()
            .map(Self::List)
    }
}

fn origin(text: &str) -> Result<HeaderValue, String> {
    let wrong = || "origins such as https://example.org, separated by commas, or * were expected".to_owned();
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let origin = url.origin();
    // Browsers send the origin alone: a path or a trailing slash would never match.
    if !matches!(url.scheme(), "http" | "https") || origin.ascii_serialization() != text {
        return Err(wrong());
    }
    HeaderValue::from_str(text).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_a_star_and_nothing_are_origins() {
        assert_eq!("".parse(), Ok(Origins::List(vec![])));
        assert_eq!("*".parse(), Ok(Origins::Any));
        let list = "https://a.example, http://localhost:8080".parse();
        assert_eq!(
            list,
            Ok(Origins::List(vec![
                HeaderValue::from_static("https://a.example"),
                HeaderValue::from_static("http://localhost:8080")
            ]))
        );
    }

    #[test]
    fn values_that_no_browser_sends_as_origin_are_refused() {
        for text in ["https://a.example/", "a.example", "ftp://a.example", "https://a.example,*"] {
            assert!(text.parse::<Origins>().is_err(), "{text}");
        }
    }
}
