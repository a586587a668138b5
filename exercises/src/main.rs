//! `cargo learn`.

use std::process::ExitCode;

use clap::Parser;
use heapwood_course::Course;
use heapwood_learn::failure::{End, Ended};
use heapwood_learn::helping::{self, meant};
use heapwood_learn::options::{Command, Options};
use heapwood_learn::places::Places;
use heapwood_learn::{
    auditing, check, conforming, crash, doctor, measuring, mine, progress, report, watching, yours,
};

fn main() -> ExitCode {
    // Who says that there is to be no colour is obeyed, whoever else asks for it.
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        console::set_colors_enabled(false);
        console::set_colors_enabled_stderr(false);
    }
    match run(Options::parse()) {
        Ok(End::Green) => ExitCode::SUCCESS,
        Ok(End::Red) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("cargo learn: {}", failure.0);
            ExitCode::from(2)
        }
    }
}

fn run(options: Options) -> Ended {
    let places = Places::new(std::env::var_os("HEAPWOOD_MINE").map(Into::into));
    let course = Course::read(&places.root)?;
    let Some(command) = options.command else {
        return match options.name {
            Some(name) => check::show(&places, &course, course.find(&name)?),
            None => progress::overview(&places, &course),
        };
    };
    match command {
        Command::Start => mine::start(&places, &course),
        Command::Update => mine::update(&places, &course),
        Command::List => progress::list(&places, &course),
        Command::Hint { name, level } => {
            helping::hint(&places, meant(&places, &course, name.as_deref())?, level.map(usize::from))
        }
        Command::Solution { name, yes } => {
            helping::solution(&places, meant(&places, &course, name.as_deref())?, yes)
        }
        Command::Reset { name, yes } => helping::reset(&places, course.find(&name)?, yes),
        Command::Watch { name } => watching::watch(&places, &course, name.as_deref()),
        Command::Doctor => doctor::doctor(&places, &course),
        Command::Report { json } => report::report(&places, &course, json),
        Command::Run { stage, build, arguments } => yours::run(&places, &course, stage, build, &arguments),
        Command::Measure { name, rounds } => measuring::measure(&places, &course, name.as_deref(), rounds),
        Command::Crash { reference, rounds } => crash::crash(&places, &course, !reference, rounds),
        Command::Conformance(options) => conforming::run(&places, &course, &options),
        Command::Audit { names, matrix } => auditing::run(&places, &course, &names, matrix),
    }
}
