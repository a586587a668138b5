/// The row of a request's command, if the number of arguments is right.
fn look_up(args: &[&[u8]]) -> Result<&'static Command, String> {
    let row = TABLE.iter().find(|row| row.name.as_bytes().eq_ignore_ascii_case(args[0]));
    let command = row.ok_or_else(|| unknown(args[0]))?;
    let wanted = command.arity.unsigned_abs() as usize;
    let is_right = args.len() == wanted;
    is_right.then_some(command).ok_or_else(|| wrong_number(command))
}
