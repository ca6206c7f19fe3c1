//! Writes JSON as `serde_json::json!` does, in a third of its code: a member is one call of a function, not code of its own at each place.
//! Reads texts by the code that reads bytes.

use std::borrow::Cow;

#[doc(hidden)]
pub use serde_json::{Map, Value};

/// A value with the syntax of `serde_json::json!`. The name of a member is a literal, a variable, or in parentheses.
#[macro_export]
macro_rules! json {
    (null) => { $crate::json::Value::Null };
    ([ $($item:tt)* ]) => { $crate::json!(@items [] $($item)*) };
    ({ $($member:tt)* }) => {{
        #[allow(unused_mut, reason = "it may have no members")]
        let mut object = $crate::json::Map::new();
        $crate::json!(@members object $($member)*);
        $crate::json::Value::Object(object)
    }};

    (@members $object:ident) => {};
    (@members $object:ident $name:tt : null $(, $($rest:tt)*)?) => {
        $crate::json::put(&mut $object, $name, &());
        $crate::json!(@members $object $($($rest)*)?);
    };
    (@members $object:ident $name:tt : { $($member:tt)* } $(, $($rest:tt)*)?) => {
        $crate::json::put_value(&mut $object, $name, $crate::json!({ $($member)* }));
        $crate::json!(@members $object $($($rest)*)?);
    };
    (@members $object:ident $name:tt : [ $($item:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::json::put_value(&mut $object, $name, $crate::json!([ $($item)* ]));
        $crate::json!(@members $object $($($rest)*)?);
    };
    (@members $object:ident $name:tt : $value:expr $(, $($rest:tt)*)?) => {
        $crate::json::put(&mut $object, $name, &$value);
        $crate::json!(@members $object $($($rest)*)?);
    };

    (@items [$($done:tt)*]) => { $crate::json::Value::Array(::std::vec![$($done)*]) };
    (@items [$($done:tt)*] null $(, $($rest:tt)*)?) => {
        $crate::json!(@items [$($done)* $crate::json::Value::Null,] $($($rest)*)?)
    };
    (@items [$($done:tt)*] { $($member:tt)* } $(, $($rest:tt)*)?) => {
        $crate::json!(@items [$($done)* $crate::json!({ $($member)* }),] $($($rest)*)?)
    };
    (@items [$($done:tt)*] [ $($item:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::json!(@items [$($done)* $crate::json!([ $($item)* ]),] $($($rest)*)?)
    };
    (@items [$($done:tt)*] $item:expr $(, $($rest:tt)*)?) => {
        $crate::json!(@items [$($done)* $crate::json::ToJson::to_json(&$item),] $($($rest)*)?)
    };

    ($value:expr) => { $crate::json::ToJson::to_json(&$value) };
}

/// What a text says, if it is JSON.
pub fn read(text: &str) -> Option<Value> {
    serde_json::from_slice(text.as_bytes()).ok()
}

/// What has a form in JSON.
pub trait ToJson {
    /// That form.
    fn to_json(&self) -> Value;
}

/// Adds a member, or replaces it.
#[inline(never)]
pub fn put(object: &mut Map<String, Value>, name: &str, value: &dyn ToJson) {
    object.insert(name.to_owned(), value.to_json());
}

/// As [`put`], without a copy of the value.
#[inline(never)]
pub fn put_value(object: &mut Map<String, Value>, name: &str, value: Value) {
    object.insert(name.to_owned(), value);
}

impl ToJson for () {
    fn to_json(&self) -> Value {
        Value::Null
    }
}

impl ToJson for Value {
    fn to_json(&self) -> Value {
        self.clone()
    }
}

impl ToJson for Map<String, Value> {
    fn to_json(&self) -> Value {
        Value::Object(self.clone())
    }
}

impl ToJson for str {
    fn to_json(&self) -> Value {
        Value::String(self.to_owned())
    }
}

impl ToJson for String {
    fn to_json(&self) -> Value {
        self.as_str().to_json()
    }
}

impl ToJson for Cow<'_, str> {
    fn to_json(&self) -> Value {
        (**self).to_json()
    }
}

macro_rules! to_json_by_from {
    ($($of:ty)*) => {
        $(impl ToJson for $of {
            fn to_json(&self) -> Value {
                Value::from(*self)
            }
        })*
    };
}

to_json_by_from!(bool u16 u32 u64 usize i32 i64);

impl<T: ToJson + ?Sized> ToJson for &T {
    fn to_json(&self) -> Value {
        (**self).to_json()
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToJson::to_json)
    }
}

impl<T: ToJson> ToJson for [T] {
    fn to_json(&self) -> Value {
        Value::Array(self.iter().map(ToJson::to_json).collect())
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self) -> Value {
        self.as_slice().to_json()
    }
}

impl<T: ToJson, const N: usize> ToJson for [T; N] {
    fn to_json(&self) -> Value {
        self.as_slice().to_json()
    }
}

/// A list of two.
impl<A: ToJson, B: ToJson> ToJson for (A, B) {
    fn to_json(&self) -> Value {
        Value::Array(vec![self.0.to_json(), self.1.to_json()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_writes_what_serde_json_writes() {
        let (name, missing) = ("name", None::<&str>);
        let (list, pair) = (vec!["a".to_owned()], ("a", 1));
        macro_rules! both {
            ($($json:tt)*) => {
                assert_eq!(json!($($json)*).to_string(), serde_json::json!($($json)*).to_string())
            };
        }
        both!(null);
        both!([]);
        both!({});
        both!([null, 1, "a", { "b": [] }, [true, []], -2,]);
        both!({
            "null": null, "object": { "list": [{}, { "deep": [1, 2] }], }, name: missing, (name.trim()): 7,
            "sum": 1 + 2, "list": list, "pair": pair, "name": list.first(),
        });
        assert_eq!(list, ["a"], "values are not moved");
    }

    #[test]
    fn only_json_is_read() {
        assert_eq!(read("{\"a\": [1]}"), Some(json!({ "a": [1] })));
        assert_eq!(read("{\"a\": [1]} 2"), None);
    }
}
