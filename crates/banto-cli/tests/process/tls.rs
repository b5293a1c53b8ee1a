//! Stores over TLS: by real servers with certificates of an authority of the test's own, and what is refused.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use banto_servers::{Authority, Postgres, Redis, free_port};

use super::{
    house::{House, Said},
    stores::refused,
};

/// Several times what a connection may take; the machine is busy.
const PATIENCE: Duration = Duration::from_secs(25);

/// A PostgreSQL that lets nobody in without TLS, made for the name `localhost`.
fn postgres(authority: &Authority) -> Postgres {
    let papers = authority.signs(&["localhost"]).unwrap();
    let rules = authority.file().with_file_name("pg_hba.conf");
    std::fs::write(&rules, "hostssl all all 127.0.0.1/32 trust\n").unwrap();
    let (certificate, key) = (papers.certificate.as_str(), papers.key.as_str());
    let settings = [("ssl", "on"), ("ssl_cert_file", certificate), ("ssl_key_file", key)];
    Postgres::start(&[&settings[..], &[("hba_file", rules.to_str().unwrap()), ("fsync", "off")]].concat()).unwrap()
}

/// A Redis with a port for TLS, made for the name `localhost`; gives that port.
fn redis(authority: &Authority, more: &[(&str, &str)]) -> (Redis, u16) {
    let papers = authority.signs(&["localhost"]).unwrap();
    let port = free_port().unwrap();
    let number = port.to_string();
    let settings = [
        ("appendonly", "yes"),
        ("save", ""),
        ("tls-port", &number),
        ("tls-cert-file", &papers.certificate),
        ("tls-key-file", &papers.key),
        ("tls-ca-cert-file", authority.file().to_str().unwrap()),
        ("tls-auth-clients", "no"),
    ];
    (Redis::start(&[&settings, more].concat()).unwrap(), port)
}

/// A job goes through, and the store says where it is.
fn works(url: &str, shown: &str) {
    let house = House::on(url.to_owned());
    house.banto("migrate").ends(0);
    let job = house.enqueue("greet");
    house.types("queue work --stop-when-empty").ends(0);
    assert_eq!(house.job(&job)["state"], "done");
    let page = house.banto("queue monitor").ends(0).out;
    assert!(page.contains(shown) && !page.contains("hunter2"), "{page}");
}

/// Refused with these words, within the time that a connection may take.
fn refuses(url: &str, exit: i32, words: &[&str]) {
    let since = Instant::now();
    refused(&House::new(), url, exit, words);
    assert!(since.elapsed() < PATIENCE, "{url}: {:?}", since.elapsed());
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn postgres_over_tls_carries_jobs_and_every_other_way_is_refused() {
    let authority = Authority::new().unwrap();
    let server = postgres(&authority);
    let (port, trusted) = (server.port(), text(authority.file()));
    let at = |host: &str, options: &str| {
        format!("postgres://postgres:hunter2@{host}:{port}/postgres?durability=memory&{options}")
    };
    for (number, mode) in ["require", "verify-ca", "verify-full"].iter().enumerate() {
        let options = format!("schema=s{number}&sslmode={mode}&sslrootcert={trusted}");
        works(&at("localhost", &options), &format!("postgres://localhost:{port}/postgres"));
    }
    let wrong = |mode: &str| at("127.0.0.1", &format!("sslmode={mode}&sslrootcert={trusted}"));
    for mode in ["require", "verify-ca", "verify-full"] {
        refuses(&wrong(mode), 2, &["not valid for name", "write the host as the certificate has it"]);
    }
    let stranger = Authority::new().unwrap();
    let url = at("localhost", &format!("sslmode=require&sslrootcert={}", text(stranger.file())));
    refuses(&url, 2, &["UnknownIssuer", "sslrootcert=FILE"]);
    // The machine's own authorities, if it has any, know nothing of this one.
    refuses(&at("localhost", "sslmode=verify-full"), 2, &["sslrootcert="]);
    refuses(&at("localhost", "sslmode=require&sslrootcert=/no/such/file"), 2, &["/no/such/file", "sslrootcert"]);
    for plain in ["", "sslmode=disable"] {
        refuses(&at("localhost", plain), 2, &["pg_hba.conf", "say sslmode=require"]);
    }
    for lax in ["sslmode=prefer", "sslmode=allow"] {
        refuses(&at("localhost", lax), 2, &[lax, "sslmode=disable|require"]);
    }
    refuses(&at("localhost", &format!("sslrootcert={trusted}")), 2, &["add sslmode=require"]);
}

#[test]
fn authorities_are_also_those_that_the_system_is_told_of() {
    let authority = Authority::new().unwrap();
    let server = postgres(&authority);
    let (_redis, port) = redis(&authority, &[]);
    for url in [
        format!("postgres://postgres@localhost:{}/postgres?durability=memory&sslmode=require", server.port()),
        format!("rediss://localhost:{port}"),
    ] {
        let house = House::on(url);
        let trusting = |mut command: Command| -> Said {
            command.env("SSL_CERT_FILE", authority.file()).env_remove("SSL_CERT_DIR").output().unwrap().into()
        };
        trusting(house.banto_command("migrate")).ends(0);
        assert_eq!(trusting(house.banto_command("queue list --json")).ends(0).out, "");
    }
}

#[test]
fn redis_over_tls_carries_jobs_and_every_other_way_is_refused() {
    let authority = Authority::new().unwrap();
    let (server, port) = redis(&authority, &[("requirepass", "hunter2")]);
    let trusted = text(authority.file());
    works(
        &format!("rediss://:hunter2@localhost:{port}?ssl_ca_certs={trusted}"),
        &format!("rediss://localhost:{port}/0"),
    );
    let cure = "write the host as the certificate has it";
    refuses(&format!("rediss://:hunter2@127.0.0.1:{port}?ssl_ca_certs={trusted}"), 2, &["not valid for name", cure]);
    let stranger = Authority::new().unwrap();
    for own in [format!("?ssl_ca_certs={}", text(stranger.file())), String::new()] {
        let url = format!("rediss://:hunter2@localhost:{port}{own}");
        refuses(&url, 2, &["UnknownIssuer", "ssl_ca_certs=FILE"]);
    }
    for odd in ["/no/such/file", "/dev/null"] {
        refuses(&format!("rediss://:hunter2@localhost:{port}?ssl_ca_certs={odd}"), 2, &[odd, "ssl_ca_certs"]);
    }
    refuses(&format!("redis://:hunter2@localhost:{port}"), 3, &["wants TLS at this port: say rediss://"]);
    let plain = format!("rediss://:hunter2@localhost:{}?ssl_ca_certs={trusted}", server.port());
    refuses(&plain, 3, &["speaks no TLS at this port"]);
    refuses(&format!("redis://:hunter2@localhost:{port}?ssl_ca_certs={trusted}"), 2, &["begins rediss://"]);
}

/// A server without TLS that answers each of so many connections with this once something has come, and hears them to the end.
fn plain(answer: &'static [u8], connections: usize) -> (u16, JoinHandle<Vec<u8>>) {
    let ear = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = ear.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        let mut all = Vec::new();
        for _ in 0..connections {
            let mut stream: TcpStream = ear.accept().unwrap().0;
            let mut first = vec![0; 4_096];
            let read = stream.read(&mut first).unwrap();
            all.extend(&first[..read]);
            // Whoever is refused may have gone already.
            let _ = stream.write_all(answer);
            let _ = stream.read_to_end(&mut all);
        }
        all
    });
    (port, heard)
}

#[test]
fn nothing_goes_in_the_clear_to_a_server_without_tls() {
    let authority = Authority::new().unwrap();
    let trusted = text(authority.file());
    let (port, heard) = plain(b"N", 1);
    let url = format!("postgres://ann:hunter2@localhost:{port}/x?sslmode=require&sslrootcert={trusted}");
    refuses(&url, 2, &["does not support TLS", "turn on ssl at the server"]);
    // The request for TLS, and no more: no role, no database.
    assert_eq!(heard.join().unwrap(), [0, 0, 0, 8, 4, 210, 22, 47]);

    let (port, heard) = plain(b"-ERR unknown command\r\n", 1);
    let url = format!("rediss://ann:hunter2@localhost:{port}?ssl_ca_certs={trusted}");
    refuses(&url, 3, &["speaks no TLS at this port"]);
    let heard = heard.join().unwrap();
    assert_eq!(heard[..2], [22, 3], "a handshake of TLS");
    assert!(!String::from_utf8_lossy(&heard).contains("hunter2") && !String::from_utf8_lossy(&heard).contains("AUTH"));
}
