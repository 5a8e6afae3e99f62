//! The key ring: sealing, and the keys' purposes.

use super::*;

pub(crate) struct Fixed(pub u8);
impl Chance for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::new(&[(KeyId(1), Zeroizing::new([1; 32])), (KeyId(2), Zeroizing::new([2; 32]))], KeyId(1)).unwrap()
}

#[test]
fn a_sealed_value_opens_only_where_it_was_sealed_for() {
    let here = Place { column: "accounts.contact", row: &[b"a"] };
    let sealed = ring().seal(&here, b"+41791234567", &Fixed(9)).unwrap();
    assert_eq!(&**ring().open(&here, &sealed).unwrap(), b"+41791234567");
    for elsewhere in
        [Place { column: "accounts.contact", row: &[b"b"] }, Place { column: "channels.address", row: &[b"a"] }]
    {
        assert_eq!(ring().open(&elsewhere, &sealed), Err(KeyError::NotGenuine));
    }
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(ring().open(&here, &changed).is_err(), "byte {at}");
    }
    assert_eq!(ring().open(&here, &sealed[..10]), Err(KeyError::NotGenuine));
}

#[test]
fn a_retired_key_still_opens_what_it_sealed() {
    let here = Place { column: "x", row: &[] };
    let sealed = ring().seal(&here, b"old", &Fixed(9)).unwrap();
    let later =
        KeyRing::new(&[(KeyId(1), Zeroizing::new([1; 32])), (KeyId(2), Zeroizing::new([2; 32]))], KeyId(2)).unwrap();
    assert_eq!(&**later.open(&here, &sealed).unwrap(), b"old");
    let without = KeyRing::new(&[(KeyId(2), Zeroizing::new([2; 32]))], KeyId(2)).unwrap();
    assert_eq!(without.open(&here, &sealed), Err(KeyError::Missing(KeyId(1))));
}

#[test]
fn each_purpose_has_its_own_key() {
    let ring = ring();
    let parts: &[&[u8]] = &[b"same"];
    assert_ne!(ring.tan_mac(KeyId(1), parts), ring.audit_mac(KeyId(1), parts));
    assert_ne!(ring.audit_mac(KeyId(1), parts), ring.checkpoint_mac(KeyId(1), parts));
    assert_ne!(ring.tan_mac(KeyId(1), parts), ring.tan_mac(KeyId(2), parts));
}

#[test]
fn a_ring_without_its_active_key_or_with_twins_is_refused() {
    let secret = || Zeroizing::new([0; 32]);
    assert!(KeyRing::new(&[(KeyId(1), secret())], KeyId(2)).is_err());
    assert!(KeyRing::new(&[(KeyId(1), secret()), (KeyId(1), secret())], KeyId(1)).is_err());
}

#[test]
fn what_is_looked_up_is_still_found_when_another_key_becomes_active() {
    let rotated =
        KeyRing::new(&[(KeyId(2), Zeroizing::new([2; 32])), (KeyId(1), Zeroizing::new([1; 32]))], KeyId(2)).unwrap();
    assert_eq!(ring().look_up("meter", b"+41791"), rotated.look_up("meter", b"+41791"));
    assert_ne!(ring().look_up("meter", b"+41791"), ring().look_up("meter", b"+41792"));
    assert_ne!(ring().look_up("meter", b"+41791"), ring().look_up("session", b"+41791"));
}
