//! Access tokens: found by the hash of their secret, listed without it, and when they were last used.

use std::collections::BTreeMap;

use tokio_postgres::Row;
use uuid::Uuid;

use super::{columns::moment, datastore::Datastore, error::StoreError, moment::Moment, sql};
use crate::domain::{
    caller::{AccessToken, ListedToken, Mfa, Provenance, Scope},
    id::AccessTokenId,
    secret::SecretHash,
    time::Timestamp,
    username::Username,
};

impl Datastore {
    /// The access token of that secret, with the moment it was read. One that ran out is not found, nor more of it read
    /// than that: it takes as long as one that never was.
    pub async fn find_access_token(&self, hash: &SecretHash) -> Result<Option<(AccessToken, Timestamp)>, StoreError> {
        let rows = self.query(sql::ACCESS_TOKEN_FIND, &[&hash.as_bytes().as_slice()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let read_at = self.shift(row.try_get::<_, Moment>("read_at")?.0);
        if row.try_get::<_, Moment>("expires_at")?.0 <= read_at {
            return Ok(None);
        }
        Ok(Some((read_token(row)?, read_at)))
    }

    /// Whether there is an access token of that id: it was not ended.
    pub async fn has_access_token(&self, id: AccessTokenId) -> Result<bool, StoreError> {
        Ok(!self.query(sql::ACCESS_TOKEN_EXISTS, &[&id.as_uuid()]).await?.is_empty())
    }

    /// The account's access tokens that have not expired, oldest first; `None` when there is no such account.
    pub async fn list_access_tokens(&self, username: &Username) -> Result<Option<Vec<ListedToken>>, StoreError> {
        let rows = self.query(sql::ACCESS_TOKEN_LIST, &[&username.as_str()]).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let now = self.shift(first.try_get::<_, Moment>("read_at")?.0);
        let mut tokens = Vec::new();
        for row in &rows {
            if row.try_get::<_, Option<Uuid>>("token_id")?.is_some() {
                tokens.push(read_listed(row, now)?);
            }
        }
        tokens.retain(|listed| listed.token.expires_at > now);
        Ok(Some(tokens))
    }

    /// The access tokens of operators and bank cores that have not expired, oldest first.
    pub async fn list_system_tokens(&self) -> Result<Vec<ListedToken>, StoreError> {
        let rows = self.query(sql::ACCESS_TOKEN_LIST_SYSTEMS, &[]).await?;
        let Some(first) = rows.first() else { return Ok(Vec::new()) };
        let now = self.shift(first.try_get::<_, Moment>("read_at")?.0);
        let mut tokens = rows.iter().map(|row| read_listed(row, now)).collect::<Result<Vec<_>, _>>()?;
        tokens.retain(|listed| listed.token.expires_at > now);
        Ok(tokens)
    }

    /// Notes when these access tokens were last used; what is known of a later use stays. One that is being ended, or
    /// noted by another instance at this moment, is passed over.
    pub async fn note_uses(&self, uses: &BTreeMap<AccessTokenId, Timestamp>) -> Result<(), StoreError> {
        let tokens: Vec<Uuid> = uses.keys().map(|id| id.as_uuid()).collect();
        let moments: Vec<Moment> = uses.values().copied().map(Moment).collect();
        self.query(sql::ACCESS_TOKEN_USE, &[&tokens, &moments]).await.map(drop)
    }
}

fn read_token(row: &Row) -> Result<AccessToken, StoreError> {
    let owner: Option<&str> = row.try_get("username")?;
    Ok(AccessToken {
        id: AccessTokenId::from_uuid(row.try_get::<_, Uuid>("token_id")?),
        provenance: Provenance::Local,
        scope: Scope::named(row.try_get("scope")?).ok_or(StoreError::Corrupt("unknown scope"))?,
        owner: owner.map(Username::stored),
        mfa: read_mfa(row)?,
        operations: row.try_get("operations")?,
        proven: row.try_get("proven")?,
        description: row.try_get("description")?,
        created_at: row.try_get::<_, Moment>("created_at")?.0,
        expires_at: row.try_get::<_, Moment>("expires_at")?.0,
    })
}

fn read_mfa(row: &Row) -> Result<Mfa, StoreError> {
    match row.try_get("mfa")? {
        "non-interactive" => Ok(Mfa::NonInteractive),
        "pending" => Ok(Mfa::Pending),
        _ => Err(StoreError::Corrupt("unknown mfa of an access token")),
    }
}

fn read_listed(row: &Row, now: Timestamp) -> Result<ListedToken, StoreError> {
    let mut token = read_token(row)?;
    if let Some(until) = moment(row, "stepped_up_until")?.filter(|until| now < *until) {
        token.mfa = Mfa::SteppedUp { until };
    }
    Ok(ListedToken { token, last_used_at: moment(row, "last_used_at")? })
}
