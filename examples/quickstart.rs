//! Shows the main job on real files: starts an S3 server inside this process, sends a directory
//! there, synchronises it again, gets it back, and compares every byte.
//!
//! `cargo run --release --example quickstart [DIR]`

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a program for people"
)]

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use s4cmd::{
    cli,
    command::{Output, Stream},
    credentials::Environment,
    local::{Found, WalkOptions, walk},
};

#[path = "../tests/support/server/mod.rs"]
mod server;

fn main() -> ExitCode {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let directory = std::env::args_os().nth(1).map_or(default, PathBuf::from);
    match demonstrate(&directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

fn demonstrate(directory: &Path) -> Result<(), String> {
    let before = contents(directory)?;
    let server = server::S3Server::start();
    let back = tempfile::tempdir().map_err(|error| error.to_string())?;
    let back = back.path().join("back");
    let (there, here) = ("s3://quickstart/tree", back.display().to_string());
    let source = directory.display().to_string();

    println!(
        "An S3 server runs inside this process, at {}\n",
        server.endpoint()
    );
    s4cmd(&server, &["mb", "s3://quickstart"])?;
    s4cmd(&server, &["dsync", &source, there])?;
    s4cmd(&server, &["ls", "-r", "s3://quickstart"])?;
    println!("# again: nothing to do, so every line says (synced)");
    s4cmd(&server, &["dsync", &source, there])?;
    s4cmd(&server, &["get", "-r", there, &here])?;

    if contents(&back)? != before {
        return Err(format!("{source} and {here} differ"));
    }
    let bytes: usize = before.values().map(Vec::len).sum();
    println!(
        "The trees are identical: {} files, {bytes} bytes.",
        before.len()
    );
    println!(
        "\nThe same on a store of your own:\n\
         \x20 export S3_ACCESS_KEY=... S3_SECRET_KEY=...\n\
         \x20 s4cmd --endpoint-url https://s3.example.com mb s3://my-bucket\n\
         \x20 s4cmd --endpoint-url https://s3.example.com dsync DIR s3://my-bucket/tree\n\
         Without --endpoint-url it is AWS, in the region of AWS_REGION."
    );
    Ok(())
}

/// Runs one command line, as the program would, and shows it first.
fn s4cmd(server: &server::S3Server, line: &[&str]) -> Result<(), String> {
    println!("$ s4cmd {}", line.join(" "));
    let endpoint = server.endpoint();
    let environment = Environment::from([
        ("S3_ACCESS_KEY", "testkey"),
        ("S3_SECRET_KEY", "testsecret"),
        ("AWS_ENDPOINT_URL", &endpoint),
    ]);
    let arguments = std::iter::once("s4cmd").chain(line.iter().copied());
    let arguments = arguments.map(OsString::from).collect();
    let output = Output::new(
        Stream::new(io::stdout(), false),
        Stream::new(io::stderr(), false),
    );
    let status = cli::run(arguments, &environment, &Arc::new(output));
    println!();
    if status == 0 {
        Ok(())
    } else {
        Err(format!("{} ended with status {status}", line[0]))
    }
}

/// All files below a directory, with their bytes.
fn contents(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    walk(root, WalkOptions::default())
        .map(|found| match found {
            Found::File(file) => {
                let read = fs::read(&file.path);
                let bytes = read.map_err(|error| format!("{}: {error}", file.path.display()))?;
                Ok((file.relative, bytes))
            }
            Found::Problem { path, reason } => Err(format!("{}: {reason}", path.display())),
        })
        .collect()
}
