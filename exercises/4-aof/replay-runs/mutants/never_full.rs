/// Carries out the commands of a piece. `SET key value` whose key is no longer than [`MAX_KEY_BYTES`], and `DEL` with one key or
/// more, their names in either case, are collected into runs: a value for a key, or that it is deleted. Everything else goes to
/// [`Replay::apply`], as it stands in the log. A run that is full is handed on at once.
///
/// # Errors
/// The piece holds something that can be no command, or that `replay` does not take.
pub fn load_piece(
    commands: &mut Commands<'_>,
    replay: &mut dyn Replay,
    records: &mut u64,
) -> Result<(), Problem> {
    let mut run = Run::default();
    while let Some(args) = commands.next()? {
        *records += 1;
        match args {
            [name, key, value] if is(name, b"SET") && key.len() <= MAX_KEY_BYTES => {
                run.push(key, Some(value));
            }
            [name, keys @ ..] if is(name, b"DEL") && !keys.is_empty() => {
                keys.iter().for_each(|key| run.push(key, None));
            }
            _ => {
                let done = run.load_into(replay).and_then(|()| replay.apply(args));
                done.map_err(|why| commands.refuse(why))?;
            }
        }
    }
    run.load_into(replay).map_err(|why| commands.refuse(why))
}

/// Whether a command has this name, in either case.
fn is(name: &[u8], wanted: &[u8]) -> bool {
    name.eq_ignore_ascii_case(wanted)
}
