//! What a load cost the server, by its own account: INFO's processor times before and after. Works from afar.

use std::time::Duration;

use heapwood_sockets::Value;

use super::drive::{LoadError, client, failed};
use super::plan::Plan;

/// Processor times since the server's start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ServerCpu {
    /// Of the whole process: with `heapwood up` bridge and race as well.
    process: Duration,
    /// Of the thread that serves clients.
    thread: Duration,
}

/// What a load cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub(crate) process: Duration,
    pub(crate) thread: Duration,
}

impl ServerCpu {
    /// Asks the server, on a connection of its own.
    pub(crate) fn ask(plan: &Plan) -> Result<Self, LoadError> {
        let mut client = client(plan.addr, plan.password.as_deref())?;
        let info = match client.call(&["INFO"]).map_err(failed)? {
            Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Value::Status(text) => text,
            Value::Error(text) => return Err(LoadError::Refused(text)),
            other => return Err(LoadError::Protocol(format!("INFO gives {other:?}"))),
        };
        Ok(Self::read(&info))
    }

    fn read(info: &str) -> Self {
        let field = |name: &str| -> Duration {
            let of_line = |line: &str| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok();
            let seconds: Option<f64> = info.lines().find_map(of_line);
            seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default()
        };
        ServerCpu {
            process: field("used_cpu_user") + field("used_cpu_sys"),
            thread: field("used_cpu_user_main_thread") + field("used_cpu_sys_main_thread"),
        }
    }

    pub(crate) fn since(&self, before: &Self) -> Spent {
        Spent {
            process: self.process.saturating_sub(before.process),
            thread: self.thread.saturating_sub(before.thread),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added_and_a_server_that_tells_none_has_none() {
        let info = "# CPU\r\nused_cpu_sys:0.250000\r\nused_cpu_user:1.500000\r\nused_cpu_sys_main_thread:0.25\r\nused_cpu_user_main_thread:1.0\r\n";
        let spent = ServerCpu::read(info).since(&ServerCpu::read(""));
        assert_eq!(spent.process, Duration::from_millis(1_750));
        assert_eq!(spent.thread, Duration::from_millis(1_250));
    }
}
