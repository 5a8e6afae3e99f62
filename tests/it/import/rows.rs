//! Rows one by one: made, found unchanged, or named with what is wrong with them.

use serde_json::json;
use tanager::domain::caller::Scope;

use super::{HEADER, count, crowd, import, import_whole, is_whole};
use crate::{
    app::{Installation, tan_in},
    roles::TwoRoles,
    rows::Rows,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_customer_logs_in_and_solves_a_challenge() {
    let place = Installation::new().await;
    let rows = "alice,+41 79 123 45 67,alice@example.com,sms,de\nbob,,,,\n";

    let said = import(&place, rows).await;

    assert_eq!((said.code, said.counts()), (0, [2, 0, 0]), "{}", said.errors);
    assert_eq!(said.errors, "");
    let process = place.serve().await;
    let shown = process.admin.get("/accounts/alice").await;
    assert_eq!(shown.body["contact_data"], json!({"phone": "+41791234567", "email": "alice@example.com"}));
    assert_eq!((&shown.body["tan_channels"], shown.text("language")), (&json!(["sms"]), "de"));
    let alice = process.admin.with_token(&place.token(Scope::ReadWrite, Some("alice")).await);
    let asked = alice.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    let message = std::fs::read_to_string(place.path("spool/sms-+41791234567.txt")).unwrap();
    let confirm = format!("/accounts/alice/tan/challenge/{}/confirm", asked.text("challenge_id"));
    assert_eq!(alice.post(&confirm, json!({"tan": tan_in(&message)})).await.status, 200);
    let bob = process.admin.get("/accounts/bob").await;
    assert_eq!((&bob.body["tan_channels"], &bob.body["contact_data"]), (&json!([]), &json!({})));
    is_whole(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_made_by_import_is_the_same_as_one_made_by_an_operator() {
    let place = Installation::new().await;
    import(&place, "alice,+41791234567,alice@example.com,sms email,de\n").await;
    let process = place.serve().await;
    let made = |username: &str| {
        let contact = json!({"phone": "+41791234567", "email": "alice@example.com"});
        json!({"username": username, "contact_data": contact, "tan_channels": ["sms", "email"], "language": "de"})
    };
    assert_eq!(process.admin.post("/accounts", made("alice")).await.status, 200, "it is there, with the same data");
    assert_eq!(process.admin.post("/accounts", made("carol")).await.status, 201);

    let owner = place.database.owner().await;
    let rows = "select to_jsonb(a) - array['account_id', 'username', 'contact_phone', 'contact_email', 'event_mac', 'event_at', 'created_at'],
                (select jsonb_agg(jsonb_build_array(e.sequence, e.kind, e.details, e.challenge_id, e.key_id) order by e.sequence) from events e where e.account_id = a.account_id),
                (select jsonb_agg(jsonb_build_array(c.channel, c.name, c.since = a.created_at) order by c.channel) from channels c where c.account_id = a.account_id)
                from accounts a where username = $1";
    let row = async |username: &str| {
        let row = owner.query_one(&format!("select r::text from ({rows}) r"), &[&username]).await.unwrap();
        row.get::<_, String>(0)
    };
    assert_eq!(row("alice").await, row("carol").await);
    is_whole(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_again_changes_nothing() {
    let place = Installation::new().await;
    assert_eq!(import(&place, &crowd(0..20)).await.counts(), [20, 0, 0]);
    let owner = place.database.owner().await;
    let before = Rows::of(&owner).await;

    let again = import(&place, &(crowd(0..20) + "customer-20,,,,\n")).await;

    assert_eq!((again.code, again.counts()), (0, [1, 20, 0]));
    let changed = before.changed_in(&Rows::of(&owner).await);
    assert_eq!(changed.into_iter().collect::<Vec<_>>(), ["accounts", "events"]);
    let of_others = "select count(*) from accounts where version > 1 and username <> '.'";
    assert_eq!(owner.query_one(of_others, &[]).await.unwrap().get::<_, i64>(0), 0);
    let noted =
        "select details::text, actor from events where kind = 'accounts.imported' order by sequence desc limit 1";
    let noted = owner.query_one(noted, &[]).await.unwrap();
    let details: serde_json::Value = serde_json::from_str(noted.get(0)).unwrap();
    assert_eq!(details, json!({"file": "customers.csv", "created": "1", "unchanged": "20", "bad": "0"}));
    assert!(noted.get::<_, String>(1).starts_with("command-line"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_row_is_named_with_its_line_and_the_good_ones_are_imported() {
    let place = Installation::new()
        .await
        .with("TANAGER_LIMITS__ALLOWED_PREFIXES", "[\"+41\"]")
        .with("TANAGER_IDENTITY__USERNAME_CASE", "lower");
    let process = place.serve().await;
    import(&place, "taken,+41791234567,,sms,de\nleft,,,,\n").await;
    assert_eq!(process.admin.delete("/accounts/left").await.status, 204);
    let bad = [
        ("taken,+41791234568,,sms,de", "(taken): the account exists with other data"),
        ("taken,+41791234567,,sms,", "(taken): the account exists with other data"),
        ("taken,+41791234567,,,de", "(taken): the account exists with other data"),
        ("left,,,,", "(left): the username belonged to an account that was deleted"),
        ("Alice,,,,", "(Alice): username: it is not spelled as usernames are here"),
        ("al/ice,,,,", ": username: A username has 1 to 126"),
        ("..,,,,", ": username: A username has 1 to 126"),
        (",,,,", ": username: A username has 1 to 126"),
        ("abroad,+491701234567,,sms,", "(abroad): phone: No messages are sent to numbers of this country"),
        ("short,079123,,sms,", "(short): phone: A telephone number is written"),
        ("stump,+4179123,,sms,", "(stump): phone: Numbers behind this country code"),
        ("trunk,+41 079 123 45 67,,sms,", "(trunk): phone: The 0 before the area code"),
        ("route,,a%b@relay.example,email,", "(route): email: A mailbox is written"),
        ("nowhere,,nobody,email,", "(nowhere): email: A mailbox is written"),
        ("mute,,,sms,", "(mute): tan_channels: the row has no address for the channel sms"),
        ("pigeon,,,pigeon,", "(pigeon): tan_channels: names of channels"),
        ("twice,+41791234567,,sms sms,", "(twice): tan_channels: sms stands twice"),
        ("totp,,,totp,", "(totp): tan_channels: the channel totp is not configured here"),
        ("babel,,,,german", "(babel): language: it is no tag"),
        ("few,,,", "(few): it has 4 fields"),
        ("many,,,,,", "(many): it has 6 fields"),
        ("good,,,,de", "(good): an earlier row has the same username with other data"),
    ];
    let mut text = "good,,,,\n\n".to_owned();
    for (row, _) in bad {
        text = text + row + "\n";
    }
    text += "last,,,,\ngood,,,,\n";

    let said = import(&place, &text).await;

    assert_eq!((said.code, said.counts()), (1, [2, 1, bad.len() as u64]), "{}", said.errors);
    let named: Vec<&str> = said.errors.lines().collect();
    assert_eq!(named.len(), bad.len(), "{}", said.errors);
    for ((at, (_, trouble)), line) in bad.iter().enumerate().zip(named) {
        let begin = format!("line {}", at + 4);
        let rest = line.strip_prefix(&begin).unwrap_or_else(|| panic!("{line}, not {begin}"));
        assert!(rest.trim_start().starts_with(trouble), "{line}, not {trouble}");
        assert!(!line.contains("1234") && !line.contains("079123") && !line.contains("nobody"), "{line}");
    }
    assert_eq!(count(&place, "accounts").await, 4);
    is_whole(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_other_programs_are_read() {
    let place = Installation::new().await;
    let file = "\u{feff}\"language\";".replace(';', ",")
        + "\"username\",\"phone\",\"email\",\"tan_channels\"\r\n\r\n\
           \"de\",\"alice\",\"+41 79 123 45 67\",\"alice@example.com\",\"sms email\"\r\n\
           ,bob,,,\r\n\
           \"\",\"c\"\"\",,,\r\n\
           ,\"eve\r\n,mallory,+41791234567,,sms\r\n\",,,\r\n";
    let mut file = file.into_bytes();
    file.extend_from_slice(b",d\xFFve,,,\r\n,frank,,,");

    let said = import_whole(&place, &file, &[]).await;

    assert_eq!((said.code, said.counts()), (1, [3, 0, 3]), "{}", said.errors);
    let lines: Vec<&str> = said.errors.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["line 5", "line 6", "line 9"], "{}", said.errors);
    let owner = place.database.owner().await;
    let names = "select string_agg(username, ' ' order by username) from accounts where username <> '.'";
    assert_eq!(owner.query_one(names, &[]).await.unwrap().get::<_, String>(0), "alice bob frank");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_imports_nothing_and_says_why() {
    let place = Installation::new().await;
    let owner = place.database.owner().await;
    let before = Rows::of(&owner).await;
    for (file, trouble) in [
        (b"".as_slice(), "the file is empty"),
        (b"alice,+41791234567,,sms,de\n", "there is no such column"),
        (b"username,phone,email,tan_channels\nalice,,,\n", "the column 'language' is missing"),
        (b"\xFF\xFE\x00u", "it is not UTF-8"),
    ] {
        let said = import_whole(&place, file, &[]).await;
        assert_eq!(said.code, 1);
        assert!(said.errors.contains(trouble) && !said.errors.contains("4179"), "{}", said.errors);
    }
    let absent = place.run(&["account", "import", "/nowhere/customers.csv"]).await;
    assert_eq!(absent.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&absent.stderr).contains("cannot be opened"));
    assert_eq!(before.changed_in(&Rows::of(&owner).await).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    let place = Installation::new().await;
    import(&place, "alice,+41791234567,,sms,de\n").await;
    let owner = place.database.owner().await;
    let before = Rows::of(&owner).await;
    // More than one batch, so that the later ones know of the first.
    let rows = "alice,+41791234567,,sms,de\nbob,,,,\n".to_owned()
        + &crowd(0..120)
        + "alice,+41791234567,,sms,en\nbob,,,,\nbob,,,,fr\nbob,,,pigeon,\n";

    let file = HEADER.to_owned() + &rows;
    let said = import_whole(&place, file.as_bytes(), &["--batch", "50", "--dry-run"]).await;

    assert_eq!((said.code, said.counts()), (1, [121, 2, 3]), "{}", said.errors);
    assert!(said.out.contains("would be created") && said.out.contains("nothing was written"), "{}", said.out);
    assert_eq!(before.changed_in(&Rows::of(&owner).await).len(), 0);

    let really = import_whole(&place, file.as_bytes(), &["--batch", "50"]).await;
    assert_eq!((really.code, really.counts()), (1, [121, 2, 3]), "the rehearsal had said so: {}", really.errors);
    let told = |errors: &str| errors.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(told(&said.errors), told(&really.errors));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_own_role_can_import_and_remove_what_is_old() {
    let roles = TwoRoles::migrated().await;
    let said = import(&roles.place, &crowd(0..50)).await;
    assert_eq!((said.code, said.counts()), (0, [50, 0, 0]), "{}", said.errors);
    is_whole(&roles.place).await;
    let swept = roles.place.run(&["gc"]).await;
    assert_eq!(swept.status.code(), Some(0), "{}", String::from_utf8_lossy(&swept.stderr));
    let said = String::from_utf8(swept.stdout).unwrap();
    assert_eq!(said, "removed 0 challenges (0 whole weeks), 0 access tokens, 0 counts of transmissions\n");
}
