//! A command's arguments, wherever they are: in a client's input, or in a record of the log.

use heapwood_poll_loop::Request;

/// The arguments of one command, its name first.
#[derive(Clone, Copy)]
pub enum Arguments<'a> {
    /// In the input of the client that sent them.
    Request(Request<'a>),
    /// In a record of the log, or in a test.
    Slices(&'a [&'a [u8]]),
}

impl<'a> Arguments<'a> {
    /// How many there are, the name included.
    #[inline]
    pub fn count(&self) -> usize {
        match self {
            Self::Request(request) => request.len(),
            Self::Slices(slices) => slices.len(),
        }
    }

    /// The argument at `position`; the name is at 0.
    ///
    /// # Panics
    ///
    /// There is none. The table's arity says which positions exist for sure.
    #[inline]
    pub fn at(&self, position: usize) -> &'a [u8] {
        match self {
            Self::Request(request) => request.arg(position),
            Self::Slices(slices) => slices[position],
        }
    }

    /// The argument at `position`, if there is one.
    pub fn get(&self, position: usize) -> Option<&'a [u8]> {
        (position < self.count()).then(|| self.at(position))
    }

    /// The arguments from `position` on.
    pub fn from(self, position: usize) -> impl Iterator<Item = &'a [u8]> {
        (position..self.count()).map(move |place| self.at(place))
    }
}

/// Whether an argument is this option, in any letter case.
pub fn is_option(argument: &[u8], name: &str) -> bool {
    argument.eq_ignore_ascii_case(name.as_bytes())
}
