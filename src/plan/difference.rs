//! What to do with a pair of names, as far as two listings tell it.

use jiff::Timestamp;

use crate::s3::types::ETag;

/// By what two things are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// Their content.
    ///
    /// Compat: that of the original.
    #[default]
    Content,
    /// Their size.
    Size,
    /// Their size, and that the target is not older than the source. Towards files it is the
    /// other way around, because they get the time of their object.
    ///
    /// Source: <https://docs.aws.amazon.com/cli/latest/reference/s3/sync.html>.
    Time,
    /// As [`Method::Time`], but files have exactly the time of their object.
    ExactTime,
}

/// From where to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Files to objects.
    Up,
    /// Objects to files.
    Down,
    /// Objects to objects.
    Across,
}

/// What a listing tells of one thing.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: Option<Timestamp>,
    /// Of an object.
    pub etag: Option<&'a ETag>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Same,
    /// Transfer.
    Differs,
    /// Look at the contents.
    Unknown,
}

/// Compares two things of the same name. Tags of two objects are taken for what they are: equal
/// ones are of equal contents, different ones may be so too.
pub fn decide(
    method: Method,
    direction: Direction,
    source: Facts<'_>,
    target: Facts<'_>,
) -> Decision {
    if source.size != target.size {
        return Decision::Differs;
    }
    let same = match method {
        Method::Content => {
            let is_copy = direction == Direction::Across;
            if is_copy && ETag::show_equal(source.etag, target.etag) {
                return Decision::Same;
            }
            return Decision::Unknown;
        }
        Method::Size => true,
        Method::Time | Method::ExactTime => {
            let exact = method == Method::ExactTime;
            // What has no time is not known to be older.
            match (source.modified, target.modified, direction) {
                (Some(source), Some(target), Direction::Down) if exact => source == target,
                (Some(source), Some(target), Direction::Down) => target <= source,
                (Some(source), Some(target), _) => source <= target,
                _ => false,
            }
        }
    };
    if same {
        Decision::Same
    } else {
        Decision::Differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(method: Method, direction: Direction, times: [i64; 2]) -> Decision {
        let facts = |second| Facts {
            size: 1,
            modified: Timestamp::from_second(second).ok(),
            etag: None,
        };
        decide(method, direction, facts(times[0]), facts(times[1]))
    }

    #[test]
    fn times_are_compared_as_aws_does() {
        use Direction::{Across, Down, Up};
        for (method, direction, times, same) in [
            (Method::Time, Up, [5, 5], true),
            (Method::Time, Up, [5, 6], true),
            (Method::Time, Up, [6, 5], false),
            (Method::Time, Across, [5, 6], true),
            (Method::Time, Across, [6, 5], false),
            (Method::Time, Down, [5, 5], true),
            (Method::Time, Down, [6, 5], true),
            (Method::Time, Down, [5, 6], false),
            (Method::ExactTime, Down, [5, 5], true),
            (Method::ExactTime, Down, [6, 5], false),
            (Method::ExactTime, Down, [5, 6], false),
            (Method::ExactTime, Up, [5, 6], true),
        ] {
            let expected = if same {
                Decision::Same
            } else {
                Decision::Differs
            };
            let decided = decided(method, direction, times);
            assert_eq!(decided, expected, "{method:?} {direction:?} {times:?}");
        }
    }

    #[test]
    fn another_size_is_a_difference_and_the_same_tag_is_none() {
        let tag = ETag::new("\"t\"");
        let facts = |size, etag| Facts {
            size,
            modified: None,
            etag,
        };
        for method in [
            Method::Content,
            Method::Size,
            Method::Time,
            Method::ExactTime,
        ] {
            for direction in [Direction::Up, Direction::Down, Direction::Across] {
                let decided = decide(method, direction, facts(1, None), facts(2, None));
                assert_eq!(decided, Decision::Differs);
            }
        }
        let by_tag =
            |direction, etag| decide(Method::Content, direction, facts(1, etag), facts(1, etag));
        assert_eq!(by_tag(Direction::Across, Some(&tag)), Decision::Same);
        assert_eq!(by_tag(Direction::Across, None), Decision::Unknown);
        assert_eq!(by_tag(Direction::Up, Some(&tag)), Decision::Unknown);
    }
}
