//! Compares an expectation with what came.

use serde_json::Value;

/// Where `got` does not have what `wanted` says: every field that is named, and lists of the same length. Fields that are not named
/// may be anything.
pub(crate) fn difference(wanted: &Value, got: &Value) -> Option<String> {
    at("", wanted, got)
}

fn at(path: &str, wanted: &Value, got: &Value) -> Option<String> {
    let differs =
        || Some(format!("{}: expected {wanted}, got {got}", if path.is_empty() { "all" } else { path }));
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => wanted.iter().find_map(|(name, value)| {
            at(&format!("{path}.{name}"), value, got.get(name).unwrap_or(&Value::Null))
        }),
        (Value::Array(wanted), Value::Array(got)) if wanted.len() == got.len() => wanted
            .iter()
            .zip(got)
            .enumerate()
            .find_map(|(index, (wanted, got))| at(&format!("{path}.{index}"), wanted, got)),
        _ if wanted == got => None,
        _ => differs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_part_is_enough_and_a_difference_is_named() {
        let got = json!({ "kind": "signed_in", "user": { "id": "a" }, "list": [1, 2] });
        assert_eq!(difference(&json!({ "kind": "signed_in", "user": { "id": "a" } }), &got), None);
        assert!(
            difference(&json!({ "user": { "id": "b" } }), &got)
                .is_some_and(|text| text.starts_with(".user.id"))
        );
        assert!(difference(&json!({ "list": [1] }), &got).is_some());
        assert!(difference(&json!({ "missing": 1 }), &got).is_some());
        assert_eq!(difference(&json!({ "missing": null }), &got), None);
    }
}
