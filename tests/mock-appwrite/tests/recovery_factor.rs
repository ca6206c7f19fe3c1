//! A challenge of the recovery factor can be made by either spelling, and completed by one only (contract §14.7).
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

use mock_appwrite::{MockAppwrite, Profile};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The status and body of the answer to a request on `/v1/account/mfa/challenge`.
async fn call(mock: &MockAppwrite, method: &str, credential: &str, body: &Value) -> (u16, Value) {
    let (host, body) = (mock.endpoint().replace("http://", "").replace("/v1", ""), body.to_string());
    let request = format!(
        "{method} /v1/account/mfa/challenge HTTP/1.1\r\nHost: {host}\r\nX-Appwrite-Project: {}\r\nX-Appwrite-Session: {credential}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        mock.project(),
        body.len(),
    );
    let mut stream = TcpStream::connect(&host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
}

async fn one_spelling_completes(profile: Profile, right: &str) {
    let mock = MockAppwrite::start(profile).await.unwrap();
    let user = mock.control().user("ada@example.com", "correct horse");
    mock.control().require_mfa(&user);
    let code = mock.control().make_recovery_codes(&user).remove(0);
    let credential = mock.control().create_session(&user).unwrap().credential;
    for spelling in ["recoveryCode", "recoverycode", "RECOVERYCODE"] {
        let (status, challenge) = call(&mock, "POST", &credential, &json!({ "factor": spelling })).await;
        assert!(matches!(status, 200 | 201), "{spelling} makes a challenge: {challenge}");
        if spelling != right {
            let answer = json!({ "challengeId": challenge["$id"], "otp": code });
            let (status, refusal) = call(&mock, "PUT", &credential, &answer).await;
            assert_eq!((status, refusal["type"].as_str()), (401, Some("user_invalid_token")), "{spelling}");
        }
    }
    let (_, challenge) = call(&mock, "POST", &credential, &json!({ "factor": right })).await;
    let answer = json!({ "challengeId": challenge["$id"], "otp": code });
    assert_eq!(call(&mock, "PUT", &credential, &answer).await.0, 200, "the refusals used up no code");
}

#[tokio::test]
async fn the_older_server_completes_the_lower_case_spelling() {
    one_spelling_completes(Profile::V1_5, "recoverycode").await;
}

#[tokio::test]
async fn the_newer_server_completes_the_mixed_case_spelling() {
    one_spelling_completes(Profile::V1_9, "recoveryCode").await;
}
