//! INFO: figures by section, under Redis's names where it has them.

use std::fmt::Write;
use std::time::Duration;

use heapwood_aof::Storage;
use heapwood_poll_loop::Request;

use crate::engine::arguments::is_option;
use crate::engine::refusal::Reply;
use crate::engine::service::{Engine, EngineRound};
use crate::engine::sys;

/// The version of Redis whose replies the commands give: some clients look for it.
const COMPATIBLE_VERSION: &str = "7.0.15";

const SECTIONS: [&str; 7] = ["server", "clients", "memory", "persistence", "stats", "cpu", "keyspace"];

/// `INFO [section ...]`
pub(super) fn info<S: Storage>(
    engine: &mut Engine<S>,
    round: &mut EngineRound<'_>,
    request: &Request<'_>,
) -> Reply {
    engine.statistics.sample(round.now().mono_ms);
    let everything = |word: &[u8]| ["all", "everything", "default"].iter().any(|all| is_option(word, all));
    let all = request.len() == 1 || request.args().skip(1).any(everything);
    let mut text = String::new();
    for section in SECTIONS {
        if !all && !request.args().skip(1).any(|word| is_option(word, section)) {
            continue;
        }
        if !text.is_empty() {
            text += "\r\n";
        }
        let mut fields = Fields(&mut text);
        match section {
            "server" => server(engine, round, &mut fields),
            "clients" => clients(engine, round, &mut fields),
            "memory" => memory(&mut fields),
            "persistence" => persistence(engine, &mut fields),
            "stats" => stats(engine, round, &mut fields),
            "cpu" => cpu(&mut fields),
            _ => keyspace(engine, &mut fields),
        }
    }
    round.reply(request.client(), |replies| replies.verbatim(*b"txt", &text));
    Ok(())
}

/// The lines of a section.
struct Fields<'a>(&'a mut String);

impl Fields<'_> {
    fn title(&mut self, title: &str) {
        self.add_line(format_args!("# {title}"));
    }

    fn add(&mut self, name: &str, value: impl std::fmt::Display) {
        self.add_line(format_args!("{name}:{value}"));
    }

    fn add_line(&mut self, line: std::fmt::Arguments<'_>) {
        write!(self.0, "{line}\r\n").expect("a String takes everything");
    }
}

fn server<S: Storage>(engine: &Engine<S>, round: &EngineRound<'_>, fields: &mut Fields<'_>) {
    fields.title("Server");
    fields.add("redis_version", COMPATIBLE_VERSION);
    fields.add("server_name", "heapwood");
    fields.add("heapwood_version", crate::VERSION);
    fields.add("redis_mode", "standalone");
    fields.add("os", format_args!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    fields.add("arch_bits", usize::BITS);
    fields.add("multiplexing_api", engine.poller_name());
    fields.add("process_id", std::process::id());
    fields.add("tcp_port", engine.addr.port());
    fields.add("listener_address", engine.addr);
    let uptime_s = (round.now().mono_ms.saturating_sub(engine.statistics.started_mono_ms)) / 1_000;
    fields.add("uptime_in_seconds", uptime_s);
    fields.add("uptime_in_days", uptime_s / 86_400);
}

fn clients<S: Storage>(engine: &Engine<S>, round: &EngineRound<'_>, fields: &mut Fields<'_>) {
    fields.title("Clients");
    fields.add("connected_clients", round.clients().count());
    fields.add("maxclients", engine.options.limits.max_clients);
    fields.add("blocked_clients", engine.store.waiters.len());
}

fn memory(fields: &mut Fields<'_>) {
    fields.title("Memory");
    let resident = sys::resident_bytes().unwrap_or(0);
    let used = crate::mem::allocated_bytes();
    fields.add("used_memory", used);
    fields.add("used_memory_human", human(used));
    fields.add("used_memory_rss", resident);
    fields.add("used_memory_rss_human", human(resident));
    fields.add("maxmemory", 0);
    fields.add("maxmemory_policy", "noeviction");
}

/// An amount of bytes as Redis writes it for people.
fn human(bytes: usize) -> String {
    let units = [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")];
    for (unit, letter) in units {
        if bytes >= unit {
            return format!("{:.2}{letter}", bytes as f64 / unit as f64);
        }
    }
    format!("{bytes}B")
}

fn persistence<S: Storage>(engine: &Engine<S>, fields: &mut Fields<'_>) {
    fields.title("Persistence");
    let log = &engine.persistence;
    let figures = log.figures();
    let status = if log.is_sound() { "ok" } else { "err" };
    fields.add("loading", 0);
    fields.add("aof_enabled", u8::from(log.is_enabled()));
    fields.add("aof_last_write_status", status);
    fields.add("aof_current_size", figures.bytes);
    fields.add("log_policy", log.policy());
    fields.add("log_durable_bytes", figures.durable_bytes);
    let (records, rounds) = log.written();
    fields.add("log_records", records);
    fields.add("log_rounds", rounds);
    fields.add("log_syncs", figures.syncs);
    fields.add("log_unsynced_ms", figures.unsynced_for.unwrap_or_default().as_millis());
    fields.add("log_loaded_records", log.recovery().records);
    fields.add("log_cut_bytes", log.recovery().cut_bytes);
}

fn stats<S: Storage>(engine: &Engine<S>, round: &EngineRound<'_>, fields: &mut Fields<'_>) {
    fields.title("Stats");
    let (loop_counts, statistics) = (round.counters(), &engine.statistics);
    let counts = engine.store.counts;
    fields.add("total_connections_received", loop_counts.accepted);
    fields.add("total_commands_processed", statistics.commands);
    fields.add("instantaneous_ops_per_sec", statistics.rate());
    fields.add("total_net_input_bytes", loop_counts.bytes_in);
    fields.add("total_net_output_bytes", loop_counts.bytes_out);
    fields.add("rejected_connections", loop_counts.refused);
    fields.add("expired_keys", counts.expired);
    fields.add("evicted_keys", 0);
    fields.add("keyspace_hits", counts.hits);
    fields.add("keyspace_misses", counts.misses);
    fields.add("total_error_replies", statistics.errors);
    fields.add("auth_failures", engine.access.failures);
    fields.add("cross_protocol_closed", statistics.cross_protocol);
    fields.add("protocol_errors", loop_counts.protocol_errors);
    fields.add("dropped_clients", loop_counts.dropped);
    fields.add("rounds", loop_counts.rounds);
}

fn cpu(fields: &mut Fields<'_>) {
    fields.title("CPU");
    let (process, thread) = (sys::process_cpu(), sys::thread_cpu());
    let seconds = |time: Duration| format!("{:.6}", time.as_secs_f64());
    fields.add("used_cpu_sys", seconds(process.system));
    fields.add("used_cpu_user", seconds(process.user));
    fields.add("used_cpu_sys_main_thread", seconds(thread.system));
    fields.add("used_cpu_user_main_thread", seconds(thread.user));
}

fn keyspace<S: Storage>(engine: &Engine<S>, fields: &mut Fields<'_>) {
    fields.title("Keyspace");
    let keys = &engine.store.keys;
    if !keys.is_empty() {
        let line = format!("keys={},expires={},avg_ttl=0", keys.len(), keys.deadline_count());
        fields.add("db0", line);
    }
}
