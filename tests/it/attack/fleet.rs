//! Instances of one service on one database, in one time that stands still until it is advanced.

use std::{sync::Arc, time::Duration};

use tanager::domain::time::Timestamp;

use crate::{
    app::{Client, Customer, Database, ShiftedClock, TestApp, Wish, addresses_of},
    bank_core::BankCore,
    gateway::{Plan, gateway_of},
};

pub struct Fleet {
    pub apps: Vec<TestApp>,
    /// Where the world comes in to each instance: its gateway, where it has one.
    doors: Vec<Client>,
    pub database: Database,
    clock: Arc<ShiftedClock>,
    /// What stands behind the usual configuration.
    more: String,
    /// The bank core behind the gateways, where there are any.
    core: Option<BankCore>,
    /// How far time has come since the beginning.
    pub passed: Duration,
}

impl Fleet {
    /// So many instances with these limits.
    pub async fn of(instances: usize, limits: &str) -> Self {
        Self::open(instances, format!("[limits]\n{limits}\n"), None).await
    }

    /// The same, each with a gateway before one bank core.
    pub async fn with_gateways(instances: usize, limits: &str) -> Self {
        let core = BankCore::open().await;
        let plan = Plan { limits: format!("[limits]\n{limits}\n"), ..Plan::default() };
        let more = plan.wish(&core).more;
        Self::open(instances, more, Some(core)).await
    }

    async fn open(instances: usize, more: String, core: Option<BankCore>) -> Self {
        let database = Database::fresh().await;
        let clock = Arc::new(ShiftedClock::default());
        let now = "select (extract(epoch from clock_timestamp()) * 1000000)::bigint";
        let now: i64 = database.owner().await.query_one(now, &[]).await.unwrap().get(0);
        clock.stop(Timestamp::from_micros(now));
        let (apps, doors) = (Vec::new(), Vec::new());
        let mut fleet = Self { apps, doors, database, clock, more, core, passed: Duration::ZERO };
        for _ in 0..instances {
            let app = fleet.instance().await;
            fleet.doors.push(fleet.door(&app));
            fleet.apps.push(app);
        }
        fleet
    }

    async fn instance(&self) -> TestApp {
        let wish = Wish { more: self.more.clone(), clock: Some(Arc::clone(&self.clock)), ..Wish::default() };
        TestApp::on(self.database.clone(), wish).await
    }

    pub fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.passed += by;
    }

    /// Ends this instance and starts another in its place.
    pub async fn restart(&mut self, place: usize) {
        let fresh = self.instance().await;
        self.doors[place] = self.door(&fresh);
        std::mem::replace(&mut self.apps[place], fresh).stop().await;
    }

    fn door(&self, app: &TestApp) -> Client {
        match self.core {
            Some(_) => Client::new(&format!("http://{}", gateway_of(app)), ""),
            None => app.admin.with_token(""),
        }
    }

    /// One without credentials, at that instance.
    pub fn stranger(&self, place: usize) -> &Client {
        &self.doors[place]
    }

    /// A fresh log-in, as a client of each instance.
    pub async fn log_in(&self, username: &str) -> Vec<Client> {
        let token = self.apps[0].log_in(username).await.token;
        self.doors.iter().map(|door| door.with_token(&token)).collect()
    }

    /// An account with these channels active; nobody is told of that.
    pub async fn customer(&self, username: &str, channels: &[&str]) -> Customer {
        let (phone, email) = addresses_of(username);
        let contact = serde_json::json!({"phone": phone, "email": email});
        let account = serde_json::json!({"username": username, "contact_data": contact, "tan_channels": channels});
        let made = self.apps[0].admin.post("/accounts", account).await;
        assert_eq!(made.status, 201, "{made:?}");
        let client = self.log_in(username).await.remove(0);
        Customer { username: username.to_owned(), phone, email, client }
    }

    /// How many messages went out, from whichever instance.
    pub fn messages(&self) -> usize {
        self.apps.iter().map(TestApp::messages).sum()
    }

    pub async fn stop(self) {
        for app in self.apps {
            app.stop().await;
        }
    }
}
