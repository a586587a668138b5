//! The complete server, assembled from its stages.

pub mod race;
