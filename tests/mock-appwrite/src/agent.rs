//! What a user agent says of system, client and device, as far as the mock reads it.

/// Fields of a session, by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(&'static str, String)>);

impl Fields {
    /// A field; empty if nothing is known of it.
    pub(crate) fn text(&self, name: &str) -> String {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

/// The session fields that come of a user agent; what is not recognised stays empty. The newer server knows more devices.
pub(crate) fn parse(agent: &str, newer: bool) -> Fields {
    let agent = Agent(agent);
    let mut fields = Fields::default();
    system(&agent, newer, &mut fields);
    client(&agent, &mut fields);
    device(&agent, newer, &mut fields);
    fields
}

struct Agent<'a>(&'a str);

impl<'a> Agent<'a> {
    fn has(&self, mark: &str) -> bool {
        self.0.contains(mark)
    }

    /// The word behind a mark.
    fn after(&self, mark: &str) -> Option<&'a str> {
        let (_, rest) = self.0.split_once(mark)?;
        rest.split([' ', ';', ')', ',']).next()
    }

    fn is_phone(&self) -> bool {
        self.has("iPhone") || self.has("Android") && self.has("Mobile")
    }
}

/// The first two parts of a version.
fn short(version: &str) -> String {
    version.replace('_', ".").split('.').take(2).collect::<Vec<_>>().join(".")
}

fn set<const N: usize>(fields: &mut Fields, values: [(&'static str, &str); N]) {
    fields.0.extend(values.map(|(name, value)| (name, value.to_owned())));
}

fn system(agent: &Agent<'_>, newer: bool, fields: &mut Fields) {
    let version_after =
        |marks: &[&str]| marks.iter().find_map(|mark| agent.after(mark)).map(short).unwrap_or_default();
    let (code, name, version) = if agent.has("CFNetwork/") {
        // Darwin's major version runs six ahead of that of iOS.
        let darwin = agent.after("Darwin/").map(short).unwrap_or_default();
        let (major, minor) = darwin.split_once('.').unwrap_or(("", ""));
        let version = major.parse::<u32>().ok().filter(|major| newer && *major > 6);
        ("IOS", "iOS", version.map(|major| format!("{}.{minor}", major - 6)).unwrap_or_default())
    } else if agent.has("iPhone") || agent.has("iPad") {
        ("IOS", "iOS", version_after(&["iPhone OS ", "CPU OS "]))
    } else if agent.has("Android") {
        ("AND", "Android", version_after(&["Android ", "Android/"]))
    } else if agent.has("Windows NT ") {
        ("WIN", "Windows", version_after(&["Windows NT "]).trim_end_matches(".0").to_owned())
    } else if agent.has("Mac OS X ") {
        ("MAC", "Mac", version_after(&["Mac OS X "]))
    } else if agent.has("Linux") {
        ("LIN", "GNU/Linux", String::new())
    } else {
        return;
    };
    set(fields, [("osCode", code), ("osName", name), ("osVersion", &version)]);
}

fn client(agent: &Agent<'_>, fields: &mut Fields) {
    let phone = agent.has("Mobile");
    let chrome = agent.after("Chrome/").unwrap_or_default();
    let webkit = agent.after("AppleWebKit/").unwrap_or_default();
    let (code, name, version, engine, engine_version) = if let Some(version) = agent.after("Edg/") {
        ("PS", "Microsoft Edge", version, "Blink", chrome)
    } else if let Some(version) = agent.after("CriOS/") {
        ("CI", "Chrome Mobile iOS", version, "WebKit", webkit)
    } else if let Some(version) = agent.after("Firefox/") {
        if phone {
            ("FM", "Firefox Mobile", version, "Gecko", version)
        } else {
            ("FF", "Firefox", version, "Gecko", version)
        }
    } else if agent.has("Chrome/") {
        if phone {
            ("CM", "Chrome Mobile", chrome, "Blink", chrome)
        } else {
            ("CH", "Chrome", chrome, "Blink", chrome)
        }
    } else if agent.has("Safari/") && agent.has("Version/") {
        let version = agent.after("Version/").unwrap_or_default();
        if phone {
            ("MF", "Mobile Safari", version, "WebKit", webkit)
        } else {
            ("SF", "Safari", version, "WebKit", webkit)
        }
    } else if agent.has("Android") {
        ("AN", "Android Browser", agent.after("Version/").unwrap_or_default(), "WebKit", webkit)
    } else {
        for (mark, name) in
            [("curl/", "curl"), ("okhttp/", "OkHttp"), ("python-requests/", "Python Requests")]
        {
            if let Some(version) = agent.after(mark) {
                set(
                    fields,
                    [("clientType", "library"), ("clientName", name), ("clientVersion", &short(version))],
                );
            }
        }
        return;
    };
    set(
        fields,
        [
            ("clientType", "browser"),
            ("clientCode", code),
            ("clientName", name),
            ("clientVersion", &short(version)),
            ("clientEngine", engine),
            ("clientEngineVersion", engine_version),
        ],
    );
}

fn device(agent: &Agent<'_>, newer: bool, fields: &mut Fields) {
    if agent.has("CFNetwork/") {
        set(fields, [("deviceBrand", "Apple")]);
    } else if agent.has("iPhone") {
        set(fields, [("deviceName", "smartphone"), ("deviceBrand", "Apple"), ("deviceModel", "iPhone")]);
    } else if agent.has("iPad") {
        set(fields, [("deviceName", "tablet"), ("deviceBrand", "Apple"), ("deviceModel", "iPad")]);
    } else if agent.has("Macintosh") {
        set(fields, [("deviceName", "desktop"), ("deviceBrand", "Apple")]);
    } else if agent.is_phone() {
        set(fields, [("deviceName", "smartphone")]);
        let model = agent.0.split_once("Android ").and_then(|(_, rest)| rest.split_once("; "));
        let model = model.and_then(|(_, rest)| rest.split([')', ';']).next()).unwrap_or_default();
        let brands = [("Pixel", "Google"), ("SM-", "Samsung"), ("moto", "Motorola"), ("Redmi", "Xiaomi")];
        if newer && let Some((_, brand)) = brands.iter().find(|(start, _)| model.starts_with(start)) {
            set(fields, [("deviceBrand", brand), ("deviceModel", model)]);
        }
    } else if agent.has("Windows NT ") || agent.has("Linux") && !agent.has("Android") {
        set(fields, [("deviceName", "desktop")]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(agent: &str, names: [&'static str; 4]) -> [String; 4] {
        let fields = parse(agent, true);
        names.map(|name| fields.text(name))
    }

    #[test]
    fn browsers_and_apps_are_told_apart() {
        let names = ["osName", "clientName", "clientVersion", "deviceBrand"];
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.1.2.3 Safari/537.36";
        assert_eq!(read(mac, names), ["Mac", "Chrome", "120.1", "Apple"]);
        assert_eq!(
            read("App/2 CFNetwork/1 Darwin/22.6.0", ["osName", "osVersion", "clientName", "deviceBrand"]),
            ["iOS", "16.6", "", "Apple"]
        );
        assert_eq!(read("something/1.0", names), ["", "", "", ""]);
    }
}
