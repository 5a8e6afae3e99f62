//! A mail server that says what a test wants, and keeps what it heard.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    sync::watch,
    task::JoinHandle,
};

/// What it says on one connection, where that is not the usual: `""` is its greeting, `.` the end of a mail, `MAIL 2` the
/// second of its kind.
#[derive(Clone, Default)]
pub(super) struct Says {
    pub(super) replies: Vec<(String, String)>,
    hangs_up_at: Option<String>,
    hangs_at: Option<String>,
    closes_when_idle: bool,
}

impl Says {
    /// Yes to everything.
    pub(super) fn yes() -> Self {
        Self::default()
    }

    pub(super) fn to(command: &str, reply: &str) -> Self {
        Self { replies: vec![(command.to_owned(), reply.to_owned())], ..Self::default() }
    }

    pub(super) fn hangs_up_at(command: &str) -> Self {
        Self { hangs_up_at: Some(command.to_owned()), ..Self::default() }
    }

    pub(super) fn hangs_at(command: &str) -> Self {
        Self { hangs_at: Some(command.to_owned()), ..Self::default() }
    }

    /// Hangs up after the first mail.
    pub(super) fn closes_when_idle() -> Self {
        Self { closes_when_idle: true, ..Self::default() }
    }

    fn reply(&self, command: &str, times: usize) -> String {
        let told = self.replies.iter().find(|(known, _)| is(known, command, times));
        told.map_or_else(|| usual(command).to_owned(), |(_, reply)| reply.clone())
    }
}

/// Whether `known` names this one of the commands of its kind.
fn is(known: &str, command: &str, times: usize) -> bool {
    match known.split_once(' ') {
        Some((kind, count)) => kind == command && count == times.to_string(),
        None => known == command,
    }
}

fn usual(command: &str) -> &'static str {
    match command {
        "" => "220 mail.example\r\n",
        "EHLO" => "250-mail.example\r\n250 8BITMIME\r\n",
        "AUTH" | "login" => "334 VXNlcm5hbWU6\r\n",
        "password" => "235 welcome\r\n",
        "DATA" => "354 go\r\n",
        _ => "250 ok\r\n",
    }
}

#[derive(Default)]
struct Ears {
    heard: Mutex<Vec<String>>,
    connections: AtomicUsize,
    taken: AtomicUsize,
    /// How often it hung, and how often it was left.
    hung: watch::Sender<usize>,
    left: watch::Sender<usize>,
}

/// A server; its connections are served as told, in order, the last one's way for all that follow.
pub(super) struct Scripted {
    pub(super) port: u16,
    ears: Arc<Ears>,
    serving: JoinHandle<()>,
}

impl Scripted {
    pub(super) async fn start(says: Vec<Says>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let ears = Arc::new(Ears::default());
        let listening = Arc::clone(&ears);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let at = listening.connections.fetch_add(1, Ordering::SeqCst);
                let says = says.get(at).or(says.last()).unwrap().clone();
                let ears = Arc::clone(&listening);
                tokio::spawn(async move {
                    // Who hangs up on it is no trouble of the server's.
                    let _ = serve(stream, &says, &ears).await;
                    ears.left.send_modify(|left| *left += 1);
                });
            }
        });
        Self { port, ears, serving }
    }

    /// Every line that it heard.
    pub(super) fn heard(&self) -> Vec<String> {
        self.ears.heard.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.ears.connections.load(Ordering::SeqCst)
    }

    /// How many mails it took.
    pub(super) fn taken(&self) -> usize {
        self.ears.taken.load(Ordering::SeqCst)
    }

    /// Waits until it hangs.
    pub(super) async fn until_hung(&self) {
        self.ears.hung.subscribe().wait_for(|hung| *hung > 0).await.unwrap();
    }

    /// Waits until somebody hung up.
    pub(super) async fn until_left(&self) {
        self.ears.left.subscribe().wait_for(|left| *left > 0).await.unwrap();
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(stream: TcpStream, says: &Says, ears: &Ears) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let (mut kinds, mut in_mail, mut words) = (Vec::<String>::new(), false, 0);
    if !answer("", 1, says, ears, &mut writer).await? {
        return hang(lines.into_inner(), says).await;
    }
    while let Some(line) = lines.next_line().await? {
        ears.heard.lock().unwrap().push(line.clone());
        let command = match line.split_whitespace().next().unwrap_or_default() {
            "." if in_mail => ".",
            _ if in_mail => continue,
            // The two words of `AUTH LOGIN`.
            _ if words > 0 => [".", "password", "login"][words],
            first => first,
        }
        .to_owned();
        words = match &*command {
            "AUTH" => 2,
            _ => words.saturating_sub(1),
        };
        kinds.push(command.clone());
        let times = kinds.iter().filter(|kind| **kind == command).count();
        if !answer(&command, times, says, ears, &mut writer).await? {
            return hang(lines.into_inner(), says).await;
        }
        in_mail = command == "DATA" && says.reply("DATA", times).starts_with("354");
        let ends = command == "." && says.closes_when_idle;
        if command == "QUIT" || ends {
            return Ok(());
        }
    }
    Ok(())
}

/// Says what is to be said; `false`: nothing any more.
async fn answer(
    command: &str,
    times: usize,
    says: &Says,
    ears: &Ears,
    writer: &mut OwnedWriteHalf,
) -> std::io::Result<bool> {
    let here = |at: &Option<String>| at.as_ref().is_some_and(|at| is(at, command, times));
    if here(&says.hangs_up_at) || here(&says.hangs_at) {
        ears.hung.send_modify(|hung| *hung += 1);
        return Ok(false);
    }
    if command == "." && says.reply(command, times).starts_with("250") {
        ears.taken.fetch_add(1, Ordering::SeqCst);
    }
    writer.write_all(says.reply(command, times).as_bytes()).await?;
    Ok(true)
}

/// Hangs up at once, or says nothing until the other end does.
async fn hang(mut reader: BufReader<tokio::net::tcp::OwnedReadHalf>, says: &Says) -> std::io::Result<()> {
    if says.hangs_at.is_some() {
        reader.read_to_end(&mut Vec::new()).await?;
    }
    Ok(())
}
