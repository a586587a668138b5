impl ApiError {
    pub fn from_engine(reply: &str) -> Self {
        let (code, message) = reply.split_once(' ').unwrap_or((reply, ""));
        let status = match code {
            "WRONGTYPE" => 409,
            "TOOBIG" => 413,
            "NOAUTH" | "WRONGPASS" | "NOPERM" | "MISCONF" | "LOADING" | "MAXCLIENTS" | "OOM" => 500,
            _ => 400,
        };
        Self { status, code: Cow::Owned(code.to_owned()), message: message.to_owned() }
    }
}
