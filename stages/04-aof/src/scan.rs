//! What is sound in a file and what is not.
