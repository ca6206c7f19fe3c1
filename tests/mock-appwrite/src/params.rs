//! Parameters of a call, with the server's own validators and messages (contract §3).

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::{
    errors::{ApiError, bad_argument, broken},
    php,
    profile::Traits,
};

/// The parameters of one call.
pub(crate) struct Params<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Params<'a> {
    /// What is given, be it null: null is no text and no list to a validator.
    fn value(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name)
    }

    /// An optional parameter. Null passes its validator, and then breaks the action, which wants a text (contract §14.21).
    fn optional(&self, name: &str) -> Result<Option<&'a Value>, ApiError> {
        match self.value(name) {
            Some(Value::Null) => Err(broken()),
            value => Ok(value),
        }
    }

    fn needed(&self, name: &str) -> Result<&'a Value, ApiError> {
        self.value(name).ok_or_else(|| bad_argument(format!("Param \"{name}\" is not optional.")))
    }

    /// A needed text that `check` accepts; else the error with `rule`.
    pub(crate) fn text(
        &self,
        name: &str,
        rule: &str,
        check: impl Fn(&str) -> bool,
    ) -> Result<String, ApiError> {
        accept(name, self.needed(name)?, rule, check)
    }

    /// As [`text`](Self::text), if it is there.
    pub(crate) fn optional_text(
        &self,
        name: &str,
        rule: &str,
        check: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, ApiError> {
        self.optional(name)?.map(|value| accept(name, value, rule, check)).transpose()
    }

    /// As [`optional_text`](Self::optional_text), where null is nothing.
    pub(crate) fn nullable_text(
        &self,
        name: &str,
        rule: &str,
        check: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, ApiError> {
        let value = self.value(name).filter(|value| !value.is_null());
        value.map(|value| accept(name, value, rule, check)).transpose()
    }

    /// A needed text of so many characters.
    pub(crate) fn string(&self, name: &str, length: RangeInclusive<usize>) -> Result<String, ApiError> {
        self.text(name, &length_rule(&length), |text| length.contains(&text.chars().count()))
    }

    /// As [`string`](Self::string), if it is there. An empty text is one that is there.
    pub(crate) fn optional_string(
        &self,
        name: &str,
        length: RangeInclusive<usize>,
    ) -> Result<Option<String>, ApiError> {
        self.optional_text(name, &length_rule(&length), |text| length.contains(&text.chars().count()))
    }

    /// An id of a user's own choice, or `None` for `unique()`.
    pub(crate) fn custom_id(&self, name: &str) -> Result<Option<String>, ApiError> {
        // True equals every text, `unique()` included, and reads as "1".
        if self.value(name) == Some(&Value::Bool(true)) {
            return Ok(Some("1".to_owned()));
        }
        let id = self.text(name, &key_rule(36), |id| id == "unique()" || is_id(id))?;
        Ok((id != "unique()").then_some(id))
    }

    /// As [`id`](Self::id), if it is there.
    pub(crate) fn optional_id(&self, name: &str) -> Result<Option<String>, ApiError> {
        self.optional_text(name, ID_RULE, is_id)
    }

    /// A phone number.
    pub(crate) fn phone(&self, name: &str, traits: &Traits) -> Result<String, ApiError> {
        self.text(name, PHONE_RULE, |phone| is_phone(phone, traits))
    }

    /// Up to `most` roles of a team, or labels: texts of letters, digits and a few signs, of at most `longest` characters.
    pub(crate) fn roles(&self, name: &str, longest: usize) -> Result<Vec<String>, ApiError> {
        let rule = format!("Value must a valid array no longer than 100 items and {}", key_rule(longest));
        self.list(name, &rule, 100, |role| is_key(role, longest))
    }

    /// A needed list of at most `most` texts that `check` accepts.
    pub(crate) fn list(
        &self,
        name: &str,
        rule: &str,
        most: usize,
        check: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, ApiError> {
        let Value::Array(list) = self.needed(name)? else { return Err(invalid(name, rule)) };
        if list.len() > most {
            return Err(invalid(name, rule));
        }
        list.iter().map(|text| accept(name, text, rule, &check)).collect()
    }

    /// An id of something that exists.
    pub(crate) fn id(&self, name: &str) -> Result<String, ApiError> {
        self.text(name, ID_RULE, is_id)
    }

    /// An e-mail address, lower-cased as the server does before it looks at it.
    pub(crate) fn email(&self, traits: &Traits) -> Result<String, ApiError> {
        self.email_as_typed(traits).map(|email| email.to_lowercase())
    }

    /// An e-mail address. The newer server overlooks blanks around it while it checks it, and keeps them.
    pub(crate) fn email_as_typed(&self, traits: &Traits) -> Result<String, ApiError> {
        self.text("email", EMAIL_RULE, |email| is_email_to(email, traits))
    }

    /// A password. `rule` differs between signing up and signing in.
    pub(crate) fn password(&self, name: &str, rule: &str) -> Result<String, ApiError> {
        self.text(name, rule, |password| (8..=256).contains(&password.len()))
    }

    /// A needed truth value.
    pub(crate) fn boolean(&self, name: &str) -> Result<bool, ApiError> {
        match self.needed(name)? {
            Value::Bool(value) => Ok(*value),
            _ => Err(invalid(name, "Value must be a valid boolean")),
        }
    }

    /// As [`boolean`](Self::boolean), also as `"true"`, `"1"` or `1`.
    pub(crate) fn loose_boolean(&self, name: &str) -> Result<bool, ApiError> {
        match self.needed(name)? {
            Value::Bool(value) => Ok(*value),
            // Every text but "0" is true to PHP.
            Value::String(text) if ["true", "false", "1", "0"].contains(&text.as_str()) => Ok(text != "0"),
            Value::Number(number) if matches!(number.as_i64(), Some(0 | 1)) => Ok(number.as_i64() == Some(1)),
            _ => Err(invalid(name, "Value must be a valid boolean")),
        }
    }

    /// A whole number in a range, or what it is by default.
    pub(crate) fn number(
        &self,
        name: &str,
        default: i64,
        range: RangeInclusive<i64>,
    ) -> Result<i64, ApiError> {
        let number = match self.optional(name)? {
            None => return Ok(default),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let (low, high) = (grouped(*range.start()), grouped(*range.end()));
            invalid(name, &format!("Value must be a valid range between {low} and {high}"))
        })
    }

    /// A needed list of texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, ApiError> {
        self.list(name, "Value must a valid array and Value must be a valid string", usize::MAX, |_| true)
    }

    /// A needed object, as PHP reads it and writes it again (contract §14.21).
    pub(crate) fn object(&self, name: &str) -> Result<Map<String, Value>, ApiError> {
        let refused = || invalid(name, "Value must be a valid object.");
        let given = self.needed(name)?;
        let entries = match php::reread(given) {
            Value::Object(entries) => entries,
            Value::Array(list) if list.is_empty() => Map::new(),
            _ => return Err(refused()),
        };
        if php::ascii_json(&Value::Object(entries.clone())).len() > LONGEST_OBJECT {
            return Err(refused());
        }
        Ok(entries)
    }
}

/// How long an object may be, as JSON.
const LONGEST_OBJECT: usize = 65_535;

/// The rule of an id.
const ID_RULE: &str = "UID must contain at most 36 chars. Valid chars are a-z, A-Z, 0-9, and underscore. Can't start with a leading underscore";

/// The rule of a phone number.
pub(crate) const PHONE_RULE: &str =
    "Phone number must start with a '+' can have a maximum of fifteen digits.";

/// The rule of an e-mail address.
pub(crate) const EMAIL_RULE: &str = "Value must be a valid email address";

/// The rule of a text of so many characters.
fn length_rule(length: &RangeInclusive<usize>) -> String {
    let (least, most) = (*length.start(), *length.end());
    match (least, most) {
        (0, most) => format!("Value must be a valid string and no longer than {most} chars"),
        (least, most) => {
            format!("Value must be a valid string and at least {least} chars and no longer than {most} chars")
        }
    }
}

/// The rule of a name for something in the database.
fn key_rule(longest: usize) -> String {
    format!(
        "Parameter must contain at most {longest} chars. Valid chars are a-z, A-Z, 0-9, period, hyphen, and underscore. \
         Can't start with a special char"
    )
}

/// An id of the path, which has to be one.
pub(crate) fn path_id(name: &str, id: &str) -> Result<(), ApiError> {
    if is_id(id) { Ok(()) } else { Err(invalid(name, ID_RULE)) }
}

/// As [`path_id`], with the rule of an id of own choice.
pub(crate) fn custom_path_id(name: &str, id: &str) -> Result<(), ApiError> {
    if is_id(id) { Ok(()) } else { Err(invalid(name, &key_rule(36))) }
}

/// The rule of the password of a sign-in.
pub(crate) const SIGN_IN_PASSWORD: &str = "Password must be between 8 and 256 characters long.";

/// A number with its thousands set off by commas.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let parts = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    parts.collect::<Vec<_>>().join(",")
}

/// The refusal of a parameter.
pub(crate) fn invalid(name: &str, rule: &str) -> ApiError {
    bad_argument(format!("Invalid `{name}` param: {rule}"))
}

fn accept(name: &str, value: &Value, rule: &str, check: impl Fn(&str) -> bool) -> Result<String, ApiError> {
    match value {
        Value::String(text) if check(text) => Ok(text.clone()),
        _ => Err(invalid(name, rule)),
    }
}

pub(crate) fn is_id(id: &str) -> bool {
    is_key(id, 36)
}

fn is_key(key: &str, longest: usize) -> bool {
    let first = key.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric());
    first
        && key.len() <= longest
        && key.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-'))
}

/// `+` and seven to fifteen digits, the first of which is none of zero. The newer server looks at the country, too.
pub(crate) fn is_phone(phone: &str, traits: &Traits) -> bool {
    let Some(digits) = phone.strip_prefix('+') else { return false };
    (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|c| c.is_ascii_digit())
        && (!traits.newer_fields || has_country(digits))
}

/// Whether a number begins with a calling code that is given to a country or a service. Those that are not given are fewer.
fn has_country(digits: &str) -> bool {
    const FREE: &str = "210 214 215 217 219 259 28 292 293 294 295 296 379 384 388 422 424 425 426 427 428 429 671 684 693 694 695 \
                        696 697 698 699 801 802 803 804 805 806 807 809 83 851 854 857 858 859 871 872 873 874 875 876 877 \
                        879 884 885 887 889 89 969 978 990 991 997 999";
    !FREE.split(' ').any(|code| digits.starts_with(code))
}

/// As [`is_email`], to the server that is meant.
pub(crate) fn is_email_to(email: &str, traits: &Traits) -> bool {
    is_email(if traits.newer_fields { email.trim() } else { email })
}

/// What PHP's filter takes for an address, near enough: one `@`, a local part, a domain with a dot and plain labels.
pub(crate) fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&c));
    let label_ok = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    local_ok && domain.contains('.') && domain.split('.').all(label_ok)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profile::Profile;

    fn message(params: Value, read: impl Fn(&Params<'_>) -> Result<String, ApiError>) -> String {
        let Value::Object(params) = params else { panic!("an object") };
        match read(&Params(&params)) {
            Ok(value) => value,
            Err(error) => error.message.clone(),
        }
    }

    #[test]
    fn messages_are_the_servers_own() {
        let email = |params| message(params, |params| params.email(Profile::V1_9.traits()));
        assert_eq!(email(json!({})), "Param \"email\" is not optional.");
        assert_eq!(
            email(json!({"email": "nope"})),
            "Invalid `email` param: Value must be a valid email address"
        );
        assert_eq!(email(json!({"email": "Ada@Example.com"})), "ada@example.com");
        assert_eq!(
            email(json!({"email": null})),
            "Invalid `email` param: Value must be a valid email address"
        );
        assert_eq!(email(json!({"email": " ada@example.com "})), " ada@example.com ");
        let older = |params| message(params, |params| params.email(Profile::V1_5.traits()));
        assert!(older(json!({"email": "ada@example.com "})).starts_with("Invalid"));
        let password = |params| message(params, |params| params.password("password", SIGN_IN_PASSWORD));
        assert_eq!(
            password(json!({"password": "x"})),
            "Invalid `password` param: Password must be between 8 and 256 characters long."
        );
    }

    #[test]
    fn addresses_are_told_from_nonsense() {
        assert!(["a@b.co", "a+b@x.example.com", "o'hara@example.com"].iter().all(|email| is_email(email)));
        assert!(!["a", "@b.co", "a@b", "a b@c.co", "a@-b.co", ".a@b.co"].iter().any(|email| is_email(email)));
    }
}
