//! The instances, each killed and started again.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::time::sleep;

use crate::{
    app::{Client, Installation, Process, eventually},
    attack::Dice,
    gateway_crash::gateway_of,
};

/// The longest that an instance is left alone between two deaths.
const LONGEST_PEACE: usize = 500;

/// Where an instance faces its customers.
#[derive(Clone)]
pub struct Door {
    api: Client,
    gateway: Client,
}

impl Door {
    async fn of(process: &Process) -> Self {
        let api = process.stranger();
        let mut gateway = api.clone();
        gateway.url = format!("http://{}", gateway_of(process).await);
        Self { api, gateway }
    }

    pub fn api(&self, token: &str) -> Client {
        self.api.with_token(token)
    }

    pub fn gateway(&self, token: &str) -> Client {
        self.gateway.with_token(token)
    }
}

/// The doors that are open; those of the dead are not.
#[derive(Clone, Default)]
pub struct Doors(Arc<Mutex<Vec<Option<Door>>>>);

impl Doors {
    fn set(&self, instance: usize, door: Option<Door>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[instance] = door;
    }

    fn open(&self) -> Vec<Door> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().flatten().cloned().collect()
    }

    /// Any that is open, as soon as one is.
    pub async fn any(&self, dice: &mut Dice) -> Door {
        eventually("an instance is there", async || !self.open().is_empty()).await;
        let open = self.open();
        // The last one may have been shut just now: then the next answer is that nobody is there.
        match open.len() {
            0 => Box::pin(self.any(dice)).await,
            many => open[dice.below(many)].clone(),
        }
    }
}

/// An instance from its start to its death.
struct Life {
    name: u32,
    process: Process,
}

/// All instances on one database.
pub struct Fleet<'a> {
    place: &'a Installation,
    alive: Vec<Life>,
    /// The names of those that were killed.
    pub killed: BTreeSet<u32>,
    doors: Doors,
}

impl<'a> Fleet<'a> {
    pub async fn start(place: &'a Installation, instances: usize) -> Self {
        let mut fleet = Self { place, alive: Vec::new(), killed: BTreeSet::new(), doors: Doors::default() };
        *fleet.doors.0.lock().unwrap() = vec![None; instances];
        for instance in 0..instances {
            let life = fleet.born(u32::try_from(instance).unwrap() + 1).await;
            fleet.doors.set(instance, Some(Door::of(&life.process).await));
            fleet.alive.push(life);
        }
        fleet
    }

    async fn born(&self, name: u32) -> Life {
        let life = name.to_string();
        let mut variables = vec![("TANAGER_CHANNEL__SMS__ENV__LIFE".to_owned(), life.clone())];
        if !std::fs::read_to_string(self.place.path("tanager.toml")).unwrap().contains("ROLE = \"only\"") {
            let of = |transport| format!("TANAGER_CHANNEL__SMS__TRANSPORT__{transport}__ENV__LIFE");
            variables = vec![(of("FIRST"), life.clone()), (of("SECOND"), life)];
        }
        let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Life { name, process: self.place.serve_with(&variables).await }
    }

    pub fn first(&self) -> &Process {
        &self.alive[0].process
    }

    pub fn doors(&self) -> Doors {
        self.doors.clone()
    }

    /// A random while of peace, then a death or several at once, and new lives.
    pub async fn round(&mut self, dice: &mut Dice) {
        sleep(Duration::from_millis(u64::try_from(dice.below(LONGEST_PEACE)).unwrap())).await;
        let victims = match (self.alive.len(), dice.below(3)) {
            (1, _) => vec![0],
            (_, 2) => vec![0, 1],
            (_, one) => vec![one],
        };
        let newest = self.alive.iter().map(|life| life.name).max().unwrap();
        for victim in &victims {
            self.doors.set(*victim, None);
            self.killed.insert(self.alive[*victim].name);
        }
        let dying = self.alive.iter_mut().enumerate().filter(|(instance, _)| victims.contains(instance));
        join_all(dying.map(|(_, life)| life.process.kill())).await;
        for (victim, name) in victims.into_iter().zip(newest + 1..) {
            let life = self.born(name).await;
            self.doors.set(victim, Some(Door::of(&life.process).await));
            self.alive[victim] = life;
        }
    }
}
