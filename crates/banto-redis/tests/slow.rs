//! Servers that let a connection wait: whether it is for TLS is said only where it may be so.
#![cfg(feature = "tls")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    io::Read,
    net::{TcpListener, TcpStream},
    sync::Arc,
};

use banto_redis::Redis;
use banto_servers::Authority;
use banto_store::Fault;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// Hears all connections to their end, and never answers; its port.
fn silent(hears: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let ear = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, hears) = (ear.local_addr().unwrap().port(), Arc::new(hears));
    std::thread::spawn(move || {
        for stream in ear.incoming().map_while(Result::ok) {
            let hears = Arc::clone(&hears);
            std::thread::spawn(move || hears(stream));
        }
    });
    port
}

async fn told(port: u16, authority: &Authority) -> String {
    // With a password, so that something is said as soon as there is a connection.
    let at = format!("rediss://:hunter2@localhost:{port}?ssl_ca_certs={}", authority.file().display());
    let told = Redis::open(&format!("{at}&timeout_ms=1000")).await.unwrap_err();
    assert_eq!(*told.fault(), Fault::Gone, "{told}");
    told.to_string()
}

#[tokio::test]
async fn only_where_no_handshake_comes_about_may_it_be_for_tls() {
    let authority = Authority::new().unwrap();
    let papers = authority.signs(&["localhost"]).unwrap();
    let shown = vec![CertificateDer::from_pem_file(&papers.certificate).unwrap()];
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(shown, PrivateKeyDer::from_pem_file(&papers.key).unwrap());
    let config = Arc::new(config.unwrap());
    let shakes = silent(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        // Whoever gives up has gone.
        let _ = StreamOwned::new(connection, stream).read_to_end(&mut Vec::new());
    });
    let said = told(shakes, &authority).await;
    assert!(said.contains("speaks TLS, and then says nothing") && !said.contains("speaks no TLS"), "{said}");
    let waits = silent(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let said = told(waits, &authority).await;
    assert!(said.contains("speaks no TLS at this port"), "{said}");
}
