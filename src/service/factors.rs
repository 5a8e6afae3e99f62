//! The factors that need no message: devices that show codes, and recovery codes. What they follow from is shown in one
//! reply, and to the customer alone: an operator who saw it could answer in the customer's place.

use zeroize::Zeroizing;

use super::{Failure, ProtectedRequest, Service, permit};
use crate::{
    domain::{
        account::Terms,
        caller::{AccessToken, Deed},
        channel::BroughtBy,
        factor::NewDevice,
        id::RecoverySetId,
        recovery::RecoveryCodes,
        refusal::Refusal,
        totp::{DeviceName, TotpSecret},
        username::Username,
        view::ChallengeView,
    },
    message::Phrase,
    storage::datastore::Wanted,
};

/// A device that waits for its first code, and what it is set up with: in this one reply only. No `Debug`.
pub struct DeviceEnrolment {
    /// The challenge that its first code answers.
    pub challenge: ChallengeView,
    /// Its secret in base32.
    pub secret: Zeroizing<String>,
    /// The same as an app reads it from a QR code.
    pub otpauth_uri: Zeroizing<String>,
}

impl Service {
    /// Enrols a device: it is in force once it has shown a code. Protected when the account has an active channel.
    pub async fn enrol_device(
        &self,
        caller: &AccessToken,
        username: &Username,
        name: &DeviceName,
        request: &ProtectedRequest,
    ) -> Result<DeviceEnrolment, Failure> {
        permit_customer(caller, username)?;
        let secret = TotpSecret::generate(self.chance());
        let begun = self.change(caller, Deed::ChangeFactors, Wanted::account(username), |account, terms| {
            account.refuse_new_device(terms, name)?;
            let summary = self.phrase(account, request, &Phrase::AddDevice(name));
            let cleared = self.clear(account, terms, caller, request, &summary)?;
            let new = self.new_challenge(terms, caller, None, None);
            let device = NewDevice { name: name.clone(), secret: secret.clone() };
            account.enrol_device(terms, &new, device, cleared)?;
            Ok(account.view(account.challenge(new.id)?, terms))
        });
        let challenge = begun.await?;
        let otpauth_uri = secret.otpauth_uri(&self.0.parts.bank.name, username.as_str());
        Ok(DeviceEnrolment { challenge, secret: secret.base32(), otpauth_uri })
    }

    /// Makes new recovery codes, as they are shown; those before them are dead. In force at once. Protected when the
    /// account has an active channel.
    pub async fn make_recovery_codes(
        &self,
        caller: &AccessToken,
        username: &Username,
        request: &ProtectedRequest,
    ) -> Result<Vec<Zeroizing<String>>, Failure> {
        permit_customer(caller, username)?;
        let made = self.change(caller, Deed::ChangeFactors, Wanted::account(username), |account, terms| {
            account.refuse_recovery_codes(terms)?;
            let summary = self.phrase(account, request, &Phrase::MakeRecoveryCodes);
            let cleared = self.clear(account, terms, caller, request, &summary)?;
            let codes = self.new_recovery_codes(terms);
            let shown = codes.codes(account.id, self.ring())?;
            let notices = account.make_recovery_codes(codes, cleared, Some(caller.id));
            self.tell(account, terms, notices);
            Ok(shown)
        });
        made.await
    }

    fn new_recovery_codes(&self, terms: &Terms<'_>) -> RecoveryCodes {
        RecoveryCodes {
            set: RecoverySetId::new(terms.now, self.chance()),
            key: self.ring().active(),
            used: Vec::new(),
            since: terms.now,
            brought_by: BroughtBy::Customer,
        }
    }
}

/// Customers alone, and none by an API token.
fn permit_customer(caller: &AccessToken, username: &Username) -> Result<(), Failure> {
    permit(caller, Deed::ChangeFactors, username)?;
    let customer = caller.scope.is_of_account() && caller.may_begin_own_operation().is_ok();
    customer.then_some(()).ok_or_else(|| Refusal::Forbidden.into())
}
