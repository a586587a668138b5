use std::collections::{BTreeMap, HashSet};

#[derive(Debug, Default)]
pub struct Server {
    store: BTreeMap<Vec<u8>, Vec<u8>>,
    clients: HashSet<usize>,
    input: Vec<u8>,
    next_client: usize,
}

impl Server {
    pub fn connect(&mut self) -> usize {
        let client = self.next_client;
        self.next_client += 1;
        self.clients.insert(client);
        client
    }

    pub fn receive(&mut self, client: usize, bytes: &[u8]) -> Reaction {
        let mut reaction = Reaction::default();
        if !self.clients.contains(&client) {
            return Reaction { close: true, ..reaction };
        }
        let mut input = std::mem::take(&mut self.input);
        input.extend_from_slice(bytes);
        let mut used = 0;
        while !reaction.close {
            match take_request(&input[used..]) {
                Ok(None) => break,
                Ok(Some((arguments, length))) => {
                    let reply = self.execute(&arguments);
                    reaction.close = arguments[0].eq_ignore_ascii_case(b"QUIT");
                    append(&reply, &mut reaction.send);
                    used += length;
                }
                Err(wrong) => {
                    append(&Reply::Error(format!("PROTOCOL {wrong}")), &mut reaction.send);
                    reaction.close = true;
                }
            }
        }
        if !reaction.close {
            input.drain(..used);
            self.input = input;
        } else {
            self.clients.remove(&client);
        }
        reaction
    }

    pub fn leave(&mut self, client: usize) {
        self.clients.remove(&client);
    }
}
