impl Server {
    pub fn receive(&mut self, client: usize, bytes: &[u8]) -> Reaction {
        let mut reaction = Reaction::default();
        let Some(mut input) = self.inputs.remove(&client) else {
            return Reaction { close: true, ..reaction };
        };
        input.extend_from_slice(bytes);
        let mut used = 0;
        loop {
            match take_request(&input[used..]) {
                Ok(None) => break,
                Ok(Some((arguments, length))) => {
                    let reply = self.execute(&arguments);
                    reaction.close |= arguments[0].eq_ignore_ascii_case(b"QUIT");
                    append(&reply, &mut reaction.send);
                    used += length;
                }
                Err(wrong) => {
                    append(&Reply::Error(format!("PROTOCOL {wrong}")), &mut reaction.send);
                    reaction.close = true;
                    used += NUMBER + number(&input, used).unwrap_or(0);
                    used = used.min(input.len());
                }
            }
        }
        if !reaction.close {
            input.drain(..used);
            self.inputs.insert(client, input);
        }
        reaction
    }
}
