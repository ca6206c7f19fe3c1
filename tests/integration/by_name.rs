//! Operations by their names, as bridges to other languages perform them: the same as the methods, in JSON.

use appwrite_session_core::{ConfigError, Error, Secret, SessionClient};
use serde_json::{Value, json};

use crate::{
    outside::callback,
    support::{PASSWORD, Profile, World, on, on_all, status},
};

async fn call(client: &SessionClient, operation: &str, arguments: Value) -> Result<Value, Error> {
    let shown = client.call(operation, &Secret::new(arguments.to_string())).await?;
    Ok(serde_json::from_str(shown.expose()).unwrap())
}

/// The members of `value`, once those that differ each time are checked to be there and taken out.
fn without(mut value: Value, members: &[&str]) -> Value {
    for member in members {
        let taken = value.as_object_mut().and_then(|object| object.remove(*member));
        assert!(taken.is_some_and(|taken| !taken.is_null()), "{member} is missing in {value}");
    }
    value
}

#[test]
fn the_account_is_cared_for_by_name() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let account = call(&client, "profile.updateName", json!(["Ada"])).await.unwrap();
        let expected = json!({
            "id": person.id, "name": "Ada", "email": person.email, "emailVerified": false, "phoneVerified": false,
            "mfaEnabled": false, "labels": [], "preferences": {},
        });
        assert!(account["registeredAtMs"].as_i64().is_some_and(|ms| ms > 1_500_000_000_000), "{account}");
        assert_eq!(without(account, &["registeredAtMs"]), expected);
        let merged = call(&client, "profile.mergePreferences", json!([{ "theme": "dark" }])).await;
        assert_eq!(merged, Ok(json!({ "theme": "dark" })));
        assert_eq!(call(&client, "profile.preferences", json!([])).await, Ok(json!({ "theme": "dark" })));
        let enrollment = call(&client, "factors.enrollTotp", json!([])).await.unwrap();
        assert!(enrollment["uri"].as_str().unwrap().contains(enrollment["secret"].as_str().unwrap()));
        let without_code = call(&client, "factors.removeTotp", json!([])).await.unwrap_err();
        // 1.5 wants a code, and newer versions a fresh challenge.
        let expected =
            if world.server.profile() == Profile::V1_5 { "invalid_input" } else { "challenge_required" };
        assert_eq!(without_code.code().as_str(), expected);
        let target = call(&client, "pushTargets.create", json!(["token"])).await.unwrap();
        assert_eq!(without(target, &["id"]), json!({ "identifier": "token", "expired": false }));
        assert_eq!(call(&client, "identities.list", json!([])).await, Ok(json!([])));
        assert_eq!(call(&client, "profile.delete", json!([])).await, Ok(Value::Null));
        assert_eq!(client.state().name(), "signed_out");
    });
}

#[test]
fn codes_links_and_the_browser_work_by_name() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let sent = call(&client, "startEmailCode", json!([person.email, true])).await.unwrap();
        assert_eq!(without(sent, &["phrase", "expiresAtMs"]), json!({ "userId": person.id }));
        let code = world.server.newest_message().secret;
        let state = call(&client, "completeCode", json!([person.id, code])).await.unwrap();
        let user = json!({ "id": person.id, "name": "", "email": person.email });
        assert_eq!(state, json!({ "kind": "signed_in", "user": user, "verified": true }));
        let callback = callback(&world.server);
        call(&client, "startMagicUrl", json!([person.email, callback, false])).await.unwrap();
        let link = world.server.newest_message().link;
        assert_eq!(call(&client, "completeMagicUrl", json!([person.id, callback, link])).await, Ok(state));

        let start = call(&client, "beginOAuth2", json!(["mock", ["photos"], callback])).await.unwrap();
        assert_eq!(start["callbackScheme"], callback.split_once("://").unwrap().0);
        let url = world.server.browse(start["url"].as_str().unwrap()).await;
        let outcome = call(&client, "completeOAuth2", json!([url])).await.unwrap();
        assert_eq!((&outcome["kind"], &outcome["state"]["kind"]), (&json!("signed_in"), &json!("signed_in")));
        assert_eq!(call(&client, "cancelOAuth2", json!([])).await, Ok(Value::Null));
        call(&client, "recovery.startByLink", json!([person.email, callback])).await.unwrap();
        let link = world.server.newest_message().link;
        let done = call(&client, "recovery.completeByLink", json!([callback, link, "battery staple"])).await;
        assert_eq!(done, Ok(Value::Null));
    });
}

#[test]
fn a_look_inside_works_by_name() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        world.server.answer_next("GET", "/_gateway/session", 404, "{}");
        let diagnosis = call(&client, "diagnose", json!([])).await.unwrap();
        let findings = diagnosis["findings"].as_array().unwrap();
        let gateway = findings.iter().find(|finding| finding["area"] == "gateway").unwrap();
        assert_eq!((&gateway["level"], &gateway["code"]), (&json!("unknown"), &json!("no_check")));
        let text = diagnosis["text"].as_str().unwrap();
        assert!(findings.iter().all(|finding| text.contains(finding["text"].as_str().unwrap())));
        assert!(gateway["advice"].is_string() && findings[0].get("advice").is_none());
        let metrics = call(&client, "metrics", json!([])).await.unwrap();
        let rust = client.metrics();
        assert_eq!(metrics["credentialChanges"], rust.credential_changes);
        assert_eq!(metrics["probesMfaRequired"], 0);
        assert_eq!(metrics.as_object().unwrap().len(), rust.each().count());
    });
}

#[test]
fn passkeys_and_id_tokens_work_by_name() {
    on(Profile::V2_7, async |world: &World| {
        let client = world.client();
        let nonce = call(&client, "generateNonce", json!([])).await.unwrap();
        assert_eq!(nonce["sha256"].as_str().unwrap().len(), 64);
        let wishes = json!({ "email": "ada@example.com", "nonce": nonce["raw"] });
        let (token, _) = world.server.id_token("apple", &wishes);
        let arguments = json!(["apple", token, nonce["raw"], null, "Ada"]);
        let state = call(&client, "signInWithIdToken", arguments).await.unwrap();
        assert_eq!((&state["kind"], &state["user"]["name"]), (&json!("signed_in"), &json!("Ada")));
        let identities = call(&client, "identities.list", json!([])).await.unwrap();
        let shown = without(identities[0].clone(), &["id", "providerUserId", "createdAtMs"]);
        assert_eq!(shown, json!({ "provider": "apple", "email": "ada@example.com" }));

        let begun = call(&client, "passkeys.beginRegistration", json!(["phone"])).await.unwrap();
        let credential = world.server.make_passkey("phone", begun["options"].as_str().unwrap()).unwrap();
        let arguments = json!([begun["id"], begun["passkeyId"], credential]);
        let passkey = call(&client, "passkeys.completeRegistration", arguments).await.unwrap();
        assert_eq!(without(passkey, &["id", "createdAtMs"]), json!({ "name": "phone" }));
        assert_eq!(call(&client, "passkeys.list", json!([])).await.unwrap().as_array().unwrap().len(), 1);
        client.sign_out().await.unwrap();
        let begun = call(&client, "beginPasskey", json!([])).await.unwrap();
        let credential =
            world.server.use_passkey("phone", begun["options"].as_str().unwrap(), &json!({})).unwrap();
        let state = call(&client, "completePasskey", json!([begun["id"], credential])).await.unwrap();
        assert_eq!(state["kind"], "signed_in");
    });
}

#[test]
fn what_is_not_an_operation_or_not_its_arguments_does_nothing() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = (client.change(), world.server.journal().len());
        for operation in ["", "profile", "profile.update_name", "signOut", "constructor"] {
            let refused = call(&client, operation, json!([])).await;
            assert_eq!(refused, Err(Error::Config(ConfigError::Operation)), "{operation}");
        }
        let arguments = Error::Config(ConfigError::Arguments);
        assert_eq!(
            call(&client, "profile.updateName", json!({ "name": "Ada" })).await,
            Err(arguments.clone())
        );
        // Whatever takes a text or a flag first takes no number.
        let mut refusing = 0;
        for operation in SessionClient::OPERATIONS {
            if TAKES_NOTHING.contains(operation) {
                continue;
            }
            for wrong in [json!([7]), json!([[7], 7, 7, 7, 7])] {
                let refused = call(&client, operation, wrong.clone()).await.unwrap_err();
                assert_eq!(refused, arguments, "{operation} {wrong}");
            }
            refusing += 1;
        }
        assert_eq!(refusing + TAKES_NOTHING.len(), SessionClient::OPERATIONS.len());
        assert_eq!((client.change(), world.server.journal().len()), before);
        assert_eq!(call(&client, "profile.updatePassword", json!([PASSWORD, 7])).await, Err(arguments));
    });
}

/// The operations without arguments.
const TAKES_NOTHING: [&str; 16] = [
    "generateNonce",
    "beginPasskey",
    "cancelOAuth2",
    "profile.preferences",
    "profile.block",
    "profile.delete",
    "factors.available",
    "factors.enrollTotp",
    "factors.createRecoveryCodes",
    "factors.replaceRecoveryCodes",
    "factors.recoveryCodes",
    "passkeys.list",
    "identities.list",
    "verification.startPhone",
    "diagnose",
    "metrics",
];

/// Arguments of every shape that an operation takes, made of one text.
fn shapes(text: &str) -> [Value; 11] {
    let link = "my-app://in?userId=ada&secret=s";
    [
        json!([text, text, text, text, text]),
        json!([text, "{}", "{}"]),
        json!([text, text, "{}"]),
        json!([text, true, text]),
        json!([text, [text], "my-app://in"]),
        json!([text, "my-app://in", true]),
        json!([text, "my-app://in", link]),
        json!(["my-app://in", link, text]),
        json!(["google", text, text, text, text]),
        json!([true]),
        json!([{ text: text }]),
    ]
}

/// Calls each operation that does not end the use of the account, with the first shape of arguments that it takes. What came of it.
async fn call_all(client: &SessionClient, text: &str) -> Vec<(&'static str, Result<Value, Error>)> {
    let mut outcomes = Vec::new();
    for operation in SessionClient::OPERATIONS {
        if ["profile.block", "profile.delete"].contains(operation) {
            continue;
        }
        for arguments in shapes(text) {
            let outcome = call(client, operation, arguments).await;
            let is_refused = outcome.as_ref().is_err_and(|error| error.code().as_str() == "config");
            outcomes.push((*operation, outcome));
            if !is_refused {
                break;
            }
        }
    }
    outcomes
}

/// How many operations did more than to refuse their arguments.
fn reached(outcomes: &[(&str, Result<Value, Error>)]) -> usize {
    let is_refused = |error: &Error| error.code().as_str() == "config";
    outcomes.iter().filter(|(_, outcome)| !outcome.as_ref().is_err_and(is_refused)).count()
}

#[test]
fn no_argument_ends_the_session_or_is_in_an_error() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        let long = "canary".repeat(4_000);
        for text in ["", "canary\u{0}\r\n\"\\\u{1f511}", "../canary?x#y", &long] {
            let outcomes = call_all(&client, text).await;
            assert!(reached(&outcomes) > 20, "{text:?}: {}", reached(&outcomes));
            for (operation, outcome) in outcomes {
                let Err(error) = outcome else { continue };
                let told = format!("{error} {error:?}");
                assert!(!told.contains("canary"), "{operation}: {told}");
                assert_ne!(error.code().as_str(), "internal", "{operation} {text:?}");
            }
        }
        let deep = |open: &str, close: &str| format!("[{}1{}]", open.repeat(10_000), close.repeat(10_000));
        for text in [
            &*deep("[", "]"),
            &*deep("{\"a\":", "}"),
            r#"["\ud800"]"#,
            r#"["\ud800\u0041"]"#,
            "[1e999999]",
            "[\"a\u{0}\"]",
            "\u{feff}[]",
        ] {
            for operation in ["profile.replacePreferences", "profile.updateName", "startPhoneCode"] {
                let refused = client.call(operation, &Secret::from(text)).await.map(drop);
                let expected = Err(Error::Config(ConfigError::Arguments));
                assert_eq!(refused, expected, "{operation} {}", &text[..text.len().min(30)]);
            }
        }
        assert_eq!(client.account().await.unwrap().user.id, person.id);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn no_answer_ends_the_session_or_is_a_fault_of_ours() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        let state = client.state();
        let deep = format!(r#"{{"$id":"x","prefs":{}1{}}}"#, "{\"a\":".repeat(5_000), "}".repeat(5_000));
        let odd =
            r#"{"$id":null,"userId":[],"secret":{},"passkeys":{},"identities":null,"recoveryCodes":[7]}"#;
        for (code, body) in [
            (200, "null"),
            (200, "[]"),
            (201, "{}"),
            (200, "<html>"),
            (200, odd),
            (200, &deep),
            (302, "{}"),
            (404, r#"{"type":null}"#),
            (401, r#"{"type":"something_new"}"#),
            (500, r#"{"type":"general_unauthorized_scope"}"#),
        ] {
            world.server.answer_all(code, body);
            let outcomes = call_all(&client, "ada").await;
            world.server.heal();
            let shown = &body[..body.len().min(40)];
            assert!(reached(&outcomes) > 35, "{code} {shown}: {}", reached(&outcomes));
            for (operation, outcome) in outcomes {
                let is_internal = outcome.is_err_and(|error| error.code().as_str() == "internal");
                assert!(!is_internal, "{operation} {code} {shown}");
            }
            assert_eq!(client.state(), state, "{code} {shown}");
        }
        assert_eq!(client.account().await.unwrap().user.id, person.id);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}
