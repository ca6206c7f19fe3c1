//! Names, preferences and roles of teams (contract §2x.9).
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

mod http;

use http::{call, newest, signed_in};
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::json;

#[tokio::test]
async fn a_member_changes_name_preferences_and_roles_in_every_profile() {
    for profile in [Profile::V1_5, Profile::V1_9, Profile::V2_7] {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (_, own) = signed_in(&mock, "ada@example.com");
        let (_, other) = signed_in(&mock, "grace@example.com");
        let body = json!({ "teamId": "team", "name": "Team", "roles": ["lead"] });
        assert_eq!(call(&mock, "POST", "/teams").session(&own).body(body).send().await.status, 201);
        let renamed =
            call(&mock, "PUT", "/teams/team").session(&own).body(json!({ "name": "Crew" })).send().await;
        assert_eq!((renamed.status, renamed.text("name")), (200, "Crew".to_owned()));
        let prefs = json!({ "prefs": { "colour": "red" } });
        let written = call(&mock, "PUT", "/teams/team/prefs").session(&own).body(prefs).send().await;
        let read = call(&mock, "GET", "/teams/team/prefs").session(&own).send().await;
        assert_eq!(
            (written.status, written.body, &read.body),
            (200, read.body.clone(), &json!({ "colour": "red" }))
        );
        let members = call(&mock, "GET", "/teams/team/memberships").session(&own).send().await;
        assert_eq!(members.body["memberships"][0]["roles"], json!(["lead", "owner"]));
        let path =
            format!("/teams/team/memberships/{}", members.body["memberships"][0]["$id"].as_str().unwrap());
        let roles = json!({ "roles": ["owner", "editor"] });
        let changed = call(&mock, "PATCH", &path).session(&own).body(roles).send().await;
        assert_eq!((changed.status, &changed.body["roles"]), (200, &json!(["owner", "editor"])));
        let foreign =
            call(&mock, "PUT", "/teams/team").session(&other).body(json!({ "name": "Mine" })).send().await;
        assert_eq!(foreign.outcome(), (404, "team_not_found"));
    }
}

#[tokio::test]
async fn a_member_is_invited_by_phone_and_teams_are_searched() {
    let mock = newest().await;
    let (_, own) = signed_in(&mock, "ada@example.com");
    for name in ["Red", "Green"] {
        let body = json!({ "teamId": name.to_lowercase(), "name": name });
        call(&mock, "POST", "/teams").session(&own).body(body).send().await;
    }
    let found = call(&mock, "GET", "/teams?search=gre").session(&own).send().await;
    assert_eq!((&found.body["total"], &found.body["teams"][0]["name"]), (&json!(1), &json!("Green")));
    let body = json!({ "roles": [], "phone": "+4912345678", "url": "http://localhost/join" });
    let invited = call(&mock, "POST", "/teams/red/memberships").session(&own).body(body).send().await;
    assert_eq!(
        (invited.status, invited.text("userPhone"), invited.text("userName"), invited.text("userEmail")),
        (201, String::new(), String::new(), String::new()),
        "what was just written has not been looked up"
    );
    let path = format!("/teams/red/memberships/{}", invited.text("$id"));
    let read = call(&mock, "GET", &path).session(&own).send().await;
    assert_eq!(read.text("userPhone"), "+4912345678");
}
