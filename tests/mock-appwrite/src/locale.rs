//! The language of an answer, which shows in the name of a country that is not known.

use serde_json::Value;

use crate::{json, request::Request};

/// "Unknown" in some of the languages that the server speaks; the others are answered in English here.
const UNKNOWN: [(&str, &str); 14] = [
    ("cs", "Neznámý"),
    ("da", "Ukendt"),
    ("de", "Unbekannt"),
    ("es", "Desconocido"),
    ("fr", "Inconnu"),
    ("it", "Sconosciuto"),
    ("ja", "不明"),
    ("nl", "Onbekend"),
    ("pl", "Nieznany"),
    ("pt-br", "Desconhecido"),
    ("pt-pt", "Desconhecido"),
    ("ru", "Неизвестно"),
    ("sv", "Okänt"),
    ("tr", "Bilinmeyen"),
];

/// Puts the names of countries in a body into the language that the request asks for: by the parameter `locale`, else by the header.
pub(crate) fn translate(body: &mut Value, request: &Request) {
    let param = request.params.get("locale").and_then(Value::as_str);
    let wanted = param.or_else(|| request.header("x-appwrite-locale")).unwrap_or_default();
    let Some((_, unknown)) = UNKNOWN.iter().find(|(language, _)| *language == wanted) else { return };
    rename(body, unknown);
}

fn rename(body: &mut Value, unknown: &str) {
    for name in ["countryName", "country", "continent"] {
        if body.get(name) == Some(&json!("Unknown")) {
            body[name] = json!(unknown);
        }
    }
    for session in body.get_mut("sessions").and_then(Value::as_array_mut).into_iter().flatten() {
        rename(session, unknown);
    }
}
