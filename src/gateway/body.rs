//! Bodies on their way through, piece by piece. A piece waits until the other side has taken the one before it; a body
//! that breaks off on one side breaks off on the other, and never looks complete.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    body::{BodySize, MessageBody},
    dev::Payload,
    web::Bytes,
};
use futures_util::StreamExt;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::{sync::mpsc, time::timeout};

use super::progress::Progress;

/// Pieces that wait between client and bank core: while one is written, the next is read.
const WAITING: usize = 1;
/// How long a client may pause within a body.
const PAUSE: Duration = Duration::from_mins(1);

/// A request's body broke off before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client's body broke off")]
pub struct BrokenOff;

/// The body of a request to the bank core.
#[derive(Debug)]
pub enum Outgoing {
    /// There is none.
    Empty,
    /// All of it; `None` once it was taken.
    Whole(Option<Bytes>),
    /// As it comes from the client.
    Pieces {
        /// What has come.
        pieces: mpsc::Receiver<Piece>,
        /// How many bytes are still to come, if that was announced.
        left: Option<u64>,
        /// Whether the end was seen.
        ended: bool,
    },
}

/// What comes from a client. A channel that closes without an `End` has broken off.
#[derive(Debug)]
pub enum Piece {
    /// Bytes of the body.
    Data(Bytes),
    /// The body is complete.
    End,
}

impl Outgoing {
    /// A body of these bytes.
    #[must_use]
    pub fn whole(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Whole(Some(bytes)) }
    }

    /// The body that `payload` brings, `length` bytes if that was announced. To be called on the thread that serves the
    /// client; `progress` tells how far it is.
    pub fn streamed(payload: Payload, length: Option<u64>, progress: Progress) -> Self {
        let (sender, pieces) = mpsc::channel(WAITING);
        actix_web::rt::spawn(carry(payload, sender, progress));
        Self::Pieces { pieces, left: length, ended: false }
    }
}

/// Carries pieces until the body or its taker ends.
async fn carry(mut payload: Payload, pieces: mpsc::Sender<Piece>, progress: Progress) {
    loop {
        progress.waits_for_client();
        let piece = tokio::select! {
            piece = timeout(PAUSE, payload.next()) => piece,
            () = pieces.closed() => return,
        };
        let piece = match piece {
            Ok(Some(Ok(bytes))) => Piece::Data(bytes),
            Ok(None) => Piece::End,
            Ok(Some(Err(_))) | Err(_) => return progress.broke_off(),
        };
        let is_end = matches!(piece, Piece::End);
        progress.waits_for_core();
        if pieces.send(piece).await.is_err() || is_end {
            return;
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match self.get_mut() {
            Self::Empty | Self::Pieces { ended: true, .. } => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Pieces { pieces, left, ended } => Poll::Ready(match ready!(pieces.poll_recv(context)) {
                Some(Piece::Data(bytes)) => {
                    let taken = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    *left = left.map(|left| left.saturating_sub(taken));
                    Some(Ok(Frame::data(bytes)))
                }
                Some(Piece::End) => {
                    *ended = true;
                    None
                }
                None => Some(Err(BrokenOff)),
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(bytes) => bytes.is_none(),
            Self::Pieces { ended, .. } => *ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |b| u64::try_from(b.len()).unwrap_or(u64::MAX)))
            }
            Self::Pieces { left, .. } => left.map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}

/// The body of the bank core's reply. Trailers end here: the server cannot write them.
pub struct Reply {
    body: Incoming,
    size: BodySize,
    /// What broke the body off, while what came before it is still to be written.
    broken: Option<hyper::Error>,
}

impl Reply {
    /// `size` is what the client is told.
    #[must_use]
    pub const fn new(body: Incoming, size: BodySize) -> Self {
        Self { body, size, broken: None }
    }
}

impl MessageBody for Reply {
    type Error = hyper::Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Some(Err(error)) => {
                    // The server writes what it has when there is nothing more to take, and drops it with an error: the
                    // client is to see the status line, which may tell of something that was done.
                    self.broken = Some(error);
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                None => return Poll::Ready(None),
            }
        }
    }
}

#[cfg(test)]
mod tests;
