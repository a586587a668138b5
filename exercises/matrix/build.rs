//! Writes the modules that hold every solution, starter and mutant beside the cases.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use heapwood_course::{Course, Exercise};

fn main() -> Result<(), String> {
    let variable = |name: &str| env::var(name).map(PathBuf::from).map_err(|error| format!("{name}: {error}"));
    let root =
        variable("CARGO_MANIFEST_DIR")?.join("../..").canonicalize().map_err(|error| error.to_string())?;
    let out = variable("OUT_DIR")?;
    println!("cargo::rerun-if-changed=build.rs");
    let course = Course::read(&root)?;
    for chapter in &course.chapters {
        println!("cargo::rerun-if-changed={}", root.join("exercises").join(&chapter.folder).display());
    }
    let (mut modules, mut rows) = (String::new(), String::new());
    for exercise in course.exercises() {
        let starter = out.join(format!("{}.rs", exercise.module()));
        write(&starter, &exercise.starter()?)?;
        let _ = writeln!(modules, "pub mod {} {{", exercise.module());
        let mut add = |name: &str, file: &Path, lints: &str| {
            let _ = writeln!(modules, "{}", module(name, file, &exercise.folder.join("cases.rs"), lints));
            let module = format!("{}::v_{name}", exercise.module());
            for case in &exercise.cases {
                let id = id(exercise, name, &case.name);
                let _ = writeln!(rows, "    ({id:?}, {module}::cases::{} as fn()),", case.name);
            }
        };
        add("solution", &exercise.folder.join("solution.rs"), "");
        add("starter", &starter, MISTAKES);
        for variant in exercise.variants() {
            let file = out.join(format!("{}_{}.rs", exercise.module(), variant.name));
            write(&file, &exercise.variant(&variant)?)?;
            add(&variant.name, &file, MISTAKES);
        }
        modules.push_str("}\n");
    }
    let all = format!(
        "{modules}\n/// Every case of every variant.\npub const CASES: &[(&str, fn())] = &[\n{rows}];\n"
    );
    write(&out.join("modules.rs"), &all)
}

/// What a mistake may look like, and a file with holes.
const MISTAKES: &str = "#[allow(warnings, clippy::all)]";

fn module(name: &str, subject: &Path, cases: &Path, lints: &str) -> String {
    format!(
        "    pub mod v_{name} {{\n        {lints}\n        #[path = {subject:?}]\n        pub mod subject;\n        #[allow(clippy::duplicate_mod)]\n        #[path = {cases:?}]\n        pub mod cases;\n    }}"
    )
}

fn id(exercise: &Exercise, variant: &str, case: &str) -> String {
    format!("{}/{variant}/{case}", exercise.name)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
