//! A private PostgreSQL starts, keeps what it shall keep, and is gone when its owner is, whatever became of the owner.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tanager::demo::postgres::{Options, PostgresError, PrivatePostgres};
use tokio_postgres::{Client, NoTls};

/// Set in the process that owns a cluster only to be killed.
const OWNER_TO_BE_KILLED: &str = "TANAGER_TEST_OWNER_TO_BE_KILLED";

fn hasty() -> Options {
    Options { durable: false, ..Options::default() }
}

async fn connect(postgres: &PrivatePostgres) -> Client {
    let (client, connection) = tokio_postgres::connect(&postgres.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn number(client: &Client, query: &str) -> i32 {
    client.query_one(query, &[]).await.unwrap().get(0)
}

/// The postmaster's process id, as its own file tells it.
fn postmaster(home: &Path) -> u32 {
    let state = fs::read_to_string(home.join("data/postmaster.pid")).unwrap();
    state.lines().next().unwrap().parse().unwrap()
}

/// The processes of a group that still do something: one that waits to be reaped by somebody else has ended.
fn alive_in_group(group: u32) -> Vec<String> {
    let stats =
        fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    let of_group = |stat: &String| {
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[0] != "Z" && fields[2] == group.to_string()
    };
    stats.filter(of_group).collect()
}

fn exists(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Ends of other processes come when they come; this waits for one, and fails after a bound.
fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < deadline, "{what}: not within 30 s");
        thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn a_private_postgres_answers_on_its_socket_and_nowhere_else() {
    let postgres = PrivatePostgres::start(hasty()).unwrap();
    let client = connect(&postgres).await;
    assert_eq!(number(&client, "select 1").await, 1);
    let settings = "select current_user || ' ' || current_setting('listen_addresses') || ' ' || \
                    current_setting('server_encoding') || ' ' || current_setting('fsync')";
    let told: String = client.query_one(settings, &[]).await.unwrap().get(0);
    assert_eq!(told, "tanager  UTF8 off");
    assert!(postgres.socket_directory().join(format!(".s.PGSQL.{}", postgres.port())).exists());
}

#[test]
fn a_private_postgres_starts_in_seconds_and_is_gone_after_its_end() {
    let before = Instant::now();
    let postgres = PrivatePostgres::start(hasty()).unwrap();
    assert!(before.elapsed() < Duration::from_secs(20), "{:?}", before.elapsed());
    let home = postgres.socket_directory().to_owned();
    let process = postmaster(&home);
    drop(postgres);
    assert!(!home.exists());
    assert!(!exists(process));
    // The guard's pipe is closed, which was waited for; its process has yet to leave the kernel.
    eventually("the guard is gone too", || alive_in_group(process).is_empty());
}

#[tokio::test]
async fn it_ends_under_an_open_connection() {
    let postgres = PrivatePostgres::start(hasty()).unwrap();
    let client = connect(&postgres).await;
    let home = postgres.socket_directory().to_owned();
    tokio::task::spawn_blocking(|| postgres.stop()).await.unwrap().unwrap();
    assert!(client.query_one("select 1", &[]).await.is_err());
    assert!(!home.exists());
}

#[tokio::test]
async fn a_given_directory_is_kept_with_its_data() {
    let parent = directory_that_anyone_may_enter();
    let directory = parent.path().join("a cluster, with blanks");
    let options = Options { directory: Some(directory.clone()), ..hasty() };
    let first = PrivatePostgres::start(options.clone()).unwrap();
    connect(&first).await.batch_execute("create table kept (n int4); insert into kept values (42)").await.unwrap();
    first.stop().unwrap();
    assert!(!directory.join(".s.PGSQL.5432").exists());
    let second = PrivatePostgres::start(options).unwrap();
    assert_eq!(number(&connect(&second).await, "select n from kept").await, 42);
}

#[test]
fn a_second_one_in_the_same_directory_is_refused_and_the_first_lives_on() {
    let parent = directory_that_anyone_may_enter();
    let options = Options { directory: Some(parent.path().join("cluster")), ..hasty() };
    let first = PrivatePostgres::start(options.clone()).unwrap();
    let refused = PrivatePostgres::start(options).err().unwrap();
    assert!(matches!(&refused, PostgresError::Start { log, .. } if log.contains("postmaster.pid")), "{refused}");
    assert!(exists(postmaster(first.socket_directory())));
}

#[test]
fn a_start_that_fails_says_why_and_leaves_nothing() {
    let settings = vec![("shared_buffers".to_owned(), "many".to_owned())];
    let refused = PrivatePostgres::start(Options { settings, ..hasty() }).err().unwrap();
    assert!(matches!(&refused, PostgresError::Start { log, .. } if log.contains("shared_buffers")), "{refused}");
}

#[tokio::test]
async fn settings_are_passed_on_but_cannot_open_it() {
    let settings = [("max_connections", "7"), ("listen_addresses", "127.0.0.1"), ("port", "1")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let postgres = PrivatePostgres::start(Options { settings, ..hasty() }).unwrap();
    let query = "select current_setting('max_connections') || current_setting('listen_addresses')";
    let told: String = connect(&postgres).await.query_one(query, &[]).await.unwrap().get(0);
    assert_eq!(told, "7");
}

#[test]
fn it_ends_when_its_owner_is_killed() {
    let mut owner = Command::new(env::current_exe().unwrap())
        .args(["--exact", "private_postgres::the_owner_that_is_to_be_killed", "--nocapture"])
        .env(OWNER_TO_BE_KILLED, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let home = lines.find_map(|line| Some(PathBuf::from(line.split_once("home=")?.1))).unwrap();
    let process = postmaster(&home);
    assert!(exists(process));
    owner.kill().unwrap();
    owner.wait().unwrap();
    eventually("the temporary directory is removed", || !home.exists());
    eventually("all processes are gone", || alive_in_group(process).is_empty());
}

/// No test of its own: the process that `it_ends_when_its_owner_is_killed` starts and kills.
#[test]
fn the_owner_that_is_to_be_killed() {
    if env::var_os(OWNER_TO_BE_KILLED).is_none() {
        return;
    }
    let postgres = PrivatePostgres::start(hasty()).unwrap();
    println!("\nhome={}", postgres.socket_directory().display());
    loop {
        thread::park();
    }
}

/// PostgreSQL's user must get through it to the cluster's own directory, which is closed.
fn directory_that_anyone_may_enter() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap()
}
