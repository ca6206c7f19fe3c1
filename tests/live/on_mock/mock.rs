//! A mock with the limits of a default server, named as a person would name it in the environment.

use mock_appwrite::{MockAppwrite, Profile};

use crate::{
    promises::Promise,
    report::{self, Ending},
    settings::{self, Settings},
};

/// Its clock stands in the middle of an hour, so that no window of a limit ends during a test.
pub(crate) async fn start(profile: Profile) -> MockAppwrite {
    let mock = MockAppwrite::start(profile).await.expect("the mock starts");
    set_clock(&mock, 30 * 60);
    mock
}

/// Sets the clock to so many seconds after a full hour.
pub(crate) fn set_clock(mock: &MockAppwrite, seconds: i64) {
    const HOUR: i64 = 3_600_000;
    let now = mock.control().now();
    mock.control().set_clock(now - now % HOUR + seconds * 1000);
}

pub(crate) fn settings(mock: &MockAppwrite) -> Settings {
    settings::read(|name| match name {
        "APPWRITE_ENDPOINT" => Some(mock.endpoint()),
        "APPWRITE_PROJECT" => Some(mock.project().to_owned()),
        "APPWRITE_API_KEY" => Some(mock.api_key().to_owned()),
        _ => None,
    })
    .expect("the mock can be named")
}

pub(crate) async fn play(settings: &Settings, promises: &[Promise]) -> (Ending, String) {
    let mut told = Vec::new();
    let ending = report::run(settings, promises, &mut told).await;
    (ending, String::from_utf8(told).expect("text"))
}
