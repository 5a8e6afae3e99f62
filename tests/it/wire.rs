//! HTTP/1.1 as bytes over TCP, for what no well-behaved client or server does: exact requests out, exact replies in.

use std::{net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longer than anything takes on a busy machine, unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// After which one that says nothing is told that nothing more comes to it.
const LULL: Duration = Duration::from_secs(2);
/// How much is read at once.
const SIP: usize = 64 * 1024;

/// One end of a connection, with what was read ahead.
pub struct Wire {
    stream: TcpStream,
    ahead: Vec<u8>,
}

/// What came back, byte for byte.
#[derive(Clone, Debug)]
pub struct RawReply {
    pub status: u16,
    pub head: Head,
    pub body: Vec<u8>,
    /// Whether the body came to its announced end.
    pub whole: bool,
}

/// The bytes of a start line and header fields, the empty line included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head(pub Vec<u8>);

impl Head {
    /// The text, with what is no UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// The line that all begins with.
    pub fn start_line(&self) -> String {
        self.text().lines().next().unwrap_or_default().to_owned()
    }

    /// The header fields in their order: names in lower case, values trimmed.
    pub fn fields(&self) -> Vec<(String, String)> {
        let text = self.text();
        let split =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        text.split("\r\n").skip(1).filter_map(split).collect()
    }

    /// Every value of a header field, in order.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.fields().into_iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect()
    }

    /// The value of a header field that stands at most once.
    pub fn one(&self, name: &str) -> Option<String> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} stands {} times in {}", all.len(), self.text());
        all.into_iter().next()
    }

    fn is_chunked(&self) -> bool {
        self.all("transfer-encoding").last().is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    }

    fn length(&self) -> Option<usize> {
        self.all("content-length").first().and_then(|length| length.parse().ok())
    }
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Empty,
    Length(usize),
    Chunked,
    UntilClose,
}

impl Framing {
    /// Of a request.
    pub fn of_request(head: &Head) -> Self {
        if head.is_chunked() { Self::Chunked } else { head.length().map_or(Self::Empty, Self::Length) }
    }

    /// Of the reply to a request with this method.
    pub fn of_reply(head: &Head, status: u16, method: &str) -> Self {
        match head.length() {
            _ if method == "HEAD" || status < 200 || status == 204 || status == 304 => Self::Empty,
            _ if head.is_chunked() => Self::Chunked,
            length => length.map_or(Self::UntilClose, Self::Length),
        }
    }
}

impl RawReply {
    /// The body as text, with what is no UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status and code, as the contract names an error.
    pub fn error(&self) -> (u16, u64) {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        (self.status, body["code"].as_u64().unwrap_or_default())
    }
}

impl Wire {
    pub fn over(stream: TcpStream) -> Self {
        Self { stream, ahead: Vec::new() }
    }

    pub async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    /// Writes; `false` when the other end is gone.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Says that nothing more will be written.
    pub async fn finish(&mut self) {
        // The other end may be gone already: then it knows.
        let _ = self.stream.shutdown().await;
    }

    /// Reads further; `false` at the end. Given up half-way, it has read nothing.
    async fn read_on(&mut self) -> bool {
        self.ahead.reserve(SIP);
        self.stream.read_buf(&mut self.ahead).await.is_ok_and(|count| count > 0)
    }

    /// Everything up to `end`, which is included; `None` when the connection ends first.
    pub async fn through(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.ahead.windows(end.len()).position(|window| window == end) {
                return Some(self.ahead.drain(..at + end.len()).collect());
            }
            if !self.read_on().await {
                return None;
            }
        }
    }

    /// What comes next, at most so many bytes and at least one; `None` at the end.
    pub async fn some(&mut self, most: usize) -> Option<Vec<u8>> {
        if self.ahead.is_empty() && !self.read_on().await {
            return None;
        }
        let count = most.min(self.ahead.len());
        Some(self.ahead.drain(..count).collect())
    }

    /// Exactly so many bytes; `None` when the connection ends first.
    pub async fn exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(count);
        while bytes.len() < count {
            bytes.extend(self.some(count - bytes.len()).await?);
        }
        Some(bytes)
    }

    /// A start line with its header fields.
    pub async fn head(&mut self) -> Option<Head> {
        self.through(b"\r\n\r\n").await.map(Head)
    }

    /// What was read ahead and belongs to nothing.
    pub fn leftover(&self) -> &[u8] {
        &self.ahead
    }

    /// Hands a body over piece by piece; whether it came to its announced end.
    pub async fn body(&mut self, framing: Framing, mut piece: impl FnMut(&[u8])) -> bool {
        match framing {
            Framing::Empty => true,
            Framing::Length(length) => self.counted(length, &mut piece).await,
            Framing::Chunked => self.chunks(&mut piece).await.is_some(),
            Framing::UntilClose => {
                while let Some(bytes) = self.some(SIP).await {
                    piece(&bytes);
                }
                true
            }
        }
    }

    async fn counted(&mut self, mut left: usize, piece: &mut impl FnMut(&[u8])) -> bool {
        while left > 0 {
            let Some(bytes) = self.some(left).await else { return false };
            left -= bytes.len();
            piece(&bytes);
        }
        true
    }

    /// Chunks and trailers; `None` when they are broken.
    async fn chunks(&mut self, piece: &mut impl FnMut(&[u8])) -> Option<()> {
        loop {
            let line = String::from_utf8(self.through(b"\r\n").await?).ok()?;
            let size = usize::from_str_radix(line.trim_end().split(';').next()?.trim(), 16).ok()?;
            if size == 0 {
                break;
            }
            if !self.counted(size, piece).await || self.exactly(2).await? != b"\r\n" {
                return None;
            }
        }
        while self.through(b"\r\n").await? != b"\r\n" {}
        Some(())
    }

    /// The next reply, interim ones (100, 103) too; `None` when the connection ends without one.
    pub async fn reply_to(&mut self, method: &str) -> Option<RawReply> {
        timeout(PATIENCE, self.read_reply(method)).await.expect("no reply came, and the connection stayed")
    }

    async fn read_reply(&mut self, method: &str) -> Option<RawReply> {
        let (status, head) = self.reply_head().await?;
        let mut body = Vec::new();
        let whole = self.body(Framing::of_reply(&head, status, method), |piece| body.extend_from_slice(piece)).await;
        Some(RawReply { status, head, body, whole })
    }

    /// The head of the next reply alone; its body is still to be read.
    pub async fn reply_head(&mut self) -> Option<(u16, Head)> {
        let head = timeout(PATIENCE, self.head()).await.expect("no head came, and the connection stayed")?;
        let status = head.start_line().split(' ').nth(1).and_then(|status| status.parse().ok());
        Some((status.unwrap_or_else(|| panic!("no status in {:?}", head.start_line())), head))
    }

    /// All that comes until the other end closes. One that waits for more is told, after a while, that nothing comes.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let collected = timeout(PATIENCE, async {
            while let Ok(Some(bytes)) = timeout(LULL, self.some(SIP)).await {
                all.extend(bytes);
            }
            self.finish().await;
            while let Some(bytes) = self.some(SIP).await {
                all.extend(bytes);
            }
        });
        collected.await.expect("the connection stayed open");
        all
    }
}

/// Sends bytes on a connection of their own, and returns all that comes back until it ends.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut wire = Wire::connect(address).await;
    wire.send(bytes).await;
    String::from_utf8_lossy(&wire.rest().await).into_owned()
}
