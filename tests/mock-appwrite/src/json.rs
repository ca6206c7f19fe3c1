//! Writes JSON as `serde_json::json!` does, in a third of its code: a member is one call of a function, not code of its own at each place.
//! Reads texts by the code that reads bytes.

use std::borrow::Cow;

#[doc(hidden)]
pub use serde_json::{Map, Value};

/// A value with the syntax of `serde_json::json!`. The name of a member is a literal, a variable, or in parentheses.
#[macro_export]
macro_rules! json {
    (null) => { $crate::json::Value::Null };
    ([]) => { $crate::json::Value::Array(::std::vec::Vec::new()) };
    ([ $($item:tt)+ ]) => {{
        let mut list = ::std::vec::Vec::new();
        $crate::json!(@items list $($item)+);
        $crate::json::Value::Array(list)
    }};
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

    (@items $list:ident) => {};
    (@items $list:ident { $($member:tt)* } $(, $($rest:tt)*)?) => {
        $list.push($crate::json!({ $($member)* }));
        $crate::json!(@items $list $($($rest)*)?);
    };
    (@items $list:ident [ $($item:tt)* ] $(, $($rest:tt)*)?) => {
        $list.push($crate::json!([ $($item)* ]));
        $crate::json!(@items $list $($($rest)*)?);
    };
    (@items $list:ident $item:expr $(, $($rest:tt)*)?) => {
        $list.push($crate::json::ToJson::to_json(&$item));
        $crate::json!(@items $list $($($rest)*)?);
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
