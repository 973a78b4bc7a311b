use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Number, Value};

/// Fields of a request that are the server's own: what reads the answer relies on them.
const OURS: [&str; 4] = ["model", "messages", "stream", "stream_options"];

/// Fields that are added to every request's body.
#[derive(Default)]
pub(super) struct Extra(pub(super) Map<String, Value>);

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        if let Some(ours) = OURS.iter().find(|name| table.contains_key(**name)) {
            return Err(D::Error::custom(format!("extra cannot hold {ours}, which the server sets itself")));
        }
        object(table).map(Self).map_err(D::Error::custom)
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
