//! Operations by their names, as bridges to other languages perform them: the same as the methods, in JSON.

use appwrite_session_core::{ConfigError, Error, Secret, SessionClient};
use serde_json::{Value, json};

use crate::{
    outside::callback,
    support::{PASSWORD, Profile, World, on, on_all},
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
const TAKES_NOTHING: [&str; 14] = [
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
];
