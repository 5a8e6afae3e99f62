//! Who is logged in. An access token is kept as its hash.

use std::{collections::HashMap, time::Duration};

use crate::domain::{chance::Chance, secret::AccessSecret, secret::SecretHash, time::Timestamp, username::Username};

/// What a session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look.
    ReadOnly,
    /// Act.
    ReadWrite,
}

/// How long a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// So long.
    Finite(Duration),
    /// Until it is ended.
    Forever,
}

/// A log-in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub username: Username,
    /// What it may do.
    pub scope: Scope,
    /// When it ends; [`Timestamp::NEVER`]: when it is ended.
    pub ends: Timestamp,
}

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions(HashMap<[u8; 32], Session>);

impl Sessions {
    /// A new session and its secret.
    pub fn begin(
        &mut self,
        username: Username,
        scope: Scope,
        lifetime: Lifetime,
        now: Timestamp,
        chance: &dyn Chance,
    ) -> (AccessSecret, Session) {
        self.0.retain(|_, session| session.ends > now);
        let ends = match lifetime {
            Lifetime::Finite(duration) => now.plus(duration),
            Lifetime::Forever => Timestamp::NEVER,
        };
        let (secret, session) = (AccessSecret::generate(chance), Session { username, scope, ends });
        self.0.insert(*secret.hash().as_bytes(), session.clone());
        (secret, session)
    }

    /// The session of that credential, unless it has ended.
    #[must_use]
    pub fn find(&self, credential: &SecretHash, now: Timestamp) -> Option<&Session> {
        self.0.get(credential.as_bytes()).filter(|session| session.ends > now)
    }

    /// Ends one session.
    pub fn end(&mut self, credential: &SecretHash) {
        self.0.remove(credential.as_bytes());
    }

    /// Ends every session of an account.
    pub fn end_all_of(&mut self, username: &Username) {
        self.0.retain(|_, session| session.username != *username);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::SystemChance;

    #[test]
    fn a_session_ends_by_itself_or_is_ended() {
        let mut sessions = Sessions::default();
        let at = Timestamp::from_seconds;
        let alice = || Username::stored("alice");
        let minute = Lifetime::Finite(Duration::from_mins(1));
        let (secret, _) = sessions.begin(alice(), Scope::ReadOnly, minute, at(0), &SystemChance);
        assert!(sessions.find(&secret.hash(), at(59)).is_some());
        assert!(sessions.find(&secret.hash(), at(60)).is_none());
        let (secret, session) = sessions.begin(alice(), Scope::ReadWrite, Lifetime::Forever, at(60), &SystemChance);
        assert_eq!((sessions.0.len(), session.ends), (1, Timestamp::NEVER));
        sessions.end(&secret.hash());
        assert!(sessions.find(&secret.hash(), at(61)).is_none());
    }
}
