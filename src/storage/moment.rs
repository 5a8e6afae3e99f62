//! [`Timestamp`] as PostgreSQL's `timestamptz`, `infinity` included.

use bytes::{Buf, BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use crate::domain::time::Timestamp;

/// Microseconds between 1970 and 2000, where PostgreSQL counts from.
const EPOCH_2000: i64 = 946_684_800_000_000;

type Trouble = Box<dyn std::error::Error + Sync + Send>;

/// A moment on its way to or from a row.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub Timestamp);

impl<'a> FromSql<'a> for Moment {
    fn from_sql(_: &Type, mut raw: &'a [u8]) -> Result<Self, Trouble> {
        if raw.len() != size_of::<i64>() {
            return Err("a timestamptz has eight bytes".into());
        }
        Ok(Self(match raw.get_i64() {
            i64::MAX => Timestamp::NEVER,
            micros => Timestamp::from_micros(micros.saturating_add(EPOCH_2000)),
        }))
    }

    accepts!(TIMESTAMPTZ);
}

impl ToSql for Moment {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Trouble> {
        out.put_i64(if self.0.is_never() { i64::MAX } else { self.0.as_micros().saturating_sub(EPOCH_2000) });
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}
