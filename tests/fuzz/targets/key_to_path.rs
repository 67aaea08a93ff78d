//! Where the files of keys go. The fields are two keys.

use std::path::{Component, Path};

use s4cmd::plan::paths::{below, normalized};

use super::input;

pub fn run(data: &[u8]) {
    let keys = input::texts::<2>(data, input::FIELD);
    let paths = keys.each_ref().map(|key| path(key));
    // Two keys have one path only if one is the directory of the other's name.
    if let [Some(one), Some(other)] = &paths
        && one == other
    {
        let names = keys
            .each_ref()
            .map(|key| key.strip_suffix('/').unwrap_or(key));
        assert_eq!(names[0], names[1]);
    }
    keys.iter().for_each(|key| normal(key));
}

/// The path of a key, if it may have one: the root and then the key, and nothing else.
fn path(key: &str) -> Option<String> {
    let name = key.strip_suffix('/').unwrap_or(key);
    let is_safe = |component: &str| {
        let leads_elsewhere = ["", ".", ".."].contains(&component);
        !leads_elsewhere && !component.contains('\0')
    };
    let is_safe = name.split('/').all(is_safe);
    let mut of_key = None;
    for root in ["/r", "r", "/", "../r", "r/"] {
        let path = below(Path::new(root), key);
        assert_eq!(path.is_ok(), is_safe, "{key:?}");
        let Ok(path) = path else {
            continue;
        };
        let inside = path.strip_prefix(root).expect("below the root");
        let components = inside.components();
        let plain = components.filter(|component| matches!(component, Component::Normal(_)));
        assert_eq!(plain.count(), name.split('/').count());
        assert_eq!(inside.as_os_str(), name);
        of_key = Some(inside.to_str().expect("text").to_owned());
    }
    of_key
}

/// What a shell makes of a directory, and nothing of it is lost or left to be done.
fn normal(directory: &str) {
    let normal = normalized(directory);
    assert_eq!(normalized(&normal), normal, "{directory:?}");
    assert_eq!(normal.starts_with('/'), directory.starts_with('/'));
    let is_root = normal.chars().all(|character| character == '/');
    assert!(is_root || normal.ends_with('/'));
    let inside = normal.trim_start_matches('/');
    let names: Vec<&str> = inside.split_terminator('/').collect();
    assert!(
        names.iter().all(|name| !["", "."].contains(name)),
        "{normal:?}"
    );
    let up = names.iter().take_while(|name| **name == "..").count();
    assert!(names[up..].iter().all(|name| *name != ".."), "{normal:?}");
    assert!(up == 0 || !normal.starts_with('/'), "{normal:?}");
    // Name by name it is the same place.
    let walk = |path: &str| {
        let mut place: Vec<String> = Vec::new();
        let mut above = 0;
        for name in path.split('/') {
            match name {
                "" | "." => {}
                ".." => match place.pop() {
                    Some(_) => {}
                    None if path.starts_with('/') => {}
                    None => above += 1,
                },
                other => place.push(other.to_owned()),
            }
        }
        (above, place)
    };
    assert_eq!(walk(directory), walk(&normal));
}
