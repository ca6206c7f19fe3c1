//! Users of runs that were aborted. They are known by their e-mail alone, and only those that no run can still be using are touched.

use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{admin::Admin, world::is_ours};

/// A promise has a time limit, and removes its users afterwards: whoever is older than this is of no running suite.
const OLD: time::Duration = time::Duration::minutes(10);

/// The ids of users that earlier runs left behind, a hundred at most.
pub(crate) async fn find(admin: &Admin) -> Result<Vec<String>, String> {
    let now =
        OffsetDateTime::from_unix_timestamp(admin.http.ledger.now()).map_err(|error| error.to_string())?;
    let queries = [
        json!({ "method": "startsWith", "attribute": "email", "values": ["promise-"] }),
        json!({ "method": "limit", "values": [100] }),
    ];
    let users = admin.users(&queries).await?;
    let left = users.iter().filter(|user| {
        let created = user["$createdAt"].as_str().and_then(|date| OffsetDateTime::parse(date, &Rfc3339).ok());
        // A server that knows no queries would list everybody.
        user["email"].as_str().is_some_and(is_ours) && created.is_some_and(|created| now - created > OLD)
    });
    Ok(left.filter_map(|user| user["$id"].as_str().map(str::to_owned)).collect())
}
