//! The complete server, assembled from its stages.
