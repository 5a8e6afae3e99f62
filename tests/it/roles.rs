//! Two roles, as documented: the owner migrates, the service connects as a role that cannot change the schema, nor the
//! trail.

use serde_json::json;
use tokio_postgres::{Client, error::SqlState};

use crate::app::{Database, Installation, connect, tan_in};

/// An installation whose database belongs to a plain owner, migrated by the program, served by a plain role.
pub struct TwoRoles {
    pub place: Installation,
    service: Client,
}

impl TwoRoles {
    pub async fn migrated() -> Self {
        let database = Database::bare().await;
        // Roles belong to the cluster, which other tests share.
        let (owner, service) = (format!("owner_{}", database.name), format!("svc_{}", database.name));
        let superuser = database.owner().await;
        let roles = format!(
            "create role {owner} login; create role {service} login; alter database {} owner to {owner}",
            database.name
        );
        superuser.batch_execute(&roles).await.unwrap();
        let url = database.url().await;
        let of = |role: &str| url.replace("//tanager@", &format!("//{role}@"));
        let place = Installation::bare(database)
            .with("TANAGER_DATABASE__URL", &of(&service))
            .with("TANAGER_DATABASE__OWNER_URL", &of(&owner))
            .with("TANAGER_DATABASE__SERVICE_ROLE", &service);
        let migrated = place.run(&["migrate"]).await;
        assert_eq!(migrated.status.code(), Some(0), "{}", String::from_utf8_lossy(&migrated.stderr));
        Self { place, service: connect(&of(&service)).await }
    }

    async fn made_token(&self, arguments: &[&str]) -> String {
        let made = self.place.run(&[&["token", "create"], arguments].concat()).await;
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// The service's role may not do this.
    async fn assert_forbidden(&self, statement: &str) {
        let error = self.service.batch_execute(statement).await.expect_err(statement);
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_life_of_a_challenge_works_as_the_services_own_role() {
    let roles = TwoRoles::migrated().await;
    let process = roles.place.serve().await;
    let admin = process.stranger().with_token(&roles.made_token(&["--scope", "admin"]).await);
    let contact = json!({"phone": "+41791234567", "email": "alice@example.com"});
    let account = json!({"username": "alice", "contact_data": contact, "tan_channels": ["sms"]});
    assert_eq!(admin.post("/accounts", account).await.status, 201);
    let alice = admin.with_token(&roles.made_token(&["--scope", "readwrite", "--account", "alice"]).await);
    let tan = |address: &str| {
        let message = std::fs::read_to_string(roles.place.path(&format!("spool/{address}.txt"))).unwrap();
        json!({"tan": tan_in(&message)})
    };

    let asked = alice.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}\n{}", process.log());
    let confirm = format!("/accounts/alice/tan/challenge/{}/confirm", asked.text("challenge_id"));
    assert_eq!(alice.post(&confirm, json!({"tan": "00000000"})).await.error(), (409, 5134));
    let solved = alice.post(&confirm, tan("sms-+41791234567")).await;
    let headers = [("tan-token", solved.text("tan_token"))];
    let enrolled =
        alice.send(reqwest::Method::POST, "/accounts/alice/tan/email", &headers, Some("{}".to_owned())).await;
    assert_eq!(enrolled.status, 202, "{enrolled:?}\n{}", process.log());
    let id = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    let active =
        alice.post(&format!("/accounts/alice/tan/challenge/{id}/confirm"), tan("email-alice@example.com")).await;
    assert_eq!(active.text("state"), "active");
    assert_eq!(admin.delete("/accounts/alice").await.status, 204);
    let verified = roles.place.run(&["audit", "verify"]).await;
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_role_cannot_change_the_schema() {
    let roles = TwoRoles::migrated().await;
    for statement in [
        "create table loot (n integer)",
        "create schema loot",
        "create or replace function tanager_first_uuid(moment timestamptz) returns uuid language sql as 'select null::uuid'",
        "alter table accounts add column loot text",
        "alter table accounts drop constraint accounts_username_key",
        "alter table events disable trigger all",
        "alter table challenges_rest rename to loot",
        "drop table events",
        "drop table challenges_rest",
        "create index on accounts (created_at)",
        "create trigger loot before update on accounts for each row execute function suppress_redundant_updates_trigger()",
        "create rule loot as on insert to events do instead nothing",
    ] {
        roles.assert_forbidden(statement).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_role_can_only_append_to_the_trail_and_cannot_forget_an_account() {
    let roles = TwoRoles::migrated().await;
    for statement in [
        "update events set actor = 'nobody'",
        "delete from events",
        "truncate events",
        "delete from accounts",
        "truncate accounts cascade",
        "truncate challenges",
        "update key_ring set active = false",
        "insert into key_ring values (2, decode(repeat('00', 32), 'hex'), false, now())",
        "delete from key_ring",
        "insert into refinery_schema_history values (99, 'future', '', '')",
        "set session_replication_role = replica",
    ] {
        roles.assert_forbidden(statement).await;
    }
    let events: i64 = roles.service.query_one("select count(*) from events", &[]).await.unwrap().get(0);
    assert!(events > 0, "it can read what is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_role_has_the_partitions_of_coming_weeks_made() {
    let roles = TwoRoles::migrated().await;
    let made = "select tanager_prepare_partitions(now() + interval '52 weeks', 3) as made";
    let made: i32 = roles.service.query_one(made, &[]).await.unwrap().get(0);
    assert_eq!(made, 3);
    let owned =
        "select count(*) from pg_class where relname like 'challenges_%w%' and relowner = current_user::regrole";
    let owned: i64 = roles.service.query_one(owned, &[]).await.unwrap().get(0);
    assert_eq!(owned, 0, "they belong to the schema's owner");
    let usable = "select count(*) from pg_inherits join pg_class on oid = inhrelid where relkind = 'r' \
                  and inhparent = 'challenges'::regclass and has_table_privilege(oid, 'delete')";
    let direct: i64 = roles.service.query_one(usable, &[]).await.unwrap().get(0);
    assert_eq!(direct, 0, "rows are reached through the table they are parts of");
    roles.service.query("select count(*) from challenges", &[]).await.unwrap();
}
