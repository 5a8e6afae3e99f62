//! One private PostgreSQL for all tests, one database for each from a migrated template.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tanager::{
    app,
    chance::SystemChance,
    demo::postgres::{Options, PrivatePostgres},
    domain::keys::{KeyId, KeyRing},
    settings::Settings,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use zeroize::Zeroizing;

use super::{Wish, configuration, settings};

const TEMPLATE: &str = "template_tanager";

struct Cluster {
    postgres: PrivatePostgres,
    /// The key file that belongs to every database of the template.
    keys: Vec<u8>,
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(1);
/// PostgreSQL copies a template for one at a time.
static COPYING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A database of its own.
#[derive(Clone)]
pub struct Database {
    pub name: String,
}

impl Cluster {
    async fn start() -> Self {
        let settings = vec![("max_connections".to_owned(), "400".to_owned())];
        let options = Options { durable: false, settings, ..Options::default() };
        let postgres = tokio::task::spawn_blocking(|| PrivatePostgres::start(options)).await.unwrap().unwrap();
        connect(&postgres.url("postgres")).await.batch_execute(&format!("create database {TEMPLATE}")).await.unwrap();
        let directory = TempDir::new().unwrap();
        let template = self::settings(&configuration(&postgres.url(TEMPLATE), &Wish::default()), directory.path());
        app::migrate(&template, Arc::new(SystemChance)).await.unwrap();
        let keys = std::fs::read(directory.path().join("keys.toml")).unwrap();
        Self { postgres, keys }
    }
}

async fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(Cluster::start).await
}

/// A connection of the cluster's owner.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl Database {
    /// A migrated database that nothing else uses.
    pub async fn fresh() -> Self {
        Self::copied_from(TEMPLATE).await
    }

    /// A database without a schema.
    pub async fn bare() -> Self {
        Self::copied_from("template0").await
    }

    async fn copied_from(template: &str) -> Self {
        let cluster = cluster().await;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::SeqCst));
        let owner = connect(&cluster.postgres.url("postgres")).await;
        let _alone = COPYING.lock().await;
        owner.batch_execute(&format!("create database {name} template {template}")).await.unwrap();
        Self { name }
    }

    pub async fn url(&self) -> String {
        cluster().await.postgres.url(&self.name)
    }

    /// Where the cluster has its socket and its log.
    pub async fn directory(&self) -> PathBuf {
        cluster().await.postgres.socket_directory().to_owned()
    }

    /// A connection of the database's owner, past the service.
    pub async fn owner(&self) -> Client {
        connect(&self.url().await).await
    }

    /// A connection of the cluster's owner to another database: to do things to this one.
    pub async fn outside(&self) -> Client {
        connect(&cluster().await.postgres.url("postgres")).await
    }

    /// Writes the template's keys to `directory`, and reads the configuration that belongs to it.
    pub fn settings(&self, directory: &Path, wish: &Wish) -> Settings {
        Self::write_keys(directory);
        if wish.later_key {
            add_key(directory);
        }
        settings(&self.configuration(directory, wish), directory)
    }

    /// Makes a key known that was made later, and active: [`Wish::later_key`] is served from then on.
    pub async fn activate_later_key(&self) {
        let id = i16::try_from(LATER_KEY.0.0).unwrap();
        let ring = KeyRing::new(&[(LATER_KEY.0, Zeroizing::new(LATER_KEY.1))], LATER_KEY.0).unwrap();
        let (_, fingerprint) = ring.fingerprints().next().unwrap();
        let owner = self.owner().await;
        owner.execute("update key_ring set active = false", &[]).await.unwrap();
        let known = "insert into key_ring (key_id, fingerprint, active, registered_at) values ($1, $2, true, now())";
        owner.execute(known, &[&id, &fingerprint.as_slice()]).await.unwrap();
    }

    /// The text of the configuration that belongs to this database and stands in `directory`.
    pub fn configuration(&self, directory: &Path, wish: &Wish) -> String {
        let cluster = CLUSTER.get().expect("a database comes from a cluster");
        let spool = format!("\"{}\"", directory.join("spool").display());
        let url = wish.database_url.clone().unwrap_or_else(|| cluster.postgres.url(&self.name));
        configuration(&url, wish).replace("\"spool\"", &spool)
    }

    /// Writes the template's keys to `directory`.
    pub fn write_keys(directory: &Path) {
        write_keys(directory, &CLUSTER.get().expect("a database comes from a cluster").keys);
    }
}

/// A second key, which is active from now on.
const LATER_KEY: (KeyId, [u8; 32]) = (KeyId(2), [42; 32]);

fn add_key(directory: &Path) {
    let (KeyId(id), secret) = LATER_KEY;
    let file = directory.join("keys.toml");
    let keys = std::fs::read_to_string(&file).unwrap().replace("active = 1", &format!("active = {id}"));
    let secret = data_encoding::BASE64.encode(&secret);
    std::fs::write(&file, format!("{keys}\n[[key]]\nid = {id}\nsecret = \"{secret}\"\n")).unwrap();
}

fn write_keys(directory: &Path, keys: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    let file = directory.join("keys.toml");
    std::fs::write(&file, keys).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}
