//! A dialogue with a mail server (RFC 5321), step by step.
//!
//! lettre's own connection is not used: in its pool one that was given up between a command and its reply is taken back, so
//! that the next mail hears the replies to the last; a line without an end fills the memory; and what somebody put behind
//! the reply to `STARTTLS` is heard as if it had been said under TLS. lettre has the words, and this file when they are said.

use std::fmt::Display;

use data_encoding::BASE64;
use futures_util::FutureExt;
use lettre::transport::smtp::{
    authentication::Mechanism,
    commands::{Data, Mail as MailFrom, Quit, Rcpt, Starttls},
    extension::{Extension, MailBodyParameter, MailParameter, ServerInfo},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    time::Instant,
};
use zeroize::Zeroizing;

use super::{
    message::Mail,
    reply::Reply,
    server::{MailEncryption, MailLogin, MailServer, Wire, within},
    trouble::{Cause, Stage, Trouble},
};

/// A connection on which the server is ready for a mail. Dropping it ends it.
pub(super) struct Connection {
    wire: BufReader<Box<dyn Wire>>,
    offers: ServerInfo,
}

impl Connection {
    /// Connects, encrypts and logs in, as `server` says.
    pub(super) async fn open(server: &MailServer, deadline: Instant) -> Result<Self, Trouble> {
        let (stream, name) = server.connect(deadline).await?;
        let mut connection = match &server.encryption {
            MailEncryption::Tls(tls) => Self::over(server.encrypt(tls, stream, deadline).await?),
            MailEncryption::StartTls(_) | MailEncryption::None => Self::over(Box::new(stream)),
        };
        connection.hear(Stage::Greeting, 220, deadline).await?;
        connection.hello(&name, deadline).await?;
        if let MailEncryption::StartTls(tls) = &server.encryption {
            connection.start_tls(deadline).await?;
            connection = Self::over(server.encrypt(tls, connection.wire.into_inner(), deadline).await?);
            // What was offered in clear may have been anyone's words.
            connection.hello(&name, deadline).await?;
        }
        if let Some(login) = &server.login {
            connection.log_in(login, deadline).await?;
        }
        Ok(connection)
    }

    fn over(wire: Box<dyn Wire>) -> Self {
        Self { wire: BufReader::new(wire), offers: ServerInfo::default() }
    }

    async fn hello(&mut self, name: &str, deadline: Instant) -> Result<(), Trouble> {
        let reply = self.ask(Stage::Hello, format!("EHLO {name}\r\n"), 250, deadline).await?;
        self.offers = reply.offers().map_err(|cause| Trouble::new(Stage::Hello, cause))?;
        Ok(())
    }

    async fn start_tls(&mut self, deadline: Instant) -> Result<(), Trouble> {
        if !self.offers.supports_feature(Extension::StartTls) {
            let cause = Cause::Lacks("it offers none, and nothing is sent in clear: check host, port and encryption");
            return Err(Trouble::new(Stage::StartTls, cause));
        }
        self.ask(Stage::StartTls, Starttls, 220, deadline).await?;
        // It would be heard as if it had been said under TLS.
        let unasked = !self.wire.buffer().is_empty();
        if unasked { Err(Trouble::new(Stage::StartTls, Cause::OutOfTurn)) } else { Ok(()) }
    }

    async fn log_in(&mut self, login: &MailLogin, deadline: Instant) -> Result<(), Trouble> {
        let MailLogin { username, password } = login;
        let encoded = |text: &str| Zeroizing::new(BASE64.encode(text.as_bytes()) + "\r\n");
        match self.offers.get_auth_mechanism(&[Mechanism::Plain, Mechanism::Login]) {
            Some(Mechanism::Plain) => {
                let both = Zeroizing::new(format!("\0{username}\0{}", password.as_str()));
                let line = Zeroizing::new(format!("AUTH PLAIN {}", encoded(&both).as_str()));
                self.ask(Stage::LogIn, line.as_str(), 235, deadline).await?;
            }
            Some(_) => {
                self.ask(Stage::LogIn, "AUTH LOGIN\r\n", 334, deadline).await?;
                self.ask(Stage::LogIn, encoded(username).as_str(), 334, deadline).await?;
                self.ask(Stage::LogIn, encoded(password).as_str(), 235, deadline).await?;
            }
            None => {
                let cause = Cause::Lacks("it offers neither PLAIN nor LOGIN: check username, port and encryption");
                return Err(Trouble::new(Stage::LogIn, cause));
            }
        }
        Ok(())
    }

    /// Says whom `mail` is from; nothing of it is said yet.
    pub(super) async fn begin(&mut self, mail: &Mail, deadline: Instant) -> Result<(), Trouble> {
        let mut parameters = Vec::new();
        if !mail.is_ascii() {
            if !self.offers.supports_feature(Extension::SmtpUtfEight) {
                return Err(Trouble::new(Stage::From, Cause::AsciiAlone));
            }
            parameters = vec![MailParameter::Body(MailBodyParameter::EightBitMime), MailParameter::SmtpUtfEight];
        }
        self.ask(Stage::From, MailFrom::new(Some(mail.from.clone()), parameters), 250, deadline).await?;
        Ok(())
    }

    /// Hands over the mail that was begun. The server has taken charge of it then.
    pub(super) async fn finish(&mut self, mail: &Mail, deadline: Instant) -> Result<(), Trouble> {
        let recipient = Rcpt::new(mail.to.clone(), Vec::new());
        // 251: it is forwarded; the server takes charge of it all the same (RFC 5321 section 3.4).
        match self.ask(Stage::To, recipient, 250, deadline).await {
            Err(Trouble { cause: Cause::Said(reply), .. }) if reply.code() == 251 => {}
            replied => _ = replied?,
        }
        self.ask(Stage::Data, Data, 354, deadline).await?;
        self.ask_with(Stage::Mail, mail.text(), 250, deadline).await?;
        Ok(())
    }

    /// Says `command` and waits for the reply with this code.
    async fn ask(
        &mut self,
        stage: Stage,
        command: impl Display,
        code: u16,
        deadline: Instant,
    ) -> Result<Reply, Trouble> {
        let command = Zeroizing::new(command.to_string());
        self.ask_with(stage, command.as_bytes(), code, deadline).await
    }

    async fn ask_with(&mut self, stage: Stage, text: &[u8], code: u16, deadline: Instant) -> Result<Reply, Trouble> {
        if !self.is_quiet() {
            return Err(Trouble::new(stage, Cause::OutOfTurn));
        }
        let said = async {
            self.wire.write_all(text).await?;
            Ok(self.wire.flush().await?)
        };
        within(deadline, stage, said).await?;
        self.hear(stage, code, deadline).await
    }

    async fn hear(&mut self, stage: Stage, code: u16, deadline: Instant) -> Result<Reply, Trouble> {
        let reply = within(deadline, stage, Reply::read(&mut self.wire)).await?;
        if reply.code() == code { Ok(reply) } else { Err(Trouble::new(stage, Cause::Said(reply))) }
    }

    /// Whether the server has said nothing that it was not asked for, and has not hung up, as far as is known here.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.wire.fill_buf().now_or_never().is_none()
    }

    /// Says good-bye and ends it, without waiting for an answer.
    pub(super) fn leave(mut self) {
        let quit = Quit.to_string();
        let said = async {
            self.wire.write_all(quit.as_bytes()).await?;
            self.wire.flush().await
        };
        // It is a courtesy: whether it arrives changes nothing.
        drop(said.now_or_never());
    }
}
