impl ApiError {
    pub fn from_engine(reply: &str) -> Self {
        let (code, message) = reply.split_once(' ').unwrap_or((reply, ""));
        const LATER: [&str; 7] = ["NOAUTH", "WRONGPASS", "NOPERM", "MISCONF", "LOADING", "MAXCLIENTS", "OOM"];
        let status = if reply.starts_with("WRONGTYPE") {
            409
        } else if reply.starts_with("TOOBIG") {
            413
        } else if LATER.iter().any(|word| reply.starts_with(word)) {
            503
        } else {
            400
        };
        Self { status, code: Cow::Owned(code.to_owned()), message: message.to_owned() }
    }
}
