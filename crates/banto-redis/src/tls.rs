//! TLS: whom to believe, and what to do where no connection came of it.
//!
//! With `rediss://` the server's certificate must hold: for its name, by the machine's own authorities or by those in the file
//! that `ssl_ca_certs` names. Nothing ever goes in the clear where the address asks for TLS. A build without the feature `tls`
//! has refused such an address already.

use std::{error::Error, io, sync::Arc};

use banto_core::text::visible;
use banto_store::{Fault, StoreError};
use redis::{Client, ConnectionInfo, ErrorKind, RedisError, RedisResult};

use crate::{
    Options,
    error::{fault, said},
};

/// How the server there is spoken to.
#[cfg(not(feature = "tls"))]
pub(crate) fn client(_: &Options, info: ConnectionInfo) -> RedisResult<Client> {
    Client::open(info)
}

/// How the server there is spoken to. Refuses a file of authorities that cannot be read or names none.
#[cfg(feature = "tls")]
pub(crate) fn client(options: &Options, info: ConnectionInfo) -> RedisResult<Client> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    // The client takes the process's provider; where there is one already, that one serves.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let Some(path) = &options.ssl_ca_certs else { return Client::open(info) };
    let refused = |why: String| {
        let what = format!("\"{}\" (ssl_ca_certs): {why}", visible(&path.to_string_lossy(), 200));
        RedisError::from((ErrorKind::InvalidClientConfig, "read the authorities", what))
    };
    let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    if CertificateDer::pem_slice_iter(&pem).next().is_none() {
        return Err(refused("no certificate is in it".into()));
    }
    Client::build_with_tls(info, redis::TlsCertificates { client_tls: None, root_cert: Some(pem) })
}

/// As [`fault`], of a connection that was not made: with what to do where that may be for TLS.
pub(crate) fn unmade(options: &Options, doing: &str, error: &RedisError) -> StoreError {
    match cure(options, error) {
        Some((kind, cure)) => StoreError::new(kind, format!("{doing}: {}; {cure}", visible(&said(error), 300))),
        None => fault(doing, error, false),
    }
}

fn cure(options: &Options, error: &RedisError) -> Option<(Fault, &'static str)> {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, InvalidData, TimedOut, UnexpectedEof};

    let cause = cause(error).map(io::Error::kind);
    match options.tls {
        true => certificate(error).map(|cure| (Fault::Config, cure)).or_else(|| {
            let cure = "if the server is well it speaks no TLS at this port: name its tls-port, or say redis:// where the way to it \
                        is safe; banto goes on by itself";
            // One without TLS may wait for the end of what it takes for a line; one that is only slow has been told apart before.
            let broken = matches!(cause, Some(InvalidData | TimedOut | UnexpectedEof | ConnectionReset));
            broken.then_some((Fault::Gone, cure))
        }),
        false => {
            let cure = "if the server is well it wants TLS at this port: say rediss://; banto goes on by itself";
            let broken = error.kind() == ErrorKind::Parse || matches!(cause, Some(UnexpectedEof | ConnectionReset | BrokenPipe));
            broken.then_some((Fault::Gone, cure))
        }
    }
}

/// What the machine said; the client keeps it behind a counter.
fn cause(error: &RedisError) -> Option<&io::Error> {
    let counted = error.source()?.downcast_ref::<Arc<dyn Error + Send + Sync>>()?;
    counted.downcast_ref()
}

#[cfg(not(feature = "tls"))]
fn certificate(_: &RedisError) -> Option<&'static str> {
    None
}

/// What to do about a certificate that does not hold.
#[cfg(feature = "tls")]
fn certificate(error: &RedisError) -> Option<&'static str> {
    use rustls::CertificateError;

    let rustls::Error::InvalidCertificate(why) = cause(error)?.get_ref()?.downcast_ref::<rustls::Error>()? else {
        return None;
    };
    Some(match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "name the authority that signed it: ssl_ca_certs=FILE"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "write the host as the certificate has it, or give the server one for this name"
        }
        _ => "give the server another certificate",
    })
}
