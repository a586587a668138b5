//! The requests of a round. They stay where they arrived, in the inputs of their clients; what is
//! kept of each is only where it is.

use std::ops::Range;

use heapwood_sockets::Span;

use crate::clients::ClientId;

/// One request: borrowed from its client's input for the length of a call.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    index: usize,
    client: ClientId,
    pub(crate) bytes: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Request<'a> {
    /// Its position among the [`Requests`] that were shown before it was executed.
    #[inline]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Who sent it.
    #[inline]
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// The number of its arguments, the command's name included: at least one.
    #[allow(clippy::len_without_is_empty)]
    #[inline]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// An argument; the first is the command's name.
    ///
    /// # Panics
    /// There is no argument `index`; check `len` first.
    #[inline]
    pub fn arg(&self, index: usize) -> &'a [u8] {
        self.spans[index].of(self.bytes)
    }

    /// All arguments in turn.
    #[inline]
    pub fn args(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let bytes = self.bytes;
        self.spans.iter().map(move |span| span.of(bytes))
    }
}

/// Requests of a round, in the order in which they will be executed.
#[derive(Clone, Copy)]
pub struct Requests<'a> {
    places: &'a [Place],
    batch: &'a Batch,
}

impl<'a> Requests<'a> {
    /// Consecutive ones, at most `most` each time.
    pub(crate) fn windows(self, most: usize) -> impl Iterator<Item = Requests<'a>> {
        self.places.chunks(most).map(move |places| Self { places, ..self })
    }

    /// All of them in turn.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Request<'a>> + use<'a> {
        let batch = self.batch;
        self.places.iter().enumerate().map(move |(index, place)| {
            let (client, input) = &batch.inputs[place.input];
            let (bytes, spans) = (&input[place.bytes.clone()], &batch.spans[place.spans.clone()]);
            Request { index, client: *client, bytes, spans }
        })
    }
}

/// Where a request is.
struct Place {
    /// Of the batch's inputs.
    input: usize,
    /// In that input.
    bytes: Range<usize>,
    /// Of the batch's spans.
    spans: Range<usize>,
}

/// Requests of a round at most, over all clients.
const MAX_REQUESTS: usize = 16 * 1024;
/// Arguments after which a round takes no further request.
const MAX_SPANS: usize = 64 * 1024;

/// What is behind [`Requests`]: vectors that are used again in every round, so that a request
/// costs no allocation.
#[derive(Default)]
pub(crate) struct Batch {
    /// Lent by their clients for the round, so that replies can be written to those meanwhile. The
    /// requests pushed last are in the input that is lent next.
    pub(crate) inputs: Vec<(ClientId, Vec<u8>)>,
    pub(crate) spans: Vec<Span>,
    places: Vec<Place>,
}

impl Batch {
    /// Empties it, and gives back what one huge request made it grow to.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.spans.clear();
        self.spans.shrink_to(2 * MAX_SPANS);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.places.len() >= MAX_REQUESTS || self.spans.len() >= MAX_SPANS
    }

    /// Adds the request at `bytes` of the next input; its spans were appended since the last one.
    pub(crate) fn push(&mut self, bytes: Range<usize>) {
        let first_span = self.places.last().map_or(0, |place| place.spans.end);
        self.places.push(Place { input: self.inputs.len(), bytes, spans: first_span..self.spans.len() });
    }

    pub(crate) fn requests(&self) -> Requests<'_> {
        Requests { places: &self.places, batch: self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_found_in_the_inputs_of_their_clients() {
        let mut batch = Batch::default();
        let span = |start, len| Span { start, len };
        let client = |fd| ClientId::new(7, fd);
        batch.spans.extend([span(0, 1), span(2, 2)]);
        batch.push(3..7);
        batch.inputs.push((client(1), b"...a-bc".to_vec()));
        batch.spans.push(span(1, 3));
        batch.push(0..4);
        batch.inputs.push((client(0), b"-xyz".to_vec()));

        let requests: Vec<Request<'_>> = batch.requests().iter().collect();
        let seen: Vec<Vec<&[u8]>> = requests.iter().map(|r| r.args().collect()).collect();
        assert_eq!(seen, [vec![&b"a"[..], b"bc"], vec![b"xyz"]]);
        assert_eq!(requests[1].client(), client(0));
        assert_eq!(requests[0].arg(1), b"bc");
    }
}
