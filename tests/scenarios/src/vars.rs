//! What was saved under a name, and its place in the texts of later steps.

use std::collections::HashMap;

use serde_json::Value;

/// The variables of one scenario.
#[derive(Debug, Default)]
pub(crate) struct Vars(HashMap<String, Value>);

impl Vars {
    /// Saves a value.
    pub(crate) fn save(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// `value` with every `$name` and `$name.part` replaced; a text that is nothing else takes the type of what it stands for.
    pub(crate) fn fill(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => self.fill_text(text)?,
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect::<Result<_, _>>()?,
            Value::Object(fields) => {
                let filled = fields.iter().map(|(name, item)| Ok((name.clone(), self.fill(item)?)));
                Value::Object(filled.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    fn fill_text(&self, text: &str) -> Result<Value, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            let end = after
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
                .unwrap_or(after.len());
            let (name, behind) = after.split_at(end);
            let value = self.look_up(name).ok_or_else(|| format!("nothing is saved as ${name}"))?;
            if before.is_empty() && behind.is_empty() && filled.is_empty() {
                return Ok(value.clone());
            }
            filled.push_str(before);
            filled.push_str(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            rest = behind;
        }
        filled.push_str(rest);
        Ok(Value::String(filled))
    }

    fn look_up(&self, name: &str) -> Option<&Value> {
        let mut parts = name.split('.');
        let first = self.0.get(parts.next()?)?;
        parts.try_fold(first, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_stand_for_what_was_saved() {
        let mut vars = Vars::default();
        vars.save("ada", json!({ "id": "a1", "sessions": [{ "n": 7 }] }));
        let filled = vars.fill(&json!(["/users/$ada.id/x", "$ada.sessions.0.n", 3, { "k": "$ada.id" }]));
        assert_eq!(filled, Ok(json!(["/users/a1/x", 7, 3, { "k": "a1" }])));
        assert!(vars.fill(&json!("$eve")).is_err());
    }
}
