/// Whether a command has this name, in either case.
fn is(name: &[u8], wanted: &[u8]) -> bool {
    name == wanted
}
