//! The one file that speaks with the server. All of it happens within one deadline, however slowly or oddly the other side
//! answers, and every way to fail becomes words that say what to do.

use std::time::Duration;

use ::redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, Value, aio::MultiplexedConnection, cmd};
use tokio::runtime::Builder;

use crate::{
    redis::{
        address::Address,
        info::Info,
        look::{Look, Slow, SlowLog, Unreached},
    },
    said::Said,
};

/// Entries of the slow log that are asked for; how many there were is told by their numbers.
const SLOW_MAX: u32 = 128;
/// How deep an answer to INFO may be nested.
const NESTED_MAX: u32 = 4;

/// A look that ends by itself. It has a thread and a runtime of its own: its deadline is the network's time, also where the
/// application's is given.
pub(super) async fn within(patience: Duration, address: &Address) -> Result<Look, Unreached> {
    let address = address.clone();
    let asking = tokio::task::spawn_blocking(move || {
        let own = Builder::new_current_thread().enable_all().build().map_err(|error| no_look(&error))?;
        let looked = own.block_on(async { tokio::time::timeout(patience, ask(&address)).await });
        own.shutdown_background(); // a name that is still being looked up holds nobody up
        looked.unwrap_or_else(|_| Err(silent(patience)))
    });
    asking.await.unwrap_or_else(|error| Err(no_look(&error)))
}

fn silent(patience: Duration) -> Unreached {
    Unreached {
        why: format!("it did not answer within {} ms", patience.as_millis()),
        cure: "it hangs, is stopped, runs one long command, or a firewall drops what is sent: look at its process and its log",
    }
}

fn no_look(error: &dyn std::fmt::Display) -> Unreached {
    Unreached { why: format!("no look could begin: {error}"), cure: "this machine is short of threads or memory" }
}

async fn ask(address: &Address) -> Result<Look, Unreached> {
    let mut to = connect(address).await.map_err(|error| unreached(&error))?;
    let told = cmd("INFO").query_async(&mut to).await.map_err(|error| unreached(&error))?;
    let mut info = Info::default();
    add(&mut info, told, NESTED_MAX);
    if !info.is_of_redis() {
        return Err(no_redis("its answer to INFO holds nothing that a Redis says".to_owned()));
    }
    if info.number("maxclients").is_none()
        && let Ok(told) = cmd("CONFIG").arg("GET").arg("maxclients").query_async(&mut to).await
    {
        add(&mut info, told, NESTED_MAX); // a server before 7.0; a managed one refuses, and then it is not known
    }
    let slow = cmd("SLOWLOG").arg("GET").arg(SLOW_MAX).query_async(&mut to).await;
    let slow = slow.map(slow_log).map_err(|error: RedisError| Said::new(error.to_string()).to_string());
    Ok(Look { info, slow })
}

/// The client's own timeouts are off: the deadline is around all of it.
async fn connect(address: &Address) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    Client::open(address.typed())?.get_multiplexed_async_connection_with_config(&config).await
}

/// Adds an answer to INFO (or CONFIG GET): a text, or names with values, or sections of those.
pub(super) fn add(info: &mut Info, told: Value, nested: u32) {
    let Some(nested) = nested.checked_sub(1) else { return };
    match told {
        Value::Map(pairs) => pairs.into_iter().for_each(|(name, value)| add_named(info, &name, value, nested)),
        Value::Attribute { data, .. } => add(info, *data, nested),
        Value::Array(values) => {
            let mut values = values.into_iter();
            while let (Some(name), Some(value)) = (values.next(), values.next()) {
                add_named(info, &name, value, nested);
            }
        }
        told => {
            if let Some(text) = text_of(&told) {
                info.add_text(&text);
            }
        }
    }
}

fn add_named(info: &mut Info, name: &Value, value: Value, nested: u32) {
    match (text_of(name), text_of(&value)) {
        (_, Some(text)) if text.contains('\n') => info.add_text(&text), // a section, or a node of a cluster
        (Some(name), Some(text)) => info.add(&name, &text),
        (_, None) => add(info, value, nested),
        (None, Some(_)) => {}
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Double(number) => Some(number.to_string()),
        Value::Boolean(yes) => Some(u8::from(*yes).to_string()),
        _ => None,
    }
}

/// The entries that are what they should be: number, time, microseconds, words, and more.
fn slow_log(told: Value) -> SlowLog {
    let Value::Array(entries) = told else { return SlowLog::default() };
    let number = |value: Option<&Value>| value.and_then(text_of).and_then(|text| text.parse().ok());
    let entry = |told: &Value| {
        let Value::Array(parts) = told else { return None };
        let Some(Value::Array(words)) = parts.get(3) else { return None };
        let command = Said::new(words.first().and_then(text_of)?).to_string();
        Some(Slow { number: number(parts.first())?, took_us: number(parts.get(2))?, command })
    };
    SlowLog(entries.iter().filter_map(entry).collect())
}

fn no_redis(why: String) -> Unreached {
    Unreached { why, cure: "what answers there is no Redis: is the port right, and does it not want TLS?" }
}

fn unreached(error: &RedisError) -> Unreached {
    let why = Said::new(error.to_string()).to_string();
    let lower = why.to_ascii_lowercase();
    let cure = match error.kind() {
        _ if lower.contains("max number of clients") => {
            "it takes no more clients: raise its maxclients, or find out who holds connections and does not let go"
        }
        _ if lower.contains("lookup") => "is the host's name right, and does this machine know it?",
        ErrorKind::AuthenticationFailed => WRONG_PASSWORD,
        ErrorKind::InvalidClientConfig => "allowed is redis://[user:password@]host[:port][/database]",
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => return no_redis(why),
        _ => match error.code() {
            Some(code) => cure_of(code),
            None if error.is_connection_refusal() => "nothing listens there: is it running, and is the port right?",
            None if error.is_connection_dropped() => {
                "it closed the connection: it takes no more clients, it is no Redis, or it wants TLS; look at its log"
            }
            None => "is the address right, and is there a way to it?",
        },
    };
    Unreached { why, cure }
}

const WRONG_PASSWORD: &str =
    "the server takes no such user and password (or no more clients): set those of its own in REDIS_URL";

/// What to do about a refusal, by the first word of it.
fn cure_of(code: &str) -> &'static str {
    match code {
        "NOAUTH" => "it wants a password: put it into REDIS_URL, as redis://:password@host",
        "WRONGPASS" => WRONG_PASSWORD,
        "NOPERM" => "its user may not do that: allow it what is needed (ACL SETUSER name +info +slowlog|get)",
        "LOADING" => {
            "it reads its data back from the disk after a start: wait; if it does so again and again, look at its log"
        }
        "BUSY" => "a script holds it up: SCRIPT KILL ends one that has not written",
        "DENIED" => "it only takes clients of its own machine: set a password there (protected mode)",
        _ => "it refuses: look at its log",
    }
}

#[cfg(test)]
#[path = "ask_tests.rs"]
mod tests;
