//! The transport that is a mail server, made of its settings.

use std::sync::Arc;

use rustls::ClientConfig;

use super::roots::roots;
use crate::{
    app::{StartError, secret},
    channel::{Author, MailEncryption, MailLogin, MailPool, MailServer, NotAnAuthor, Sender, SmtpSender},
    settings::{self, Encryption, NamedMailbox, Smtp, Transport},
    tls,
};

/// `path` is the transport's section.
pub(super) fn sender(settings: &Smtp, transport: &Transport, path: &str) -> Result<Arc<dyn Sender>, StartError> {
    let wrong = |trouble: String| StartError::Transport { name: transport.name.clone(), trouble };
    let server = MailServer {
        host: settings.host.clone(),
        port: settings.port,
        encryption: encryption(settings).map_err(wrong)?,
        login: settings.login.as_ref().map(|login| self::login(login, path)).transpose()?,
        hello: settings.hello.clone(),
    };
    let author =
        author(settings).map_err(|error| wrong(format!("cannot be used: {error}; check from and reply_to")))?;
    let pool = MailPool { connections: settings.connections, idle: settings.idle };
    Ok(Arc::new(SmtpSender::new(server, author, pool, transport.timeout)))
}

fn encryption(settings: &Smtp) -> Result<MailEncryption, String> {
    Ok(match settings.encryption {
        Encryption::StartTls => MailEncryption::StartTls(tls(settings)?),
        Encryption::Tls => MailEncryption::Tls(tls(settings)?),
        Encryption::None => MailEncryption::None,
    })
}

fn tls(settings: &Smtp) -> Result<Arc<ClientConfig>, String> {
    tls::client(roots(settings.ca_file.as_deref())?).map(Arc::new).map_err(|error| format!("cannot do TLS: {error}"))
}

fn login(login: &settings::MailLogin, path: &str) -> Result<MailLogin, StartError> {
    let password = secret::found(&login.password, &format!("{path}.password_file"))?;
    Ok(MailLogin { username: login.username.clone(), password })
}

fn author(settings: &Smtp) -> Result<Author, NotAnAuthor> {
    let NamedMailbox { name, mailbox } = &settings.from;
    let author = Author::new(name.as_deref(), mailbox)?;
    match &settings.reply_to {
        Some(NamedMailbox { name, mailbox }) => author.with_replies_to(name.as_deref(), mailbox),
        None => Ok(author),
    }
}
