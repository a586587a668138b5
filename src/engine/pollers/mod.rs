//! Ways to wait for sockets beyond the portable one.
