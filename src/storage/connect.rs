//! Connections: where to, over TLS when the URL asks for it, and for how long anything is waited for.

use std::{fmt::Write as _, net::IpAddr, path::PathBuf, str::FromStr, time::Duration};

use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use futures_util::future::BoxFuture;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_postgres::{
    Client, Config, NoTls, Socket,
    config::{Host, SslMode},
    tls::{MakeTlsConnect, TlsConnect},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls;

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

/// Connects on one runtime, whichever thread asks: a connection must not end with the listener's thread that needed it
/// first.
struct OnRuntime<T> {
    tls: T,
    runtime: Handle,
}

impl<T> Connect for OnRuntime<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn connect(&self, config: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), tokio_postgres::Error>> {
        let (config, tls) = (config.clone(), self.tls.clone());
        let connected = self.runtime.spawn(async move {
            let (client, connection) = config.connect(tls).await?;
            let running = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(error = %error, "a database connection ended");
                }
            });
            Ok((client, running))
        });
        Box::pin(async move {
            match connected.await.map_err(tokio::task::JoinError::try_into_panic) {
                Ok(outcome) => outcome,
                Err(Ok(panic)) => std::panic::resume_unwind(panic),
                // The program ends: whoever waits is ended by the pool's time-out, or with it.
                Err(Err(_)) => std::future::pending().await,
            }
        })
    }
}

impl Connecting<'_> {
    /// A pool; nothing is connected yet. Connections live on the runtime that this is called on.
    pub fn pool(&self) -> Result<Pool, ConnectError> {
        let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let config = self.config()?;
        // The time is for one host: the last of several must have its turn, and the one that answers more than a greeting.
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
        let all_hosts = self.connect_timeout.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX).saturating_add(1));
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_connect(config, OnRuntime { tls: NoTls, runtime: Handle::current() }, settings)
        } else {
            Manager::from_connect(config, OnRuntime { tls: self.tls()?, runtime: Handle::current() }, settings)
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
        // A plan is kept: one that was made while a table was empty must not read it from end to end when it is full.
        // None runs so long that compiling it would pay; at ten million events that takes fifty times what it is to save.
        let _ = write!(
            options,
            " -c statement_timeout={timeout} -c lock_timeout={timeout} -c idle_in_transaction_session_timeout={timeout} -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off"
        );
        config.options(options.trim()).connect_timeout(self.connect_timeout);
        config.ssl_mode(self.ssl_mode(&config));
        if config.get_application_name().is_none() {
            config.application_name("tanager");
        }
        Ok(config)
    }

    /// What the URL says; where it says nothing, TLS is tried for other machines, and not on this one. A certificate
    /// is always checked.
    fn ssl_mode(&self, config: &Config) -> SslMode {
        let local = |host: &Host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        };
        let silent = !self.url.contains("sslmode");
        if silent && config.get_hosts().iter().all(local) { SslMode::Disable } else { config.get_ssl_mode() }
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
            None => roots = tls::machine_roots(),
        }
        if roots.is_empty() && Config::from_str(self.url).is_ok_and(|config| config.get_ssl_mode() == SslMode::Require)
        {
            return Err(ConnectError::Roots("none were found".to_owned()));
        }
        let config = tls::client(roots).map_err(|error| ConnectError::Roots(error.to_string()))?;
        Ok(MakeRustlsConnect::new(config))
    }
}
