//! Randomness that can be repeated.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Gives the seed instead of the operating system.
const VARIABLE: &str = "TEST_SEED";

/// A generator whose seed is printed, and shown when the test fails.
pub fn seeded() -> StdRng {
    let seed = match std::env::var(VARIABLE) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => StdRng::from_os_rng().random(),
    };
    println!("to repeat this: {VARIABLE}={seed}");
    StdRng::seed_from_u64(seed)
}
