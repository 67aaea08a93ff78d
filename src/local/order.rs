use std::cmp::Ordering;

/// Orders two entries of one directory so that a walk gives files in the byte order of their keys:
/// a directory sorts as its name with a slash, because that is how its files' keys go on.
///
/// `a-b`, `a.txt`, then `a/...`, then `a0`: a plain sort by name would put `a/` first, and a
/// merge with a listing would see differences that are not there.
pub fn key_order(a: (&[u8], bool), b: (&[u8], bool)) -> Ordering {
    fn bytes((name, is_directory): (&[u8], bool)) -> impl Iterator<Item = u8> {
        name.iter().copied().chain(is_directory.then_some(b'/'))
    }
    bytes(a).cmp(bytes(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_sort_with_their_slash() {
        let mut entries = [
            ("a0", false),
            ("a", true),
            ("a.txt", false),
            ("a-b", false),
            ("a", false),
        ];
        entries.sort_by(|a, b| key_order((a.0.as_bytes(), a.1), (b.0.as_bytes(), b.1)));
        let names: Vec<_> = entries.iter().map(|(name, dir)| (*name, *dir)).collect();
        let expected = [
            ("a", false),
            ("a-b", false),
            ("a.txt", false),
            ("a", true),
            ("a0", false),
        ];
        assert_eq!(names, expected);
    }
}
