//! What two writers at once could do to each other below the service: another instance is a datastore of its own, so
//! that nothing in the process keeps the two apart.

mod overtaken;
mod scene;
mod stale;
