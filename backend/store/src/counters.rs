//! The columns that count usage: tokens, characters and bytes. Runs, daily sums and pages all have them, and every statement
//! over them is built from the one list here.

use inkstream_wire::Usage;

use crate::columns;

macro_rules! counters {
    ($($column:ident),+ $(,)?) => {
        /// The columns of `runs`, `usage_days` and `pages` that count usage.
        #[derive(Debug, Clone, Copy, Default, sqlx::FromRow)]
        pub(crate) struct Counters {
            $(pub(crate) $column: i64,)+
        }

        /// Their names.
        pub(crate) const COUNTERS: &[&str] = &[$(stringify!($column)),+];

        impl Counters {
            pub(crate) fn from_usage(usage: &Usage) -> Self {
                Self { $($column: columns::count(usage.$column),)+ }
            }

            pub(crate) fn usage(self, estimated: bool) -> Usage {
                Usage { $($column: columns::uncount(self.$column),)+ estimated, pages: None }
            }

            pub(crate) fn add(&mut self, other: Self) {
                $(self.$column += other.$column;)+
            }

            pub(crate) fn columns(self) -> impl Iterator<Item = (&'static str, i64)> {
                [$((stringify!($column), self.$column)),+].into_iter()
            }
        }
    };
}

counters!(prompt_tokens, completion_tokens, prompt_chars, completion_chars, input_bytes);

/// A list of SQL expressions, one for each counter.
pub(crate) fn each(expression: impl Fn(&str) -> String) -> String {
    COUNTERS.iter().map(|column| expression(column)).collect::<Vec<_>>().join(", ")
}

/// The names as a list.
pub(crate) fn names() -> String {
    COUNTERS.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_survives_its_columns() {
        let usage = Usage {
            prompt_tokens: 1,
            completion_tokens: 2,
            prompt_chars: 3,
            completion_chars: 4,
            input_bytes: 5,
            pages: None,
            estimated: true,
        };
        assert_eq!(Counters::from_usage(&usage).usage(true), usage);
        let values: Vec<_> = Counters::from_usage(&usage).columns().collect();
        assert_eq!(values.iter().map(|(name, _)| *name).collect::<Vec<_>>(), COUNTERS);
        assert_eq!(values.iter().map(|(_, value)| value).sum::<i64>(), 15);
    }
}
