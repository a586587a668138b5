//! x
/// x
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// x
    pub chapter: String,
    /// x
    pub page: String,
    /// x
    pub line: usize,
    /// x
    pub info: String,
    /// x
    pub body: String,
}
/// x
pub fn render(block: &Block) -> String {
    format!("`````text\n{}\n`````\n", block.body)
}
/// x
pub fn run_chapter(_: &[Block], _: &std::path::Path) -> Result<String, String> {
    Ok("none".into())
}
