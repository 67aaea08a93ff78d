/// What an entry of a directory sorts by, so that a walk gives files in the byte order of their
/// keys: a directory sorts as its name with a slash, because that is how its files' keys go on.
///
/// `a-b`, `a.txt`, then `a/...`, then `a0`: a plain sort by name would put `a/` first, and a
/// merge with a listing would see differences that are not there.
pub fn order_key(mut name: Vec<u8>, is_directory: bool) -> Vec<u8> {
    if is_directory {
        name.push(b'/');
    }
    name
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
        entries
            .sort_by_key(|(name, is_directory)| order_key(name.as_bytes().into(), *is_directory));
        let expected = [
            ("a", false),
            ("a-b", false),
            ("a.txt", false),
            ("a", true),
            ("a0", false),
        ];
        assert_eq!(entries, expected);
    }
}
