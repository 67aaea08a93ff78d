//! `--include` and `--exclude`. The fields are the rules (a line each, behind a `+` or a `-`), the
//! root, a directory below it, and a name in that.

use s4cmd::plan::rules::{Effect, Rules};

use super::{fnmatch as slow, input};

pub fn run(data: &[u8]) {
    let [lines, root, directory, name] = input::texts::<4>(data, input::FIELD);
    let rules: Vec<(Effect, String)> = lines
        .lines()
        .filter_map(|line| match line.strip_prefix('+') {
            Some(pattern) => Some((Effect::Include, pattern.to_owned())),
            None => Some((Effect::Exclude, line.strip_prefix('-')?.to_owned())),
        })
        .take(MOST_RULES)
        .collect();
    let directory = match directory.is_empty() || directory.ends_with('/') {
        true => directory,
        false => directory + "/",
    };
    let relative = format!("{directory}{name}");
    let in_bucket = Rules::new(rules.clone());
    let root = format!("/{}", root.trim_matches('/'));
    let on_disk = in_bucket.at(&root);
    assert_eq!(in_bucket.is_empty(), rules.is_empty());
    for (compiled, root) in [(in_bucket, None), (on_disk, Some(&*root))] {
        let Some(admits) = admits(&rules, root, &relative) else {
            return;
        };
        assert_eq!(compiled.admits(&relative), admits, "{rules:?} {relative:?}");
        // What is not walked has nothing in it that is taken.
        if admits {
            assert!(
                compiled.may_admit_below(&directory),
                "{rules:?} {relative:?}"
            );
            assert!(compiled.may_admit_below(""), "{rules:?} {relative:?}");
        }
    }
}

/// The last rule that matches; `None` where a pattern is none.
fn admits(rules: &[(Effect, String)], root: Option<&str>, relative: &str) -> Option<bool> {
    let mut admits = true;
    for (effect, pattern) in rules {
        let matches = match (pattern.starts_with('/'), root) {
            (false, _) => slow::matches(pattern, relative)?,
            (true, Some(root)) => slow::matches(pattern, &format!("{root}/{relative}"))?,
            (true, None) => {
                slow::matches(pattern, relative)?;
                false
            }
        };
        if matches {
            admits = *effect == Effect::Include;
        }
    }
    Some(admits)
}

const MOST_RULES: usize = 16;
