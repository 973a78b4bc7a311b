use std::{collections::HashMap, fs, path::Path, str::FromStr};

use inkstream_core::prices::{Price, Prices};
use serde::Deserialize;
use toml::Spanned;

/// Largest file that is read, in bytes.
const MOST: u64 = 1 << 20;

/// What is in the operator's file of engines; nothing where none is given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnginesFile {
    /// What reading costs.
    pub prices: Prices,
}

/// The file as it is written. Unknown words are refused: a price that is misspelt must not be none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    currency: Option<Spanned<String>>,
    #[serde(default)]
    engine: Vec<WrittenEngine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEngine {
    model: Spanned<String>,
    price: Option<WrittenPrice>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenPrice {
    thousand_pages: Amount,
    million_prompt_tokens: Amount,
    million_completion_tokens: Amount,
}

/// An amount of money, zero or more.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(try_from = "f64")]
struct Amount(f64);

/// What is wrong, and at which byte if that is known.
type Wrong = (Option<usize>, String);

impl FromStr for EnginesFile {
    type Err = String;

    /// Reads the file of this path; an empty path is no file. Clap puts the path before what is wrong with it.
    fn from_str(path: &str) -> Result<Self, String> {
        let path = path.trim();
        if path.is_empty() {
            return Ok(Self::default());
        }
        let text = read(Path::new(path))?;
        parse(&text).map_err(|(at, reason)| match at {
            Some(at) => format!("line {}: {reason}", line(&text, at)),
            None => reason,
        })
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MOST {
        return Err(format!("it is larger than {MOST} bytes"));
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}

fn parse(text: &str) -> Result<EnginesFile, Wrong> {
    let written: Written = toml::from_str(text).map_err(|error| {
        // The message alone: with its surroundings it would show what else is in the file.
        (error.span().map(|span| span.start), error.message().replace('\n', ", "))
    })?;
    let mut by_model = HashMap::new();
    for WrittenEngine { model, price } in written.engine {
        let at = Some(model.span().start);
        let model = model.into_inner();
        if model.trim().is_empty() {
            return Err((at, "an engine's model is its name, which is empty here".to_owned()));
        }
        let price = price.map(|price| Price {
            thousand_pages: price.thousand_pages.0,
            million_prompt_tokens: price.million_prompt_tokens.0,
            million_completion_tokens: price.million_completion_tokens.0,
        });
        if by_model.insert(model, price).is_some() {
            return Err((at, "this model is here twice".to_owned()));
        }
    }
    let by_model: HashMap<_, _> = by_model.into_iter().filter_map(|(model, price)| Some((model, price?))).collect();
    let currency = written.currency.map(currency).transpose()?;
    if currency.is_none() && !by_model.is_empty() {
        return Err((None, "prices need a currency, such as currency = \"EUR\" in the first line".to_owned()));
    }
    Ok(EnginesFile { prices: Prices { currency, by_model } })
}

fn currency(code: Spanned<String>) -> Result<String, Wrong> {
    let at = code.span().start;
    let code = code.into_inner();
    if code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Ok(code);
    }
    Err((Some(at), "a currency is its ISO 4217 code, such as EUR".to_owned()))
}

/// The line of a byte, counted from 1.
fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

impl TryFrom<f64> for Amount {
    type Error = &'static str;

    fn try_from(amount: f64) -> Result<Self, Self::Error> {
        if amount.is_finite() && amount >= 0.0 { Ok(Self(amount)) } else { Err("a price is a number, 0 or more") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/engines.example.toml");

    #[test]
    fn the_example_is_understood_with_and_without_its_comment_signs() {
        assert!(!EXAMPLE.parse::<EnginesFile>().unwrap().prices.by_model.is_empty());
        let text = fs::read_to_string(EXAMPLE).unwrap();
        // A commented setting has no space after its sign, as in .env.example.
        let bare = text.lines().map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => setting,
            _ => line,
        });
        let all = parse(&bare.collect::<Vec<_>>().join("\n")).unwrap();
        assert!(all.prices.by_model.len() > 1);
    }

    #[test]
    fn prices_are_read_by_model_and_what_is_left_out_costs_nothing() {
        let text = "currency = \"EUR\"\n[[engine]]\nmodel = \"a\"\nprice = { thousand_pages = 2 }\n[[engine]]\nmodel = \"b\"\n";
        let prices = parse(text).unwrap().prices;
        let a = Price { thousand_pages: 2.0, ..Price::default() };
        assert_eq!(prices, Prices { currency: Some("EUR".to_owned()), by_model: [("a".to_owned(), a)].into() });
        assert_eq!("".parse(), Ok(EnginesFile::default()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let price = |value: &str| {
            format!("currency = \"EUR\"\n\n[[engine]]\nmodel = \"m\"\n[engine.price]\nthousand_pages = {value}\n")
        };
        for (text, wrong) in [
            (price("-0.5"), Some(6)),
            (price("nan"), Some(6)),
            (price("inf"), Some(6)),
            (price("\"2\""), Some(6)),
            (price("1\nthousand_page = 1"), Some(7)),
            (price("1\n[[engine]]\nmodel = \"m\""), Some(8)),
            (price("1").replace("EUR", "euro"), Some(1)),
            (price("1").replace("currency = \"EUR\"", ""), None),
            ("currency = \"EUR\"\n[[engine]]\nname = \"m\"".to_owned(), Some(3)),
            ("currency = \"EUR\"\n[[engine]]\nmodel = \" \"".to_owned(), Some(3)),
            ("currency =".to_owned(), Some(1)),
        ] {
            let (at, reason) = parse(&text).unwrap_err();
            assert_eq!(at.map(|at| line(&text, at)), wrong, "{text}: {reason}");
            assert!(!reason.is_empty() && !reason.contains('\n'), "{reason}");
        }
        assert!("/nowhere/engines.toml".parse::<EnginesFile>().is_err());
    }
}
