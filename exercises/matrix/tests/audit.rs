//! What holds of every exercise: see `heapwood_learn::audit`.

use std::path::Path;

use heapwood_course::Course;
use heapwood_learn::audit::audit;

#[test]
fn every_solution_is_green_every_starter_red_and_every_mistake_is_found_by_the_cases_that_it_names() {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there");
    let course = Course::read(&root).expect("the exercises can be read");
    let exe = Path::new(env!("CARGO_BIN_EXE_heapwood-matrix"));
    let report = audit(&course, exe, &[]).expect("the cases can be run");
    println!("{}", report.matrices);
    println!("{} exercises, {} runs of a case", report.exercises, report.runs);
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
}
