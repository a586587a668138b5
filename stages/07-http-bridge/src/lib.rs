//! Stage 7: HTTP to frames
