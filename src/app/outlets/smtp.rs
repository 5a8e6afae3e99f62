//! The transport that is a mail server, made of its settings.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::{
    app::{StartError, secret},
    channel::{Author, MailEncryption, MailLogin, MailPool, MailServer, NotAnAuthor, Sender, SmtpSender},
    settings::{self, Encryption, NamedMailbox, Smtp, Transport},
    tls,
};

pub(super) fn sender(settings: &Smtp, transport: &Transport) -> Result<Arc<dyn Sender>, StartError> {
    let wrong = |trouble: String| StartError::Transport { name: transport.name.clone(), trouble };
    let server = MailServer {
        host: settings.host.clone(),
        port: settings.port,
        encryption: encryption(settings).map_err(wrong)?,
        login: settings.login.as_ref().map(|login| self::login(login, &transport.name)).transpose()?,
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
    let roots = match &settings.ca_file {
        Some(file) => roots_in(file)?,
        None => tls::machine_roots(),
    };
    if roots.is_empty() {
        return Err(
            "has no root certificates to know its server by: install ca-certificates, or set ca_file".to_owned()
        );
    }
    tls::client(roots).map(Arc::new).map_err(|error| format!("cannot do TLS: {error}"))
}

fn roots_in(file: &Path) -> Result<RootCertStore, String> {
    let wrong = |error: String| format!("has a ca_file that cannot be used, {}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() { Err(wrong("no certificate is in it".to_owned())) } else { Ok(roots) }
}

fn login(login: &settings::MailLogin, name: &str) -> Result<MailLogin, StartError> {
    let key = format!("channel.email.transport.{name}.password_file");
    Ok(MailLogin { username: login.username.clone(), password: secret::found(&login.password, &key)? })
}

fn author(settings: &Smtp) -> Result<Author, NotAnAuthor> {
    let NamedMailbox { name, mailbox } = &settings.from;
    let author = Author::new(name.as_deref(), mailbox)?;
    match &settings.reply_to {
        Some(NamedMailbox { name, mailbox }) => author.with_replies_to(name.as_deref(), mailbox),
        None => Ok(author),
    }
}
