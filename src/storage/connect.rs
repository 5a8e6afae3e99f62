//! Connections: where to, over TLS when the URL asks for it, and for how long anything is waited for.

use std::{fmt::Write as _, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres::{Client, Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How the database is reached.
pub struct Connecting<'a> {
    /// A libpq URL or key-value string; several hosts and `target_session_attrs` are understood.
    pub url: &'a str,
    /// Root certificates instead of the machine's own.
    pub ca_file: Option<PathBuf>,
    /// Connections at most.
    pub pool_size: usize,
    /// How long a request waits for a connection.
    pub pool_wait: Duration,
    /// How long connecting to one host may take.
    pub connect_timeout: Duration,
    /// How long one statement may run.
    pub statement_timeout: Duration,
}

/// Why no connection can even be tried. Never says the URL.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be read.
    #[error("the database URL cannot be read: it is postgres://user@host:port/name, or 'host=… user=… dbname=…'")]
    Url,
    /// The root certificates cannot be read, or there are none.
    #[error("no root certificates for TLS to the database: {0}")]
    Roots(String),
    /// The pool cannot be made.
    #[error("the pool of connections cannot be made")]
    Pool(#[from] deadpool_postgres::BuildError),
    /// The database does not answer.
    #[error("the database cannot be reached")]
    Unreachable(#[from] tokio_postgres::Error),
}

impl Connecting<'_> {
    /// A pool; nothing is connected yet.
    pub fn pool(&self) -> Result<Pool, ConnectError> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let config = self.config()?;
        // The time is for one host: the last of several must have its turn, and the one that answers more than a greeting.
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
        let all_hosts = self.connect_timeout.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX).saturating_add(1));
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(config, NoTls, recycling)
        } else {
            Manager::from_config(config, self.tls()?, recycling)
        };
        let pool = Pool::builder(manager)
            .max_size(self.pool_size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(self.pool_wait))
            .create_timeout(Some(all_hosts))
            .recycle_timeout(Some(self.connect_timeout));
        Ok(pool.build()?)
    }

    /// One connection of its own, for migrations: it holds a lock of its session.
    pub async fn single(&self) -> Result<Client, ConnectError> {
        let mut config = self.config()?;
        config.options(""); // a migration may take its time
        let unreachable = "the connection ended";
        if config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(async move {
                connection.await.inspect_err(|error| tracing::warn!(error = %error, "{unreachable}"))
            });
            return Ok(client);
        }
        let (client, connection) = config.connect(self.tls()?).await?;
        tokio::spawn(
            async move { connection.await.inspect_err(|error| tracing::warn!(error = %error, "{unreachable}")) },
        );
        Ok(client)
    }

    fn config(&self) -> Result<Config, ConnectError> {
        let mut config = Config::from_str(self.url).map_err(|_| ConnectError::Url)?;
        let mut options = config.get_options().unwrap_or_default().to_owned();
        let timeout = self.statement_timeout.as_millis();
        // Statements are prepared once and planned once; every time-out is the server's too, so that nothing lingers.
        let _ = write!(
            options,
            " -c statement_timeout={timeout} -c lock_timeout={timeout} -c idle_in_transaction_session_timeout={timeout} -c plan_cache_mode=force_generic_plan"
        );
        config.options(options.trim()).connect_timeout(self.connect_timeout);
        if config.get_application_name().is_none() {
            config.application_name("tanager");
        }
        Ok(config)
    }

    fn tls(&self) -> Result<MakeRustlsConnect, ConnectError> {
        let mut roots = RootCertStore::empty();
        match &self.ca_file {
            Some(file) => {
                let certificates =
                    CertificateDer::pem_file_iter(file).map_err(|error| ConnectError::Roots(error.to_string()))?;
                for certificate in certificates {
                    let certificate = certificate.map_err(|error| ConnectError::Roots(error.to_string()))?;
                    roots.add(certificate).map_err(|error| ConnectError::Roots(error.to_string()))?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() && Config::from_str(self.url).is_ok_and(|config| config.get_ssl_mode() == SslMode::Require)
        {
            return Err(ConnectError::Roots("none were found".to_owned()));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ConnectError::Roots(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }
}
