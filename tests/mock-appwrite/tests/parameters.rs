//! Parameters are checked in the servers' order, with their words.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

mod http;

use http::{Answer, call, signed_in};
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::{Value, json};

const UID: &str = "UID must contain at most 36 chars. Valid chars are a-z, A-Z, 0-9, and underscore. Can't start with a leading underscore";
const CUSTOM_ID: &str = "Parameter must contain at most 36 chars. Valid chars are a-z, A-Z, 0-9, period, hyphen, and underscore. \
                         Can't start with a special char";
const SECRET: &str = "Value must be a valid string and at least 1 chars and no longer than 256 chars";

fn refused(answer: &Answer, name: &str, rule: &str) {
    assert_eq!(answer.outcome(), (400, "general_argument_invalid"), "{answer:?}");
    assert_eq!(answer.text("message"), format!("Invalid `{name}` param: {rule}"));
}

#[tokio::test]
async fn ids_and_secrets_are_refused_in_the_servers_words() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (_, own) = signed_in(&mock, "ada@example.com");
        refused(&call(&mock, "GET", "/account/sessions/_x").session(&own).send().await, "sessionId", UID);
        for path in ["/account/identities/-x", "/account/targets/.x/push"] {
            let name = if path.contains("targets") { "targetId" } else { "identityId" };
            refused(&call(&mock, "DELETE", path).session(&own).send().await, name, UID);
        }
        let body = json!({ "userId": "_x", "secret": "1", "password": "correct horse" });
        refused(&call(&mock, "PUT", "/account/recovery").body(body.clone()).send().await, "userId", UID);
        for (method, path) in [
            ("POST", "/account/sessions/token"),
            ("PUT", "/account/sessions/phone"),
            ("PUT", "/account/sessions/magic-url"),
        ] {
            refused(&call(&mock, method, path).body(body.clone()).send().await, "userId", CUSTOM_ID);
            let empty = json!({ "userId": "x", "secret": "" });
            refused(&call(&mock, method, path).body(empty).send().await, "secret", SECRET);
            // Somebody who asks for a new id is nobody.
            let new =
                call(&mock, method, path).body(json!({ "userId": "unique()", "secret": "1" })).send().await;
            assert_eq!(new.outcome(), (401, "user_invalid_token"));
        }
        let long = json!({ "challengeId": "x".repeat(257), "otp": "1" });
        let answer = call(&mock, "PUT", "/account/mfa/challenge").session(&own).body(long).send().await;
        refused(&answer, "challengeId", SECRET);
    }
}

#[tokio::test]
async fn names_have_one_character_at_least_and_true_is_an_id() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let sign_up = |id: Value, name: &str| {
            let email = format!("{}@example.com", name.len());
            call(&mock, "POST", "/account")
                .body(json!({ "userId": id, "email": email, "password": "correct horse", "name": name }))
        };
        let rule = "Value must be a valid string and at least 1 chars and no longer than 128 chars";
        refused(&sign_up(json!("unique()"), "").send().await, "name", rule);
        refused(&sign_up(json!(5), "Ada").send().await, "userId", CUSTOM_ID);
        // To PHP it equals every text, "unique()" included.
        assert_eq!(sign_up(json!(true), "Ada").send().await.text("$id"), "1");
    }
}

#[tokio::test]
async fn phone_numbers_begin_with_a_country_code() {
    for (profile, unknown) in [(Profile::V1_5, 201), (Profile::V1_9, 400), (Profile::V2_7, 400)] {
        let mock = MockAppwrite::start(profile).await.unwrap();
        for (phone, wanted) in
            [("+01234567", 400), ("+99912345678", unknown), ("+15551234567", 201), ("+4915112345678", 201)]
        {
            let body = json!({ "userId": "unique()", "phone": phone });
            let answer = call(&mock, "POST", "/account/tokens/phone").body(body).send().await;
            assert_eq!(answer.status, wanted, "{profile:?} {phone}");
        }
    }
}

#[tokio::test]
async fn lists_are_queried_in_every_profile() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (_, own) = signed_in(&mock, "ada@example.com");
        for id in ["red", "green"] {
            let body = json!({ "teamId": id, "name": id });
            call(&mock, "POST", "/teams").session(&own).body(body).send().await;
        }
        let list =
            async |query: &str| call(&mock, "GET", &format!("/teams?{query}")).session(&own).send().await;
        let query = |query: Value| {
            let text: String = url::form_urlencoded::byte_serialize(query.to_string().as_bytes()).collect();
            format!("queries[]={text}")
        };
        let one = list(&query(json!({ "method": "equal", "attribute": "name", "values": ["red"] }))).await;
        assert_eq!(
            (&one.body["total"], &one.body["teams"][0]["$id"]),
            (&json!(1), &json!("red")),
            "{profile:?}"
        );
        let last = list(&query(json!({ "method": "cursorAfter", "values": ["green"] }))).await;
        assert_eq!(last.body["teams"], json!([]));
        let lost = list(&query(json!({ "method": "cursorAfter", "values": ["blue"] }))).await;
        assert_eq!(
            (lost.outcome(), lost.text("message").as_str()),
            ((400, "general_cursor_not_found"), "Team 'blue' for the 'cursor' value not found.")
        );
        for (given, rule) in [
            ("queries=x".to_owned(), "Queries must be an array"),
            ("queries[]=x".to_owned(), "Invalid query: Invalid query: Syntax error"),
            (query(json!({ "method": "select", "values": ["name"] })), "Invalid query method: select"),
            (
                query(json!({ "method": "equal", "attribute": "no", "values": [1] })),
                "Invalid query: Attribute not found in schema: no",
            ),
        ] {
            refused(&list(&given).await, "queries", rule);
        }
        // The older server does not know how to leave the total out.
        let total = list("total=false").await.body["total"].clone();
        assert_eq!(total, json!(if profile == Profile::V1_5 { 2 } else { 0 }));
    }
}

#[tokio::test]
async fn a_client_that_saw_something_older_changes_nothing() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (_, own) = signed_in(&mock, "ada@example.com");
        let set = async |at: &str| {
            let body = json!({ "prefs": { "a": 1 } });
            let call = call(&mock, "PATCH", "/account/prefs").session(&own).body(body);
            call.header("X-Appwrite-Timestamp", at).send().await
        };
        let bad = set("nonsense").await;
        assert_eq!(bad.text("message"), "Invalid X-Appwrite-Timestamp header value");
        let older = set("2020-01-01T00:00:00.000+00:00").await;
        match profile {
            Profile::V1_5 => assert_eq!(older.outcome(), (409, "document_update_conflict")),
            _ => assert_eq!(older.status, 200),
        }
        assert_eq!(set("2100-01-01").await.status, 200);
    }
}

#[tokio::test]
async fn a_body_that_is_one_value_breaks_the_server() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        for (body, wanted) in [
            (json!(5), 500),
            (json!("x"), 500),
            (json!(true), 500),
            (json!(0), 400),
            (json!(["a"]), 400),
            (Value::Null, 400),
        ] {
            let answer = call(&mock, "POST", "/account/sessions/email").body(body.clone()).send().await;
            assert_eq!(answer.status, wanted, "{profile:?} {body}");
            assert_eq!(
                answer.body.get("type").is_none(),
                wanted == 500,
                "it does not come to an error of a type"
            );
        }
    }
}
