//! System calls that fail. `strace` lets them; where it is missing, or may not trace, the test
//! says so and is over.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use crate::run::{Running, World};

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
        ("get s3://bucket/key d/e/file", "d/e", "openat"),
        ("put up/a s3://bucket/a", "up/a", "pread64"),
    ] {
        let path = world.path(path);
        let line = line.replace("d/e", path.to_str().unwrap());
        let mut command = world.command_of("strace");
        let inject = format!("inject={call}:error=EINTR:when=1");
        command.args(["-f", "-o", "../trace", "-P", path.to_str().unwrap()]);
        command.args(["-e", &format!("trace={call}"), "-e", &inject, "--"]);
        command
            .arg(env!("CARGO_BIN_EXE_s4cmd"))
            .args(line.split(' '));
        if call == "openat" {
            fs::create_dir_all(&path).unwrap();
        }
        Running::spawn(&mut command).wait().succeeds();
        let trace = fs::read_to_string(world.outside("trace")).unwrap();
        assert!(trace.contains("(INJECTED)"), "{line}: {trace}");
    }
}
