//! A list that is fetched in parts.

/// The state of the next part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It is being fetched.
    #[default]
    Loading,
    /// There is a next part.
    More,
    /// There is no next part.
    Nothing,
    /// Fetching it failed.
    Failed,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Paged<T> {
    pub(crate) rows: Vec<T>,
    /// The state of the next part.
    pub(crate) rest: Rest,
    /// The start of the next part.
    pub(crate) next: Option<String>,
}

/// What changes a [`Paged`].
#[derive(Debug, Clone)]
pub(crate) enum PagedAction<T> {
    /// Fetch the next part.
    Ask,
    /// A part was fetched, with the start of the next one.
    Came(Vec<T>, Option<String>),
    /// Fetching it failed.
    Failed,
    /// Replace the row at this index.
    Replace(usize, T),
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), rest: Rest::Loading, next: None }
    }
}

impl<T> Paged<T> {
    /// The state after `action`.
    pub(crate) fn after(mut self, action: PagedAction<T>) -> Self {
        match action {
            PagedAction::Ask => self.rest = Rest::Loading,
            PagedAction::Came(rows, next) => {
                self.rows.extend(rows);
                self.rest = if next.is_some() { Rest::More } else { Rest::Nothing };
                self.next = next;
            }
            PagedAction::Failed => self.rest = Rest::Failed,
            PagedAction::Replace(place, row) => {
                if let Some(old) = self.rows.get_mut(place) {
                    *old = row;
                }
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_until_one_has_no_next() {
        let list = Paged::default().after(PagedAction::Came(vec![3, 2], Some("2".to_owned())));
        assert_eq!((list.rest, list.next.as_deref()), (Rest::More, Some("2")));
        let list = list.after(PagedAction::Ask).after(PagedAction::Came(vec![1], None));
        assert_eq!(list.rows, [3, 2, 1]);
        assert_eq!(list.rest, Rest::Nothing);
    }

    #[test]
    fn a_part_that_failed_is_fetched_again_from_the_same_start() {
        let list = Paged::default().after(PagedAction::Came(vec![2], Some("2".to_owned())));
        let list = list.after(PagedAction::Ask).after(PagedAction::Failed);
        assert_eq!((list.rows.len(), list.next.as_deref()), (1, Some("2")));
    }
}
