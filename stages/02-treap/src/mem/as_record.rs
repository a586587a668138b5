//! A packed record as a treap and the string commands see it.

use std::fmt;

use super::packed::{Body, Packed};
use crate::record::Record;
use crate::strings::StringValue;

impl<T> Record for Packed<T> {
    #[inline]
    fn key(&self) -> &[u8] {
        Self::key(self)
    }

    /// Fetches two cache lines: a short key and value seldom lie in one.
    #[inline]
    fn prefetch(&self) {
        super::prefetch(self.start.as_ptr());
        super::prefetch(self.start.as_ptr().wrapping_add(64));
    }
}

impl<T> StringValue for Packed<T> {
    fn new_string(key: &[u8], value: &[u8]) -> Self {
        Self::string(key, value)
    }

    fn as_string(&self) -> Option<&[u8]> {
        match self.body() {
            Body::String(value) => Some(value),
            Body::Boxed(_) => None,
        }
    }

    fn set_string(&mut self, value: &[u8]) {
        Self::set_string(self, value);
    }

    fn append_string(&mut self, more: &[u8]) {
        self.append(more);
    }
}

impl<T: fmt::Debug> fmt::Debug for Packed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key().escape_ascii();
        write!(f, "Packed(\"{key}\", {:?}, {:?})", self.stamp(), self.body())
    }
}
