//! How a connection is made: plain, or with TLS where the address asks for it.
//!
//! TLS is used with `sslmode=require`, and then the server's certificate must hold: for its name, by the machine's own
//! authorities or by those in the file that `sslrootcert` names. There is no mode that encrypts and believes anybody. A build
//! without the feature `tls` has refused such an address already.

use futures_util::{StreamExt, stream, stream::BoxStream};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Socket, config::SslMode};

use crate::{
    error::{Doing, Failed, Result, fault},
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
    let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
    Ok((client, messages(connection)))
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
    Err(banto_store::StoreError::new(banto_store::Fault::Config, what))
}

#[cfg(feature = "tls")]
async fn encrypted(options: &Options, config: Config, what: &str) -> Result<(Client, Messages)> {
    let failed = |error| fault(what, Doing::Connecting, Failed::Server(error));
    let (client, connection) = config.connect(trust::connector(options)?).await.map_err(failed)?;
    Ok((client, messages(connection)))
}

/// Whom to believe.
#[cfg(feature = "tls")]
mod trust {
    use std::sync::Arc;

    use banto_core::text::visible;
    use banto_store::{Fault, StoreError};
    use rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, pem::PemObject},
    };
    use tokio_postgres_rustls::MakeRustlsConnect;

    use crate::{error::Result, options::Options};

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
