//! Whatever an account has, what is read is what was written.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use tanager::domain::{
    account::{Account, StepUp},
    address::Address,
    assurance::{Assurance, Demand},
    channel::{BroughtBy, Channel, Strength},
    factor::{ActiveChannel, Device, NewDevice, Target},
    id::{AccessTokenId, ChallengeId, RecoverySetId},
    keys::KeyId,
    operation::OperationDigest,
    recovery::RecoveryCodes,
    rules::{
        protect::{Clearance, Objection, Proof},
        request::{NewChallenge, Wish},
    },
    secret::AccessSecret,
    tan::Candidate,
    time::Timestamp,
    totp::{DeviceName, TotpSecret},
};

use super::{MINUTE, Place, codes, device, shown};

/// All of an account that this is about.
#[derive(Clone, Debug, PartialEq)]
struct Own {
    channels: Vec<ActiveChannel>,
    devices: Vec<Device>,
    recovery: Option<RecoveryCodes>,
    step_ups: Vec<StepUp>,
}

impl Own {
    fn of(account: &Account) -> Self {
        let Account { channels, devices, recovery, step_ups, .. } = account.clone();
        Self { channels, devices, recovery, step_ups }.sorted()
    }

    fn sorted(mut self) -> Self {
        self.channels.sort_by_key(|active| active.address.channel());
        self.devices.sort_by_key(|device| (device.since, device.name.clone()));
        self
    }

    fn put(&self, account: &mut Account) {
        let Self { channels, devices, recovery, step_ups } = self.clone();
        (account.channels, account.devices, account.recovery, account.step_ups) =
            (channels, devices, recovery, step_ups);
    }
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        (0i64..4_000_000_000_000_000).prop_map(Timestamp::from_micros),
        (1_700_000_000i64..1_700_000_004).prop_map(Timestamp::from_seconds),
    ]
}

fn who() -> impl Strategy<Value = BroughtBy> {
    prop_oneof![Just(BroughtBy::Customer), Just(BroughtBy::Operator)]
}

fn addresses() -> impl Strategy<Value = Vec<ActiveChannel>> {
    let one = |channel, raw: [&'static str; 2]| {
        proptest::option::of((prop::sample::select(raw.to_vec()), moment(), who())).prop_map(move |drawn| {
            let active = |(raw, since, brought_by)| ActiveChannel {
                address: Address::parse(channel, raw).unwrap(),
                since,
                brought_by,
            };
            drawn.map(active)
        })
    };
    let sms = one(Channel::Sms, ["+41791234567", "+41791234568"]);
    (sms, one(Channel::Email, ["a@example.com", "b@example.com"]))
        .prop_map(|(sms, email)| sms.into_iter().chain(email).collect())
}

fn devices() -> impl Strategy<Value = Vec<Device>> {
    let steps = proptest::collection::vec(any::<i64>(), 0..4);
    let one = (any::<u8>().prop_map(|byte| TotpSecret::from_bytes([byte % 4; 20])), steps, moment(), who());
    let name = prop::sample::select(vec!["default", "Käthe's phone", "电话 2", "a, b", "{\"x\"}", "null"]);
    proptest::collection::btree_map(name, one, 0..5).prop_map(|all| {
        let made = |(name, (secret, used, since, who))| {
            Device::new(NewDevice { name: DeviceName::parse(name).unwrap(), secret }, used, since, who)
        };
        all.into_iter().map(made).collect()
    })
}

fn recovery() -> impl Strategy<Value = Option<RecoveryCodes>> {
    let used = proptest::collection::btree_set(0i64..10, 0..=10);
    let one = (0u128..3, 1u16..4, used, moment(), who()).prop_map(|(set, key, used, since, brought_by)| {
        let set = RecoverySetId::from_uuid(uuid::Uuid::from_u128(set));
        RecoveryCodes { set, key: KeyId(key), used: used.into_iter().collect(), since, brought_by }
    });
    proptest::option::weighted(0.7, one)
}

fn step_ups() -> impl Strategy<Value = Vec<StepUp>> {
    let strength = prop_oneof![Just(Strength::Inform), Just(Strength::Possession)];
    let one = (any::<u128>(), moment(), strength).prop_map(|(session, until, strength)| StepUp {
        session: AccessTokenId::from_uuid(uuid::Uuid::from_u128(session)),
        until,
        strength,
    });
    proptest::collection::vec(one, 0..=20)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_account_has_is_read_as_it_was_written_and_what_it_has_no_more_is_gone() {
    let place = Place::with_account().await;
    let owner = place.app.database.owner().await;
    let own = (addresses(), devices(), recovery(), step_ups())
        .prop_map(|(channels, devices, recovery, step_ups)| Own { channels, devices, recovery, step_ups }.sorted());
    let mut runner = TestRunner::default();
    for _ in 0..60 {
        let own = own.new_tree(&mut runner).unwrap().current();
        place.change(|account, _| own.put(account)).await;
        let read = place.read().await.unwrap();
        assert_eq!(Own::of(&read), own);
        let in_order = own.devices.iter().map(|device| &device.name);
        assert!(
            read.devices.iter().map(|device| &device.name).eq(in_order),
            "the oldest first, whatever was written last"
        );
        let rows: i64 = owner.query_one("select count(*) from channels", &[]).await.unwrap().get(0);
        let expected = own.channels.len() + own.devices.len() + usize::from(own.recovery.is_some());
        assert_eq!(usize::try_from(rows).unwrap(), expected);
    }
    place.app.stop().await;
}

type Alter = fn(&mut Own);

/// Every part of what an account has, each changed alone.
const PARTS: [(&str, Alter); 19] = [
    ("an address", |own| own.channels[0].address = Address::parse(Channel::Sms, "+41791234569").unwrap()),
    ("since when an address", |own| own.channels[0].since = Timestamp::from_micros(1)),
    ("who brought an address", |own| own.channels[0].brought_by = BroughtBy::Operator),
    ("a device's steps", |own| own.devices[0].used.push(7)),
    ("a device's steps forgotten", |own| own.devices[1].used.clear()),
    ("since when a device", |own| own.devices[0].since = Timestamp::from_micros(1)),
    ("who brought a device", |own| own.devices[0].brought_by = BroughtBy::Operator),
    ("a device's name", |own| own.devices[0].name = DeviceName::parse("another").unwrap()),
    ("a device's secret", |own| own.devices[0].secret = TotpSecret::from_bytes([9; 20])),
    ("a used code", |own| own.recovery.as_mut().unwrap().used.push(9)),
    ("since when codes", |own| own.recovery.as_mut().unwrap().since = Timestamp::from_micros(1)),
    ("who brought codes", |own| own.recovery.as_mut().unwrap().brought_by = BroughtBy::Operator),
    ("the codes' key", |own| own.recovery.as_mut().unwrap().key = KeyId(7)),
    ("the set of codes", |own| own.recovery.as_mut().unwrap().set = RecoverySetId::from_uuid(uuid::Uuid::nil())),
    ("the end of a step-up", |own| own.step_ups[0].until = Timestamp::from_micros(1)),
    ("the strength of a step-up", |own| own.step_ups[0].strength = Strength::Inform),
    ("the session of a step-up", |own| own.step_ups[0].session = AccessTokenId::from_uuid(uuid::Uuid::nil())),
    ("the step-ups", |own| own.step_ups.clear()),
    ("the codes", |own| own.recovery = None),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_part_that_is_changed_alone_is_written_and_nothing_beside_it() {
    let place = Place::with_account().await;
    let (session, strength) = (AccessTokenId::from_uuid(uuid::Uuid::max()), Strength::Possession);
    let mut own = Own {
        channels: vec![ActiveChannel {
            address: Address::parse(Channel::Sms, "+41791234567").unwrap(),
            since: Timestamp::from_seconds(1_700_000_000),
            brought_by: BroughtBy::Customer,
        }],
        devices: vec![device("one", 1_700_000_001), device("two", 1_700_000_002)],
        recovery: Some(codes(KeyId(1), 1_700_000_003)),
        step_ups: vec![StepUp { session, until: Timestamp::from_seconds(1_800_000_000), strength }],
    };
    own.devices[1].used = vec![1, -2, i64::MAX];
    place.change(|account, _| own.put(account)).await;
    for (part, alter) in PARTS {
        let mut changed = own.clone();
        alter(&mut changed);
        assert_ne!(changed, own, "{part}");
        place.change(|account, _| changed.put(account)).await;
        assert_eq!(Own::of(&place.read().await.unwrap()), changed.sorted(), "{part}");
        place.change(|account, _| own.put(account)).await;
        assert_eq!(Own::of(&place.read().await.unwrap()), own.clone().sorted(), "{part}, back");
    }
    place.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_waits_for_its_proof_is_read_as_it_was_written_and_put_in_force_with_its_step() {
    let place = Place::with_account().await;
    let Device { name, secret, .. } = device("Käthe's phone", 0);
    let new = NewDevice { name, secret };
    let mut begun = None;
    place
        .change(|account, now| {
            let challenge = unsent(now, place.ring.active());
            account.enrol_device(&place.terms(now), &challenge, new.clone(), Clearance::NotNeeded).unwrap();
            begun = account.challenge(challenge.id).ok().cloned();
        })
        .await;
    let begun = begun.unwrap();
    assert_eq!(begun.target, Target::NewDevice(new.clone()));
    assert_eq!(place.read().await.unwrap().challenge(begun.id), Ok(&begun));
    let mut used = Vec::new();
    place
        .change(|account, now| {
            let candidate = Candidate::parse(&shown(&new.secret, now), 8).unwrap();
            let hash = AccessSecret::generate(&tanager::chance::SystemChance).hash();
            account.attempt(&place.terms(now), &place.ring, begun.id, &candidate, hash).unwrap();
            used = vec![now.as_seconds() / 30];
        })
        .await;
    let read = place.read().await.unwrap();
    assert_eq!((read.devices[0].secret.clone(), read.devices[0].used.clone()), (new.secret, used));
    place.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_when_on_a_token_counts_is_read_as_it_was_written() {
    let mut place = Place::with_account().await;
    place.policy.waiting = 10 * MINUTE;
    let mut solved = None;
    let operation = OperationDigest::from_bytes([1; 32]);
    place.change(|account, now| account.devices = vec![Device { since: now, ..device("default", 0) }]).await;
    let mut id = None;
    place
        .change(|account, now| {
            let (new, terms) = (unsent(now, place.ring.active()), place.terms(now));
            let wish = Wish { operation: Some(operation), ..Wish::default() };
            account.request(&terms, &new, Channel::Totp, wish).unwrap();
            id = Some(new.id);
        })
        .await;
    let hash = AccessSecret::generate(&tanager::chance::SystemChance).hash();
    place
        .change(|account, now| {
            let candidate = Candidate::parse(&shown(&account.devices[0].secret, now), 8).unwrap();
            account.attempt(&place.terms(now), &place.ring, id.unwrap(), &candidate, hash).unwrap();
            solved = account.challenge(id.unwrap()).ok().cloned();
        })
        .await;
    let (mut read, solved) = (place.read().await.unwrap(), solved.unwrap());
    assert_eq!(solved.counts_from, Some(read.devices[0].since.plus(10 * MINUTE)));
    assert_eq!(read.challenge(solved.id), Ok(&solved));
    let terms = place.terms(place.store.now().await.unwrap());
    let answer = read.clear(&terms, Demand::of(Assurance::Bound), &operation, &Proof::token(Some(hash)));
    assert_eq!(answer, Err(Objection::Required), "as an instance decides that has read it");
    place.app.stop().await;
}

/// A challenge of which nothing is sent.
pub(super) fn unsent(now: Timestamp, tan_key: KeyId) -> NewChallenge {
    let id = ChallengeId::new(now, &tanager::chance::SystemChance);
    NewChallenge { id, tan_key, access_token: None, sending: None, language: None }
}
