//! A job's payload in a file: a table of the file becomes JSON, and a text is JSON already.

use banto_core::Payload;
use serde_json::{Map, Number, Value as Json};
use toml::de::DeValue;

use super::value::Value;

/// The payload that stands there.
pub(crate) fn payload(value: Value<'_>) -> Option<Payload> {
    if let DeValue::String(text) = value.inner() {
        return value.checked(Payload::parse(text));
    }
    let json = json(value.inner()).map_err(|why| value.refuse(why)).ok()?;
    value.checked(Payload::of(&json))
}

/// A value of the file as JSON. A date becomes its text.
fn json(value: &DeValue<'_>) -> Result<Json, &'static str> {
    Ok(match value {
        DeValue::String(text) => Json::String(text.to_string()),
        DeValue::Boolean(flag) => Json::Bool(*flag),
        DeValue::Datetime(date) => Json::String(date.to_string()),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            Json::Number(number.map_err(|_| "its whole numbers must fit into 64 bits")?.into())
        }
        DeValue::Float(number) => {
            let number = number.as_str().parse().ok().and_then(Number::from_f64);
            Json::Number(number.ok_or("JSON has no such number")?)
        }
        DeValue::Array(items) => Json::Array(items.iter().map(|item| json(item.get_ref())).collect::<Result<_, _>>()?),
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(key, value)| Ok((key.get_ref().to_string(), json(value.get_ref())?)));
            Json::Object(pairs.collect::<Result<Map<String, Json>, &'static str>>()?)
        }
    })
}
