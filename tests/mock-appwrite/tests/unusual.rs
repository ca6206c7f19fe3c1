//! Requests that are out of the ordinary, answered as the servers answer them (contract §13, §14.21, §15).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

mod support;

use mock_appwrite::{MockAppwrite, Profile, totp_code};
use serde_json::{Value, json};
use support::{BOTH, call, raw, send, signed_in};

const PROJECT: (&str, &str) = ("X-Appwrite-Project", "demo");

fn refused(status: u16, kind: &str) -> (u16, String) {
    (status, kind.to_owned())
}

#[tokio::test]
async fn an_unknown_project_is_refused_before_a_key_or_a_jwt_is_looked_at() {
    for profile in BOTH {
        let (mock, _, own) = signed_in(profile).await;
        for headers in [
            vec![("X-Appwrite-Key", "standard_00")],
            vec![("X-Appwrite-Key", mock.api_key())],
            vec![("X-Appwrite-JWT", "garbage")],
            vec![("X-Appwrite-JWT", "garbage"), ("X-Appwrite-Session", &own)],
        ] {
            let mut all = vec![("X-Appwrite-Project", "nope")];
            all.extend(&headers);
            let answer = send(&mock, "GET", "/v1/account", &all, "").await;
            assert_eq!(answer.refusal(), refused(404, "project_not_found"), "{profile:?} {headers:?}");
        }
    }
}

#[tokio::test]
async fn the_projects_id_is_found_in_any_case_and_with_blanks_behind_it() {
    for profile in BOTH {
        let (mock, _, own) = signed_in(profile).await;
        for id in ["DEMO", "demo ", "Demo  "] {
            let headers = [("X-Appwrite-Project", id), ("X-Appwrite-Session", own.as_str())];
            let answer = send(&mock, "GET", "/v1/account", &headers, "").await;
            // Admin mode to the newer server, in which nobody of the project is known.
            let wanted = if profile == Profile::V1_5 { 200 } else { 401 };
            assert_eq!(answer.status, wanted, "{profile:?} {id:?}: {}", answer.text);
        }
        let body = json!({ "email": "ada@example.com", "password": "correct horse" });
        let headers = [("X-Appwrite-Project", ""), ("X-Appwrite-Session", own.as_str())];
        assert_eq!(send(&mock, "GET", "/v1/account?project=demo", &headers, "").await.status, 200);
        let headers = [PROJECT, ("X-Appwrite-Session", own.as_str())];
        let answer = send(&mock, "GET", "/v1/account?project=", &headers, "").await;
        assert_eq!(
            answer.refusal(),
            refused(401, "general_unauthorized_scope"),
            "an empty one is the console"
        );
        let in_body = json!({ "email": "ada@example.com", "password": "correct horse", "project": "nope" });
        assert_eq!(
            call(&mock, "POST", "/v1/account/sessions/email", &[], &in_body).await.status,
            404,
            "the body prevails"
        );
        assert_eq!(call(&mock, "POST", "/v1/account/sessions/email", &[], &body).await.status, 201);
    }
}

#[tokio::test]
async fn blanks_around_an_address_are_refused_or_overlooked() {
    for (profile, behind, before) in [
        (Profile::V1_5, refused(400, "general_argument_invalid"), refused(400, "general_argument_invalid")),
        (Profile::V1_9, refused(201, ""), refused(401, "user_invalid_credentials")),
    ] {
        let (mock, _, _) = signed_in(profile).await;
        for (email, wanted) in [("ada@example.com ", &behind), (" ada@example.com", &before)] {
            let body = json!({ "email": email, "password": "correct horse" });
            let answer = call(&mock, "POST", "/v1/account/sessions/email", &[], &body).await;
            assert_eq!(answer.refusal(), *wanted, "{profile:?} {email:?}");
        }
    }
}

#[tokio::test]
async fn limits_are_shared_by_aliases_and_by_addresses_that_are_none() {
    for profile in BOTH {
        let (mock, _, own) = signed_in(profile).await;
        let bad = json!({ "email": "ada@example.com", "password": "wrong horse" });
        for index in 0..10 {
            let (path, ip) = if index % 2 == 0 {
                ("/v1/account/sessions", "1.1.1.1")
            } else {
                ("/v1/account/sessions/email", "2.2.2.2")
            };
            assert_eq!(call(&mock, "POST", path, &[("X-Forwarded-For", ip)], &bad).await.status, 401);
        }
        assert_eq!(
            call(&mock, "POST", "/v1/account/sessions", &[("X-Forwarded-For", "3.3.3.3")], &bad).await.status,
            429
        );
        // Extending and signing out share one counter, which is fuller for the smaller limit.
        for _ in 0..10 {
            let headers = [("X-Appwrite-Session", own.as_str()), ("X-Forwarded-For", "not an address")];
            let answer = call(&mock, "DELETE", "/v1/account/sessions/unknown", &headers, &Value::Null).await;
            assert_eq!(answer.status, 404);
        }
        let answer = call(
            &mock,
            "PATCH",
            "/v1/account/sessions/current",
            &[("X-Appwrite-Session", &own)],
            &Value::Null,
        )
        .await;
        assert_eq!(answer.refusal(), refused(429, "general_rate_limit_exceeded"), "{profile:?}");
        assert_eq!(
            call(
                &mock,
                "DELETE",
                "/v1/account/sessions/current",
                &[("X-Appwrite-Session", &own)],
                &Value::Null
            )
            .await
            .status,
            204
        );
    }
}

#[tokio::test]
async fn limits_that_are_off_are_shown_all_the_same() {
    let (mock, _, _) = signed_in(Profile::V1_9).await;
    mock.control().rate_limits(false);
    let bad = json!({ "email": "ada@example.com", "password": "wrong horse" });
    for _ in 0..12 {
        let answer = call(&mock, "POST", "/v1/account/sessions/email", &[], &bad).await;
        assert_eq!((answer.status, answer.header("X-RateLimit-Remaining")), (401, Some("9")));
    }
}

#[tokio::test]
async fn a_good_cookie_is_found_among_long_ones() {
    for profile in BOTH {
        let (mock, _, own) = signed_in(profile).await;
        let junk = "x".repeat(20_000);
        for cookie in
            [format!("junk={junk}; a_session_demo={own}"), format!("a_session_demo={own}; junk={junk}")]
        {
            assert_eq!(
                send(&mock, "GET", "/v1/account", &[PROJECT, ("Cookie", &cookie)], "").await.status,
                200
            );
        }
    }
}

#[tokio::test]
async fn headers_are_read_as_the_parser_reads_them() {
    let (mock, _, own) = signed_in(Profile::V1_9).await;
    let two = |first: &'static str, own: &str| {
        [
            ("X-Appwrite-Session".to_owned(), first.to_owned()),
            ("X-Appwrite-Session".to_owned(), own.to_owned()),
        ]
    };
    for (lines, wanted) in [(two("garbage", &own), 200), (two(&own.clone().leak()[..], "garbage"), 401)] {
        let headers: Vec<(&str, &str)> =
            std::iter::once(PROJECT).chain(lines.iter().map(|(k, v)| (k.as_str(), v.as_str()))).collect();
        assert_eq!(send(&mock, "GET", "/v1/account", &headers, "").await.status, wanted, "the last counts");
    }
    let jwt = call(&mock, "POST", "/v1/account/jwts", &[("X-Appwrite-Session", &own)], &Value::Null).await;
    let jwt = format!("{} ", jwt.json()["jwt"].as_str().unwrap());
    let answer = send(&mock, "GET", "/v1/account", &[PROJECT, ("X-Appwrite-JWT", &jwt)], "").await;
    assert_eq!(answer.refusal(), refused(401, "user_jwt_invalid"), "blanks are not trimmed");
    let key = format!("{} ", mock.api_key());
    let answer = send(&mock, "GET", "/v1/users", &[PROJECT, ("X-Appwrite-Key", &key)], "").await;
    assert_eq!(answer.refusal(), refused(401, "user_unauthorized"));
    let text = format!("{own} ");
    assert_eq!(
        send(&mock, "GET", "/v1/account", &[PROJECT, ("X-Appwrite-Session", &text)], "").await.status,
        200
    );
}

#[tokio::test]
async fn a_credential_in_other_words_is_one() {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    for profile in BOTH {
        let (mock, user, own) = signed_in(profile).await;
        let content: Value = serde_json::from_slice(&BASE64_STANDARD.decode(&own).unwrap()).unwrap();
        let secret = content["secret"].as_str().unwrap();
        let other = BASE64_STANDARD.encode(format!(r#"{{ "secret": "{secret}", "id": "{user}" }}"#));
        let answer = send(&mock, "GET", "/v1/account", &[PROJECT, ("X-Appwrite-Session", &other)], "").await;
        assert_eq!(answer.status, 200, "{profile:?}");
    }
}

#[tokio::test]
async fn methods_and_paths_that_are_odd() {
    let (mock, _, own) = signed_in(Profile::V1_9).await;
    for method in ["FOO", "get", "Get"] {
        let answer = send(&mock, method, "/v1/account", &[PROJECT], "").await;
        assert_eq!((answer.status, answer.text.as_str()), (400, ""), "{method}");
    }
    let headers = [PROJECT, ("X-Appwrite-Session", own.as_str())];
    for path in ["/v1//account", "/v1/account/", "/v1/account//sessions"] {
        assert_eq!(send(&mock, "GET", path, &headers, "").await.status, 200, "{path}");
    }
    let answer = send(&mock, "GET", "/v1/account/sessions/%63urrent", &headers, "").await;
    assert_eq!(answer.refusal(), refused(400, "general_argument_invalid"), "paths are not decoded");
    let answer = send(&mock, "GET", "/v1/nope", &[PROJECT, ("Origin", "https://evil.example")], "").await;
    assert!(answer.status == 403 && answer.is_page(), "{answer:?}");
    let answer = send(&mock, "GET", "/v1/nope", &[("X-Appwrite-Project", "nope")], "").await;
    assert!(answer.status == 404 && answer.is_page(), "{answer:?}");
}

#[tokio::test]
async fn every_answer_lists_methods_and_headers() {
    for profile in BOTH {
        let (mock, _, own) = signed_in(profile).await;
        for (method, headers) in [
            ("GET", vec![PROJECT, ("X-Appwrite-Session", own.as_str())]),
            ("GET", vec![PROJECT]),
            ("OPTIONS", vec![("Origin", "http://localhost")]),
        ] {
            let answer = send(&mock, method, "/v1/account", &headers, "").await;
            assert_eq!(answer.header("Access-Control-Allow-Methods"), Some("GET, POST, PUT, PATCH, DELETE"));
            assert!(answer.header("Access-Control-Allow-Headers").unwrap().contains("X-Appwrite-JWT"));
        }
    }
}

#[tokio::test]
async fn bodies_are_read_by_their_type() {
    let (mock, _, _) = signed_in(Profile::V1_9).await;
    let path = "/v1/account/sessions/email";
    let json = r#"{"email":"ada@example.com","password":"correct horse"}"#;
    let form = "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nada@example.com\r\n--b\r\n\
                Content-Disposition: form-data; name=\"password\"\r\n\r\ncorrect horse\r\n--b--\r\n";
    for (kind, body, wanted) in [
        ("application/json", json, 201),
        ("application/json; charset=x", json, 201),
        ("APPLICATION/JSON", json, 400),
        ("multipart/form-data; boundary=b", form, 201),
        ("Application/X-WWW-Form-Urlencoded", "email=ada@example.com&password=correct+horse", 201),
    ] {
        let answer = send(&mock, "POST", path, &[PROJECT, ("Content-Type", kind)], body).await;
        assert_eq!(answer.status, wanted, "{kind}: {}", answer.text);
    }
}

#[tokio::test]
async fn null_breaks_what_is_optional_and_is_no_value_for_what_is_needed() {
    for profile in BOTH {
        let (mock, _, own) = signed_in(profile).await;
        let body = json!({ "userId": "unique()", "email": "bob@example.com", "password": "correct horse", "name": null });
        let answer = call(&mock, "POST", "/v1/account", &[], &body).await;
        assert_eq!(answer.refusal(), refused(500, "general_unknown"), "{profile:?}");
        let answer = call(
            &mock,
            "PATCH",
            "/v1/account/name",
            &[("X-Appwrite-Session", &own)],
            &json!({ "name": null }),
        )
        .await;
        assert_eq!(answer.refusal(), refused(400, "general_argument_invalid"));
        assert!(answer.json()["message"].as_str().unwrap().starts_with("Invalid `name` param"));
    }
}

#[tokio::test]
async fn preferences_are_what_php_makes_of_them() {
    for profile in BOTH {
        let (mock, _, own) = signed_in(profile).await;
        let set = async |prefs: Value| {
            let body = json!({ "prefs": prefs });
            call(&mock, "PATCH", "/v1/account/prefs", &[("X-Appwrite-Session", &own)], &body).await
        };
        for bad in [
            json!([1, 2]),
            json!({ "0": "a", "1": "b" }),
            json!({ "a": "x".repeat(65_530) }),
            json!("text"),
            Value::Null,
        ] {
            assert_eq!(
                set(bad.clone()).await.refusal(),
                refused(400, "general_argument_invalid"),
                "{profile:?}"
            );
        }
        assert_eq!(set(json!({ "a": "x".repeat(65_500) })).await.status, 200);
        let answer =
            set(json!({ "nested": {}, "big": 12_345_678_901_234_567_890_u64, "list": [{}], "whole": 2.0 }))
                .await;
        let prefs = &answer.json()["prefs"];
        assert_eq!(
            (&prefs["nested"], &prefs["list"], &prefs["whole"]),
            (&json!([]), &json!([[]]), &json!(2)),
            "{prefs}"
        );
        assert!(prefs["big"].is_f64(), "{prefs}");
        assert_eq!(set(json!({})).await.json()["prefs"], json!({}));
    }
}

#[tokio::test]
async fn an_address_that_is_taken_or_unchanged() {
    for profile in BOTH {
        let (mock, user, own) = signed_in(profile).await;
        let bob = mock.control().user("bob@example.com", "correct horse");
        let key = [("X-Appwrite-Key", mock.api_key())];
        let owned = [("X-Appwrite-Session", own.as_str())];
        let mail = |email: &str| json!({ "email": email, "password": "correct horse" });
        let phone = |phone: &str| json!({ "phone": phone, "password": "correct horse" });
        for email in ["ada@example.com", "ADA@example.com", "bob@example.com"] {
            let answer = call(&mock, "PATCH", "/v1/account/email", &owned, &mail(email)).await;
            assert_eq!(answer.refusal(), refused(409, "user_target_already_exists"), "{profile:?} {email}");
        }
        assert_eq!(
            call(&mock, "PATCH", "/v1/account/email", &owned, &mail("new@example.com")).await.status,
            200
        );
        let path = format!("/v1/users/{bob}/phone");
        call(&mock, "PATCH", &path, &key, &json!({ "number": "+15550001" })).await;
        let answer = call(&mock, "PATCH", "/v1/account/phone", &owned, &phone("+15550001")).await;
        assert_eq!(
            answer.refusal(),
            refused(409, "user_target_already_exists"),
            "{profile:?}: {}",
            answer.text
        );
        assert_eq!(call(&mock, "PATCH", "/v1/account/phone", &owned, &phone("+15550002")).await.status, 200);
        assert_eq!(mock.control().sessions(&user).len(), 1);
    }
}

#[tokio::test]
async fn challenges_for_what_is_not_verified_or_not_there() {
    for (profile, status) in [(Profile::V1_5, 500), (Profile::V1_9, 400)] {
        let (mock, _, own) = signed_in(profile).await;
        let challenge = async |factor: &str| {
            let body = json!({ "factor": factor });
            call(&mock, "POST", "/v1/account/mfa/challenge", &[("X-Appwrite-Session", &own)], &body).await
        };
        assert_eq!(challenge("email").await.refusal(), refused(status, "user_email_not_verified"));
        assert_eq!(challenge("phone").await.refusal(), refused(400, "user_phone_not_found"));
        // In another case it is no such factor to the server, which only looks when it is completed.
        for spelling in ["EMAIL", "Totp", "RecoveryCode"] {
            assert!(matches!(challenge(spelling).await.status, 200 | 201), "{spelling}");
        }
        assert_eq!(challenge("nonsense").await.status, 400);
        let made = challenge("totp").await.json();
        let body = json!({ "challengeId": made["$id"], "otp": "123456" });
        let answer =
            call(&mock, "PUT", "/v1/account/mfa/challenge", &[("X-Appwrite-Session", &own)], &body).await;
        assert_eq!(answer.refusal(), refused(500, "general_unknown"), "there is no authenticator");
    }
}

#[tokio::test]
async fn a_recovery_code_leaves_its_factor_as_it_was_spelled() {
    for (profile, spelling) in [(Profile::V1_5, "recoverycode"), (Profile::V1_9, "recoveryCode")] {
        let (mock, user, own) = signed_in(profile).await;
        let secret = mock.control().require_mfa(&user);
        let codes = mock.control().make_recovery_codes(&user);
        let complete = async |factor: &str, otp: &str| {
            let headers = [("X-Appwrite-Session", own.as_str())];
            let made =
                call(&mock, "POST", "/v1/account/mfa/challenge", &headers, &json!({ "factor": factor }))
                    .await
                    .json();
            let body = json!({ "challengeId": made["$id"], "otp": otp });
            call(&mock, "PUT", "/v1/account/mfa/challenge", &headers, &body).await
        };
        let answer = complete(spelling, &codes[0]).await;
        assert_eq!(answer.json()["factors"], json!(["password", spelling]), "{profile:?}");
        assert_eq!(complete(spelling, &codes[0]).await.status, 401, "used up");
        let now = mock.control().now() / 1000;
        let answer = complete("totp", &totp_code(&secret, now)).await;
        assert_eq!(answer.json()["factors"], json!(["password", spelling, "totp"]));
        let answer = complete("totp", &totp_code(&secret, mock.control().now() / 1000)).await;
        assert_eq!(
            answer.json()["factors"],
            json!(["password", spelling, "totp"]),
            "a second one adds nothing"
        );
    }
}

#[tokio::test]
async fn a_jwt_has_no_session_to_change() {
    for profile in BOTH {
        let (mock, _, own) = signed_in(profile).await;
        let jwt = call(&mock, "POST", "/v1/account/jwt", &[("X-Appwrite-Session", &own)], &Value::Null).await;
        let jwt = jwt.json()["jwt"].as_str().unwrap().to_owned();
        let answer =
            call(&mock, "PATCH", "/v1/account/mfa", &[("X-Appwrite-JWT", &jwt)], &json!({ "mfa": true }))
                .await;
        assert_eq!(answer.refusal(), refused(500, "general_unknown"), "{profile:?}");
    }
}

#[tokio::test]
async fn anonymous_users_verify_nothing() {
    for (profile, wanted) in
        [(Profile::V1_5, refused(201, "")), (Profile::V1_9, refused(400, "user_email_not_found"))]
    {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let answer = call(&mock, "POST", "/v1/account/sessions/anonymous", &[], &json!({})).await;
        let fallback = answer.header("X-Fallback-Cookies").unwrap().to_owned();
        let body = json!({ "url": "http://localhost/verify" });
        let answer =
            call(&mock, "POST", "/v1/account/verification", &[("X-Fallback-Cookies", &fallback)], &body)
                .await;
        assert_eq!(answer.refusal(), wanted, "{profile:?}");
    }
}

#[tokio::test]
async fn ping_locale_and_graphql_are_there() {
    let (mock, _, _) = signed_in(Profile::V1_9).await;
    let answer = send(&mock, "GET", "/v1/ping", &[PROJECT], "").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "Pong!"));
    assert!(answer.header("Content-Type").unwrap().starts_with("text/plain"));
    assert_eq!(send(&mock, "GET", "/v1/ping", &[], "").await.refusal(), refused(404, "project_not_found"));
    let answer =
        send(&mock, "GET", "/v1/locale", &[PROJECT, ("X-Forwarded-For", "9.9.9.9")], "").await.json();
    assert_eq!(
        (answer["ip"].as_str(), answer["countryCode"].as_str(), answer["country"].as_str()),
        (Some("9.9.9.9"), Some("--"), Some("Unknown"))
    );
    assert_eq!(
        send(&mock, "GET", "/v1/graphql", &[PROJECT], "").await.refusal(),
        refused(400, "general_argument_invalid")
    );
    assert_eq!(
        call(&mock, "POST", "/v1/graphql", &[], &json!({})).await.refusal(),
        refused(400, "graphql_no_query")
    );
    let origin = [("Origin", "https://evil.example")];
    let answer = call(&mock, "POST", "/v1/graphql", &origin, &json!({})).await;
    assert_eq!(
        (answer.refusal(), answer.header("X-RateLimit-Limit")),
        (refused(400, "graphql_no_query"), None),
        "the checks of the REST API are not made"
    );
    mock.control().update_project(&json!({ "disabled": ["rest"] }));
    assert_eq!(call(&mock, "POST", "/v1/graphql", &[], &json!({})).await.status, 400);
    mock.control().update_project(&json!({ "disabled": ["graphql"] }));
    let answer = call(&mock, "POST", "/v1/graphql", &[], &json!({})).await;
    assert_eq!(answer.refusal(), refused(403, "general_api_disabled"));
}

#[tokio::test]
async fn http_1_0_has_secure_cookies() {
    for profile in BOTH {
        let (mock, _, _) = signed_in(profile).await;
        let body = r#"{"email":"ada@example.com","password":"correct horse"}"#;
        let request = |version: &str| {
            format!(
                "POST /v1/account/sessions/email HTTP/{version}\r\nHost: localhost\r\nX-Appwrite-Project: demo\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
        };
        for (version, secure) in [("1.0", true), ("1.1", false)] {
            let answer = raw(&mock, &request(version)).await;
            assert_eq!(answer.status, 201);
            assert_eq!(
                answer.header("Set-Cookie").unwrap().contains("; secure"),
                secure,
                "{profile:?} {version}"
            );
        }
    }
}

#[tokio::test]
async fn admin_mode_is_not_for_the_console() {
    let (mock, _, _) = signed_in(Profile::V1_9).await;
    let answer = send(&mock, "GET", "/v1/account", &[("X-Appwrite-Mode", "admin")], "").await;
    assert_eq!(answer.refusal(), refused(400, "general_bad_request"));
}

#[tokio::test]
async fn the_older_server_answers_in_html_for_good_after_a_request_for_a_function() {
    let (mock, _, own) = signed_in(Profile::V1_5).await;
    let guest = async || send(&mock, "GET", "/v1/account", &[PROJECT], "").await;
    assert!(!guest().await.is_page());
    let spoil = "GET /v1/account HTTP/1.1\r\nHost: x.functions.localhost\r\nX-Appwrite-Project: demo\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(&mock, spoil).await.status, 404);
    let answer = guest().await;
    assert!(answer.status == 401 && answer.is_page(), "{answer:?}");
    let headers = [PROJECT, ("X-Appwrite-Session", own.as_str())];
    assert_eq!(send(&mock, "GET", "/v1/account", &headers, "").await.status, 200, "successes are as before");
    let answer = send(&mock, "GET", "/v1/account/sessions/current", &[PROJECT], "").await;
    assert_eq!(answer.refusal(), refused(401, "general_unauthorized_scope"), "and so are other routes");
    mock.control().reset();
    assert!(!guest().await.is_page(), "until it is restarted");
}
