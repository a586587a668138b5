//! Runs one case of one variant: `heapwood-matrix EXERCISE/VARIANT/CASE FILE`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    heapwood_kit::main(heapwood_matrix::CASES)
}
