//! What is done while the disk fails, and what it has to come to.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use crate::{
    matrix::status,
    run::{World, content},
    server::{Fault, Match},
};

/// A command that touches files.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// `{w}` is the working directory: only whole paths are known again in a trace.
    pub(super) line: &'static str,
    pub(super) prepare: fn(&World),
    pub(super) items: fn() -> Vec<Item>,
    /// Whether a failed run may leave what the next one goes on with.
    pub(super) resumes: bool,
}

/// A file or an object, before and after.
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) old: Option<Vec<u8>>,
    pub(super) new: Option<Vec<u8>>,
    /// The file that it is made from, or the name of the file that it is.
    pub(super) file: &'static str,
    pub(super) mode: Option<u32>,
}

/// Where something is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// In the working directory.
    File(&'static str),
    /// In the bucket.
    Key(&'static str),
}

impl Scenario {
    pub(super) fn world(&self) -> World {
        let world = World::new();
        (self.prepare)(&world);
        world
    }

    pub(super) fn words(&self, world: &World) -> Vec<String> {
        let directory = world.path("");
        let directory = directory.to_str().unwrap().trim_end_matches('/');
        let words = self.line.split_whitespace();
        words.map(|word| word.replace("{w}", directory)).collect()
    }
}

impl Item {
    pub(super) fn is_as(&self, world: &World, content: Option<&[u8]>) -> bool {
        match self.place {
            Place::File(name) => world.read(name).as_deref() == content,
            Place::Key(key) => {
                let store = world.server.store();
                let body = store
                    .get("bucket", key)
                    .map(|_| store.body("bucket", key).to_vec());
                body.as_deref() == content
            }
        }
    }

    pub(super) fn has_its_mode(&self, world: &World) -> bool {
        let (Some(mode), Place::File(name)) = (self.mode, self.place) else {
            return true;
        };
        fs::metadata(world.path(name)).is_ok_and(|file| file.permissions().mode() & 0o777 == mode)
    }
}

fn up(key: &'static str, file: &'static str, old: Option<u64>, new: Option<u64>) -> Item {
    Item {
        place: Place::Key(key),
        old: old.map(small),
        new: new.map(small),
        file,
        mode: None,
    }
}

fn down(name: &'static str, old: Option<u64>, new: Option<u64>) -> Item {
    Item {
        place: Place::File(name),
        file: name,
        ..up("", "", old, new)
    }
}

/// Some bytes, different for each number.
fn small(seed: u64) -> Vec<u8> {
    content(1000, seed)
}

const PART: usize = 5 << 20;

fn in_parts(seed: u64) -> Vec<u8> {
    content(PART + 1000, seed)
}

/// For downloads, which have no least size of ranges.
fn in_ranges(seed: u64) -> Vec<u8> {
    content(250_000, seed)
}

/// What there is on both sides, for trees.
fn tree_here(world: &World) {
    for (name, seed) in [("here/a", 1), ("here/sub/b", 2), ("here/z", 3)] {
        world.file(name, small(seed));
    }
    // The marker of a directory in which there is nothing.
    fs::create_dir(world.path("here/empty")).unwrap();
    world.server.store().put("bucket", "there/empty/", "");
    for (key, seed) in [("there/a", 11), ("there/old", 12), ("there/sub/old", 13)] {
        world.server.store().put("bucket", key, small(seed));
    }
}

fn tree_there(world: &World) {
    let store = world.server.store();
    let secret = [("x-amz-meta-privilege", "600")];
    store.put_with("bucket", "there/a", small(1), &secret);
    store.put("bucket", "there/sub/b", small(2));
    store.put("bucket", "there/z", small(3));
    for (name, seed) in [("here/a", 11), ("here/old", 12), ("here/sub/old", 13)] {
        world.file(name, small(seed));
    }
}

fn sent() -> Vec<Item> {
    vec![
        up("there/a", "here/a", Some(11), Some(1)),
        up("there/sub/b", "here/sub/b", None, Some(2)),
        up("there/z", "here/z", None, Some(3)),
        down("here/a", Some(1), Some(1)),
    ]
}

fn got() -> Vec<Item> {
    vec![
        Item {
            mode: Some(0o600),
            ..down("here/a", Some(11), Some(1))
        },
        down("here/sub/b", None, Some(2)),
        down("here/z", None, Some(3)),
        up("there/a", "", Some(1), Some(1)),
    ]
}

fn sent_and_deleted() -> Vec<Item> {
    let mut items = sent();
    let marker = Some(Vec::new());
    items.push(Item {
        old: marker.clone(),
        new: marker,
        ..up("there/empty/", "", None, None)
    });
    items.push(up("there/old", "", Some(12), None));
    items.push(up("there/sub/old", "", Some(13), None));
    items
}

fn got_and_deleted() -> Vec<Item> {
    let mut items = got();
    items.push(down("here/old", Some(12), None));
    items.push(down("here/sub/old", Some(13), None));
    items
}

fn one_in_parts() -> Vec<Item> {
    let item = up("there/big", "here/big", None, None);
    vec![Item {
        new: Some(in_parts(5)),
        ..item
    }]
}

fn one_in_ranges() -> Vec<Item> {
    let item = down("here/big", Some(4), None);
    vec![Item {
        new: Some(in_ranges(6)),
        ..item
    }]
}

/// Leaves behind what a run comes to whose second request of an operation fails.
fn broken_off(world: &World, line: &str, operation: &'static str) {
    world.server.faults().push(Fault {
        when: Match::op(operation).nth(2),
        times: u32::MAX,
        action: status(500, "InternalError"),
    });
    let line = line.replace("{w}/", "");
    world.run(&format!("{line} -t 1")).fails().says("--resume");
    world.server.faults().clear();
    world.server.clear_requests();
}

fn big_there(world: &World) {
    world.file("here/big", small(4));
    let store = world.server.store();
    store.put("bucket", "there/big", in_ranges(6));
}

const PUT_RESUMED: &str = "put -f {w}/here/big s3://bucket/there/big \
                           --max-singlepart-upload-size 1 --multipart-split-size 5242880 \
                           --resume -c 1";
const GET_RESUMED: &str = "get -f s3://bucket/there/big {w}/here/big \
                           --max-singlepart-download-size 1 --multipart-split-size 100000 \
                           --resume -c 1";

pub(super) const ALL: [Scenario; 15] = [
    Scenario {
        name: "put",
        line: "put -f {w}/here/a s3://bucket/there/a",
        prepare: tree_here,
        items: || sent().into_iter().take(1).collect(),
        resumes: false,
    },
    Scenario {
        name: "put -r",
        line: "put -f -r {w}/here s3://bucket/there",
        prepare: tree_here,
        items: sent,
        resumes: false,
    },
    Scenario {
        name: "put in parts",
        line: "put -f {w}/here/big s3://bucket/there/big --max-singlepart-upload-size 1 \
               --multipart-split-size 5242880",
        prepare: |world| world.file("here/big", in_parts(5)),
        items: one_in_parts,
        resumes: false,
    },
    Scenario {
        name: "put --resume",
        line: PUT_RESUMED,
        prepare: |world| {
            world.file("here/big", in_parts(5));
            broken_off(world, PUT_RESUMED, "UploadPart");
        },
        items: one_in_parts,
        resumes: true,
    },
    Scenario {
        name: "get",
        line: "get -f s3://bucket/there/a {w}/here/a",
        prepare: tree_there,
        items: || got().into_iter().take(1).collect(),
        resumes: false,
    },
    Scenario {
        name: "get -r",
        line: "get -f -r s3://bucket/there/* {w}/here",
        prepare: tree_there,
        items: got,
        resumes: false,
    },
    Scenario {
        name: "get in ranges",
        line: "get -f s3://bucket/there/big {w}/here/big --max-singlepart-download-size 1 \
               --multipart-split-size 100000",
        prepare: big_there,
        items: one_in_ranges,
        resumes: false,
    },
    Scenario {
        name: "get --resume",
        line: GET_RESUMED,
        prepare: |world| {
            big_there(world);
            broken_off(world, GET_RESUMED, "GetObject");
        },
        items: one_in_ranges,
        resumes: true,
    },
    Scenario {
        name: "dsync up",
        line: "dsync {w}/here s3://bucket/there",
        prepare: tree_here,
        items: sent,
        resumes: false,
    },
    Scenario {
        name: "dsync -D up",
        line: "dsync -D {w}/here s3://bucket/there",
        prepare: tree_here,
        items: sent_and_deleted,
        resumes: false,
    },
    Scenario {
        name: "dsync -D down",
        line: "dsync -D s3://bucket/there {w}/here",
        prepare: tree_there,
        items: got_and_deleted,
        resumes: false,
    },
    Scenario {
        name: "dsync --verify",
        line: "dsync -D --verify s3://bucket/there {w}/here",
        prepare: tree_there,
        items: got_and_deleted,
        resumes: false,
    },
    Scenario {
        name: "dsync --size-only down",
        line: "dsync --size-only s3://bucket/there {w}/here",
        prepare: |world| {
            tree_there(world);
            // The size alone is to tell that it differs.
            world.file("here/a", "old");
        },
        items: || {
            let mut items = got();
            items[0].old = Some(b"old".to_vec());
            items
        },
        resumes: false,
    },
    Scenario {
        name: "dsync -D --follow-symlinks",
        line: "dsync -D --follow-symlinks {w}/here s3://bucket/there",
        prepare: |world| {
            tree_here(world);
            world.file("elsewhere/c", small(4));
            symlink("../elsewhere", world.path("here/link")).unwrap();
            let store = world.server.store();
            store.put("bucket", "there/link/c", small(14));
        },
        items: || {
            let mut items = sent_and_deleted();
            items.push(up("there/link/c", "here/link/c", Some(14), Some(4)));
            items
        },
        resumes: false,
    },
    Scenario {
        name: "--hash-cache",
        line: "dsync --hash-cache {w}/cache {w}/here s3://bucket/there",
        prepare: |world| {
            tree_here(world);
            // Only what has been left alone for a while is kept in the cache.
            let past = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
            let file = fs::File::options()
                .write(true)
                .open(world.path("here/a"))
                .unwrap();
            file.set_modified(past).unwrap();
        },
        items: sent,
        resumes: false,
    },
];
