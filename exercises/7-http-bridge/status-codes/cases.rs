use heapwood_kit::given;

use super::subject::ApiError;

fn status(expected: u16, reply: &str) {
    given(format!("the engine's reply {reply:?}")).expect(expected, ApiError::from_engine(reply).status);
}

fn parts(code: &str, message: &str, reply: &str) {
    let error = ApiError::from_engine(reply);
    let shown = |code: &str, message: &str| format!("code \"{code}\", message \"{message}\"");
    let (expected, got) = (shown(code, message), shown(&error.code, &error.message));
    given(format!("the engine's reply \"{reply}\"")).holds(got == expected, expected, got);
}

/// What the engine has no word for in the table is an error of the request: 400.
pub fn another_word() {
    status(400, "ERR syntax error");
    status(400, "NOTANINTEGER the value is not an integer");
    status(400, "OOMPH is no word of the engine");
    status(400, "WRONGTYPES is no word of the engine");
    status(400, "ERR OOM in the message is no code");
}

/// A value of another kind is a conflict with what is stored: 409.
pub fn a_conflict() {
    status(409, "WRONGTYPE Operation against a key holding the wrong kind of value");
}

/// What is too large is 413.
pub fn too_large() {
    status(413, "TOOBIG the reply does not fit into one frame");
}

/// The user cannot help it when the engine refuses the bridge: 503.
pub fn the_bridge_is_refused() {
    for reply in ["NOAUTH Authentication required.", "WRONGPASS invalid password", "NOPERM no rights"] {
        status(503, reply);
    }
}

/// When the engine is in no state to serve, the request is fine, later: 503.
pub fn the_engine_cannot() {
    for reply in
        ["MISCONF the log cannot be written", "LOADING the log is being read", "MAXCLIENTS all taken"]
    {
        status(503, reply);
    }
    status(503, "OOM command not allowed when used memory is above the limit");
}

/// The word is for programs and the sentence for people; blanks within the sentence belong to it.
pub fn word_and_sentence() {
    parts("ERR", "say \"please\"", "ERR say \"please\"");
    parts("WRONGTYPE", "Operation against a key", "WRONGTYPE Operation against a key");
    parts("ERR", "  two blanks more", "ERR   two blanks more");
}

/// A reply of one word is that word, and an empty one is no reason to fail.
pub fn a_word_alone() {
    parts("OOM", "", "OOM");
    status(503, "OOM");
    parts("", "", "");
    status(400, "");
}
