use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const ACCOUNT: &str = r#"{"$id":"ada","$createdAt":"2026-08-21T12:34:56.789+00:00","name":"Ada","registration":"2026-08-21T12:34:56.789+00:00",
    "status":true,"labels":["admin"],"email":"ada@example.com","phone":"+15550100","emailVerification":true,"phoneVerification":true,
    "mfa":true,"prefs":{"theme":"dark"},"targets":[{"$id":"t"}],"accessedAt":"2026-08-21 12:34:56.789"}"#;
const SESSION: &str = r#"{"$id":"s","$createdAt":"2026-08-21T12:34:56.789+00:00","userId":"ada","expire":"2027-08-21 12:34:56.789",
    "provider":"email","providerUid":"","ip":"127.0.0.1","osName":"Linux","clientName":"Firefox","deviceName":"desktop","countryName":"Norway",
    "current":true,"factors":["password"],"secret":"ab12","mfaUpdatedAt":""}"#;

/// What stands in place of a field: nothing, and everything that is not expected there.
fn odd_value() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        any::<i64>().prop_map(|number| Some(json!(number))),
        any::<bool>().prop_map(|flag| Some(json!(flag))),
        "\\PC{0,9}".prop_map(|text| Some(json!(text))),
        Just(Some(json!([]))),
        Just(Some(json!([1, null, {"a": []}]))),
        Just(Some(json!({}))),
        Just(Some(json!({"$id": [], "0": "a"}))),
    ]
}

/// `body` with some of its optional fields replaced.
fn odd(body: &'static str, required: &'static [&'static str]) -> impl Strategy<Value = String> {
    let whole: Map<String, Value> = serde_json::from_str(body).expect("an object");
    let optional: Vec<String> =
        whole.keys().filter(|name| !required.contains(&name.as_str())).cloned().collect();
    let changes = prop::collection::vec((prop::sample::select(optional), odd_value()), 1..9);
    changes.prop_map(move |changes| {
        let mut body = whole.clone();
        for (name, value) in changes {
            match value {
                Some(value) => drop(body.insert(name, value)),
                None => drop(body.remove(&name)),
            }
        }
        Value::Object(body).to_string()
    })
}

proptest! {
    #[test]
    fn an_account_reads_whatever_its_optional_fields_are(body in odd(ACCOUNT, &["$id"])) {
        prop_assert!(account(body.as_bytes()).is_some_and(|account| account.user.id == "ada"), "{}", body);
    }

    #[test]
    fn a_session_reads_whatever_its_optional_fields_are(body in odd(SESSION, &["$id", "userId"])) {
        let session = session(body.as_bytes());
        prop_assert_eq!(session.map(|session| (session.id, session.user_id)), Some(("s".into(), "ada".into())), "{}", body);
    }

    #[test]
    fn a_challenge_reads_whatever_its_expiry_is(value in odd_value()) {
        let mut body = json!({"$id": "c", "expire": value});
        if value.is_none() {
            body = json!({"$id": "c"});
        }
        prop_assert!(challenge(body.to_string().as_bytes()).is_some_and(|challenge| challenge.id == "c"));
    }

    #[test]
    fn factors_read_whatever_is_beside_them(value in odd_value()) {
        let body = json!({"totp": true, "email": value, "custom": value}).to_string();
        prop_assert!(factors(body.as_bytes()).is_some_and(|factors| factors.contains(&Factor::Totp)));
    }

    #[test]
    fn a_list_of_sessions_keeps_the_entries_that_make_sense(odd in odd_value(), total in odd_value()) {
        let good: Value = serde_json::from_str(SESSION).expect("an object");
        let body = json!({"total": total, "sessions": [odd, good, {"$id": "s2"}, ["s3", "ada"]]}).to_string();
        let sessions = sessions(body.as_bytes()).expect("a list");
        prop_assert_eq!(sessions.len(), 1);
        prop_assert_eq!(&sessions[0].id, "s");
    }

    #[test]
    fn no_bytes_make_a_reader_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (account(&body), session(&body), sessions(&body), factors(&body), challenge(&body));
    }
}

#[test]
fn a_whole_account_is_read() {
    let account = account(ACCOUNT.as_bytes()).expect("an account");
    assert_eq!((account.user.name.as_str(), account.user.email.as_deref()), ("Ada", Some("ada@example.com")));
    assert_eq!(
        (account.phone.as_deref(), account.labels.as_slice()),
        (Some("+15550100"), &["admin".to_owned()][..])
    );
    assert!(account.email_verified && account.phone_verified && account.mfa_enabled);
    assert_eq!(account.preferences.get("theme"), Some(&json!("dark")));
    assert!(account.registered_at.is_some());
}

#[test]
fn null_and_empty_are_absent() {
    let odd = br#"{"$id":"ada","name":null,"email":"","phone":null,"labels":null,"registration":null,"emailVerification":null,"prefs":[],"new":1}"#;
    let account = account(odd).expect("an account");
    assert_eq!((account.user.name.as_str(), account.user.email, account.phone), ("", None, None));
    assert!(account.labels.is_empty() && account.preferences.is_empty() && account.registered_at.is_none());
}

#[test]
fn what_has_no_id_or_is_no_object_is_not_read() {
    for body in
        ["", "null", "[]", r#"["ada"]"#, "{}", r#"{"$id":""}"#, r#"{"$id":7}"#, r#"{"$id":null}"#, "<html>"]
    {
        assert_eq!(account(body.as_bytes()), None, "{body}");
        assert_eq!(session(body.as_bytes()), None, "{body}");
        assert_eq!(sessions(body.as_bytes()), None, "{body}");
        assert_eq!(challenge(body.as_bytes()), None, "{body}");
    }
}

#[test]
fn a_byte_order_mark_in_front_changes_nothing() {
    let marked = format!("\u{feff}{SESSION}");
    assert_eq!(session(marked.as_bytes()), session(SESSION.as_bytes()));
    assert!(session(marked.as_bytes()).is_some());
}

#[test]
fn a_session_reads_both_date_formats_and_no_secret() {
    let session = session(SESSION.as_bytes()).expect("a session");
    assert!(session.expires_at.is_some() && session.created_at.is_some());
    assert!(!format!("{session:?}").contains("ab12"));
}

#[test]
fn factors_are_offered_in_a_fixed_order() {
    let body = br#"{"recoveryCode":true,"totp":true,"phone":false,"email":1}"#;
    assert_eq!(factors(body).as_deref(), Some(&[Factor::Totp, Factor::RecoveryCode][..]));
}
