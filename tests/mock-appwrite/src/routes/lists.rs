//! Lists: with queries, and without a total if the client does not want one (contract §2x.9).

use std::cmp::Ordering;

use serde_json::Value;

use crate::{
    call::{Call, Outcome},
    errors::{ApiError, broken, error_with},
    json,
    params::invalid,
};

/// How long a page is unless a query says otherwise.
const PAGE: usize = 25;

/// Whether the client wants the total of its sessions, which it can say since 2.3.
pub(super) fn wants_total(call: &Call<'_>) -> Result<bool, ApiError> {
    if call.has("total") { total(call) } else { Ok(true) }
}

fn total(call: &Call<'_>) -> Result<bool, ApiError> {
    let Some(total) = call.request.params.get("total") else { return Ok(true) };
    match total.as_str() {
        Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        _ => Err(invalid("total", "Value must be a valid boolean")),
    }
}

/// Answers with `items` under `name`. Clients may filter and order by `attributes`.
pub(super) fn answer(call: &mut Call<'_>, name: &str, items: Vec<Value>, attributes: &[&str]) -> Outcome {
    let queries = queries(call, attributes)?;
    // 1.9.6 knows it for these lists, and a 2.x can be told to lack it.
    let asks = call.traits().newer_fields && !call.world.switches.lacks("total");
    let total = if asks { total(call)? } else { true };
    let mut items = items;
    for query in &queries {
        items.retain(|item| query.keeps(item));
    }
    let count = if total { items.len() } else { 0 };
    for query in queries.iter().rev() {
        query.order(&mut items);
    }
    for query in &queries {
        query.start(&mut items, name)?;
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
    let wanted = call.params().optional_string("search", 1..=256)?.unwrap_or_default().to_lowercase();
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
        let ordered = |order: Ordering| match self.method.as_str() {
            "orderAsc" => order,
            "orderDesc" => order.reverse(),
            _ => Ordering::Equal,
        };
        items.sort_by(|a, b| ordered(text(a).cmp(&text(b))));
    }

    /// Begins after, or ends before, the item that a cursor names.
    fn start(&self, items: &mut Vec<Value>, name: &str) -> Outcome {
        if !matches!(self.method.as_str(), "cursorAfter" | "cursorBefore") {
            return Ok(());
        }
        let named = |item: &Value| self.values.first() == Some(&item["$id"]);
        let at = items.iter().position(named).ok_or_else(|| {
            let (id, what) =
                (self.values.first().and_then(Value::as_str).unwrap_or_default(), singular(name));
            error_with("general_cursor_not_found", format!("{what} '{id}' for the 'cursor' value not found."))
        })?;
        match self.method.as_str() {
            "cursorAfter" => drop(items.drain(..=at)),
            _ => items.truncate(at),
        }
        Ok(())
    }
}

/// What an item of a list is called.
fn singular(name: &str) -> &'static str {
    match name {
        "identities" => "Identity",
        "memberships" => "Membership",
        "passkeys" => "Passkey",
        "teams" => "Team",
        _ => "User",
    }
}

fn queries(call: &Call<'_>, attributes: &[&str]) -> Result<Vec<Query>, ApiError> {
    let texts = match call.request.params.get("queries") {
        None => return Ok(Vec::new()),
        // Null passes the validator and breaks the action.
        Some(Value::Null) => return Err(broken()),
        Some(Value::Array(texts)) => texts,
        Some(_) => return Err(invalid("queries", "Queries must be an array")),
    };
    texts.iter().map(|text| query(text.as_str().unwrap_or_default(), attributes)).collect()
}

fn query(text: &str, attributes: &[&str]) -> Result<Query, ApiError> {
    let refused = |why: &str| invalid("queries", &format!("Invalid query: {why}"));
    let parsed = json::read(text).ok_or_else(|| refused("Invalid query: Syntax error"))?;
    let method = parsed["method"].as_str().unwrap_or_default().to_owned();
    let attribute = parsed["attribute"].as_str().unwrap_or_default().to_owned();
    let about_attribute = match method.as_str() {
        "equal" | "notEqual" | "isNull" | "isNotNull" | "orderAsc" | "orderDesc" => true,
        "limit" | "offset" | "cursorAfter" | "cursorBefore" => false,
        "select" => return Err(invalid("queries", "Invalid query method: select")),
        other => return Err(refused(&format!("Invalid query method: {other}"))),
    };
    let own = ["$id", "$createdAt", "$updatedAt"];
    if about_attribute && !own.contains(&attribute.as_str()) && !attributes.contains(&attribute.as_str()) {
        return Err(refused(&format!("Attribute not found in schema: {attribute}")));
    }
    Ok(Query { method, attribute, values: parsed["values"].as_array().cloned().unwrap_or_default() })
}
