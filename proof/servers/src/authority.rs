//! An authority of a test's own, and the certificates that it signs: for servers with TLS.
//!
//! Nothing of it is believed by the machine, and all of it goes with the folder.

use std::{
    fs::{Permissions, set_permissions, write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::{Papers, Told, postgres};

/// Who signs.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
    folder: TempDir,
}

impl Authority {
    /// A new one.
    pub fn new() -> Told<Authority> {
        let folder = tempfile::tempdir().map_err(|error| format!("make a folder: {error}"))?;
        // Servers that run as somebody else look in.
        set_permissions(folder.path(), Permissions::from_mode(0o711)).map_err(|error| format!("open it: {error}"))?;
        let mut params = named(Vec::new(), &folder.path().to_string_lossy())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = key()?;
        let own = params.self_signed(&key).map_err(|error| format!("sign its own certificate: {error}"))?;
        let file = folder.path().join("authority.pem");
        keep(&file, &own.pem())?;
        Ok(Authority { issuer: Issuer::new(params, key), file, folder })
    }

    /// The file that names it to clients.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Signs a certificate for a server of these names and IP addresses.
    pub fn signs(&self, names: &[&str]) -> Told<Papers> {
        let key = key()?;
        let params = named(names.iter().map(|name| (*name).to_owned()).collect(), "a server")?;
        let signed = params.signed_by(&key, &self.issuer).map_err(|error| format!("sign for {names:?}: {error}"))?;
        let place = self.folder.path().join(names.join("+"));
        let papers = (place.with_extension("pem"), place.with_extension("key"));
        keep(&papers.0, &signed.pem())?;
        keep(&papers.1, &key.serialize_pem())?;
        postgres::owns(&papers.1)?;
        set_permissions(&papers.1, Permissions::from_mode(0o600)).map_err(|error| format!("hide a key: {error}"))?;
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        Ok(Papers { certificate: text(papers.0), key: text(papers.1), authority: text(self.file.clone()) })
    }
}

fn key() -> Told<KeyPair> {
    KeyPair::generate().map_err(|error| format!("make a key: {error}"))
}

fn named(names: Vec<String>, called: &str) -> Told<CertificateParams> {
    let mut params = CertificateParams::new(names).map_err(|error| format!("name a certificate: {error}"))?;
    params.distinguished_name.push(DnType::CommonName, called);
    Ok(params)
}

fn keep(file: &Path, text: &str) -> Told<()> {
    write(file, text).map_err(|error| format!("write \"{}\": {error}", file.display()))
}
