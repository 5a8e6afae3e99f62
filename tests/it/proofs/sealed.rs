//! A row that was changed past the service opens nothing and proves nothing.

use tanager::domain::{id::RecoverySetId, keys::KeyError};

use super::{Place, StoreError, codes, device};

const SWAPPED: &str = "update channels x set secret = y.secret from channels y \
                       where x.account_id = y.account_id and x.channel = 'totp' and y.channel = 'totp' and x.name <> y.name";

#[tokio::test(flavor = "multi_thread")]
async fn a_devices_secret_opens_in_its_own_row_under_its_own_name_alone() {
    let place = Place::with_account().await;
    let devices = vec![device("one", 1), device("two", 2)];
    place.change(|account, _| account.devices.clone_from(&devices)).await;
    let owner = place.app.database.owner().await;
    let renamed = |from: &str, to: &str| format!("update channels set name = '{to}' where name = '{from}'");
    for (change, undo) in [(SWAPPED.to_owned(), SWAPPED.to_owned()), (renamed("one", "three"), renamed("three", "one"))]
    {
        owner.batch_execute(&change).await.unwrap();
        let read = place.read().await.map(|_| ());
        assert!(matches!(read, Err(StoreError::Key(KeyError::NotGenuine))), "{change}: {read:?}");
        owner.batch_execute(&undo).await.unwrap();
        assert_eq!(place.read().await.unwrap().devices, devices, "{change}");
    }
    place.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_set_id_in_the_row_gives_other_codes() {
    let place = Place::with_account().await;
    let before = codes(place.ring.active(), 1);
    place.change(|account, _| account.recovery = Some(before.clone())).await;
    let owner = place.app.database.owner().await;
    let other = uuid::Uuid::from_u128(7);
    owner.execute("update channels set recovery_set = $1 where channel = 'recovery'", &[&other]).await.unwrap();
    let account = place.read().await.unwrap();
    let after = account.recovery.unwrap();
    assert_eq!(after.set, RecoverySetId::from_uuid(other));
    let (of_before, of_after) =
        (before.codes(account.id, &place.ring).unwrap(), after.codes(account.id, &place.ring).unwrap());
    assert!(of_before.iter().all(|code| !of_after.contains(code)));
    place.app.stop().await;
}
