//! `[health]` of a file: where a process says how it is, and from when on something is ill.

use std::{net::SocketAddr, path::Path};

use banto_engine::health::Limits;

use super::{File, alone::alone, keys::HEALTH, value::Value};
use crate::{exit::Failure, mean};

/// Most names that a machine is called by, and parked or dead jobs that may be allowed.
const HOSTS_MAX: usize = 100;
const JOBS_MAX: u64 = u32::MAX as u64;

/// Where and when a process says how it is, as far as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthSettings {
    /// Where it answers; nowhere unless said.
    pub listen: Option<SocketAddr>,
    /// The names that this machine may be called by, besides `localhost` and its addresses.
    pub hosts: Vec<String>,
    /// From when on something is ill.
    pub limits: Limits,
}

/// What `value` describes.
pub(crate) fn health(value: Value<'_>) -> Option<HealthSettings> {
    let table = value.table(&HEALTH)?;
    let span = |key| table.read(key, Value::some_span);
    let jobs = |key| table.read(key, |value| value.whole(0..=JOBS_MAX));
    let plain = Limits::default();
    let hosts = table.each("hosts", host);
    if let Some(value) = table.get("hosts").filter(|_| hosts.len() > HOSTS_MAX) {
        value.fault(format!("take {} hosts: {HOSTS_MAX} are allowed", hosts.len()));
    }
    Some(HealthSettings {
        listen: table.read("listen", |value| value.meant(mean::health::address("listen", &value.as_typed()))).flatten(),
        hosts,
        limits: Limits {
            tick_ms_max: span("tick_max").unwrap_or(plain.tick_ms_max),
            stall_ms_max: span("stall_max").unwrap_or(plain.stall_ms_max),
            unworked_ms_max: span("unworked_max").unwrap_or(plain.unworked_ms_max),
            age_ms_max: span("age_max"),
            parked_max: jobs("parked_max"),
            died_max: jobs("died_max"),
        },
    })
}

impl File {
    /// Where a process that goes by the file at `path` says how it is, if it does.
    pub(crate) fn health_in(path: &Path) -> Result<Option<SocketAddr>, Failure> {
        Ok(alone(path, "health", health)?.and_then(|settings| settings.listen))
    }
}

/// A host's name as browsers send it: letters, digits, dots and hyphens, no port.
fn host(value: Value<'_>) -> Option<String> {
    let text = value.text()?;
    let fits = (1..=253).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if !fits {
        value.refuse("a host's name is wanted, without a port, as \"app\" or \"app.internal\"");
    }
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::file::File;

    fn parsed(text: &str) -> Result<HealthSettings, String> {
        let parsed = File::parse(&format!("[health]\n{text}"), Path::new("banto.toml"), None);
        parsed.map(|file| file.health).map_err(|faults| faults.to_string())
    }

    #[test]
    fn each_key_has_its_meaning() {
        assert_eq!(parsed("").unwrap(), HealthSettings::default());
        let all = "listen = 8081\nhosts = [\"app\", \"app.internal\"]\ntick_max = \"2m\"\nstall_max = 3\nunworked_max = \"4s\"\n\
                   age_max = \"5m\"\nparked_max = 0\ndied_max = 7";
        let limits = Limits {
            tick_ms_max: 120_000,
            stall_ms_max: 3_000,
            unworked_ms_max: 4_000,
            age_ms_max: Some(300_000),
            parked_max: Some(0),
            died_max: Some(7),
        };
        let hosts = vec!["app".into(), "app.internal".into()];
        let listen = Some("127.0.0.1:8081".parse().unwrap());
        assert_eq!(parsed(all).unwrap(), HealthSettings { listen, hosts, limits });
        assert_eq!(parsed("listen = \"off\"").unwrap().listen, None);
    }

    #[test]
    fn what_means_nothing_is_a_fault_that_says_what_would() {
        for (text, part) in [
            ("listen = \"everywhere\"", "127.0.0.1:8081"),
            ("listen = true", "127.0.0.1:8081"),
            ("hosts = \"app:8081\"", "without a port"),
            ("hosts = [\"a b\"]", "a host's name is wanted"),
            ("tick_max = 0", "more than 0 is wanted"),
            ("parked_max = -1", "a whole number from 0"),
            ("tick_mx = 1", "is it tick_max?"),
        ] {
            let faults = parsed(text).unwrap_err();
            assert!(faults.contains(part) && faults.contains("2:"), "{text}: {faults}");
        }
    }
}
