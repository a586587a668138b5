//! The complete server, assembled from its stages.

pub mod bridge;
pub mod race;
