//! The command line.

use clap::{Args, Parser, Subcommand};

/// The exercises of the course. Without a command: where you are, and what is next.
#[derive(Debug, Parser)]
#[command(
    name = "cargo learn",
    bin_name = "cargo learn",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = false,
    max_term_width = 80,
    after_help = "Environment:\n  HEAPWOOD_MINE  your folder, where it is not mine/ in the repository\n  NO_COLOR       no colour\n\nExit codes: 0 done, or all cases green; 1 a case is red, or your code does not\ncompile; 2 it could not be done as asked.\n\nBegin with `cargo learn start`, then `cargo learn first-steps`."
)]
pub struct Options {
    /// The exercise to try, by its name or number: `rotate`, or `2.1`
    pub name: Option<String>,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make mine/, your folder, or put back what is missing in it
    Start,
    /// Bring mine/ to the course as it is now; what you edited stays
    Update,
    /// All exercises, and how each stands
    List,
    /// A hint; the next one each time
    Hint {
        /// The exercise [default: the next one]
        name: Option<String>,
        /// This level, 1 to 3, instead of the next one
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
        level: Option<u8>,
    },
    /// A solution, as a difference to yours
    Solution {
        /// The exercise [default: the next one]
        name: Option<String>,
        /// Do not ask first
        #[arg(long)]
        yes: bool,
    },
    /// Begin an exercise again; what you have is kept beside it
    Reset {
        /// The exercise
        name: String,
        /// Do not ask first
        #[arg(long)]
        yes: bool,
    },
    /// Run the cases whenever you save
    Watch {
        /// The exercise [default: the next one, and then the one after it]
        name: Option<String>,
    },
    /// What this machine lacks
    Doctor,
    /// How every exercise stands, after running what was edited
    Report {
        /// As JSON, with the course's version and hashes
        #[arg(long)]
        json: bool,
    },
    /// Start a stage with your solved `before` exercises in it
    Run {
        /// The stage, 1 to 7
        stage: u32,
        /// Build it, say which parts are yours, and do not start it
        #[arg(long)]
        build: bool,
        /// Arguments for the server, behind `--`
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Which stage's behaviour a server has, whoever wrote it
    #[command(
        after_help = "With --restart, {port} and {dir} in the command stand for the port to listen on\nand a folder for its files:\n\n  cargo learn conformance --stage 4 --restart 'mine --port {port} --dir {dir}'\n\nWithout --mine and --restart the server must run; then what survives kill -9\ncannot be seen, and the report says so."
    )]
    Conformance(Conformance),
    /// Measure your code beside the reference and the standard library
    Measure {
        /// The exercise; without one, which can be measured
        name: Option<String>,
        /// How often each runs; medians are shown
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(3..=101))]
        rounds: u32,
    },
    /// Damage a log in every way, and see which rounds survive
    Crash {
        /// The reference's code alone, without yours
        #[arg(long)]
        reference: bool,
        /// How many rounds the log has
        #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..=9))]
        rounds: u32,
    },
    /// Check the exercises themselves: solutions, starters, mistakes
    Audit {
        /// Only these
        names: Vec<String>,
        /// Print which case finds which mistake
        #[arg(long)]
        matrix: bool,
    },
}

/// Which server is tested, and for what.
#[derive(Args, Debug)]
pub struct Conformance {
    /// Where it listens
    #[arg(long)]
    pub port: Option<u16>,
    /// The host that it listens on
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// This stage and those before it, 1 to 6 [default: as far as it comes]
    #[arg(long, value_name = "K")]
    pub stage: Option<usize>,
    /// Start the server with this shell command, and kill and restart it
    #[arg(long, value_name = "COMMAND")]
    pub restart: Option<String>,
    /// What `cargo learn run K` builds: a stage with your functions in it
    #[arg(long, conflicts_with_all = ["port", "restart", "resp"])]
    pub mine: bool,
    /// Speak Redis's protocol, and hold what Redis passes too
    #[arg(long)]
    pub resp: bool,
}
