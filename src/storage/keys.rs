//! The key ring as the database knows it.

use tokio_postgres::{Client, Row};

use super::{
    columns::{bytes32, natural},
    error::StoreError,
    sql,
};
use crate::domain::keys::{KeyId, KeyRing};

/// A key that the database knows.
pub struct KnownKey {
    /// Its id.
    pub id: KeyId,
    /// Its fingerprint.
    pub fingerprint: [u8; 32],
    /// Whether what is new is made with it.
    pub active: bool,
}

/// The keys in these rows of `key.list`.
pub(super) fn read(rows: &[Row]) -> Result<Vec<KnownKey>, StoreError> {
    let read = |row: &Row| {
        Ok(KnownKey {
            id: KeyId(natural(row.try_get("key_id")?)?),
            fingerprint: bytes32(row.try_get("fingerprint")?)?,
            active: row.try_get("active")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Makes a ring's keys known to a database that knows none yet.
pub(super) async fn register_keys(client: &Client, ring: &KeyRing) -> Result<(), StoreError> {
    for (id, fingerprint) in ring.fingerprints() {
        let active = id == ring.active();
        let number = i16::try_from(id.0).map_err(|_| StoreError::Corrupt("a key's id is too large"))?;
        client.execute(sql::KEY_REGISTER, &[&number, &fingerprint.as_slice(), &active]).await?;
    }
    Ok(())
}
