//! Places in S3, and which keys one with wildcards means. The fields are a URL, a key, a directory
//! and what stands behind that.

use s4cmd::{
    location::{Location, S3Target, S3Url, basename},
    plan::{
        fnmatch::{self, Glob},
        pattern::{Pattern, Step},
    },
};

use super::{fnmatch as slow, input};

pub fn run(data: &[u8]) {
    let [url, key, directory, suffix] = input::texts::<4>(data, input::FIELD);
    location(&url);
    pattern(&url, &key);
    glob(&url, &key, &directory, &suffix);
}

fn location(text: &str) {
    let url = S3Url::parse(text);
    let rest = ["s3://", "s3n://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let expected = rest.and_then(|rest| {
        let end = rest.find('/').unwrap_or(rest.len());
        let key = rest.get(end + 1..).unwrap_or_default();
        (end > 0).then_some((&rest[..end], key))
    });
    assert_eq!(url.as_ref().map(|url| (&*url.bucket, &*url.key)), expected);
    let location = Location::parse(text);
    let Some(url) = url else {
        assert_eq!(location, Location::Local(text.to_owned()));
        assert_eq!(location.to_string(), text);
        check_basename(text);
        return;
    };
    assert_eq!(location, Location::S3(url.clone()));
    assert_eq!(S3Url::parse(&url.to_string()), Some(url.clone()));
    check_basename(&url.key);
    for name in ["n", "n/m"] {
        let joined = url.join(name);
        assert_eq!(joined.bucket, url.bucket);
        let between = joined
            .key
            .strip_prefix(&*url.key)
            .and_then(|rest| rest.strip_suffix(name));
        let slash = if url.is_directory() { "" } else { "/" };
        assert_eq!(between, Some(slash));
    }
    let target = S3Target::parse(text).expect("the same");
    assert_eq!((&target.url, target.slash), (&url, text.ends_with('/')));
    for is_alone in [true, false] {
        let file = target.of_object("n", is_alone);
        assert!(file == url || file == url.join("n"));
        let directory = target.of_directory("n", is_alone);
        assert!(directory.is_directory() && directory.key.starts_with(&url.key));
    }
}

fn check_basename(path: &str) {
    let base = basename(path);
    assert!(!base.contains('/'));
    let mut without = path;
    while let Some(rest) = without.strip_suffix('/') {
        without = rest;
    }
    assert_eq!(
        base,
        &without[without.rfind('/').map_or(0, |slash| slash + 1)..]
    );
}

fn pattern(text: &str, key: &str) {
    let pattern = Pattern::new(text);
    let components: Vec<&str> = text.strip_suffix('/').unwrap_or(text).split('/').collect();
    let names: Vec<&str> = key.split('/').collect();
    // Whether the first few of both match.
    let Some(beginning) = beginning(&components, &names) else {
        return;
    };
    let is_everything = components == [""];
    let is_at_level = names.len() == components.len();
    let expected = is_everything && names.len() == 1 || is_at_level && beginning;
    assert_eq!(pattern.matches(key), expected);
    let is_below = names.len() >= components.len() && beginning;
    assert_eq!(pattern.matches_tree(key), is_everything || is_below);
    if expected && !is_everything {
        assert!(key.starts_with(&pattern.fixed_prefix()));
    }
    check_walk(&pattern, &components, key, pattern.matches_tree(key));
}

/// A walk from directory to directory comes to everything that matches: on the way it descends, and
/// at the level of the pattern it takes.
fn check_walk(pattern: &Pattern, components: &[&str], key: &str, is_meant: bool) {
    let slashes = key
        .char_indices()
        .filter(|(_, character)| *character == '/');
    let directories = slashes.map(|(slash, _)| &key[..=slash]);
    for (depth, directory) in directories.enumerate() {
        let step = pattern.step(directory);
        let level = components.len() - 1;
        match depth.cmp(&level) {
            std::cmp::Ordering::Less if is_meant => assert_eq!(step, Step::Descend),
            std::cmp::Ordering::Less => assert_ne!(step, Step::Directory),
            std::cmp::Ordering::Equal => {
                let is_directory = step == Step::Directory;
                assert_eq!(
                    is_directory,
                    pattern.matches_tree(&directory[..directory.len() - 1])
                );
            }
            std::cmp::Ordering::Greater => assert_eq!(step, Step::Skip),
        }
    }
}

fn beginning(components: &[&str], names: &[&str]) -> Option<bool> {
    let first = components.iter().position(|text| text.contains(['*', '?']));
    let literals = first.unwrap_or(components.len());
    let mut all = true;
    for (index, (component, name)) in components.iter().zip(names).enumerate() {
        all &= match index < literals {
            true => component == name,
            false => slow::matches(component, name)?,
        };
    }
    Some(all)
}

fn glob(pattern: &str, name: &str, directory: &str, suffix: &str) {
    let Some(expected) = slow::matches(pattern, name) else {
        return;
    };
    assert_eq!(
        fnmatch::matches(pattern, name),
        expected,
        "{pattern:?} {name:?}"
    );
    let glob = Glob::new(pattern);
    let below = format!("{directory}{suffix}");
    let matches = slow::matches(pattern, &below).expect("as before");
    if glob.matches_all_below(directory) && !suffix.is_empty() {
        assert!(matches, "{pattern:?} {below:?}");
    }
    if matches {
        assert!(glob.may_match_below(directory), "{pattern:?} {below:?}");
    }
    if !fnmatch::is_pattern(pattern) && !pattern.contains('[') {
        assert_eq!(expected, pattern == name);
    }
}
