//! Where the next page begins of a listing that goes by two marks: a key, and an id of what there
//! is under it.

use crate::client::list::LoopCheck;

/// The place in such a listing.
#[derive(Debug, Default)]
pub(super) struct Marks {
    next: Next,
    circle: LoopCheck,
}

#[derive(Debug, Default)]
enum Next {
    #[default]
    First,
    At(Mark),
    End,
}

/// A key, and an id.
pub(super) type Mark = (String, String);

impl Marks {
    /// Where the page to be read begins: after a mark, or at the first; `None` after the last page.
    /// There is no other until [`Marks::go_on`].
    pub(super) fn take(&mut self) -> Option<Option<Mark>> {
        match std::mem::replace(&mut self.next, Next::End) {
            Next::First => Some(None),
            Next::At(mark) => Some(Some(mark)),
            Next::End => None,
        }
    }

    /// Goes on to what the page from `here` says, which is nothing for the last one.
    ///
    /// # Errors
    /// Why that cannot be trusted.
    pub(super) fn go_on(
        &mut self,
        here: Option<&Mark>,
        next: Option<Mark>,
    ) -> Result<(), &'static str> {
        let Some(next) = next else {
            return Ok(());
        };
        if next.0.is_empty() {
            return Err("more should follow, but not where");
        }
        if here == Some(&next) || self.circle.repeats(&format!("{}\0{}", next.0, next.1)) {
            return Err("it goes in a circle");
        }
        self.next = Next::At(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(key: &str) -> Mark {
        (key.to_owned(), "id".to_owned())
    }

    #[test]
    fn only_the_last_page_ends_it() {
        let mut marks = Marks::default();
        assert_eq!(marks.take(), Some(None));
        marks.go_on(None, Some(mark("a"))).unwrap();
        assert_eq!(marks.take(), Some(Some(mark("a"))));
        marks.go_on(Some(&mark("a")), None).unwrap();
        assert_eq!(marks.take(), None);
    }

    #[test]
    fn circles_and_pages_that_lead_nowhere_are_refused() {
        let mut marks = Marks::default();
        marks.go_on(None, Some(mark(""))).unwrap_err();
        marks.go_on(Some(&mark("a")), Some(mark("a"))).unwrap_err();
        marks.go_on(Some(&mark("a")), Some(mark("b"))).unwrap();
        marks.go_on(Some(&mark("b")), Some(mark("c"))).unwrap();
        marks.go_on(Some(&mark("c")), Some(mark("b"))).unwrap_err();
    }
}
