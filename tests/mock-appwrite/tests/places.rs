//! What a request is about: the project, the console, or admin mode; and from where it comes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

mod support;

use mock_appwrite::{MockAppwrite, Profile};
use serde_json::{Value, json};
use support::{Answer, call, send, signed_in};

fn refused(status: u16, kind: &str) -> (u16, String) {
    (status, kind.to_owned())
}

async fn to_the_console(mock: &MockAppwrite, method: &str, path: &str, body: &Value) -> Answer {
    send(mock, method, path, &[("Content-Type", "application/json")], &body.to_string()).await
}

#[tokio::test]
async fn nobody_signs_up_to_the_console() {
    for profile in Profile::ALL {
        let (mock, _, _) = signed_in(profile).await;
        let person = json!({ "userId": "unique()", "email": "new@example.com", "password": "correct horse" });
        for (path, wanted) in [
            ("/v1/account", refused(501, "user_console_count_exceeded")),
            ("/v1/account/sessions/anonymous", refused(401, "user_anonymous_console_prohibited")),
            ("/v1/account/tokens/email", refused(400, "user_count_exceeded")),
        ] {
            let answer = to_the_console(&mock, "POST", path, &person).await;
            assert_eq!(answer.refusal(), wanted, "{profile:?} {path}");
        }
        // The project's users are none of the console's.
        let known = json!({ "email": "ada@example.com", "url": "http://localhost" });
        let answer = to_the_console(&mock, "POST", "/v1/account/recovery", &known).await;
        assert_eq!(answer.refusal(), refused(404, "user_not_found"), "{profile:?}");
    }
}

#[tokio::test]
async fn a_sign_in_in_admin_mode_is_one_of_the_console() {
    for profile in Profile::ALL {
        let (mock, user, own) = signed_in(profile).await;
        let body = json!({ "email": "ada@example.com", "password": "correct horse" });
        let admin = [("X-Appwrite-Mode", "admin")];
        let answer = call(&mock, "POST", "/v1/account/sessions/email", &admin, &body).await;
        assert_eq!(
            (answer.status, answer.json()["userId"].as_str()),
            (201, Some(user.as_str())),
            "{profile:?}"
        );
        assert!(answer.header("X-Fallback-Cookies").unwrap().contains("a_session_console"));
        let headers = [("X-Appwrite-Mode", "admin"), ("X-Appwrite-Session", own.as_str())];
        let answer = call(&mock, "GET", "/v1/account", &headers, &Value::Null).await;
        assert_eq!(answer.refusal(), refused(401, "general_unauthorized_scope"), "{profile:?}");
    }
}

#[tokio::test]
async fn origins_are_told_by_host_and_scheme() {
    let older = |origin: &str| match origin {
        "http://LOCALHOST" => "new client (LOCALHOST) as a new Web platform",
        "chrome-extension://abc" | "exp://x" => "Unsupported platform",
        "appwrite-windows://x" => "new client (x) as a new Windows platform",
        _ => "",
    };
    let newer = |origin: &str| match origin {
        "null" => "Invalid Origin.",
        "HTTP://localhost" => "Invalid Scheme. The scheme used (HTTP)",
        "chrome-extension://abc" => "new client (abc) as a new Web (Chrome Extension) platform",
        "appwrite-windows://" => "new client  as a new Windows platform",
        "appwrite-windows://x" => "new client (x) as a new Windows platform",
        _ => "",
    };
    for profile in Profile::ALL {
        let (mock, _, _) = signed_in(profile).await;
        for origin in [
            "http://localhost:3000",
            "http://LOCALHOST",
            "HTTP://localhost",
            "https://com.example.app",
            "tauri://localhost",
            "chrome-extension://abc",
            "appwrite-windows://",
            "appwrite-windows://x",
            "appwrite-ios://",
            "exp://x",
            "null",
        ] {
            let body = json!({ "email": "ada@example.com", "password": "wrong horse" });
            let answer =
                call(&mock, "POST", "/v1/account/sessions/email", &[("Origin", origin)], &body).await;
            let why = if profile == Profile::V1_5 { older(origin) } else { newer(origin) };
            let wanted = if why.is_empty() { 401 } else { 403 };
            assert_eq!(answer.status, wanted, "{profile:?} {origin}: {}", answer.text);
            assert!(
                answer.json()["message"].as_str().unwrap().contains(why),
                "{profile:?} {origin}: {}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn a_url_of_the_projects_pages_can_be_redirected_to() {
    let older = [
        ("http://localhost/x", 201),
        ("other://localhost/x", 201),
        ("https://com.example.app/x", 400),
        ("", 400),
    ];
    let newer = [
        ("http://LOCALHOST/x", 201),
        ("other://localhost/x", 400),
        ("https://com.example.app/x", 201),
        ("", 400),
    ];
    for (profile, urls) in [(Profile::V1_5, older), (Profile::V1_9, newer), (Profile::V2_7, newer)] {
        let (mock, _, _) = signed_in(profile).await;
        for (url, wanted) in urls {
            let body = json!({ "email": "ada@example.com", "url": url });
            let answer = call(&mock, "POST", "/v1/account/recovery", &[], &body).await;
            assert_eq!(answer.status, wanted, "{profile:?} {url}: {}", answer.text);
        }
        let answer = call(&mock, "GET", "/v1/account/sessions/oauth2/mock?success=", &[], &Value::Null).await;
        assert_eq!(answer.status, 400, "{profile:?}: an empty one is not none");
    }
    // Who has a dev key may name any URL.
    let (mock, _, _) = signed_in(Profile::V1_9).await;
    let body = json!({ "email": "ada@example.com", "url": "https://evil.example/x" });
    let start = send(&mock, "GET", "/_mock", &[], "").await.json();
    let dev_key = [("X-Appwrite-Dev-Key", start["devKey"].as_str().unwrap())];
    assert_eq!(call(&mock, "POST", "/v1/account/recovery", &dev_key, &body).await.status, 201);
}

#[tokio::test]
async fn countries_are_named_in_the_language_that_is_asked_for() {
    for profile in Profile::ALL {
        let (mock, _, own) = signed_in(profile).await;
        for (headers, wanted) in [
            (vec![], "Unknown"),
            (vec![("X-Appwrite-Locale", "de")], "Unbekannt"),
            (vec![("X-Appwrite-Locale", "tlh")], "Unknown"),
        ] {
            let mut all = vec![("X-Appwrite-Session", own.as_str())];
            all.extend(headers);
            let answer = call(&mock, "GET", "/v1/account/sessions", &all, &Value::Null).await;
            assert_eq!(answer.json()["sessions"][0]["countryName"], json!(wanted), "{profile:?}");
        }
        let answer = call(&mock, "GET", "/v1/locale?locale=fr", &[], &Value::Null).await;
        assert_eq!(answer.json()["country"], json!("Inconnu"));
    }
}

#[tokio::test]
async fn the_older_server_passes_over_segments_that_are_zero() {
    for (profile, wanted) in [(Profile::V1_5, 200), (Profile::V1_9, 404)] {
        let (mock, _, own) = signed_in(profile).await;
        let headers = [("X-Appwrite-Session", own.as_str())];
        let answer = call(&mock, "GET", "/v1/account/sessions/0", &headers, &Value::Null).await;
        assert_eq!(answer.status, wanted, "{profile:?}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_caller_and_every_scope() {
    for profile in Profile::ALL {
        let (mock, _, _) = signed_in(profile).await;
        let guest = call(&mock, "POST", "/v1/account/sessions/anonymous", &[], &json!({})).await;
        let fallback = guest.header("X-Fallback-Cookies").unwrap();
        let one = call(&mock, "GET", "/v1/users", &[("X-Fallback-Cookies", fallback)], &Value::Null).await;
        let two = call(&mock, "GET", "/v1/users/x/sessions", &[], &Value::Null).await;
        let key = [("X-Appwrite-Key", mock.api_key())];
        let open = call(&mock, "PUT", "/v1/account/verification", &key, &json!({})).await;
        let (scopes, both) = match profile {
            Profile::V1_5 => ("scope (users.read)", "scope (users.read)"),
            _ => ("scopes ([\"users.read\"])", "scopes ([\"users.read\",\"sessions.read\"])"),
        };
        assert_eq!(
            one.json()["message"],
            json!(format!("User (role: users) missing {scopes}")),
            "no address"
        );
        assert_eq!(two.json()["message"], json!(format!("User (role: guests) missing {both}")));
        assert_eq!(open.refusal(), refused(401, "general_unauthorized_scope"), "no key has the public scope");
    }
}

#[tokio::test]
async fn the_rest_api_is_off_after_or_before_everything_else() {
    for (profile, guest) in [(Profile::V1_5, 401), (Profile::V1_9, 403)] {
        let (mock, _, own) = signed_in(profile).await;
        mock.control().update_project(&json!({ "disabled": ["rest"] }));
        let answer = call(&mock, "GET", "/v1/account", &[], &Value::Null).await;
        assert_eq!(answer.status, guest, "{profile:?}");
        let headers = [("X-Appwrite-Session", own.as_str())];
        let answer = call(&mock, "GET", "/v1/account", &headers, &Value::Null).await;
        assert_eq!(answer.refusal(), refused(403, "general_api_disabled"));
    }
}
