//! Secrets, and every form in which one could lie about.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;

/// What must not be found, by what it is.
#[derive(Default)]
pub struct Secrets(BTreeMap<String, BTreeSet<Vec<u8>>>);

impl Secrets {
    /// A TAN, an address, a token, a key: `text` with all that means the same.
    pub fn add(&mut self, name: &str, text: &str) {
        let mut forms = forms_of(text.as_bytes());
        let bare = text.trim_start_matches("tan_").trim_start_matches("secret-token:").trim_start_matches('+');
        if bare != text {
            forms.extend(forms_of(bare.as_bytes()));
        }
        for encoding in [BASE64URL_NOPAD, BASE64_NOPAD] {
            let decoded = encoding.decode(bare.trim_end_matches('=').as_bytes()).unwrap_or_default();
            forms.extend(Some(decoded).filter(|bytes| bytes.len() == 32).iter().flat_map(|bytes| forms_of(bytes)));
        }
        // What has little entropy is as good as told by a hash without a key; of a token the hash is what is kept.
        if !text.starts_with("tan_") && !text.starts_with("secret-token:") {
            for hashed in [text, bare] {
                forms.extend(forms_of(&Sha256::digest(hashed.as_bytes())));
            }
        }
        forms.extend([text.replace('@', "%40").into_bytes(), text.replace('+', "%2B").into_bytes()]);
        self.0.entry(format!("{name} ({} characters)", text.len())).or_default().extend(forms);
    }

    /// What is no text: `bytes` in every form.
    pub fn add_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.0.entry(name.to_owned()).or_default().extend(forms_of(bytes));
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// What was found, and the line it stands in.
    pub fn found_in(&self, text: &[u8]) -> Vec<String> {
        let text = characters(text);
        let found = self.0.iter().flat_map(|(name, forms)| forms.iter().map(move |form| (name, characters(form))));
        let line = |form: &str| text.lines().find(|line| line.contains(form)).unwrap_or(&text);
        found.filter(|(_, form)| text.contains(form)).map(|(name, form)| format!("{name}: {}", line(&form))).collect()
    }
}

/// One character a byte, so that any bytes can be searched as a text.
fn characters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// As it is, in hex, and what of its base64 and base32 does not depend on its neighbours, wherever it stands in them.
fn forms_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![bytes.to_vec(), HEXLOWER.encode(bytes).into_bytes(), HEXUPPER.encode(bytes).into_bytes()];
    for (encoding, group) in [(BASE64_NOPAD, 3), (BASE64URL_NOPAD, 3), (BASE32_NOPAD, 5)] {
        for skipped in 0..group {
            let whole = bytes.get(skipped..).unwrap_or_default();
            let text = encoding.encode(&whole[..whole.len() / group * group]);
            // What is shorter could stand anywhere by chance.
            if text.len() >= 8 {
                forms.extend([text.to_lowercase().into_bytes(), text.into_bytes()]);
            }
        }
    }
    forms
}

/// Every column of every row of every table as text; bytes in three ways.
pub async fn everything_in(owner: &Client) -> String {
    let columns = "select a.attrelid::regclass::text, quote_ident(a.attname), a.atttypid = 'bytea'::regtype \
                   from pg_attribute a join pg_class c on c.oid = a.attrelid \
                   where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped";
    let mut everything = String::new();
    for column in owner.query(columns, &[]).await.unwrap() {
        let (table, name, bytes): (String, String, bool) = (column.get(0), column.get(1), column.get(2));
        let written = |way: &str| format!("translate(encode({name}, '{way}'), E'\\n', '')");
        let texts = if bytes {
            vec![written("hex"), written("escape"), written("base64")]
        } else {
            vec![format!("{name}::text")]
        };
        for text in texts {
            for row in owner.query(&format!("select {text} from {table} where {name} is not null"), &[]).await.unwrap()
            {
                everything.push_str(row.get(0));
                everything.push('\n');
            }
        }
    }
    everything
}
