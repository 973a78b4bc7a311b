use inkstream_engines::checks;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Number, Value};

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
