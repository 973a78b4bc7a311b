//! Values of the file, valid by construction. Errors never repeat a value, because it may be a key in the wrong place.

use std::time::Duration;

use inkstream_core::prices::Price;
use inkstream_engines::{ApiKey, ConfigError, checks};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Number, Value};

use crate::settings::value::{self, non_empty};

/// Longest name, in characters.
const MAX_NAME: usize = 128;

/// A name, as callers give it.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Name(pub(super) String);

/// An API's root.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct BaseUrl(pub(super) String);

/// A key, written here.
pub(super) struct Key(pub(super) ApiKey);

/// A key from the environment.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct KeyEnv(pub(super) ApiKey);

/// A time, as `90s` or `2m`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Wait(pub(super) Duration);

/// A whole number of at least 1.
#[derive(Deserialize)]
#[serde(try_from = "i64")]
pub(super) struct Count(pub(super) u32);

/// An image's longer side, in pixels.
#[derive(Deserialize)]
#[serde(try_from = "i64")]
pub(super) struct Side(pub(super) u32);

/// Temperatures by attempt.
#[derive(Deserialize)]
#[serde(try_from = "Vec<f32>")]
pub(super) struct Temperatures(pub(super) Vec<f32>);

/// Parameters that are left out.
#[derive(Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(super) struct Omitted(pub(super) Vec<String>);

/// An amount of money, zero or more.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(try_from = "f64")]
struct Amount(f64);

/// What reading costs.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawPrice {
    thousand_pages: Amount,
    million_prompt_tokens: Amount,
    million_completion_tokens: Amount,
}

impl From<RawPrice> for Price {
    fn from(price: RawPrice) -> Self {
        Self {
            thousand_pages: price.thousand_pages.0,
            million_prompt_tokens: price.million_prompt_tokens.0,
            million_completion_tokens: price.million_completion_tokens.0,
        }
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let is_trimmed = (1..=MAX_NAME).contains(&name.chars().count()) && name.trim() == name;
        if !is_trimmed || name.chars().any(char::is_control) {
            return Err(format!("a name has 1 to {MAX_NAME} characters and no white space around them"));
        }
        Ok(Self(name))
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = ConfigError;

    fn try_from(url: String) -> Result<Self, ConfigError> {
        checks::base_url(&url)?;
        Ok(Self(url.trim().to_owned()))
    }
}

impl<'de> Deserialize<'de> for Key {
    /// Implemented by hand, because serde's error for a value of a wrong type would repeat the key.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || D::Error::custom("a key is a text in quotes, without white space, of ASCII characters");
        match toml::Value::deserialize(deserializer).map_err(|_| wrong())? {
            toml::Value::String(key) => ApiKey::parse(&key).map(Self).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for KeyEnv {
    type Error = &'static str;

    #[expect(clippy::disallowed_methods, reason = "this is a setting, which names another")]
    fn try_from(name: String) -> Result<Self, Self::Error> {
        // Accept only plain names: a key that was written here by mistake may be anything.
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let key = if is_name { std::env::var(name).ok() } else { None };
        let key = non_empty(key.as_ref()).ok_or("the environment has no variable of this name, or an empty one")?;
        ApiKey::parse(key).map(Self).map_err(|_| "the variable of this name holds what cannot be a key")
    }
}

impl TryFrom<String> for Wait {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        value::duration(&text).map(Self)
    }
}

impl TryFrom<i64> for Count {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        match u32::try_from(number) {
            Ok(number @ 1..) => Ok(Self(number)),
            _ => Err("a whole number of at least 1 was expected"),
        }
    }
}

impl TryFrom<i64> for Side {
    type Error = ConfigError;

    fn try_from(pixels: i64) -> Result<Self, ConfigError> {
        let pixels = u32::try_from(pixels).map_err(|_| ConfigError::MaxSide)?;
        checks::max_side(pixels)?;
        Ok(Self(pixels))
    }
}

impl TryFrom<Vec<f32>> for Temperatures {
    type Error = ConfigError;

    fn try_from(steps: Vec<f32>) -> Result<Self, ConfigError> {
        checks::temperatures(&steps)?;
        Ok(Self(steps))
    }
}

impl TryFrom<Vec<String>> for Omitted {
    type Error = ConfigError;

    fn try_from(names: Vec<String>) -> Result<Self, ConfigError> {
        checks::omit(&names)?;
        Ok(Self(names))
    }
}

impl TryFrom<f64> for Amount {
    type Error = &'static str;

    fn try_from(amount: f64) -> Result<Self, Self::Error> {
        if amount.is_finite() && amount >= 0.0 { Ok(Self(amount)) } else { Err("a price is a number, 0 or more") }
    }
}

/// Fields that are added to every request's body.
#[derive(Default)]
pub(super) struct Extra(pub(super) Map<String, Value>);

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        let fields = object(table).map_err(D::Error::custom)?;
        checks::extra(&fields).map_err(D::Error::custom)?;
        Ok(Self(fields))
    }
}

fn object(table: toml::Table) -> Result<Map<String, Value>, &'static str> {
    table.into_iter().map(|(name, value)| Ok((name, json(value)?))).collect()
}

fn json(value: toml::Value) -> Result<Value, &'static str> {
    Ok(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => {
            Number::from_f64(number).ok_or("JSON has no number that is infinite or none at all")?.into()
        }
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(_) => return Err("JSON has no dates: write it as a text, in quotes"),
        toml::Value::Array(items) => items.into_iter().map(json).collect::<Result<Vec<_>, _>>()?.into(),
        toml::Value::Table(table) => object(table)?.into(),
    })
}
