//! Through the real service: every customer gets his own TAN, whatever happens to the program.

use std::collections::BTreeSet;

use futures_util::{StreamExt, future::join_all, join, stream};
use serde_json::json;
use tanager::domain::caller::Scope;

use super::*;
use crate::app::{Answer, Client, Customer, Installation, Process, addresses_of, tan_in};

/// A service whose text messages go through `program`, and through a script where that fails.
struct Bank {
    installation: Installation,
    process: Process,
}

impl Bank {
    async fn start(program: &Path) -> Self {
        // A hundred at once on a busy machine wait for the database longer than customers would.
        let installation = Installation::new().await.with("TANAGER_DATABASE__POOL_WAIT", "20 s");
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
        let (spool, backup) = (installation.path("spool"), installation.path("backup"));
        let counted = format!(
            "#!/bin/sh\necho x >>'{}.count'\nexec '{}' \"$1\"\n",
            backup.display(),
            scripts.join("tan-file.sh").display()
        );
        fs::write(&backup, counted).unwrap();
        fs::set_permissions(&backup, Permissions::from_mode(0o755)).unwrap();
        let sms = format!(
            "[channel.sms]\ntransports = [\"lines\", \"backup\"]\ntimeout = \"30 s\"\nat_once = 50\nwaiting = 200\npatience = \"30 s\"\n\
             [channel.sms.transport.lines]\nkind = \"persistent\"\nscript = \"{}\"\nenv = {{ SPOOL_DIR = \"{spool}\" }}\n\
             [channel.sms.transport.backup]\nkind = \"script\"\nscript = \"{}\"\nenv = {{ SPOOL_DIR = \"{spool}\" }}\n[channel.email]",
            program.display(),
            backup.display(),
            spool = spool.display(),
        );
        let configuration = fs::read_to_string(installation.path("tanager.toml")).unwrap();
        let (before, rest) = configuration.split_once("[channel.sms]").unwrap();
        let (_, after) = rest.split_once("[channel.email]").unwrap();
        fs::write(installation.path("tanager.toml"), format!("{before}{sms}{after}")).unwrap();
        let process = installation.serve().await;
        Self { installation, process }
    }

    async fn customers(&self, count: usize) -> Vec<Customer> {
        let core = self.process.admin.with_token(&self.installation.token(Scope::Service, None).await);
        let made = stream::iter(0..count).map(|number| self.customer(&core, format!("customer{number}")));
        let customers: Vec<_> = made.buffered(8).collect().await;
        assert_eq!(customers.iter().map(|customer| &customer.phone).collect::<BTreeSet<_>>().len(), count);
        customers
    }

    async fn customer(&self, core: &Client, username: String) -> Customer {
        let (phone, email) = addresses_of(&username);
        let contact = json!({"phone": phone, "email": email});
        let account = json!({"username": username, "contact_data": contact, "tan_channels": ["sms"]});
        let made = self.process.admin.post("/accounts", account).await;
        assert_eq!(made.status, 201, "{made:?}");
        let minted = core.post(&format!("/accounts/{username}/token"), json!({"scope": "readwrite"})).await;
        let client = core.with_token(minted.text("access_token"));
        Customer { username, phone, email, client }
    }

    fn messages(&self) -> usize {
        let is_message = |name: &str| name.starts_with("sms-");
        let names = fs::read_dir(self.installation.path("spool")).into_iter().flatten();
        names.filter(|entry| is_message(entry.as_ref().unwrap().file_name().to_str().unwrap())).count()
    }

    /// How many messages went the other way.
    fn by_backup(&self) -> usize {
        fs::read_to_string(self.installation.path("backup.count")).unwrap_or_default().lines().count()
    }

    fn tan_of(&self, customer: &Customer) -> String {
        let file = self.installation.path("spool").join(format!("sms-{}.txt", customer.phone));
        tan_in(&fs::read_to_string(file).unwrap())
    }

    /// The process of the program that runs now.
    fn program(&self) -> Option<String> {
        let children = format!("/proc/{pid}/task", pid = self.process.pid());
        let tasks = fs::read_dir(children).ok()?.flatten();
        let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        let pids: Vec<String> =
            lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
        let command = |pid: &String| fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        pids.into_iter().find(|pid| command(pid).contains("tan-lines.py"))
    }

    /// Each confirms with what came to his own address, and nobody's TAN is in the log.
    async fn confirm_all(&self, customers: &[Customer], requested: &[Answer]) {
        for (customer, challenge) in customers.iter().zip(requested) {
            assert_eq!(challenge.status, 200, "{challenge:?}");
            let tan = self.tan_of(customer);
            let solved = customer.confirm(challenge.text("challenge_id"), &tan).await;
            assert_eq!(solved.status, 200, "{}: {solved:?}", customer.username);
            let log = self.process.log();
            assert!(!log.contains(&tan) && !log.contains(&customer.phone[1..]), "{log}");
        }
    }
}

async fn request(customer: &Customer) -> Answer {
    customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await
}

fn tan_lines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/tan-lines.py")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_customers_each_get_their_own_tan_while_the_program_is_killed() {
    let bank = Bank::start(&tan_lines()).await;
    let customers = bank.customers(100).await;
    let requests = join_all(customers.iter().map(request));
    let killing = async {
        for delivered in [1, 20, 40] {
            eventually("messages arrive", async || bank.messages() >= delivered).await;
            eventually("it runs", async || {
                bank.program().is_some_and(|pid| Command::new("kill").args(["-9", &pid]).status().unwrap().success())
            })
            .await;
        }
    };
    let (requested, ()) = join!(requests, killing);
    bank.confirm_all(&customers, &requested).await;
    assert_eq!(bank.messages(), 100);
    assert!(bank.process.log().contains("a persistent script has no process"), "{}", bank.process.log());
    assert!(bank.by_backup() < 100, "{} went the other way", bank.by_backup());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_program_is_down_the_other_transport_carries_everything() {
    let down = Program::shell("echo 'no route for 12345678 to +41791234567 <alice@example.com>' >&2; exit 1");
    let bank = Bank::start(&down.path("program")).await;
    let customers = bank.customers(10).await;
    let requested = join_all(customers.iter().map(request)).await;
    bank.confirm_all(&customers, &requested).await;
    assert_eq!((bank.messages(), bank.by_backup()), (10, 10));
    let log = bank.process.log();
    let said = "no route for ******** to +*********** <*****************>";
    assert!(log.contains("a persistent script said") && log.contains(said), "{log}");
    let ready = bank.process.stranger().get("/health/ready").await;
    assert_eq!((ready.status.as_u16(), &ready.body["channels_down"]), (200, &json!([])), "{ready:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_starts_with_the_service_and_ends_with_it() {
    use rustix::process::Signal;
    let mut bank = Bank::start(&tan_lines()).await;
    eventually("it runs before anyone needs it", async || bank.program().is_some()).await;
    let pid = bank.program().unwrap();
    bank.process.signal(Signal::TERM);
    assert!(bank.process.ended().await.success());
    assert!(is_dead(&pid), "it ended before the service did");
    assert!(!bank.process.log().contains("a persistent script has no process"), "{}", bank.process.log());

    let mut again = bank.installation.serve().await;
    std::mem::swap(&mut bank.process, &mut again);
    eventually("it runs", async || bank.program().is_some()).await;
    let pid = bank.program().unwrap();
    bank.process.kill().await;
    until_dead(&pid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_looks_something_up_starts_no_program() {
    let program = Program::puppet();
    let bank = Bank::start(&program.path("program")).await;
    program.until_noted("starts", 1).await;
    assert!(bank.installation.run(&["token", "list"]).await.status.success());
    assert_eq!(program.starts(), 1);
}
