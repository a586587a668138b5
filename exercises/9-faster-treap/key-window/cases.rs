use heapwood_kit::{Random, given};
use heapwood_treap::Packed;

use super::subject::{Arena, NIL, Node, Window, between, big_endian, shared_prefix};

/// A window in words.
fn show(window: Window) -> String {
    let [held @ .., skip] = window.0.to_be_bytes();
    format!("skips {skip}, holds {}", held.escape_ascii())
}

fn text(key: &[u8]) -> String {
    match key.len() {
        0..=60 => format!("\"{}\"", key.escape_ascii()),
        long => format!("\"{}…{}\" of {long} bytes", key[..4].escape_ascii(), key[long - 4..].escape_ascii()),
    }
}

fn shared(expected: usize, left: &[u8], right: &[u8]) {
    for (left, right) in [(left, right), (right, left)] {
        given(format!("the keys {} and {}", text(left), text(right)))
            .expect(expected, shared_prefix(left, right));
    }
}

/// Keys of fewer than eight bytes share what is equal at their beginnings.
pub fn short_keys_share() {
    shared(0, b"", b"");
    shared(0, b"pear", b"apple");
    shared(2, b"apple", b"apricot");
    shared(4, b"pear", b"pear");
}

/// Wherever longer keys differ first, whatever comes behind that, it is found.
pub fn words_share() {
    shared(1, b"aaaaaaaa", b"abbbaaaa");
    for differs in 0..24 {
        let left = [b'x'; 24];
        let mut right = left;
        right[differs] = b'y';
        shared(differs, &left, &right);
        right[differs..].fill(b'z');
        shared(differs, &left, &right);
    }
}

/// Where one key is the beginning of the other, all of it is shared.
pub fn one_key_begins_the_other() {
    let long = [b'u'; 40];
    for length in 0..40 {
        shared(length, &long[..length], &long);
    }
    shared(40, &long, &long);
}

fn window(expected: &str, key: &[u8], skip: usize) {
    given(format!("the key {}, of which {skip} bytes are skipped", text(key)))
        .expect(expected, show(Window::new(key, skip)));
}

/// A window holds seven bytes, the first one highest, and the length of the skip in its lowest byte.
pub fn seven_bytes_and_a_length() {
    given("the bytes \"abcdefghij\"").expect(0x6162_6364_6566_6768, big_endian(b"abcdefghij"));
    window("skips 0, holds abcdefg", b"abcdefghij", 0);
    window("skips 3, holds defghij", b"abcdefghij", 3);
    window("skips 2, holds cdefghi", b"abcdefghij", 2);
    window("skips 255, holds xxxxxxx", &[b'x'; 300], 255);
}

/// Behind the end of a short key come zeros.
pub fn a_short_key_ends_in_zeros() {
    given("the bytes \"ab\"").expect(0x6162_0000_0000_0000, big_endian(b"ab"));
    window("skips 10, holds name\\x00\\x00\\x00", b"user:1000:name", 10);
    window("skips 0, holds \\x00\\x00\\x00\\x00\\x00\\x00\\x00", b"", 0);
    window("skips 4, holds \\x00\\x00\\x00\\x00\\x00\\x00\\x00", b"pear", 4);
}

/// Windows that differ are in the order of their keys (W2).
pub fn windows_sort_as_keys() {
    let mut random = Random::new(9);
    for _ in 0..2_000 {
        let [left, right] = [0, 1].map(|_| {
            let length = random.below(12);
            (0..length).map(|_| [0, 1, b'a', 0xff][random.below(4)]).collect::<Vec<u8>>()
        });
        let [first, second] = [&left, &right].map(|key| Window::new(key, 0));
        let in_order = first.0.cmp(&second.0);
        given(format!("the keys {} and {}", text(&left), text(&right))).holds(
            first == second || in_order == left.cmp(&right),
            "windows that are equal, or in the order of the keys",
            format!("{} and {}", show(first), show(second)),
        );
    }
}

fn in_tree(expected: &str, low: Option<&[u8]>, key: &[u8], high: Option<&[u8]>) {
    let mut arena: Arena<Packed> = Arena { nodes: vec![Node { record: None }] };
    let mut put = |bound: Option<&[u8]>| {
        let Some(bound) = bound else { return NIL };
        arena.nodes.push(Node { record: Some(Packed::string(bound, b"")) });
        arena.nodes.len() as u32 - 1
    };
    let bounds = [put(low), put(high)];
    let [low, high] = [low, high].map(|bound| bound.map_or("nothing".to_owned(), text));
    given(format!("the key {} between {low} and {high}", text(key)))
        .expect(expected, show(between(&arena, key, bounds)));
}

/// A window skips what its bounds share, and no byte more, however much the key shares with one of them (W1).
pub fn bounds_are_skipped() {
    in_tree("skips 0, holds lemon\\x00\\x00", Some(b"apple"), b"lemon", Some(b"pear"));
    let held = "skips 10, holds name\\x00\\x00\\x00";
    in_tree(held, Some(b"user:1000:a"), b"user:1000:name", Some(b"user:1000:z"));
    in_tree("skips 8, holds 0:name\\x00", Some(b"user:1000:a"), b"user:1000:name", Some(b"user:1002"));
    in_tree("skips 4, holds er\\x00\\x00\\x00\\x00\\x00", Some(b"fath"), b"father", Some(b"fathom"));
}

/// With a bound missing anything may come there, so nothing is skipped (W1).
pub fn nothing_is_known_without_a_bound() {
    in_tree("skips 0, holds user:10", None, b"user:1000:name", None);
    in_tree("skips 0, holds user:10", Some(b"user:1000:mail"), b"user:1000:name", None);
    in_tree("skips 0, holds user:10", None, b"user:1000:name", Some(b"user:1000:plan"));
}

/// The length of a skip has one byte: bounds that share more are skipped up to 255 bytes.
pub fn no_more_than_255() {
    let with = |count: usize, end: &[u8]| [&vec![b'p'; count], end].concat();
    for (shared, skipped, held) in [(254, 254, "k"), (255, 255, "k"), (256, 255, "pk"), (300, 255, "ppppppp")]
    {
        let zeros = "\\x00".repeat(7 - held.len());
        let expected = format!("skips {skipped}, holds {held}{zeros}");
        let [low, key, high] = [&b"a"[..], b"k", b"z"].map(|end| with(shared, end));
        in_tree(&expected, Some(&low), &key, Some(&high));
    }
}
