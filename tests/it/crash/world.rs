//! An installation with the transports that a test wants, a bank core, and a witness.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc};

use tokio::time::Instant;

use super::{TAKEN_OVER_WITHIN, witness::Witness};
use crate::{
    app::{Installation, Process, eventually},
    bank_core::BankCore,
};

/// No limit of these is met but the cool-down, which is short so that it is.
const MORE: &str = r#"
[limits]
retransmission_period = "1 s"
transmissions_per_challenge = 100
open_challenges = 100
account_per_hour = 1000
account_per_day = 1000
address_per_hour = 1000
address_per_day = 1000
[gateway]
listen = "127.0.0.1:0"
upstream = "@upstream"
[[gateway.operation]]
name = "withdrawal"
method = "POST"
path = "/accounts/{username}/withdrawals/7/confirm"
on_missing = "challenge"
summary = "Withdraw {{ body.amount }}"
"#;

/// What all of it plays in.
pub struct World {
    pub place: Installation,
    pub witness: Arc<Witness>,
    spool: PathBuf,
    /// The gateway needs one; nothing is asked of it.
    _core: BankCore,
}

impl World {
    pub async fn new(script: &str, channel: &str) -> Self {
        let place = Installation::new().await;
        let (text, script) = (script, place.path("transport"));
        let (spool, core) = (place.path("spool"), BankCore::open().await);
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(&spool).unwrap();
        let usual = fs::read_to_string(place.path("tanager.toml")).unwrap();
        let (head, rest) = usual.split_once("[channel.sms]").unwrap();
        let server = &rest[rest.find("[server]").unwrap()..];
        let channel = channel.replace("@script", script.to_str().unwrap()).replace("@spool", spool.to_str().unwrap());
        let more = MORE.replace("@upstream", &core.url());
        fs::write(place.path("tanager.toml"), format!("{head}[channel.sms]\n{channel}{server}{more}")).unwrap();
        let witness = Arc::new(Witness::of(place.database.owner().await, spool.clone()).await);
        Self { place, witness, spool, _core: core }
    }

    /// The only instance, unless there are more.
    pub async fn serve(&self) -> Process {
        self.place.serve().await
    }

    /// Tells the script something by a file of that name.
    pub fn arm(&self, what: &str) {
        fs::write(self.spool.join(what), "").unwrap();
    }

    pub fn disarm(&self, what: &str) {
        fs::remove_file(self.spool.join(what)).unwrap();
    }

    /// No notice waits to be sent.
    pub async fn until_told(&self) {
        let waiting = "select count(*) from notices";
        eventually("every notice is sent", async || self.witness.number(waiting).await == 0).await;
    }

    /// No sending is under way; within the time that the contract gives (`api.md` section 10).
    pub async fn until_settled(&self) {
        let before = Instant::now();
        let claimed = "select count(*) from challenges where claim_until is not null";
        eventually("every sending is settled", async || self.witness.number(claimed).await == 0).await;
        assert!(before.elapsed() < TAKEN_OVER_WITHIN, "settled after {:?}", before.elapsed());
    }
}
