fn take_request(input: &[u8]) -> Result<Option<Taken<'_>>, String> {
    let Some(body) = number(input, 0) else {
        return Ok(None);
    };
    if input.len() < NUMBER + body {
        return Ok(None);
    }
    if !(2 * NUMBER..=MAX_BODY).contains(&body) {
        return Err(format!("a body of {body} bytes"));
    }
    let Some(count) = number(input, NUMBER) else {
        return Ok(None);
    };
    // Each argument has a length of four bytes, and the number of arguments has four.
    if count == 0 || count > MAX_ARGUMENTS || count > body / NUMBER - 1 {
        return Err(format!("{count} arguments in a body of {body} bytes"));
    }
    let end = NUMBER + body;
    let (mut arguments, mut at) = (Vec::new(), 2 * NUMBER);
    for left in (0..count).rev() {
        let Some(length) = number(input, at) else {
            return Ok(None);
        };
        at += NUMBER;
        // The lengths of those still to come need room too.
        let room = end - at - left * NUMBER;
        if length > room || (left == 0 && length < room) {
            return Err(format!("an argument of {length} bytes where there is room for {room}"));
        }
        let Some(argument) = input.get(at..at + length) else {
            return Ok(None);
        };
        arguments.push(argument);
        at += length;
    }
    Ok(Some((arguments, end)))
}
