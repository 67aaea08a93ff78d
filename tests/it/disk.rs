//! System calls that fail. `strace` lets them; where it is missing, or may not trace, the test
//! says so and is over. `S4CMD_EVERY` says which cells of the table are tried: every one, or every
//! so many (30).

mod cells;
mod points;
mod scenarios;

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
    process::Command,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use crate::run::{Run, Running, World, all_files, each};

use cells::{Cell, Table};

/// Whether calls can be made to fail here; tells if not.
fn can_inject() -> bool {
    let options = ["-f", "-o", "/dev/null", "-e", "trace=getppid"];
    let inject = ["-e", "inject=getppid:error=EIO", "--", "true"];
    let traced = Command::new("strace").args(options).args(inject).output();
    let works = traced.is_ok_and(|output| output.status.success());
    if !works {
        println!("skipped: no strace, or no right to trace");
    }
    works
}

/// The usual umask was assumed, and the file could be read by everybody.
#[test]
fn a_umask_that_cannot_be_read_does_not_make_files_public() {
    if !can_inject() {
        return;
    }
    let world = World::new();
    world.server.store().put("bucket", "key", "secret");
    let trace = "strace -f -o ../trace -P /proc/self/status -e trace=openat \
                 -e inject=openat:error=EMFILE";
    let program = env!("CARGO_BIN_EXE_s4cmd");
    let mut command = world.command_of("sh");
    let script = format!("umask 077; exec {trace} -- {program} get s3://bucket/key file");
    let run = Running::spawn(command.args(["-c", &script])).wait();
    let mode = fs::metadata(world.path("file")).map(|file| file.permissions().mode());
    assert!(mode.is_err(), "{mode:?}: {run:#?}");
    run.fails().says("Too many open files").says("file");
    world.assert_clean();
}

/// An interrupted call was taken for a failure where directories are opened and files looked at.
#[test]
fn an_interrupted_call_is_made_again() {
    if !can_inject() {
        return;
    }
    let world = World::new();
    world.file("up/a", "a");
    world.server.store().put("bucket", "key", "content");
    for (line, path, call) in [
        ("get s3://bucket/key {w}/d/e/file", "d/e", "openat"),
        ("put up/a s3://bucket/a", "up/a", "pread64"),
    ] {
        if call == "openat" {
            fs::create_dir_all(world.path(path)).unwrap();
        }
        failing(&world, line, path, call, "EINTR:when=1").succeeds();
    }
}

#[test]
fn whatever_call_fails_nothing_is_torn_lost_or_untold() {
    if !can_inject() {
        return;
    }
    let every = std::env::var("S4CMD_EVERY").ok();
    let every = every.map_or(30, |text| text.parse().unwrap());
    let cells = Mutex::new(Vec::new());
    each(scenarios::ALL.iter().collect(), |scenario| {
        let points = points::of(scenario);
        let of_points = points.iter().flat_map(|point| Cell::at(scenario, point));
        let of_points: Vec<_> = of_points.collect();
        cells.lock().unwrap().extend(of_points);
    });
    let mut cells = cells.into_inner().unwrap();
    cells.sort_by_key(|cell| format!("{cell:?}"));
    let cells: Vec<_> = cells.into_iter().step_by(every).collect();
    let table = Mutex::new(Table::default());
    let wrong = Mutex::new(Vec::new());
    each(cells, |cell| {
        let outcome = cell.check();
        table.lock().unwrap().add(&cell.point.call, &outcome);
        if let Err(text) = outcome {
            wrong.lock().unwrap().push(format!("--- {cell:?}\n{text}"));
        }
    });
    let (table, mut wrong) = (table.into_inner().unwrap(), wrong.into_inner().unwrap());
    println!("{table}");
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(table.percent_not_reached() < 20, "{table}");
}

/// A run in which the calls of a kind on a path fail: all of them, or those that are named behind
/// the error.
fn failing(world: &World, line: &str, path: &str, call: &str, error: &str) -> Run {
    let mut command = world.command_of("strace");
    let path = world.path(path);
    command.args(["-f", "-o", "../trace", "-P", path.to_str().unwrap()]);
    command.args(["-e", &format!("trace={call}")]);
    command.args(["-e", &format!("inject={call}:error={error}"), "--"]);
    command.arg(env!("CARGO_BIN_EXE_s4cmd"));
    let directory = world.path("");
    let line = line.replace("{w}/", directory.to_str().unwrap());
    let run = Running::spawn(command.args(line.split(' '))).wait();
    let trace = fs::read_to_string(world.outside("trace")).unwrap();
    assert!(trace.contains("(INJECTED)"), "{line}: {trace}");
    run
}

/// "missing" or "extra" was said of what could not be read.
#[test]
fn what_cannot_be_read_is_not_called_missing() {
    if !can_inject() {
        return;
    }
    let world = World::new();
    for name in ["a", "sub/b", "sub/c", "sub.d", "z"] {
        world.file(&format!("d/{name}"), name);
        let key = format!("s/{name}");
        world.server.store().put("bucket", &key, name);
    }
    world.server.store().put("bucket", "s/sub/", "");
    for (path, call, unread) in [
        ("d/a", "statx", 1),
        ("d/sub", "openat", 2),
        ("d/sub", "getdents64", 2),
    ] {
        for line in [
            "verify {w}/d s3://bucket/s",
            "verify s3://bucket/s {w}/d",
            "dsync -D --verify s3://bucket/s {w}/d",
        ] {
            let run = failing(&world, line, path, call, "EIO").fails();
            let run = run.says("Input/output error").says(path);
            let output = format!("{}{}", run.stdout, run.stderr);
            assert!(output.contains("0 missing, 0 extra"), "{line}: {run:#?}");
            let counted = format!("{unread} failed");
            assert!(output.contains(&counted), "{line}: {run:#?}");
        }
    }
}

/// It was found by nobody, and stayed for ever.
#[test]
fn what_a_killed_run_left_of_its_hash_cache_goes_with_the_next_one() {
    if !can_inject() {
        return;
    }
    let world = World::new();
    world.file("d/a", "a");
    let past = SystemTime::now() - Duration::from_secs(3600);
    let file = fs::File::options().write(true).open(world.path("d/a"));
    file.unwrap().set_modified(past).unwrap();
    // The times of the file itself must have settled.
    std::thread::sleep(Duration::from_secs(3));
    let mut command = world.command_of("strace");
    command.args(["-f", "-o", "../trace", "-e", "trace=renameat"]);
    command.args(["-e", "inject=renameat:signal=KILL", "--"]);
    command.arg(env!("CARGO_BIN_EXE_s4cmd"));
    let words = ["dsync", "--hash-cache", "cache", "d", "s3://bucket/d"];
    let run = Running::spawn(command.args(words)).wait();
    let files = all_files(&world.path(""));
    let is_left = |name: &String| name.starts_with("cache-") && name.ends_with(".tmp");
    assert!(files.iter().any(is_left), "{files:?} {run:#?}");
    world.run_words(&words).succeeds();
    world.assert_clean();
}

#[test]
fn sockets_and_devices_are_named_and_the_others_go() {
    let world = World::new();
    world.file("d/good", "good");
    let _listening = UnixListener::bind(world.path("d/socket")).unwrap();
    let mut names = vec!["d/socket"];
    let device = world.path("d/device");
    let mut mknod = Command::new("mknod");
    let made = mknod.arg(device).args(["b", "7", "99"]).status();
    if made.is_ok_and(|status| status.success()) {
        names.push("d/device");
    }
    for line in ["put -r d s3://bucket/d", "dsync d s3://bucket/e"] {
        let run = world.run(line).fails().within(10);
        assert_eq!(run.failures().len(), names.len(), "{run:#?}");
        for name in &names {
            let told = format!("{name}: not a regular file");
            assert!(run.stderr.contains(&told), "{run:#?}");
        }
    }
    let keys = world.server.store().keys("bucket");
    assert_eq!(keys, ["d/good", "e/good"]);
}

/// However few files may be open, it is told if that is too few.
#[test]
fn too_few_open_files_are_named_and_tear_nothing() {
    let program = env!("CARGO_BIN_EXE_s4cmd");
    for files in 8..32 {
        let world = World::new();
        world.file("d/a", "a");
        world.file("d/sub/b", "b");
        for line in ["dsync d s3://bucket/d", "dsync s3://bucket/d e"] {
            let mut command = world.command_of("sh");
            let script = format!("ulimit -n {files}; exec {program} {line}");
            let run = Running::spawn(command.args(["-c", &script])).wait();
            assert!(!run.stderr.contains("panicked"), "{files}: {run:#?}");
            if !run.status.success() {
                run.fails().says("Too many open files");
            }
            // For the way down all is to be there, whatever came of the way up.
            world.server.store().put("bucket", "d/a", "a");
            world.server.store().put("bucket", "d/sub/b", "b");
        }
        for (name, content) in [("e/a", "a"), ("e/sub/b", "b")] {
            let got = world.read(name);
            let is_whole = got.is_none_or(|got| got == content.as_bytes());
            assert!(is_whole, "{files}: {name}");
        }
        world.assert_clean();
    }
}
