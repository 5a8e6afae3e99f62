//! The channels of an account, and what is enrolled.

use zeroize::Zeroizing;

use crate::{
    domain::channel::Channel,
    http::{
        qr,
        wire::channel::{ChannelList, ChannelRow, ChannelState, EnrolmentReply, RecoveryCodesReply},
    },
    service::{self, ChannelListing, DeviceEnrolment, Enrolment, Pending},
};

impl From<ChannelListing> for ChannelList {
    fn from(listing: ChannelListing) -> Self {
        Self {
            tan_channels: listing.rows.into_iter().map(Into::into).collect(),
            recovery_codes_left: listing.recovery_codes_left,
        }
    }
}

impl From<service::ChannelRow> for ChannelRow {
    fn from(row: service::ChannelRow) -> Self {
        let state = match row.pending {
            Pending::Yes => ChannelState::Pending,
            Pending::No => ChannelState::Active,
        };
        Self { tan_channel: row.channel.into(), state, tan_info: row.tan_info, since: row.since.into() }
    }
}

impl From<Enrolment> for EnrolmentReply {
    fn from(enrolment: Enrolment) -> Self {
        Self {
            tan_channel: enrolment.channel.into(),
            state: ChannelState::Pending,
            challenge: enrolment.challenge.into(),
            secret: None,
            otpauth_uri: None,
            qr_svg: None,
        }
    }
}

impl From<DeviceEnrolment> for EnrolmentReply {
    fn from(enrolment: DeviceEnrolment) -> Self {
        Self {
            tan_channel: enrolment.challenge.channel.into(),
            state: ChannelState::Pending,
            challenge: enrolment.challenge.into(),
            // Of all that can be configured the longest fits; what did not would still be set up without a picture.
            qr_svg: qr::svg(&enrolment.otpauth_uri).ok(),
            secret: Some(enrolment.secret),
            otpauth_uri: Some(enrolment.otpauth_uri),
        }
    }
}

impl From<Vec<Zeroizing<String>>> for RecoveryCodesReply {
    fn from(codes: Vec<Zeroizing<String>>) -> Self {
        Self { tan_channel: Channel::Recovery.into(), state: ChannelState::Active, recovery_codes: codes }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{keys::tests::Fixed, totp::TotpSecret, username::Username},
        http::qr,
    };

    /// `[server] bank_name`, in characters.
    const LONGEST_BANK_NAME: usize = 60;

    #[test]
    fn the_longest_names_fit_into_a_picture() {
        let bank = "\u{1F3E6}".repeat(LONGEST_BANK_NAME);
        let username = Username::parse(&"~".repeat(126)).unwrap();
        let address = TotpSecret::generate(&Fixed(1)).otpauth_uri(&bank, username.as_str());
        assert!(qr::svg(&address).is_ok(), "{} bytes", address.len());
    }
}
