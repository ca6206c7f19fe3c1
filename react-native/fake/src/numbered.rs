//! Things by the numbers that they get, of which there are few at a time.

/// Things by their numbers.
pub(crate) struct Numbered<T> {
    all: Vec<(u32, T)>,
    last: u32,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { all: Vec::new(), last: 0 }
    }
}

impl<T> Numbered<T> {
    /// Adds one, and gives its number.
    pub(crate) fn add(&mut self, one: T) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.all.push((self.last, one));
        self.last
    }

    /// The one with that number.
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.all.iter_mut().find(|(known, _)| *known == number).map(|(_, one)| one)
    }

    /// Takes the one with that number out.
    pub(crate) fn remove(&mut self, number: u32) -> Option<T> {
        let at = self.all.iter().position(|(known, _)| *known == number)?;
        Some(self.all.swap_remove(at).1)
    }

    /// Takes those out that `wanted` names.
    pub(crate) fn remove_all(&mut self, mut wanted: impl FnMut(&mut T) -> bool) -> Vec<(u32, T)> {
        self.all.extract_if(.., |(_, one)| wanted(one)).collect()
    }
}
