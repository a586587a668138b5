//! Tells what a load came to.

use std::time::Duration;

use serde_json::{Value, json};

use super::drive::Outcome;
use super::plan::Plan;
use super::server_cpu::Spent;

/// A plan, and what it came to.
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) plan: Plan,
    pub(crate) outcome: Outcome,
    pub(crate) cpu: Spent,
}

impl Measured {
    fn per_second(&self) -> f64 {
        self.outcome.requests as f64 / self.outcome.elapsed.as_secs_f64().max(1e-9)
    }

    /// Microseconds of `spent` a request.
    fn us_each(&self, spent: Duration) -> f64 {
        spent.as_secs_f64() * 1e6 / self.outcome.requests.max(1) as f64
    }

    fn latency_us(&self, quantile: f64) -> f64 {
        self.outcome.latencies_ns.value_at_quantile(quantile) as f64 / 1000.0
    }

    fn to_json(&self) -> Value {
        let (plan, outcome) = (&self.plan, &self.outcome);
        json!({
            "test": self.name,
            "clients": plan.clients,
            "threads": plan.threads,
            "pipeline": plan.pipeline,
            "keys": plan.keys,
            "value_bytes": plan.value_bytes,
            "requests": outcome.requests,
            "errors": outcome.errors,
            "first_error": outcome.first_error,
            "seconds": outcome.elapsed.as_secs_f64(),
            "requests_per_second": self.per_second().round(),
            "latency_us": {
                "p50": self.latency_us(0.5),
                "p95": self.latency_us(0.95),
                "p99": self.latency_us(0.99),
                "p99_9": self.latency_us(0.999),
                "max": self.latency_us(1.0),
            },
            "server_cpu_us_per_request": self.us_each(self.cpu.process),
            "server_thread_cpu_us_per_request": self.us_each(self.cpu.thread),
        })
    }
}

/// For people.
pub(crate) fn readable(measured: &Measured) -> String {
    let (plan, outcome) = (&measured.plan, &measured.outcome);
    let mut text = format!(
        "\n{}: {} requests by {} clients, {} at a time each; {} keys, values of {} bytes\n",
        measured.name,
        grouped(outcome.requests),
        plan.clients,
        plan.pipeline,
        grouped(plan.keys),
        plan.value_bytes
    );
    text += &format!(
        "  {} requests a second ({:.2} s)\n",
        grouped(measured.per_second() as u64),
        outcome.elapsed.as_secs_f64()
    );
    let ms = |quantile| measured.latency_us(quantile) / 1e3;
    text += &format!(
        "  latency in ms: median {:.3}, 95 % {:.3}, 99 % {:.3}, 99.9 % {:.3}, longest {:.3}\n",
        ms(0.5),
        ms(0.95),
        ms(0.99),
        ms(0.999),
        ms(1.0)
    );
    text += &format!(
        "  server: {:.3} µs of processor time a request, {:.3} of it on the thread that serves clients",
        measured.us_each(measured.cpu.process),
        measured.us_each(measured.cpu.thread)
    );
    if let Some(first) = &outcome.first_error {
        text += &format!("\n  {} error replies; the first: {first}", grouped(outcome.errors));
    }
    text
}

/// For programs: one document.
pub(crate) fn json_of(seed: u64, all: &[Measured]) -> String {
    let tests: Vec<Value> = all.iter().map(Measured::to_json).collect();
    json!({"seed": seed, "tests": tests}).to_string()
}

/// With a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
    }
}
