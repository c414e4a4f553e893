//! Encryption of a TCP address with rustls. Changed files are read again.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::Error;

/// A certificate with its key.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: Mutex<(Option<Times>, TlsAcceptor)>,
}

/// Modification times of the two files.
type Times = (SystemTime, SystemTime);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads a certificate chain and its key, both in PEM.
    ///
    /// # Errors
    /// [`Error::Certificate`] if a file cannot be read or the two do not match.
    pub fn open(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Tls, Error> {
        let (certificate, key) = (certificate.into(), key.into());
        let times = times(&certificate, &key);
        let acceptor = acceptor(&certificate, &key)?;
        Ok(Tls { certificate, key, current: Mutex::new((times, acceptor)) })
    }

    /// Returns the acceptor for the current files. If they cannot be used, keeps the previous
    /// acceptor and logs a warning.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let now = times(&self.certificate, &self.key);
        if current.0 != now {
            current.0 = now;
            match acceptor(&self.certificate, &self.key) {
                Ok(acceptor) => current.1 = acceptor,
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the changed certificate cannot be used; the one before stays"
                ),
            }
        }
        current.1.clone()
    }
}

fn times(certificate: &PathBuf, key: &PathBuf) -> Option<Times> {
    let time = |path| fs::metadata(path).and_then(|of| of.modified()).ok();
    Some((time(certificate)?, time(key)?))
}

fn acceptor(certificate: &PathBuf, key: &PathBuf) -> Result<TlsAcceptor, Error> {
    let failed = |reason: String| Error::Certificate { path: certificate.clone(), reason };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| failed(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
