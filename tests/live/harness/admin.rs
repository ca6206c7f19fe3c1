//! Prepares and removes users with the project's API key, which nothing else in the suite ever sees.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use url::Url;

use super::http::Http;

/// The users API of one project.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) http: Http,
    pub(crate) endpoint: Url,
    pub(crate) project: String,
    pub(crate) key: String,
}

impl Admin {
    /// The users that match the queries, in Appwrite's own form.
    pub(crate) async fn users(&self, queries: &[Value]) -> Result<Vec<Value>, String> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (index, each) in queries.iter().enumerate() {
            query.append_pair(&format!("queries[{index}]"), &each.to_string());
        }
        let list = self.call(Method::GET, &format!("/users?{}", query.finish()), None).await?;
        Ok(list["users"].as_array().cloned().unwrap_or_default())
    }

    /// Creates a user, and returns its id.
    pub(crate) async fn create_user(&self, email: &str, password: &str) -> Result<String, String> {
        let body = json!({ "userId": "unique()", "email": email, "password": password, "name": "Promise" });
        let user = self.call(Method::POST, "/users", Some(body)).await?;
        user["$id"].as_str().map(str::to_owned).ok_or_else(|| "POST /users answered without an id".to_owned())
    }

    pub(crate) async fn delete_user(&self, id: &str) -> Result<(), String> {
        self.call(Method::DELETE, &format!("/users/{id}"), None).await.map(drop)
    }

    /// The ids of the user's sessions.
    pub(crate) async fn sessions(&self, id: &str) -> Result<Vec<String>, String> {
        let list = self.call(Method::GET, &format!("/users/{id}/sessions"), None).await?;
        let ids = list["sessions"].as_array().into_iter().flatten();
        Ok(ids.filter_map(|session| session["$id"].as_str().map(str::to_owned)).collect())
    }

    /// Revokes all of the user's sessions.
    pub(crate) async fn delete_sessions(&self, id: &str) -> Result<(), String> {
        self.call(Method::DELETE, &format!("/users/{id}/sessions"), None).await.map(drop)
    }

    /// Blocks the user, or lifts the block.
    pub(crate) async fn set_blocked(&self, id: &str, blocked: bool) -> Result<(), String> {
        let body = json!({ "status": !blocked });
        self.call(Method::PATCH, &format!("/users/{id}/status"), Some(body)).await.map(drop)
    }

    /// Wants a second factor of the user from now on.
    pub(crate) async fn require_mfa(&self, id: &str) -> Result<(), String> {
        self.call(Method::PATCH, &format!("/users/{id}/mfa"), Some(json!({ "mfa": true }))).await.map(drop)
    }

    /// A token that the user can sign in with, as the app's own server would make it.
    pub(crate) async fn create_token(&self, id: &str) -> Result<String, String> {
        let token = self.call(Method::POST, &format!("/users/{id}/tokens"), Some(json!({}))).await?;
        token["secret"].as_str().map(str::to_owned).ok_or_else(|| "the token has no secret".to_owned())
    }

    /// What Appwrite says its version is; it says so in every error.
    pub(crate) async fn version(&self) -> Result<String, String> {
        match self.version_at("/account").await {
            // A server can be stuck in answering guests there with a page of HTML (contract §15.5).
            Err(error) => self.version_at("/account/sessions/current").await.map_err(|_| error),
            version => version,
        }
    }

    async fn version_at(&self, path: &str) -> Result<String, String> {
        let url = format!("{}{path}", self.endpoint.as_str().trim_end_matches('/'));
        let request = Request::get(url).header("x-appwrite-project", &self.project).body(Bytes::new());
        let answer = self.http.send(request.map_err(|error| error.to_string())?).await?;
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        match (body["version"].as_str(), body["type"].as_str()) {
            (Some(version), Some("general_unauthorized_scope")) => Ok(version.to_owned()),
            (_, kind) => Err(format!(
                "GET {path} answered {}{} where Appwrite would answer 401 general_unauthorized_scope",
                answer.status().as_u16(),
                kind.map(|kind| format!(" {kind}")).unwrap_or_default()
            )),
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let line = format!("{method} {}", path.split('?').next().unwrap_or_default());
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.endpoint.as_str().trim_end_matches('/')))
            .header("x-appwrite-project", &self.project)
            .header("x-appwrite-key", &self.key)
            .header("content-type", "application/json")
            .body(body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())))
            .map_err(|error| error.to_string())?;
        let answer =
            self.http.send(request).await.map_err(|error| format!("{line} with the key failed: {error}"))?;
        let (status, body) = (answer.status(), answer.body());
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let kind = body["type"].as_str().unwrap_or("no type");
        let scope = body["message"].as_str().and_then(missing_scope);
        let scope = scope.map(|scope| format!(": the key lacks the scope {scope}")).unwrap_or_default();
        Err(format!("{line} with the key answered {} {kind}{scope}", status.as_u16()))
    }
}

/// The scope that a refusal names: `missing scope (users.read)`, or `missing scopes (["users.read"])` since 1.8.
fn missing_scope(message: &str) -> Option<String> {
    let (_, scope) = message.split_once("missing scope")?;
    let (_, scope) = scope.split_once('(')?;
    let scope = scope.split(')').next()?.trim_matches(['[', ']']).replace('"', "").replace(',', " or ");
    Some(scope).filter(|scope| !scope.is_empty())
}
