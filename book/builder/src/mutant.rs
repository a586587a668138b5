//! x
/// x
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// x
    pub path: String,
    /// x
    pub item: String,
}
/// x
pub fn parse(_page: &str, _line: usize, _info: &str, _body: &str) -> Result<Mutant, String> {
    Ok(Mutant { path: "".into(), item: "".into() })
}
/// x
pub fn render(_m: &Mutant) -> String {
    String::new()
}
/// x
pub fn run(
    _: &[Mutant],
    _: &std::path::Path,
    _: &std::path::Path,
    _: &dyn Fn(&str, &str) -> Result<std::ops::Range<usize>, String>,
) -> Vec<Result<(), String>> {
    vec![]
}
