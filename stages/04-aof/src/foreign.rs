//! Files that Redis or Valkey wrote.
