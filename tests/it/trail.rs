//! The audit trail: each deed over REST is written, and nobody who bends the trail goes unseen. Operators
//! read it, and have it verified, with and without a witness outside of the database.

mod bent;
mod checkpoints;
mod deeds;
mod export;
mod listing;
mod verdicts;
