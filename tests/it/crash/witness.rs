//! What the scripts and the database saw, past the service.

use std::{fs, path::PathBuf};

use crate::app::tan_in;

/// A history of every claim and every notice, written in the service's own transactions: what is committed with them is in it, and nothing
/// else.
const HISTORY: &str = "
create table seen_claims (
  transmission uuid not null,
  challenge_id uuid not null,
  generation integer not null,
  claimed_at timestamptz not null,
  settled_at timestamptz,
  outcome text,
  primary key (transmission, challenge_id, generation)
);
create table seen_take_overs (transmission uuid not null, state text not null, early boolean not null);
create function see_claims() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if new.claim_transmission is not null then
    insert into seen_claims (transmission, challenge_id, generation, claimed_at)
    values (new.claim_transmission, new.challenge_id, new.generation, new.claimed_at) on conflict do nothing;
  end if;
  if tg_op = 'UPDATE' and old.claim_transmission is not null then
    if old.claim_transmission is distinct from new.claim_transmission then
      update seen_claims set settled_at = clock_timestamp(), outcome = case
        when new.claim_transmission is not null then 'superseded'
        when new.transmissions > old.transmissions then 'carried'
        when new.state = 'solved' and old.state = 'open' then 'solved'
        when new.state = 'void' and new.transmitted_at = old.claimed_at then 'voided'
        else 'failed' end
      where transmission = old.claim_transmission;
    elsif new.claim_until > old.claim_until then
      insert into seen_take_overs values (old.claim_transmission, new.state, old.claim_until > clock_timestamp());
    end if;
  end if;
  return null;
end $$;
create table seen_notices (
  notice_id uuid primary key,
  reference text not null,
  begun integer not null,
  early boolean not null default false,
  ended boolean not null default false
);
create function see_notices() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if tg_op = 'INSERT' then
    insert into seen_notices (notice_id, reference, begun) values (new.notice_id, new.reference, 1);
  elsif tg_op = 'DELETE' then
    update seen_notices set ended = true where notice_id = old.notice_id;
  elsif new.tries > old.tries then
    update seen_notices set begun = begun + 1, early = early or old.due_at > clock_timestamp()
    where notice_id = new.notice_id;
  end if;
  return null;
end $$;
create trigger see_notices after insert or update or delete on notices for each row execute function see_notices();
create trigger see_claims after insert or update on challenges for each row execute function see_claims();
";

/// A hand-over as its script noted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    pub transmission: String,
    /// The instance that began it.
    pub life: u32,
    /// Which transport: `only`, `first`, `second`.
    pub role: String,
    pub address: String,
    /// Empty of one that only began.
    pub text: String,
}

/// Looks past the service.
pub struct Witness {
    owner: tokio_postgres::Client,
    spool: PathBuf,
}

impl Witness {
    pub async fn of(owner: tokio_postgres::Client, spool: PathBuf) -> Self {
        owner.batch_execute(HISTORY).await.unwrap();
        Self { owner, spool }
    }

    /// Every hand-over of a TAN that began, in order.
    pub fn begun(&self) -> Vec<HandOver> {
        self.read("tan-begun")
    }

    /// Every message with a TAN that went out, in order.
    pub fn sent(&self) -> Vec<HandOver> {
        self.read("tan-sent")
    }

    /// The same two of notices.
    pub fn notices(&self) -> (Vec<HandOver>, Vec<HandOver>) {
        (self.read("notice-begun"), self.read("notice-sent"))
    }

    fn read(&self, file: &str) -> Vec<HandOver> {
        let lines = fs::read_to_string(self.spool.join(file)).unwrap_or_default();
        let whole = |line: &str| {
            let mut words = line.trim_end().splitn(5, ' ').map(str::to_owned);
            let mut word = || words.next().unwrap_or_default();
            HandOver {
                transmission: word(),
                life: word().parse().unwrap(),
                role: word(),
                address: word(),
                text: word(),
            }
        };
        lines.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(whole).collect()
    }

    pub async fn number(&self, query: &str) -> i64 {
        self.owner.query_one(query, &[]).await.unwrap().get(0)
    }

    /// Every lease runs out at once.
    pub async fn lapse(&self) {
        let lapsed = "update challenges set claim_until = clock_timestamp() where claim_until is not null;
                      update notices set due_at = clock_timestamp()";
        self.owner.batch_execute(lapsed).await.unwrap();
    }

    /// The rows of a query whose columns are texts.
    pub async fn texts(&self, query: &str) -> Vec<Vec<String>> {
        let rows = self.owner.query(query, &[]).await.unwrap();
        rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
    }

    /// The customer's open challenges of a kind, the oldest first.
    pub async fn open(&self, username: &str, kind: &str) -> Vec<String> {
        let open = format!(
            "select challenge_id::text from challenges join accounts using (account_id) \
             where username = '{username}' and kind = '{kind}' and state = 'open' order by challenge_id"
        );
        self.texts(&open).await.into_iter().flatten().collect()
    }

    /// The TAN of the last message of a challenge that arrived.
    pub async fn arrived(&self, challenge: &str) -> Option<String> {
        let its = format!("select transmission::text from seen_claims where challenge_id = '{challenge}'");
        let its: Vec<_> = self.texts(&its).await.into_iter().flatten().collect();
        let last = self.sent().into_iter().rfind(|sent| its.contains(&sent.transmission))?;
        Some(tan_in(&last.text))
    }
}
