//! A mailbox with the name that mail programs show for it.

use crate::{
    domain::address::Mailbox,
    settings::{
        raw::Raw,
        value::{Value, plain_text, quoted},
    },
};

/// The longest name, in bytes: it stands in one line of a head.
const LONGEST_NAME: usize = 128;

/// A mailbox in ASCII, which every mail server takes (a domain beyond it as DNS has it), with or without a name before it: `Example Bank <tan@bank.example>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedMailbox {
    /// What mail programs show for it.
    pub name: Option<String>,
    /// The mailbox.
    pub mailbox: Mailbox,
}

impl NamedMailbox {
    fn parse(text: &str) -> Option<Self> {
        let (name, mailbox) = match text.trim().strip_suffix('>') {
            Some(text) => text.rsplit_once('<')?,
            None => ("", text),
        };
        let name = name.trim();
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
        let mailbox = Mailbox::parse(mailbox.trim()).ok().filter(|mailbox| mailbox.reveal().is_ascii())?;
        let is_name = name.len() <= LONGEST_NAME && !name.contains(['"', '\\', '<', '>']);
        is_name.then(|| Self { name: Some(name.to_owned()).filter(|name| !name.is_empty()), mailbox })
    }
}

impl Value for NamedMailbox {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"one like "Example Bank <tan@bank.example>", the address in ASCII"#;
        let text = plain_text(raw, right)?;
        Self::parse(&text).ok_or_else(|| format!("is no mailbox; write {right}"))
    }

    fn show(&self) -> String {
        let mailbox = self.mailbox.reveal();
        quoted(&self.name.as_ref().map_or_else(|| mailbox.to_owned(), |name| format!("{name} <{mailbox}>")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_has_a_name_or_none() {
        for (text, name, mailbox) in [
            ("tan@bank.example", None, "tan@bank.example"),
            ("<tan@bank.example>", None, "tan@bank.example"),
            ("Example Bank <tan@bank.example>", Some("Example Bank"), "tan@bank.example"),
            ("\"Bank, Example\" <tan@Bank.Example>", Some("Bank, Example"), "tan@bank.example"),
            ("Zürcher Bank <tan@bank.example>", Some("Zürcher Bank"), "tan@bank.example"),
            ("Bank <tan@bänk.example>", Some("Bank"), "tan@xn--bnk-qla.example"),
        ] {
            let read = NamedMailbox::parse(text).unwrap();
            assert_eq!((read.name.as_deref(), read.mailbox.reveal()), (name, mailbox), "{text:?}");
        }
        for text in ["", "Bank", "Bank <>", "Bank <a@b.example", "<x> Bank <a@b.example>", "a@b.example, c@d.example"] {
            assert_eq!(NamedMailbox::parse(text), None, "{text:?}");
        }
        assert_eq!(NamedMailbox::parse("Bank <tän@bank.example>"), None, "not every server takes it");
    }
}
