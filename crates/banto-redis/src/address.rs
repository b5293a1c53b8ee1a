//! Who is the primary now.
//!
//! One server is itself. Sentinels are asked in turn whom they name; nodes of a cluster, who serves the slot of the prefix.
//! Nothing is remembered: whoever connects anew asks anew, so a failover is followed as soon as a connection shows it.

use std::time::Duration;

use banto_store::{Fault, StoreError};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisConnectionInfo,
    RedisError, Value, aio::MultiplexedConnection,
};

use crate::{
    Options, Place,
    error::{Result, fault},
    options::{Host, shown},
    tls,
};

/// How long a handshake is waited for where a connection was not made in time, in milliseconds.
const HANDSHAKE_MS_MAX: u64 = 2_000;

/// The primary's address.
pub(crate) async fn primary(options: &Options) -> Result<Host> {
    match &options.place {
        Place::One(host) => Ok(host.clone()),
        Place::Sentinel { hosts, service } => {
            let mut ask = redis::cmd("SENTINEL");
            ask.arg("get-master-addr-by-name").arg(service);
            let found = first(options, hosts, &ask, sentinels_word).await?;
            found.ok_or_else(|| {
                StoreError::new(Fault::Config, format!("find the primary: no sentinel knows the service \"{service}\""))
            })
        }
        Place::Cluster(hosts) => {
            let slot = slot(options.prefix.as_str());
            let found =
                first(options, hosts, redis::cmd("CLUSTER").arg("SLOTS"), |host, value| of_slot(host, value, slot))
                    .await?;
            found.ok_or_else(|| {
                StoreError::new(Fault::Gone, format!("find the primary: nobody serves slot {slot} of the cluster now"))
            })
        }
    }
}

/// The first answer of these hosts that names somebody; `None` if they answer and name nobody.
async fn first(
    options: &Options,
    hosts: &[Host],
    ask: &redis::Cmd,
    read: impl Fn(&Host, &Value) -> Option<Host>,
) -> Result<Option<Host>> {
    let mut last = None;
    for host in hosts {
        let plain = asking(options);
        match asked(&plain, host, ask).await {
            Ok(value) => match read(host, &value) {
                Some(found) => return Ok(Some(found)),
                None => last = Some(Ok(None)),
            },
            Err(error) if last.is_none() => last = Some(Err(error)),
            Err(_) => {}
        }
    }
    last.unwrap_or(Ok(None))
}

async fn asked(options: &Options, host: &Host, ask: &redis::Cmd) -> Result<Value> {
    let doing = || format!("ask {} for the primary", shown(host));
    let made = connect(options, host).await;
    let mut connection = made.map_err(|error| tls::unmade(options, &doing(), &error))?;
    ask.query_async(&mut connection).await.map_err(|error| fault(&doing(), &error, false))
}

/// How those are spoken to who are asked: a sentinel has no databases, and a login of its own or none.
fn asking(options: &Options) -> Options {
    let plain = Options { database: 0, ..options.clone() };
    match (&options.place, options.sentinel.clone().unzip()) {
        (Place::Sentinel { .. }, (user, password)) => {
            let user = user.filter(|user| !user.is_empty());
            Options { user, password, ..plain }
        }
        _ => plain,
    }
}

fn sentinels_word(_: &Host, value: &Value) -> Option<Host> {
    let (host, port) = redis::from_redis_value_ref::<Option<(String, u16)>>(value).ok()??;
    Some((host, port))
}

/// Who serves the slot. A node that does not know its own name is where it was asked.
fn of_slot(asked: &Host, value: &Value, slot: u16) -> Option<Host> {
    let Value::Array(ranges) = value else { return None };
    ranges.iter().find_map(|range| {
        let Value::Array(range) = range else { return None };
        let [Value::Int(from), Value::Int(to), Value::Array(node), ..] = range.as_slice() else { return None };
        let [name, Value::Int(port), ..] = node.as_slice() else { return None };
        let name = redis::from_redis_value_ref::<Option<String>>(name).ok().flatten().filter(|name| !name.is_empty());
        let here = (*from..=*to).contains(&i64::from(slot));
        here.then(|| Some((name.unwrap_or_else(|| asked.0.clone()), u16::try_from(*port).ok()?))).flatten()
    })
}

/// The slot of a hash tag: CRC-16 (XMODEM) modulo 16,384.
fn slot(tag: &str) -> u16 {
    let step = |sum: u16, _bit: u8| if sum & 0x8000 == 0 { sum << 1 } else { (sum << 1) ^ 0x1021 };
    let sum = tag.bytes().fold(0_u16, |sum, byte| (0..8_u8).fold(sum ^ (u16::from(byte) << 8), step));
    sum % 16_384
}

/// A connection to that host, logged in.
pub(crate) async fn connect(options: &Options, host: &Host) -> redis::RedisResult<MultiplexedConnection> {
    let limit = Some(Duration::from_millis(options.timeout_ms));
    let config = AsyncConnectionConfig::new().set_connection_timeout(limit).set_response_timeout(limit);
    let made = client(options, host)?.get_multiplexed_async_connection_with_config(&config).await;
    match made {
        Err(error) if options.tls && error.is_timeout() && shakes_hands(options, host).await => {
            Err(RedisError::from((ErrorKind::Io, "no answer", "it speaks TLS, and then says nothing".to_owned())))
        }
        made => made,
    }
}

/// Whether a connection with TLS comes about there where nothing is asked of it: then it was not for TLS that none was made in time.
async fn shakes_hands(options: &Options, host: &Host) -> bool {
    let limit = Some(Duration::from_millis(options.timeout_ms.min(HANDSHAKE_MS_MAX)));
    let config = AsyncConnectionConfig::new().set_connection_timeout(limit);
    let login = RedisConnectionInfo::default().set_skip_set_lib_name();
    let Ok(client) = client_with(options, host, login) else { return false };
    client.get_multiplexed_async_connection_with_config(&config).await.is_ok()
}

/// How that host is spoken to.
pub(crate) fn client(options: &Options, host: &Host) -> redis::RedisResult<Client> {
    let mut login =
        RedisConnectionInfo::default().set_db(options.database).set_lib_name("banto", env!("CARGO_PKG_VERSION"));
    if let Some(user) = &options.user {
        login = login.set_username(user);
    }
    if let Some(password) = &options.password {
        login = login.set_password(password);
    }
    client_with(options, host, login)
}

fn client_with(options: &Options, (host, port): &Host, login: RedisConnectionInfo) -> redis::RedisResult<Client> {
    let address = match options.tls {
        true => ConnectionAddr::TcpTls { host: host.clone(), port: *port, insecure: false, tls_params: None },
        false => ConnectionAddr::Tcp(host.clone(), *port),
    };
    let info: ConnectionInfo = address.into_connection_info()?;
    let tcp = redis::io::tcp::TcpSettings::default().set_nodelay(true);
    // Sooner than callers give up, for what they have given up must not reach the server once the wire is whole again: a claim
    // would take jobs for nobody.
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(std::time::Duration::from_millis(options.timeout_ms / 4 * 3));
    tls::client(options, info.set_redis_settings(login).set_tcp_settings(tcp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_the_clusters_own() {
        // As `CLUSTER KEYSLOT` of a server answers.
        for (tag, expected) in [("123456789", 12_739), ("foo", 12_182), ("user1000", 3_443), ("", 0)] {
            assert_eq!(slot(tag), expected, "{tag}");
        }
    }

    #[test]
    fn who_serves_a_slot_is_read() {
        let node = |name: &str, port| Value::Array(vec![Value::BulkString(name.into()), Value::Int(port)]);
        let range = |from, to, node| Value::Array(vec![Value::Int(from), Value::Int(to), node]);
        let value = Value::Array(vec![range(0, 99, node("a", 1)), range(100, 16_383, node("", 2))]);
        let asked = ("here".to_owned(), 9);
        assert_eq!(of_slot(&asked, &value, 99), Some(("a".to_owned(), 1)));
        assert_eq!(of_slot(&asked, &value, 100), Some(("here".to_owned(), 2)));
        assert_eq!(of_slot(&asked, &Value::Nil, 100), None);
    }
}
