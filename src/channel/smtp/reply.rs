//! What a mail server says: a reply, of bounded length, in its parts.

use std::io;

use lettre::transport::smtp::{extension::ServerInfo, response::Response};
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use super::trouble::Cause;

/// The longest reply that is listened to, in bytes. RFC 5321 section 4.5.3.1.5 has 512 for a line; some greet with a page.
const LONGEST: usize = 16 * 1024;

/// A whole reply (RFC 5321 section 4.2).
#[derive(Debug)]
pub(super) struct Reply(Response);

impl Reply {
    /// Reads one, and nothing behind it.
    pub(super) async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Self, Cause> {
        let mut text = Vec::new();
        loop {
            let start = text.len();
            read_line(from, &mut text).await?;
            let line = text.get(start..).unwrap_or_default();
            if line.get(3) != Some(&b'-') {
                return Self::parse(&text);
            }
        }
    }

    fn parse(text: &[u8]) -> Result<Self, Cause> {
        let text = String::from_utf8_lossy(text);
        // A code alone is a reply, too; a line may end as it likes.
        let lines: String =
            text.lines().map(|line| line.to_owned() + if line.len() == 3 { " \r\n" } else { "\r\n" }).collect();
        lines.parse().map(Self).map_err(|_| Cause::NotSmtp)
    }

    /// Its code.
    pub(super) fn code(&self) -> u16 {
        self.0.code().into()
    }

    /// What it says of the reason (RFC 3463): subject and detail, where it is of the same class as the code.
    pub(super) fn enhanced(&self) -> Option<(u16, u16)> {
        let mut parts = self.0.first_word()?.splitn(3, '.');
        let mut next = || parts.next()?.parse::<u16>().ok();
        let (class, subject, detail) = (next()?, next()?, next()?);
        (class == self.code() / 100).then_some((subject, detail))
    }

    /// Whether `word` stands in it, in either case.
    pub(super) fn mentions(&self, word: &str) -> bool {
        self.0.message().any(|line| line.to_ascii_lowercase().contains(word))
    }

    /// What an answer to `EHLO` offers; keywords are the same in either case (RFC 5321 section 4.1.1.1).
    pub(super) fn offers(&self) -> Result<ServerInfo, Cause> {
        let lines = self.0.message().map(str::to_ascii_uppercase).collect();
        ServerInfo::from_response(&Response::new(self.0.code(), lines)).map_err(|_| Cause::NotSmtp)
    }

    /// Code and text on one line. It may repeat what it was told.
    pub(super) fn text(&self) -> String {
        let lines: Vec<_> = self.0.message().collect();
        format!("{} {}", self.code(), lines.join(" "))
    }
}

/// Adds the next line to `text`, its end included.
async fn read_line(from: &mut (impl AsyncBufRead + Unpin), text: &mut Vec<u8>) -> Result<(), Cause> {
    loop {
        let heard = from.fill_buf().await?;
        if heard.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let end = heard.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(heard.len(), |end| end + 1);
        text.extend(heard.iter().take(taken));
        from.consume(taken);
        if text.len() > LONGEST {
            return Err(Cause::TooMuch);
        }
        if end.is_some() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use lettre::transport::smtp::{authentication::Mechanism, extension::Extension};

    use super::*;

    async fn read(text: &str) -> Result<Reply, Cause> {
        Reply::read(&mut text.as_bytes()).await
    }

    #[tokio::test]
    async fn a_reply_is_read_to_its_last_line_and_no_further() {
        let mut said: &[u8] = b"250-mail.example\r\n250-starttls\r\n250 Auth LOGIN PLAIN\r\n250 more\r\n";
        let offers = Reply::read(&mut said).await.unwrap().offers().unwrap();
        assert!(offers.supports_feature(Extension::StartTls));
        assert!(offers.supports_auth_mechanism(Mechanism::Plain) && offers.supports_auth_mechanism(Mechanism::Login));
        assert_eq!(said, b"250 more\r\n");
    }

    #[tokio::test]
    async fn the_reason_is_read_where_it_belongs_to_the_code() {
        for (text, code, enhanced) in [
            ("550 5.1.1 No such user\r\n", 550, Some((1, 1))),
            ("550-5.7.25 [203.0.113.1]\r\n550 5.7.25 no PTR\r\n", 550, Some((7, 25))),
            ("550 4.1.1 contradicts itself\r\n", 550, None),
            ("550 No such user\r\n", 550, None),
            ("250\r\n", 250, None),
            ("250 \n", 250, None),
        ] {
            let reply = read(text).await.unwrap();
            assert_eq!((reply.code(), reply.enhanced()), (code, enhanced), "{text:?}");
        }
        assert_eq!(read("550-5.7.1 one\r\n550 two\r\n").await.unwrap().text(), "550 5.7.1 one two");
    }

    #[tokio::test]
    async fn what_is_no_reply_is_none() {
        for text in ["HTTP/1.1 400 Bad Request\r\n", "\r\n", "999 what\r\n", "25\r\n", "250-a\r\n550 b\r\n"] {
            assert!(matches!(read(text).await, Err(Cause::NotSmtp)), "{text:?}");
        }
        assert!(matches!(read("250-never\r\n250-ends").await, Err(Cause::Broken(_))));
        let flood = "250-".to_owned() + &"x".repeat(2 * LONGEST);
        assert!(matches!(read(&flood).await, Err(Cause::TooMuch)), "a line without an end");
        assert!(matches!(read(&"250-x\r\n".repeat(LONGEST)).await, Err(Cause::TooMuch)), "lines without an end");
    }
}
