//! The requests of a round. While a round executes, its requests stay where they arrived: in the
//! input buffers of their connections. What is kept of each is where it is, in two vectors that
//! are used again in every round, so that a request costs no allocation.

use heapwood_sockets::Span;

use crate::clients::ClientId;

/// One request: borrowed from its client's input for the length of a call.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    index: usize,
    client: ClientId,
    bytes: &'a [u8],
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
    spans: &'a [Span],
    inputs: &'a [Vec<u8>],
}

impl<'a> Requests<'a> {
    pub(crate) fn new(batch: &'a Batch, inputs: &'a [Vec<u8>]) -> Self {
        Self { places: &batch.places, spans: &batch.spans, inputs }
    }

    /// Consecutive ones, at most `most` each time.
    pub(crate) fn windows(self, most: usize) -> impl Iterator<Item = Requests<'a>> {
        self.places.chunks(most).map(move |places| Self { places, ..self })
    }

    pub(crate) fn places(&self) -> &'a [Place] {
        self.places
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The request at `index`.
    ///
    /// # Panics
    /// `index` is not below `len`.
    #[inline]
    pub fn get(&self, index: usize) -> Request<'a> {
        let place = &self.places[index];
        let input = &self.inputs[place.client.slot()];
        Request {
            index,
            client: place.client,
            bytes: &input[place.start..place.start + place.len],
            spans: &self.spans[place.first_span..place.end_span],
        }
    }

    /// All of them in turn.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Request<'a>> + use<'a> {
        let requests = *self;
        (0..requests.len()).map(move |index| requests.get(index))
    }
}

/// Where a request is.
pub(crate) struct Place {
    pub(crate) client: ClientId,
    /// In its client's input.
    pub(crate) start: usize,
    pub(crate) len: usize,
    first_span: usize,
    end_span: usize,
}

/// Requests of a round at most, over all clients.
const MAX_REQUESTS: usize = 16 * 1024;
/// Arguments after which a round takes no further request.
const MAX_SPANS: usize = 64 * 1024;

/// What the vectors behind [`Requests`] hold, round after round.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) places: Vec<Place>,
    pub(crate) spans: Vec<Span>,
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

    /// Adds the request whose spans were appended since the last one.
    pub(crate) fn push(&mut self, client: ClientId, start: usize, len: usize) {
        let first_span = self.places.last().map_or(0, |place| place.end_span);
        self.places.push(Place { client, start, len, first_span, end_span: self.spans.len() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_found_in_the_inputs_of_their_clients() {
        let mut batch = Batch::default();
        let span = |start, len| Span { start, len };
        batch.spans.extend([span(0, 1), span(2, 2)]);
        batch.push(ClientId::new(1, 7), 3, 4);
        batch.spans.push(span(1, 3));
        batch.push(ClientId::new(0, 8), 0, 4);
        let inputs = [b"-xyz".to_vec(), b"...a-bc".to_vec()];

        let requests = Requests::new(&batch, &inputs);
        let seen: Vec<Vec<&[u8]>> = requests.iter().map(|r| r.args().collect()).collect();
        assert_eq!(seen, [vec![&b"a"[..], b"bc"], vec![b"xyz"]]);
        assert_eq!(requests.get(1).client(), ClientId::new(0, 8));
        assert_eq!(requests.get(0).arg(1), b"bc");
    }
}
