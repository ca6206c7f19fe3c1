//! Which requests are counted together, on every profile (contract §3, §6, §13.8, §13.19, §14.8, §14.21, §15.7). The limits of 2.7
//! are held against Appwrite's document as well, in `routes_of_2_4.rs`.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

mod http;

use http::{Call, call, signed_in};
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::json;

const HOUR: i64 = 3600;

/// A mock in the middle of an hour, with two users who are signed in.
struct Stage {
    mock: MockAppwrite,
    ada: String,
    bob: String,
}

impl Stage {
    async fn start(profile: Profile) -> Self {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let now = mock.control().now();
        mock.control().set_clock(now - now % (HOUR * 1000) + HOUR * 500 + 30_000);
        let ((_, ada), (_, bob)) = (signed_in(&mock, "ada@example.com"), signed_in(&mock, "bob@example.com"));
        Self { mock, ada, bob }
    }

    fn call<'a>(&'a self, line: &'a str) -> Call<'a> {
        let (method, path) = line.split_once(' ').unwrap();
        call(&self.mock, method, path)
    }

    fn ada<'a>(&'a self, line: &'a str) -> Call<'a> {
        self.call(line).session(&self.ada)
    }

    fn bob<'a>(&'a self, line: &'a str) -> Call<'a> {
        self.call(line).session(&self.bob)
    }

    /// How many requests of how long a window were counted before, for the answer of `request`: `(limit, window, count)`.
    async fn counted(&self, request: Call<'_>) -> (i64, i64, i64) {
        let answer = request.send().await;
        let number = |name: &str| answer.header(name).unwrap().parse::<i64>().unwrap();
        let (limit, reset) = (number("x-ratelimit-limit"), number("x-ratelimit-reset"));
        // In the middle of an hour and of a minute.
        let window = if reset - self.mock.control().now() / 1000 > 60 { HOUR } else { 60 };
        assert_eq!(reset % window, 0);
        (limit, window, limit - number("x-ratelimit-remaining") - 1)
    }
}

fn elsewhere(call: Call<'_>) -> Call<'_> {
    call.header("X-Forwarded-For", "10.9.8.7")
}

fn email<'a>(call: Call<'a>, email: &str) -> Call<'a> {
    call.body(json!({ "email": email }))
}

/// Sends `requests` one after the other. Each is what, how often its limit allows it in which window, and how many were counted
/// before.
async fn expect(stage: &Stage, requests: Vec<(&str, Call<'_>, (i64, i64, i64))>) {
    for (what, request, expected) in requests {
        assert_eq!(stage.counted(request).await, expected, "{what}");
    }
}

#[tokio::test]
async fn sign_ups_and_sign_ins() {
    for profile in Profile::ALL {
        let stage = Stage::start(profile).await;
        let by_email = |address: &str| email(stage.call("POST /account/sessions/email"), address);
        let token = |user: &str| stage.call("POST /account/sessions/token").body(json!({ "userId": user }));
        let magic = stage.call("PUT /account/sessions/magic-url").body(json!({ "userId": "a" }));
        let folded = if profile == Profile::V1_5 { 3 } else { 0 };
        let forwarded = elsewhere(by_email("ada@example.com"));
        let other_host = by_email("ada@example.com").header("X-Forwarded-Host", "other.example.com");
        let alias = email(stage.call("POST /account/sessions"), "ada@example.com");
        expect(
            &stage,
            vec![
                ("a sign-up", email(stage.call("POST /account"), "a@example.com"), (10, HOUR, 0)),
                ("another e-mail", email(stage.call("POST /account"), "b@example.com"), (10, HOUR, 1)),
                (
                    "another address",
                    elsewhere(email(stage.call("POST /account"), "c@example.com")),
                    (10, HOUR, 0),
                ),
                ("a sign-in by e-mail", by_email("ada@example.com"), (10, HOUR, 0)),
                ("another address", forwarded, (10, HOUR, 1)),
                ("another host", other_host, (10, HOUR, 0)),
                ("the alias", alias, (10, HOUR, 2)),
                ("in capitals", by_email("ADA@example.com"), (10, HOUR, folded)),
                ("another e-mail", by_email("bob@example.com"), (10, HOUR, 0)),
                ("a sign-in by token", token("a"), (10, HOUR, 0)),
                ("another user", token("b"), (10, HOUR, 0)),
                ("by magic URL", magic, (10, HOUR, 1)),
                ("another address", elsewhere(token("a")), (10, HOUR, 0)),
                ("an anonymous sign-in", stage.call("POST /account/sessions/anonymous"), (50, HOUR, 0)),
                ("OAuth2", stage.call("GET /account/sessions/oauth2/mock"), (50, HOUR, 1)),
                ("another address", elsewhere(stage.call("POST /account/sessions/anonymous")), (50, HOUR, 0)),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn sessions() {
    for profile in Profile::ALL {
        let stage = Stage::start(profile).await;
        expect(
            &stage,
            vec![
                ("extending", stage.ada("PATCH /account/sessions/current"), (10, HOUR, 0)),
                ("deleting", stage.ada("DELETE /account/sessions/unknown"), (100, HOUR, 1)),
                ("of another user", stage.bob("PATCH /account/sessions/current"), (10, HOUR, 2)),
                ("from elsewhere", elsewhere(stage.ada("PATCH /account/sessions/current")), (10, HOUR, 0)),
                ("deleting all", stage.bob("DELETE /account/sessions"), (100, HOUR, 0)),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn challenges_and_jwts() {
    for profile in Profile::ALL {
        let stage = Stage::start(profile).await;
        // The older server counts by parameters that these routes do not have, and so all users together.
        let together = i64::from(profile == Profile::V1_5);
        let jwts = if profile == Profile::V1_5 { (100, HOUR, 0) } else { (120, 60, 0) };
        let factor = json!({ "factor": "totp" });
        let complete = |id: &str| {
            stage.ada("PUT /account/mfa/challenge").body(json!({ "challengeId": id, "otp": "000000" }))
        };
        expect(
            &stage,
            vec![
                ("a challenge", stage.ada("POST /account/mfa/challenge").body(factor.clone()), (10, HOUR, 0)),
                (
                    "from elsewhere",
                    elsewhere(stage.ada("POST /account/mfa/challenge").body(factor.clone())),
                    (10, HOUR, 1),
                ),
                (
                    "of another user",
                    stage.bob("POST /account/mfa/challenge").body(factor.clone()),
                    (10, HOUR, 2 * together),
                ),
                ("a code", complete("a"), (10, HOUR, 0)),
                ("the same challenge", complete("a"), (10, HOUR, 1)),
                ("another challenge", complete("b"), (10, HOUR, 2 * together)),
                ("a JWT", stage.ada("POST /account/jwt"), jwts),
                ("of another user", stage.bob("POST /account/jwt"), jwts),
                ("from elsewhere", elsewhere(stage.ada("POST /account/jwt")), (jwts.0, jwts.1, 1)),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn messages_and_passwords() {
    for profile in Profile::ALL {
        let stage = Stage::start(profile).await;
        // The older server counts codes by e-mail by the e-mail alone.
        let by_address = i64::from(profile != Profile::V1_5);
        let code = |address: &str| email(stage.call("POST /account/tokens/email"), address);
        let magic = |address: &str| email(stage.call("POST /account/tokens/magic-url"), address);
        let recovery = |address: &str| email(stage.call("POST /account/recovery"), address);
        expect(
            &stage,
            vec![
                ("a code", code("a@example.com"), (10, HOUR, 0)),
                ("another e-mail", code("b@example.com"), (10, HOUR, by_address)),
                ("the same e-mail elsewhere", elsewhere(code("a@example.com")), (10, HOUR, 1)),
                ("a magic URL", magic("a@example.com"), (60, HOUR, 0)),
                ("another e-mail", magic("b@example.com"), (60, HOUR, 1)),
                ("the same e-mail elsewhere", elsewhere(magic("a@example.com")), (60, HOUR, 1)),
                ("a recovery", recovery("a@example.com"), (10, HOUR, 0)),
                ("another e-mail", recovery("b@example.com"), (10, HOUR, 1)),
                ("the same e-mail elsewhere", elsewhere(recovery("a@example.com")), (10, HOUR, 1)),
                ("a password", stage.ada("PATCH /account/password"), (10, HOUR, 0)),
                ("of another user", stage.bob("PATCH /account/password"), (10, HOUR, 1)),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn a_key_sees_the_count_and_adds_nothing_to_it() {
    for profile in Profile::ALL {
        let stage = Stage::start(profile).await;
        let sign_up = || email(stage.call("POST /account"), "a@example.com");
        let requests = vec![
            ("a guest", sign_up(), (10, HOUR, 0)),
            ("a key", sign_up().key(), (10, HOUR, 1)),
            ("a key again", sign_up().key(), (10, HOUR, 1)),
            ("a guest again", sign_up(), (10, HOUR, 1)),
        ];
        expect(&stage, requests).await;
    }
}
