//! Invitations to teams: who may send them, what they say, and what accepting one does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

mod http;

use http::{Answer, call, signed_in};
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::{Value, json};

/// A team of Ada's, and her credential.
async fn team(profile: Profile) -> (MockAppwrite, String) {
    let mock = MockAppwrite::start(profile).await.unwrap();
    let (_, own) = signed_in(&mock, "ada@example.com");
    call(&mock, "POST", "/teams")
        .session(&own)
        .body(json!({ "teamId": "team", "name": "Team" }))
        .send()
        .await;
    (mock, own)
}

async fn invite(mock: &MockAppwrite, own: &str, body: Value) -> Answer {
    call(mock, "POST", "/teams/team/memberships").session(own).body(body).send().await
}

fn to(email: &str) -> Value {
    json!({ "email": email, "roles": ["member"], "url": "http://localhost/join" })
}

/// Accepts the invitation that was sent last.
async fn accept(mock: &MockAppwrite, invited: &Answer, own: Option<&str>) -> Answer {
    let secret = mock.control().messages().last().unwrap()["secret"].clone();
    let path = format!("/teams/team/memberships/{}/status", invited.text("$id"));
    let call = call(mock, "PATCH", &path).body(json!({ "userId": invited.text("userId"), "secret": secret }));
    match own {
        Some(own) => call.session(own).send().await,
        None => call.send().await,
    }
}

#[tokio::test]
async fn what_an_invitation_lacks_is_said() {
    for profile in Profile::ALL {
        let (mock, own) = team(profile).await;
        let longest = if profile == Profile::V1_5 { 36 } else { 81 };
        let roles = format!(
            "Invalid `roles` param: Value must a valid array no longer than 100 items and Parameter must contain at most {longest} \
             chars. Valid chars are a-z, A-Z, 0-9, period, hyphen, and underscore. Can't start with a special char"
        );
        for (body, message) in [
            (
                json!({ "email": "eve@example.com", "roles": ["-"], "url": "http://localhost" }),
                roles.as_str(),
            ),
            (json!({ "email": "eve@example.com", "roles": [] }), "URL is required"),
            (
                json!({ "roles": [], "url": "http://localhost" }),
                "At least one of userId, email, or phone is required",
            ),
        ] {
            let answer = invite(&mock, &own, body).await;
            assert_eq!((answer.status, answer.text("message").as_str()), (400, message), "{profile:?}");
        }
        let nobody = json!({ "userId": "nobody", "roles": [], "url": "http://localhost" });
        let answer = invite(&mock, &own, nobody).await;
        assert_eq!(
            (answer.status, answer.text("message")),
            (404, "User with given userId doesn't exist.".into())
        );
        let both = json!({ "userId": invite(&mock, &own, to("eve@example.com")).await.text("userId"),
            "email": "bob@example.com", "roles": [], "url": "http://localhost" });
        let answer = invite(&mock, &own, both).await;
        assert_eq!(
            (answer.outcome(), answer.text("message").as_str()),
            ((409, "user_already_exists"), "Given userId and email doesn't match")
        );
        mock.control().update_project(&json!({ "disabled": ["invites"] }));
        assert_eq!(
            invite(&mock, &own, to("eve@example.com")).await.outcome(),
            (501, "user_auth_method_unsupported")
        );
    }
}

#[tokio::test]
async fn only_owners_invite_and_change_and_only_members_see() {
    for profile in Profile::ALL {
        let (mock, own) = team(profile).await;
        let (bob, bobs) = signed_in(&mock, "bob@example.com");
        let invited = invite(&mock, &own, to("bob@example.com")).await;
        assert_eq!((invited.status, invited.text("userId")), (201, bob));
        let read = async || call(&mock, "GET", "/teams/team").session(&bobs).send().await;
        assert_eq!(read().await.outcome(), (404, "team_not_found"), "an invitation is no membership");
        assert_eq!(accept(&mock, &invited, Some(&bobs)).await.status, 200);
        assert_eq!(read().await.status, 200);
        let answer = invite(&mock, &bobs, to("eve@example.com")).await;
        assert_eq!(
            (answer.outcome(), answer.text("message").as_str()),
            ((401, "user_unauthorized"), "User is not allowed to send invitations for this team")
        );
        for (method, path) in
            [("PUT", "/teams/team"), ("DELETE", "/teams/team"), ("PUT", "/teams/team/prefs")]
        {
            let body = json!({ "name": "Mine", "prefs": {} });
            let answer = call(&mock, method, path).session(&bobs).body(body).send().await;
            assert_eq!(answer.outcome(), (401, "user_unauthorized"), "{profile:?} {method} {path}");
        }
        let path = format!("/teams/team/memberships/{}", invited.text("$id"));
        assert_eq!(call(&mock, "DELETE", &path).session(&bobs).send().await.status, 204, "the own one");
        assert_eq!(
            call(&mock, "DELETE", &path).session(&own).send().await.outcome(),
            (404, "team_invite_not_found")
        );
    }
}

#[tokio::test]
async fn somebody_is_invited_once_more() {
    for profile in Profile::ALL {
        let (mock, own) = team(profile).await;
        let first = invite(&mock, &own, to("eve@example.com")).await;
        let second = invite(&mock, &own, to("eve@example.com")).await;
        if profile == Profile::V1_5 {
            assert_eq!(second.outcome(), (409, "team_invite_already_exists"));
            continue;
        }
        assert_eq!((second.status, second.text("$id")), (201, first.text("$id")));
        assert_eq!(accept(&mock, &second, None).await.status, 200);
        let third = invite(&mock, &own, to("eve@example.com")).await;
        assert_eq!(third.outcome(), (409, "membership_already_confirmed"));
    }
}

#[tokio::test]
async fn accepting_signs_in_who_is_not_signed_in_and_everybody_on_the_older_server() {
    for profile in Profile::ALL {
        let (mock, own) = team(profile).await;
        let (bob, bobs) = signed_in(&mock, "bob@example.com");
        let invited = invite(&mock, &own, to("bob@example.com")).await;
        let foreign = accept(&mock, &invited, Some(&own)).await;
        assert_eq!(
            (foreign.outcome(), foreign.text("message").as_str()),
            ((401, "team_invite_mismatch"), "Invite does not belong to current user (ada@example.com)")
        );
        let accepted = accept(&mock, &invited, Some(&bobs)).await;
        let (given, sessions) = if profile == Profile::V1_5 { (true, 2) } else { (false, 1) };
        assert_eq!(accepted.status, 200, "{profile:?}: {}", accepted.text);
        assert_eq!(accepted.header("X-Fallback-Cookies").is_some(), given, "{profile:?}");
        assert_eq!(mock.control().sessions(&bob).len(), sessions);
        assert_eq!(accept(&mock, &invited, None).await.outcome(), (409, "membership_already_confirmed"));
        // The membership is of another team than the path says.
        call(&mock, "POST", "/teams")
            .session(&own)
            .body(json!({ "teamId": "other", "name": "O" }))
            .send()
            .await;
        let path = format!("/teams/other/memberships/{}", invited.text("$id"));
        let answer = call(&mock, "GET", &path).session(&own).send().await;
        assert_eq!(answer.outcome(), (404, "team_membership_mismatch"));
    }
}

#[tokio::test]
async fn a_membership_is_looked_up_when_it_is_read() {
    for profile in [Profile::V1_9, Profile::V2_7] {
        let (mock, own) = team(profile).await;
        let (bob, bobs) = signed_in(&mock, "bob@example.com");
        call(&mock, "GET", "/account").session(&bobs).send().await;
        let set = json!({ "number": "+4915112345678" });
        call(&mock, "PATCH", &format!("/users/{bob}/phone")).key().body(set).send().await;
        let invited = invite(&mock, &own, to("bob@example.com")).await;
        assert_eq!(
            (invited.text("userPhone"), invited.text("userAccessedAt")),
            (String::new(), String::new())
        );
        let path = format!("/teams/team/memberships/{}", invited.text("$id"));
        let read = call(&mock, "GET", &path).session(&own).send().await;
        assert_eq!(
            (read.text("userPhone").as_str(), read.text("userAccessedAt").as_str()),
            ("+4915112345678", "")
        );
        let read = call(&mock, "GET", &path).key().send().await;
        assert!(!read.text("userAccessedAt").is_empty(), "a key sees when somebody was here last");
        for (format, lacks) in
            [("1.9.1", vec!["userPhone"]), ("1.4.0", vec!["userPhone", "mfa"]), ("1.9.2", vec![])]
        {
            let call = call(&mock, "GET", &path).session(&own).header("X-Appwrite-Response-Format", format);
            let body = call.send().await.body;
            let gone: Vec<_> =
                ["userPhone", "mfa"].into_iter().filter(|name| body.get(name).is_none()).collect();
            assert_eq!(gone, lacks, "{format}");
        }
    }
}
