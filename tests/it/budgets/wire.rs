//! Stands between the service and PostgreSQL, passes every byte on, and reads along: a `Sync` or a `Query` is one
//! round trip, and the statement that it ran is named by its first line.

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
};
use tokio_postgres::config::Host;

#[derive(Default)]
struct Seen {
    round_trips: Mutex<Vec<String>>,
    rows: AtomicUsize,
}

pub struct Wire {
    seen: Arc<Seen>,
    port: u16,
    database: String,
}

impl Wire {
    /// In front of the database of that URL, which names a socket.
    pub async fn to(url: &str) -> Self {
        let config = tokio_postgres::Config::from_str(url).unwrap();
        let [Host::Unix(directory)] = config.get_hosts() else { panic!("the cluster of the tests has a socket") };
        let socket = directory.join(format!(".s.PGSQL.{}", config.get_ports()[0]));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, seen) = (listener.local_addr().unwrap().port(), Arc::new(Seen::default()));
        let watcher = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((service, _)) = listener.accept().await {
                let database = UnixStream::connect(&socket).await.unwrap();
                pass(service, database, &watcher);
            }
        });
        Self { seen, port, database: config.get_dbname().unwrap().to_owned() }
    }

    /// Where the service finds the database through this.
    pub fn url(&self) -> String {
        format!("postgresql://tanager@127.0.0.1:{}/{}?sslmode=disable", self.port, self.database)
    }

    /// The round trips since this was last asked, each by the name of its statement.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.round_trips.lock().unwrap())
    }

    /// How many rows came back since this was last asked.
    pub fn take_rows(&self) -> usize {
        self.seen.rows.swap(0, Ordering::SeqCst)
    }
}

fn pass(service: TcpStream, database: UnixStream, seen: &Arc<Seen>) {
    service.set_nodelay(true).unwrap();
    let (from_service, to_service) = service.into_split();
    let (from_database, to_database) = database.into_split();
    let (asked, answered) = (Arc::clone(seen), Arc::clone(seen));
    let mut reader = Asked { seen: asked, known: HashMap::new(), current: None };
    // The first message, which opens the connection, has no type.
    tokio::spawn(copy(from_service, to_database, false, move |kind, body| reader.read(kind, body)));
    tokio::spawn(copy(from_database, to_service, true, move |kind, _| {
        answered.rows.fetch_add(usize::from(kind == b'D'), Ordering::SeqCst);
    }));
}

/// Passes whole messages on, and shows each before it leaves.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut typed: bool,
    mut show: impl FnMut(u8, &[u8]),
) {
    let (mut held, mut piece) = (Vec::new(), [0; 16_384]);
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        held.extend_from_slice(&piece[..read]);
        let mut at = 0;
        while let Some(length) = held.get(at + usize::from(typed)..at + usize::from(typed) + 4) {
            let end = at + usize::from(typed) + u32::from_be_bytes(length.try_into().unwrap()) as usize;
            let Some(message) = held.get(at..end) else { break };
            if typed {
                show(message[0], &message[5..]);
            }
            (at, typed) = (end, true);
        }
        if to.write_all(&held[..at]).await.is_err() {
            return;
        }
        held.drain(..at);
    }
}

/// What the service asks for on one connection.
struct Asked {
    seen: Arc<Seen>,
    known: HashMap<String, String>,
    current: Option<String>,
}

impl Asked {
    fn read(&mut self, kind: u8, body: &[u8]) {
        let mut texts = body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
        match kind {
            b'P' => {
                let (name, statement) = (texts.next().unwrap(), texts.next().unwrap());
                self.current = Some(format!("prepare {}", title(&statement)));
                self.known.insert(name, title(&statement));
            }
            b'B' => self.current = texts.nth(1).and_then(|name| self.known.get(&name).cloned()),
            b'C' => self.current = Some("close".to_owned()),
            b'Q' => self.seen.round_trips.lock().unwrap().push(title(&texts.next().unwrap())),
            b'S' => {
                let what = self.current.take().unwrap_or_else(|| "nothing".to_owned());
                self.seen.round_trips.lock().unwrap().push(what);
            }
            _ => {}
        }
    }
}

/// `-- account.load` names a statement; another is its own name.
fn title(statement: &str) -> String {
    statement.lines().next().unwrap_or_default().trim_start_matches("-- ").to_owned()
}
