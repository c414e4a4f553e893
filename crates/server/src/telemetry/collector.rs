//! The connection to the collector: HTTP/2, with TLS if its address begins with `https`.

use std::{fs, io, path::Path, sync::Arc, time::Duration};

use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};
use tonic::transport::{Channel, Endpoint};

use super::settings::Settings;
use crate::Error;

/// Time limit for connecting.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// The kind of connection to a collector.
pub(super) enum Collector {
    Plain,
    Encrypted(TlsConnector),
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Collector::Plain => "Plain",
            Collector::Encrypted(_) => "Encrypted",
        })
    }
}

impl Collector {
    /// Prepares the connection described by the settings.
    ///
    /// # Errors
    /// [`Error::Telemetry`] if the file of authorities cannot be used, or no authorities are found.
    pub(super) fn of(settings: &Settings) -> Result<Collector, Error> {
        if settings.endpoint.scheme_str() != Some("https") {
            return Ok(Collector::Plain);
        }
        let roots = match &settings.certificate {
            Some(path) => named_authorities(path)?,
            None => authorities_of_the_system()?,
        };
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Collector::Encrypted(TlsConnector::from(Arc::new(config))))
    }

    /// Returns a channel that connects at its first use. Must be called within a runtime.
    pub(super) fn channel(&self, settings: &Settings) -> Channel {
        let endpoint = Endpoint::from(settings.endpoint.clone())
            .timeout(settings.timeout)
            .connect_timeout(settings.timeout.min(CONNECT_TIME_MAX));
        match self {
            Collector::Plain => endpoint.connect_lazy(),
            Collector::Encrypted(tls) => {
                let tls = tls.clone();
                endpoint.connect_with_connector_lazy(tower::service_fn(move |uri| {
                    encrypted(tls.clone(), uri)
                }))
            }
        }
    }
}

/// Connects over TLS.
async fn encrypted(
    tls: TlsConnector,
    uri: http::Uri,
) -> io::Result<TokioIo<tokio_rustls::client::TlsStream<TcpStream>>> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let stream = TcpStream::connect((host.as_str(), uri.port_u16().unwrap_or(443))).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    Ok(TokioIo::new(tls.connect(name, stream).await?))
}

fn unusable(problem: String) -> Error {
    Error::Telemetry {
        variable: "OTEL_EXPORTER_OTLP_CERTIFICATE",
        problem,
        advice: "name a PEM file with the certificates of the collector's authorities",
    }
}

fn named_authorities(path: &Path) -> Result<RootCertStore, Error> {
    let failed = |error: String| unusable(format!("failed to use {}: {error}", path.display()));
    let pem = fs::read(path).map_err(|error| failed(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    match roots.is_empty() {
        true => Err(failed("it has no certificate".to_owned())),
        false => Ok(roots),
    }
}

fn authorities_of_the_system() -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    // Some unreadable certificates are usual, but there must be at least one.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match roots.is_empty() {
        true => Err(unusable("the system has no certificates of authorities".to_owned())),
        false => Ok(roots),
    }
}
