//! The audit trail: each deed over REST is written, and nobody who bends the trail goes unseen.

mod bent;
mod deeds;
