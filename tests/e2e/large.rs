//! Parts and ranges, and what is too large for the memory.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use crate::world::{World, md5_hex, noise};

const MIB: usize = 1 << 20;
/// The smallest part that S3 takes.
const PART: usize = 5 * MIB;

#[test]
fn parts_are_used_from_the_threshold_on() {
    let world = World::new();
    // Size, and how many parts that takes.
    for (size, parts) in [
        (PART - 1, 0),
        (PART, 1),
        (PART + 1, 2),
        (2 * PART, 2),
        (2 * PART + 1, 3),
    ] {
        let content = noise(size);
        world.write("f", &content);
        world.set_mode("f", 0o640);
        let limit = PART.to_string();
        let mut put = vec!["put", "--debug", "--max-singlepart-upload-size", &limit];
        let url = world.url(&size.to_string());
        put.extend(["--multipart-split-size", &limit, "f", &url]);
        let run = world.s4cmd(&put);
        assert_eq!(run.status(), 0, "{run:?}");
        run.has_lines(&world.uploads(&[("f", &size.to_string())]));
        let sent = [
            "PutObject",
            "CreateMultipartUpload",
            "UploadPart",
            "CompleteMultipartUpload",
        ]
        .map(|operation| run.requests(operation));
        let once = usize::from(parts > 0);
        assert_eq!(sent, [1 - once, once, parts, once], "{size}: {run:?}");
        world.assert_uploaded(&size.to_string(), &content, "640");
    }
}

#[test]
fn ranges_are_used_from_the_threshold_on() {
    let world = World::new();
    const LIMIT: usize = 100_000;
    // Size, and how many requests that takes.
    let cases = [
        (0, 1),
        (1, 1),
        (LIMIT - 1, 1),
        (LIMIT, 1),
        (LIMIT + 1, 2),
        (3 * LIMIT, 3),
        (350_001, 4),
    ];
    for (size, requests) in cases {
        let content = noise(size);
        let (key, limit) = (size.to_string(), LIMIT.to_string());
        world
            .store(&key, &content, &[("privilege", "600")])
            .unwrap();
        let url = world.url(&key);
        let run = world.s4cmd(&[
            "get",
            "--debug",
            "--max-singlepart-download-size",
            &limit,
            "--multipart-split-size",
            &limit,
            &url,
            &key,
        ]);
        assert_eq!(run.status(), 0, "{run:?}");
        run.has_lines(&world.downloads(&[(&key, &key)]));
        assert_eq!(run.requests("GetObject"), requests, "{size}: {run:?}");
        assert_eq!(
            run.requests("HeadObject"),
            usize::from(size >= LIMIT),
            "{size}"
        );
        assert!(world.read(&key) == content, "{size}");
        assert_eq!(world.mode(&key), 0o600);
    }
    assert_eq!(world.names("").len(), cases.len());
}

#[test]
fn an_object_of_parts_is_known_again_by_its_metadata() {
    let world = World::new();
    let content = noise(PART + 7);
    world.write("d/large", &content);
    world.write("d/small", "small");
    let limit = PART.to_string();
    let dsync = |from: &str, to: &str| {
        world.s4cmd(&[
            "dsync",
            "--max-singlepart-upload-size",
            &limit,
            "--multipart-split-size",
            &limit,
            from,
            to,
        ])
    };
    let lines = world.uploads(&[("d/large", "p/large"), ("d/small", "p/small")]);
    dsync("d", &world.url("p")).prints(&lines);
    let synced: Vec<String> = lines
        .iter()
        .map(|line| format!("{line} (synced)"))
        .collect();
    dsync("d", &world.url("p")).prints(&synced);
    assert_eq!(
        world.head("p/large").metadata("md5"),
        Some(&*md5_hex(&content))
    );
    let lines = world.downloads(&[("p/large", "d/large"), ("p/small", "d/small")]);
    let synced: Vec<String> = lines
        .iter()
        .map(|line| format!("{line} (synced)"))
        .collect();
    dsync(&world.url("p"), "d").prints(&synced);
    let mut other = content.clone();
    other[PART + 3] ^= 1;
    world.write("d/large", &other);
    dsync("d", &world.url("p")).prints(&[
        format!("d/large => {}", world.url("p/large")),
        format!("d/small => {} (synced)", world.url("p/small")),
    ]);
    world.assert_uploaded("p/large", &other, "644");
    // And it comes down in ranges.
    let lines = world.downloads(&[("p/large", "back/large"), ("p/small", "back/small")]);
    let run = world.s4cmd(&[
        "get",
        "-r",
        "--max-singlepart-download-size",
        "1000000",
        "--multipart-split-size",
        "1000000",
        &world.url("p"),
        "back",
    ]);
    run.prints(&lines);
    assert!(world.read("back/large") == other);
}

#[test]
fn a_gigabyte_and_a_half_needs_less_than_64_mib_of_memory() {
    if std::env::var("S4CMD_TEST_LARGE").as_deref() != Ok("1") {
        println!("only with S4CMD_TEST_LARGE=1");
        return;
    }
    const SIZE: usize = 1536 * MIB + 1;
    let world = World::new();
    write_noise(&world.path("large"), SIZE);
    let mut put = world.command();
    let peak = peak_memory(put.args(["put", "large", &world.url("large")]));
    assert!(peak < 64 << 10, "put took {peak} KiB");
    assert_eq!(world.head("large").size, SIZE as u64);
    let mut parts = world.command();
    parts.args([
        "put",
        "--max-singlepart-upload-size",
        "52428800",
        "large",
        &world.url("parts"),
    ]);
    let peak = peak_memory(&mut parts);
    assert!(peak < 64 << 10, "put in parts took {peak} KiB");
    for key in ["large", "parts"] {
        let mut get = world.command();
        let peak = peak_memory(get.args(["get", &world.url(key), "back"]));
        assert!(peak < 64 << 10, "get of {key} took {peak} KiB");
        assert!(are_equal(&world.path("large"), &world.path("back")));
        fs::remove_file(world.path("back")).unwrap();
    }
}

fn write_noise(path: &Path, size: usize) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut random = fastrand::Rng::with_seed(7);
    let mut block = vec![0; MIB];
    let mut left = size;
    while left > 0 {
        random.fill(&mut block);
        let len = left.min(MIB);
        file.write_all(&block[..len]).unwrap();
        left -= len;
    }
    file.flush().unwrap();
}

fn are_equal(one: &Path, other: &Path) -> bool {
    let open = |path: &Path| BufReader::new(File::open(path).unwrap());
    let (mut one, mut other) = (open(one), open(other));
    let (mut left, mut right) = (vec![0; MIB], vec![0; MIB]);
    loop {
        let len = one.read(&mut left).unwrap();
        if len == 0 {
            return other.read(&mut right).unwrap() == 0;
        }
        if other.read_exact(&mut right[..len]).is_err() || left[..len] != right[..len] {
            return false;
        }
    }
}

/// Runs a command that must succeed and gives the most memory, in KiB, that it held at once.
fn peak_memory(command: &mut Command) -> u64 {
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let digits = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        // The kernel keeps the maximum: the last value before the end is it.
        peak = peak.max(digits.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(ended.success(), "{ended}");
    assert!(peak > 0, "no {status}");
    peak
}
