//! Replies for people: each value with its type, arrays numbered, what is inside indented.

use heapwood_sockets::Value;

use super::quoting::{is_plain, quote, shows};

/// What a command's reply is meant to be, beyond the types of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing beyond them.
    Plain,
    /// Text of several lines.
    Text,
    /// An array of keys and values in turn.
    Pairs,
}

impl Shape {
    /// The shape of the reply to a command.
    pub(super) fn of(command: &[Vec<u8>]) -> Self {
        let Some((name, arguments)) = command.split_first() else {
            return Self::Plain;
        };
        let with_values = |options: usize| {
            let mut options = arguments.iter().skip(options);
            options.any(|option| option.eq_ignore_ascii_case(b"WITHVALUES"))
        };
        match name.to_ascii_uppercase().as_slice() {
            b"INFO" => Self::Text,
            b"RANGE" if with_values(2) => Self::Pairs,
            b"PREFIX" if with_values(1) => Self::Pairs,
            _ => Self::Plain,
        }
    }
}

/// Appends a reply, the end of its last line included.
pub(super) fn write(value: &Value, shape: Shape, out: &mut Vec<u8>) {
    match (shape, value) {
        (Shape::Text, Value::Bytes(bytes)) => write_text(bytes, out),
        (Shape::Pairs, Value::Array(values)) if values.len() >= 2 => {
            let pairs = values.chunks(2).map(|pair| (&pair[0], pair.get(1)));
            write_items(pairs, values.len().div_ceil(2), 0, out);
        }
        _ => write_value(value, 0, out),
    }
}

fn write_text(bytes: &[u8], out: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        let shown = line.chars().map(|c| if shows(c) { c } else { '\u{fffd}' });
        out.extend_from_slice(shown.collect::<String>().as_bytes());
        out.push(b'\n');
    }
}

/// Appends a value whose first line begins at column `indent`.
fn write_value(value: &Value, indent: usize, out: &mut Vec<u8>) {
    match value {
        Value::Array(values) if values.is_empty() => write_line("(empty array)", out),
        Value::Push(values) if values.is_empty() => write_line("(empty push)", out),
        Value::Map(pairs) if pairs.is_empty() => write_line("(empty map)", out),
        Value::Array(values) | Value::Push(values) => {
            let items = values.iter().map(|value| (value, None));
            write_items(items, values.len(), indent, out);
        }
        Value::Map(pairs) => write_map(pairs, indent, out),
        leaf => {
            write_leaf(leaf, out);
            out.push(b'\n');
        }
    }
}

/// Appends numbered items, each a value or a key with its value.
fn write_items<'a>(
    items: impl Iterator<Item = (&'a Value, Option<&'a Value>)>,
    count: usize,
    indent: usize,
    out: &mut Vec<u8>,
) {
    let digits = count.to_string().len();
    for (index, (value, second)) in items.enumerate() {
        if index > 0 {
            blanks(indent, out);
        }
        out.extend_from_slice(format!("{:>digits$}) ", index + 1).as_bytes());
        match second {
            Some(second) => {
                write_leaf(value, out);
                write_second(second, indent + digits + 2, out);
            }
            None => write_value(value, indent + digits + 2, out),
        }
    }
}

/// Appends a map; the names of its fields are mostly plain words, and are shown as such.
fn write_map(pairs: &[(Value, Value)], indent: usize, out: &mut Vec<u8>) {
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            blanks(indent, out);
        }
        match key {
            Value::Bytes(name) if is_plain(name) => out.extend_from_slice(name),
            other => write_leaf(other, out),
        }
        write_second(value, indent, out);
    }
}

/// Appends ` => value` after a key; a value of several lines begins on the next one.
fn write_second(value: &Value, indent: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b" =>");
    if is_empty_or_leaf(value) {
        out.push(b' ');
        return write_value(value, indent, out);
    }
    out.push(b'\n');
    blanks(indent + 2, out);
    write_value(value, indent + 2, out);
}

fn is_empty_or_leaf(value: &Value) -> bool {
    match value {
        Value::Array(values) | Value::Push(values) => values.is_empty(),
        Value::Map(pairs) => pairs.is_empty(),
        _ => true,
    }
}

fn write_leaf(value: &Value, out: &mut Vec<u8>) {
    let text = match value {
        Value::Bytes(bytes) => return quote(bytes, out),
        Value::Nil => "(nil)".to_owned(),
        Value::Error(text) => format!("(error) {}", printable(text)),
        Value::Status(text) => printable(text),
        Value::Integer(number) => format!("(integer) {number}"),
        Value::Double(number) => format!("(double) {number}"),
        Value::Boolean(value) => format!("({value})"),
        // Only as the key of a map, which no command sends.
        Value::Array(_) | Value::Push(_) => "(array)".to_owned(),
        Value::Map(_) => "(map)".to_owned(),
    };
    out.extend_from_slice(text.as_bytes());
}

/// A text of a server, without what would do something to a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if shows(c) { c } else { '\u{fffd}' }).collect()
}

fn write_line(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
}

fn blanks(count: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + count, b' ');
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn shown(value: &Value) -> String {
        shaped(value, Shape::Plain)
    }

    fn shaped(value: &Value, shape: Shape) -> String {
        let mut out = Vec::new();
        write(value, shape, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn bytes(text: &str) -> Value {
        Value::Bytes(text.as_bytes().to_vec())
    }

    fn array(values: impl IntoIterator<Item = Value>) -> Value {
        Value::Array(values.into_iter().collect())
    }

    #[test]
    fn each_type_can_be_told_from_the_others() {
        for (value, text) in [
            (Value::Nil, "(nil)\n"),
            (Value::Integer(-3), "(integer) -3\n"),
            (Value::Double(0.5), "(double) 0.5\n"),
            (Value::Boolean(true), "(true)\n"),
            (Value::Status("OK".into()), "OK\n"),
            (Value::Error("ERR no".into()), "(error) ERR no\n"),
            (bytes("a\0\"\n"), "\"a\\x00\\\"\\n\"\n"),
            (array([]), "(empty array)\n"),
            (Value::Map(vec![]), "(empty map)\n"),
        ] {
            assert_eq!(shown(&value), text);
        }
    }

    #[test]
    fn arrays_are_numbered_and_what_is_inside_is_indented() {
        let inner = array([bytes("x"), array([Value::Nil, Value::Nil])]);
        assert_eq!(
            shown(&array([inner, bytes("y")])),
            "1) 1) \"x\"\n   2) 1) (nil)\n      2) (nil)\n2) \"y\"\n"
        );
    }

    #[test]
    fn numbers_are_aligned() {
        let text = shown(&array((0..10).map(Value::Integer)));
        assert!(text.starts_with(" 1) (integer) 0\n"), "{text}");
        assert!(text.ends_with("\n10) (integer) 9\n"), "{text}");
    }

    #[test]
    fn maps_show_each_key_with_its_value() {
        let map =
            Value::Map(vec![(bytes("key"), bytes("a")), (bytes("list"), array([Value::Nil, array([])]))]);
        assert_eq!(
            shown(&array([map.clone(), map])),
            "1) key => \"a\"\n   list =>\n     1) (nil)\n     2) (empty array)\n\
             2) key => \"a\"\n   list =>\n     1) (nil)\n     2) (empty array)\n"
        );
    }

    #[test]
    fn keys_with_values_are_shown_as_pairs() {
        let command =
            |words: &[&str]| -> Vec<Vec<u8>> { words.iter().map(|word| word.as_bytes().to_vec()).collect() };
        let reply = array([bytes("a"), bytes("1"), bytes("b"), Value::Nil]);
        assert_eq!(
            shaped(&reply, Shape::of(&command(&["range", "", "", "withvalues"]))),
            "1) \"a\" => \"1\"\n2) \"b\" => (nil)\n"
        );
        // Here it is the lower end.
        assert_eq!(Shape::of(&command(&["RANGE", "WITHVALUES", "z"])), Shape::Plain);
        assert_eq!(Shape::of(&command(&["PREFIX", "a", "WITHVALUES"])), Shape::Pairs);
    }

    #[test]
    fn text_keeps_its_lines_and_does_nothing_to_the_terminal() {
        assert_eq!(
            shaped(&bytes("# Server\r\nversion:1\x1b[2J\r\n"), Shape::Text),
            "# Server\nversion:1\u{fffd}[2J\n"
        );
        assert_eq!(shown(&Value::Error("ERR \x1b[2J".into())), "(error) ERR \u{fffd}[2J\n");
    }
}
