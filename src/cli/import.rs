//! Reading what `tanager account import` is given. What comes out of here is accounts to be made, or lines with what is
//! wrong with them; nothing of the database is known here.

pub(super) mod reading;
mod records;
pub(super) mod rows;
