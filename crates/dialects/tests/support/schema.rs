//! Whether a JSON value is what a schema of the OpenAPI document says: the keywords that our documents use.

use serde_json::Value;

/// The first place where `value` is not what `schema` says; `document` is where references lead.
///
/// # Errors
/// Path and reason, for a person.
pub(crate) fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(reference.trim_start_matches('#'));
        return check(document, target.ok_or_else(|| format!("{reference} leads nowhere"))?, value);
    }
    for (keyword, least, most) in [("oneOf", 1, 1), ("anyOf", 1, usize::MAX)] {
        if let Some(choices) = schema.get(keyword).and_then(Value::as_array) {
            let failures: Vec<_> =
                choices.iter().filter_map(|one| check(document, one, value).err()).collect();
            let fitting = choices.len() - failures.len();
            if !(least..=most).contains(&fitting) {
                return Err(format!("{fitting} choices of {keyword} fit {value}: {}", failures.join("; ")));
            }
        }
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        check(document, part, value)?;
    }
    check_plain(schema, value)?;
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if value.is_object() && value.get(name).is_none() {
            return Err(format!("{name} is missing in {value}"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let known = schema.get("properties").and_then(|properties| properties.get(name));
        match (known, schema.get("additionalProperties")) {
            (Some(known), _) => check(document, known, member).map_err(|error| format!("{name}: {error}"))?,
            (None, Some(Value::Bool(false))) => return Err(format!("{name} is not allowed")),
            (None, Some(other @ Value::Object(_))) => check(document, other, member)?,
            (None, _) => {}
        }
    }
    for (items, element) in schema.get("items").into_iter().zip(value.as_array()) {
        for one in element {
            check(document, items, one)?;
        }
    }
    Ok(())
}

fn check_plain(schema: &Value, value: &Value) -> Result<(), String> {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|kind| is_a(kind, value)) {
        return Err(format!("{value} is no {types:?}"));
    }
    if schema.get("enum").and_then(Value::as_array).is_some_and(|values| !values.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    let number = value.as_f64();
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let below = number.zip(bound("minimum")).is_some_and(|(number, least)| number < least);
    let above = number.zip(bound("maximum")).is_some_and(|(number, most)| number > most);
    if below || above { Err(format!("{value} is out of range")) } else { Ok(()) }
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
