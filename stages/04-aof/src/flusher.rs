//! The thread that syncs once a second.
