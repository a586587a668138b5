/// A limit.
fn number(text: &[u8]) -> Result<usize, String> {
    strings::parse_integer(text).map(|number| number as usize).ok_or_else(|| BAD_LIMIT.into())
}
