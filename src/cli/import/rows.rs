//! Rows of the file become accounts to be made, or reasons why not. A reason never repeats what a field says, but the
//! username: an address may stand in the wrong column.

use std::{io::Read, str::from_utf8};

use super::records::{Fields, LONGEST, Record, Records};
use crate::{
    domain::{
        account::Contact,
        address::{Mailbox, PhoneNumber},
        channel::Channel,
        language::Language,
        username::Username,
    },
    service::NewAccount,
};

/// The columns, as the header names them.
const COLUMNS: [&str; 5] = ["username", "phone", "email", "tan_channels", "language"];

/// A row that nothing is done for.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) struct BadRow {
    pub(in crate::cli) line: u64,
    /// The username, where it is one.
    pub(in crate::cli) username: Option<Username>,
    pub(in crate::cli) reason: String,
}

/// A row that can be looked at further.
pub(super) struct GoodRow {
    pub(super) line: u64,
    pub(super) account: NewAccount,
}

/// Why no row can be read, or no further one.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ReadError {
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
    #[error("the header (the first line) must be username,phone,email,tan_channels,language: {0}")]
    Header(String),
}

/// Where each column stands, in the order of [`COLUMNS`].
struct Order([usize; 5]);

/// Reads rows behind a header.
pub(super) struct Rows<R> {
    records: Records<R>,
    order: Order,
}

impl<R: Read> Rows<R> {
    /// Reads the header: exactly the columns there are, in any order.
    pub(super) fn of(input: R) -> Result<Self, ReadError> {
        let mut records = Records::of(input)?;
        let header = records.read()?.ok_or_else(|| ReadError::Header("the file is empty".to_owned()))?;
        let order = Order::read(&header.fields)?;
        Ok(Self { records, order })
    }

    /// The next row; `None` behind the last.
    pub(super) fn read(&mut self) -> Result<Option<Result<GoodRow, BadRow>>, ReadError> {
        let record = self.records.read()?;
        Ok(record.map(|record| self.order.row(&record)))
    }

    /// Bytes of the file that were read so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.records.bytes()
    }
}

impl Order {
    fn read(header: &Fields) -> Result<Self, ReadError> {
        let trouble = |trouble: String| ReadError::Header(trouble);
        let Fields::Whole(fields) = header else { return Err(trouble("it is too long".to_owned())) };
        let mut names = Vec::new();
        for field in fields {
            let name = from_utf8(field).map_err(|_| trouble("it is not UTF-8".to_owned()))?;
            if !COLUMNS.contains(&name) {
                // A file without a header begins with a customer: nothing of that is repeated.
                let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                let shown = if plain { format!(" '{name}'") } else { String::new() };
                return Err(trouble(format!("there is no such column{shown} (field {})", names.len() + 1)));
            }
            if names.contains(&name) {
                return Err(trouble(format!("the column '{name}' stands twice")));
            }
            names.push(name);
        }
        let mut order = [0; 5];
        for (column, place) in COLUMNS.iter().zip(&mut order) {
            let found = names.iter().position(|name| name == column);
            *place = found.ok_or_else(|| trouble(format!("the column '{column}' is missing")))?;
        }
        Ok(Self(order))
    }

    fn row(&self, record: &Record) -> Result<GoodRow, BadRow> {
        let fields: &[Vec<u8>] = if let Fields::Whole(fields) = &record.fields { fields } else { &[] };
        let raw = |column: usize| {
            let place = self.0.get(column).copied().unwrap_or_default();
            fields.get(place).map(Vec::as_slice).unwrap_or_default()
        };
        let account = shape(record).and_then(|()| account(raw));
        account.map(|account| GoodRow { line: record.line, account }).map_err(|reason| BadRow {
            line: record.line,
            username: from_utf8(raw(0)).ok().and_then(|name| Username::parse(name).ok()),
            reason,
        })
    }
}

/// Refuses a record that is no row of a table of these columns.
fn shape(record: &Record) -> Result<(), String> {
    if record.last_line > record.line {
        return Err(format!(
            "it goes on to line {}, and no field has a line break: a quotation mark is not closed",
            record.last_line
        ));
    }
    match &record.fields {
        Fields::TooLong => Err(format!("it is longer than {LONGEST} bytes")),
        Fields::TooMany => Err(format!("it has more fields than the header's {}", COLUMNS.len())),
        Fields::Whole(fields) if fields.len() != COLUMNS.len() => {
            Err(format!("it has {} fields, the header {}", fields.len(), COLUMNS.len()))
        }
        Fields::Whole(_) => Ok(()),
    }
}

fn account<'a>(raw: impl Fn(usize) -> &'a [u8]) -> Result<NewAccount, String> {
    let mut texts = [""; 5];
    for (column, (name, text)) in COLUMNS.iter().zip(&mut texts).enumerate() {
        *text = from_utf8(raw(column)).map_err(|_| format!("{name}: it is not UTF-8"))?;
    }
    let [username, phone, email, channels, language] = texts;
    let named = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    let contact = Contact {
        phone: named(phone).map(PhoneNumber::parse).transpose().map_err(|error| format!("phone: {error}"))?,
        email: named(email).map(Mailbox::parse).transpose().map_err(|error| format!("email: {error}"))?,
    };
    let language = named(language).map(|tag| Language::parse(tag).ok_or("language: it is no tag, like en or de-ch"));
    Ok(NewAccount {
        username: Username::parse(username).map_err(|error| format!("username: {error}"))?,
        contact,
        channels: read_channels(channels)?,
        language: language.transpose()?,
    })
}

/// Names of channels, separated by blanks.
fn read_channels(text: &str) -> Result<Vec<Channel>, String> {
    let mut channels = Vec::new();
    for name in text.split(' ').filter(|name| !name.is_empty()) {
        let channel = Channel::named(name).ok_or("tan_channels: names of channels, separated by blanks: sms email")?;
        if channels.contains(&channel) {
            return Err(format!("tan_channels: {channel} stands twice"));
        }
        channels.push(channel);
    }
    Ok(channels)
}

#[cfg(test)]
mod tests;
