//! How a connection is made: plain, or with TLS where the address asks for it.
//!
//! TLS is used with `sslmode=require` (or `verify-ca`, `verify-full`: the same), and then the server's certificate must hold: for its name, by the machine's own
//! authorities or by those in the file that `sslrootcert` names. There is no mode that encrypts and believes anybody. A build
//! without the feature `tls` has refused such an address already.

use banto_store::{Fault, StoreError};
use futures_util::{StreamExt, stream, stream::BoxStream};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Socket, config::SslMode};

use crate::{
    error::{Doing, Failed, Result, fault, words},
    options::Options,
};

/// What comes on a connection by itself. The connection lives as long as this is asked.
pub(crate) type Messages = BoxStream<'static, std::result::Result<AsyncMessage, tokio_postgres::Error>>;

/// Connects. `what` is what could not be done else.
pub(crate) async fn connect(options: &Options, mut config: Config, what: &str) -> Result<(Client, Messages)> {
    let failed = |error| fault(what, Doing::Connecting, Failed::Server(error));
    if config.get_ssl_mode() == SslMode::Require {
        return encrypted(options, config, what).await;
    }
    config.ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect(NoTls).await.map_err(|error| match wants_tls(&error) {
        true => {
            unsafe_way(what, &error, "if the server wants TLS, say sslmode=require; else pg_hba.conf lets nobody in so")
        }
        false => failed(error),
    })?;
    Ok((client, messages(connection)))
}

/// Whether no line of `pg_hba.conf` lets such a connection in; where only `hostssl` would, that is a plain one.
fn wants_tls(error: &tokio_postgres::Error) -> bool {
    let said = error.as_db_error();
    said.is_some_and(|said| said.code().code() == "28000" && said.message().contains("pg_hba.conf"))
}

/// The refusal of a way that is not to be taken.
fn unsafe_way(what: &str, error: &tokio_postgres::Error, cure: &str) -> StoreError {
    StoreError::new(Fault::Config, format!("{what}: {}; {cure}", words(error)))
}

fn messages<T>(mut connection: Connection<Socket, T>) -> Messages
where
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    // Nothing comes after an error; and whoever waits for an answer hears of it once the connection is dropped.
    let messages = stream::poll_fn(move |context| connection.poll_message(context));
    messages.take_while(|message| std::future::ready(message.is_ok())).boxed()
}

#[cfg(not(feature = "tls"))]
async fn encrypted(_: &Options, _: Config, what: &str) -> Result<(Client, Messages)> {
    let what = format!("{what}: this build has no TLS; build it with the feature `tls`");
    Err(StoreError::new(Fault::Config, what))
}

#[cfg(feature = "tls")]
async fn encrypted(options: &Options, config: Config, what: &str) -> Result<(Client, Messages)> {
    let connected = config.connect(trust::connector(options)?).await;
    let (client, connection) = connected.map_err(|error| match trust::cure(&error) {
        Some(cure) => unsafe_way(what, &error, cure),
        None => fault(what, Doing::Connecting, Failed::Server(error)),
    })?;
    Ok((client, messages(connection)))
}

/// Whom to believe.
#[cfg(feature = "tls")]
mod trust {
    use std::{error::Error, io, sync::Arc};

    use banto_core::text::visible;
    use banto_store::{Fault, StoreError};
    use rustls::{
        CertificateError, ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, pem::PemObject},
    };
    use tokio_postgres_rustls::MakeRustlsConnect;

    use crate::{error::Result, options::Options};

    /// What to do about a server that is not to be spoken to.
    pub(super) fn cure(error: &tokio_postgres::Error) -> Option<&'static str> {
        let cause = error.source()?;
        // The driver has no kind of its own for this.
        if cause.to_string() == "server does not support TLS" {
            return Some("turn on ssl at the server, or say sslmode=disable where the way to it is safe");
        }
        let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
        match inner.downcast_ref::<rustls::Error>()? {
            // Another authority of the same name gives the second.
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
                Some("name the authority that signed it: sslrootcert=FILE")
            }
            rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => Some("write the host as the certificate has it, or give the server one for this name"),
            rustls::Error::InvalidCertificate(_) => Some("give the server another certificate"),
            _ => None,
        }
    }

    /// A connector that believes the machine's authorities, or those of a file only.
    pub(super) fn connector(options: &Options) -> Result<MakeRustlsConnect> {
        let refused = |what: String| StoreError::new(Fault::Config, format!("trust the server's certificate: {what}"));
        let mut roots = RootCertStore::empty();
        if let Some(path) = &options.sslrootcert {
            let shown = visible(&path.to_string_lossy(), 200);
            let read =
                |error: rustls::pki_types::pem::Error| refused(format!("read \"{shown}\" (sslrootcert): {error}"));
            for certificate in CertificateDer::pem_file_iter(path).map_err(read)? {
                let added = certificate.map_err(read).map(|certificate| roots.add(certificate))?;
                added.map_err(|error| refused(format!("\"{shown}\" (sslrootcert): {error}")))?;
            }
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        if roots.is_empty() {
            return Err(refused("no authority is known; name a file of certificates: sslrootcert=PATH".into()));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| refused(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }
}
