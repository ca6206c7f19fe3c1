//! Answers in the form of an older server, for clients that ask for one with `X-Appwrite-Response-Format`.

use serde_json::{Map, Value};

use crate::request::Request;

/// The numbers of a version; `None` if it is none.
pub(crate) fn version(text: &str) -> Option<Vec<u32>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// Takes from a body what servers of the wanted version did not have.
pub(crate) fn downgrade(body: &mut Value, request: &Request, failed: bool) {
    let Some(wanted) = request.filled("x-appwrite-response-format").filter(|_| !failed) else { return };
    // What is no version is older than every version.
    let wanted = version(wanted).unwrap_or_default();
    each_model(body, &|model| {
        // SDKs of older formats do not know the method (contract §2x.1).
        if wanted < vec![2, 4, 0]
            && let Some(Value::Array(methods)) = model.get_mut("authMethods")
        {
            methods.retain(|method| method["$id"] != "passkey");
        }
        if wanted < vec![1, 9, 2] && model.contains_key("teamId") {
            remove(model, &["userPhone"]);
        }
        if wanted < vec![1, 9, 0] {
            remove(model, &["impersonator", "impersonatorUserId"]);
        }
        if wanted < vec![1, 5, 0] {
            match () {
                () if model.contains_key("providerAccessToken") => remove(model, &["factors", "secret"]),
                () if model.contains_key("phrase") => remove(model, &["phrase"]),
                () if model.contains_key("teamId") => remove(model, &["mfa"]),
                // The user of an API key; an account keeps both.
                () if model.contains_key("hash") => remove(model, &["mfa", "targets"]),
                () => {}
            }
        }
    });
}

fn each_model(body: &mut Value, change: &impl Fn(&mut Map<String, Value>)) {
    let Value::Object(model) = body else { return };
    change(model);
    for list in ["sessions", "users", "memberships"] {
        for item in model.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            each_model(item, change);
        }
    }
}

fn remove(model: &mut Map<String, Value>, fields: &[&str]) {
    for field in fields {
        model.shift_remove(*field);
    }
}
