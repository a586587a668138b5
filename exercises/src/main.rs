//! `cargo learn`.
fn main() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let course = heapwood_course::Course::read(root).unwrap();
    let only: Vec<String> = std::env::args().skip(2).collect();
    let ok = std::process::Command::new("cargo")
        .current_dir(root)
        .args(["build", "-q", "-p", "heapwood-matrix"])
        .status()
        .unwrap()
        .success();
    assert!(ok);
    let report =
        heapwood_learn::audit::audit(&course, &root.join("target/debug/heapwood-matrix"), &only, &|_, _| {})
            .unwrap();
    println!("{}", report.matrices);
    for wrong in &report.wrong {
        println!("WRONG {wrong}");
    }
    println!("{} exercises, {} runs, {} wrong", report.exercises, report.runs, report.wrong.len());
}
