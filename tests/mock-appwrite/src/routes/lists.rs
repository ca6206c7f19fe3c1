//! Lists as 2.x gives them: with queries, and without a total if the client does not want one (contract §2x.9).

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::{
    call::{Call, Outcome},
    errors::{ApiError, error},
    params::invalid,
};

/// How long a page is unless a query says otherwise.
const PAGE: usize = 25;

/// Whether the client wants the total.
pub(super) fn wants_total(call: &Call<'_>) -> Result<bool, ApiError> {
    let Some(total) = call.request.params.get("total").filter(|_| call.has("total")) else { return Ok(true) };
    match total.as_str() {
        Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        _ => Err(invalid("total", "Value must be a valid boolean")),
    }
}

/// Answers with `items` under `name`. Clients may filter and order by `attributes`.
pub(super) fn answer(call: &mut Call<'_>, name: &str, items: Vec<Value>, attributes: &[&str]) -> Outcome {
    if !call.traits().fields_of_2 {
        return call.json(200, json!({ "total": items.len(), name: items }));
    }
    let queries = queries(call, attributes)?;
    let total = wants_total(call)?;
    let mut items = items;
    for query in &queries {
        items.retain(|item| query.keeps(item));
    }
    let count = if total { items.len() } else { 0 };
    for query in queries.iter().rev() {
        query.order(&mut items);
    }
    for query in &queries {
        query.start(&mut items)?;
    }
    let numbers = |method: &str| {
        let query = queries.iter().find(|query| query.method == method)?;
        query.values.first()?.as_u64().and_then(|number| usize::try_from(number).ok())
    };
    let offset = numbers("offset").unwrap_or_default();
    let page: Vec<Value> = items.into_iter().skip(offset).take(numbers("limit").unwrap_or(PAGE)).collect();
    call.json(200, json!({ "total": count, name: page }))
}

/// What the parameter `search` finds in a name.
pub(super) fn search(call: &Call<'_>) -> Result<impl Fn(&str) -> bool + use<>, ApiError> {
    let rule = "Value must be a valid string and no longer than 256 chars";
    let wanted = match call.traits().fields_of_2 {
        true => call.params().optional_text("search", rule, |text| text.chars().count() <= 256)?,
        false => None,
    };
    let wanted = wanted.unwrap_or_default().to_lowercase();
    Ok(move |name: &str| name.to_lowercase().contains(&wanted))
}

struct Query {
    method: String,
    attribute: String,
    values: Vec<Value>,
}

impl Query {
    fn keeps(&self, item: &Value) -> bool {
        let value = &item[self.attribute.as_str()];
        let empty = value.is_null() || *value == "";
        match self.method.as_str() {
            "equal" => self.values.contains(value),
            "notEqual" => !self.values.contains(value),
            "isNull" => empty,
            "isNotNull" => !empty,
            _ => true,
        }
    }

    fn order(&self, items: &mut [Value]) {
        let text = |item: &Value| match &item[self.attribute.as_str()] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let compare = |a: &Value, b: &Value| -> Ordering { text(a).cmp(&text(b)) };
        match self.method.as_str() {
            "orderAsc" => items.sort_by(compare),
            "orderDesc" => items.sort_by(|a, b| compare(b, a)),
            _ => {}
        }
    }

    /// Begins after, or ends before, the item that a cursor names.
    fn start(&self, items: &mut Vec<Value>) -> Outcome {
        if !matches!(self.method.as_str(), "cursorAfter" | "cursorBefore") {
            return Ok(());
        }
        let named = |item: &Value| self.values.first() == Some(&item["$id"]);
        let at = items.iter().position(named).ok_or_else(|| error("general_cursor_not_found"))?;
        match self.method.as_str() {
            "cursorAfter" => drop(items.drain(..=at)),
            _ => items.truncate(at),
        }
        Ok(())
    }
}

fn queries(call: &Call<'_>, attributes: &[&str]) -> Result<Vec<Query>, ApiError> {
    if call.request.params.get("queries").is_none_or(Value::is_null) {
        return Ok(Vec::new());
    }
    let texts = call.params().texts("queries")?;
    if texts.len() > 100 || texts.iter().any(|text| text.len() > 4096) {
        return Err(invalid("queries", "Value must be an array of no more than 100 queries of 4096 chars"));
    }
    texts.iter().map(|text| query(text, attributes)).collect()
}

fn query(text: &str, attributes: &[&str]) -> Result<Query, ApiError> {
    let refused = |why: &str| invalid("queries", &format!("Invalid query: {why}"));
    let parsed: Value = serde_json::from_str(text).map_err(|_| refused("Syntax error"))?;
    let method = parsed["method"].as_str().unwrap_or_default().to_owned();
    let attribute = parsed["attribute"].as_str().unwrap_or_default().to_owned();
    let about_attribute = match method.as_str() {
        "equal" | "notEqual" | "isNull" | "isNotNull" | "orderAsc" | "orderDesc" => true,
        "limit" | "offset" | "cursorAfter" | "cursorBefore" => false,
        other => return Err(refused(&format!("Invalid query method: {other}"))),
    };
    let own = ["$id", "$createdAt", "$updatedAt"];
    if about_attribute && !own.contains(&attribute.as_str()) && !attributes.contains(&attribute.as_str()) {
        return Err(refused(&format!("Attribute not found in schema: {attribute}")));
    }
    Ok(Query { method, attribute, values: parsed["values"].as_array().cloned().unwrap_or_default() })
}
