//! The rules between the modules of `src/`, checked in the sources themselves: which module may
//! use which, where the program prints and reads its environment, how long a file may be.
//!
//! The sources are read as tokens, so that comments and strings do not count. What is under
//! `#[cfg(test)]` does not count either. Paths that a macro puts together are not seen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

/// Which module may use which. `lib` and `main` are the two roots.
const ARROWS: &[(&str, &[&str])] = &[
    ("counter", &[]),
    ("s3", &["counter"]),
    ("location", &[]),
    ("blocking", &[]),
    ("plan", &["s3"]),
    ("net", &["blocking", "counter"]),
    ("credentials", &["s3", "net"]),
    ("client", &["s3", "net", "credentials"]),
    ("local", &["s3", "blocking", "plan", "counter"]),
    (
        "transfer",
        &[
            "client", "local", "plan", "s3", "location", "blocking", "counter",
        ],
    ),
    (
        "command",
        &[
            "transfer",
            "client",
            "local",
            "plan",
            "s3",
            "location",
            "credentials",
            "blocking",
        ],
    ),
    (
        "cli",
        &[
            "command",
            "transfer",
            "client",
            "local",
            "credentials",
            "net",
            "s3",
            "location",
            "plan",
        ],
    ),
    ("main", &["cli"]),
];

/// Of the protocol, files on disk need only what they give to it.
const LOCAL_SEES_OF_S3: &[&str] = &["payload", "types"];

/// Where nothing may wait, read the clock or touch the outside.
const PURE: &[&str] = &["s3/", "plan/", "local/order.rs"];
const PRINTS: &[&str] = &["cli/", "main.rs"];
const EXITS: &[&str] = &["cli/", "main.rs"];
const READS_ENVIRONMENT: &[&str] = &["cli/", "main.rs", "credentials/environment.rs"];

/// Lines of code in a file, without its tests.
const LONGEST_FILE: usize = 500;

#[test]
fn modules_use_only_the_modules_below_them() {
    report(&findings(arrows));
}

#[test]
fn pure_modules_have_no_clock_no_sockets_and_nothing_to_wait_for() {
    report(&findings(impurities));
}

#[test]
fn only_the_command_line_layer_prints_exits_and_reads_the_environment() {
    report(&findings(outside_effects));
}

#[test]
fn no_file_is_too_long() {
    report(&findings(length));
}

#[test]
fn the_table_of_arrows_has_no_circle() {
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    while settled.len() < ARROWS.len() {
        let before = settled.len();
        for (module, below) in ARROWS {
            if below.iter().all(|module| settled.contains(module)) {
                settled.insert(module);
            }
        }
        assert!(settled.len() > before, "circle, or a name without a row");
    }
}

#[test]
fn the_checker_sees_a_wrong_arrow_in_every_form() {
    let cases = [
        ("s3/op/a.rs", "use crate::net::Client;", "s3 -> net"),
        (
            "plan/a.rs",
            "use crate::{s3::{a, b::{c, d}}, net};",
            "plan -> net",
        ),
        ("plan/a.rs", "use crate::{net::{a, b}, s3};", "plan -> net"),
        (
            "plan/a.rs",
            "use {crate::client::Client, std::io};",
            "plan -> client",
        ),
        (
            "plan.rs",
            "fn f() { crate::client::go(); }",
            "plan -> client",
        ),
        (
            "plan/a.rs",
            "use ::s4cmd::client::Client;",
            "plan -> client",
        ),
        ("plan/a.rs", "type A = Vec<crate::cli::A>;", "plan -> cli"),
        ("plan/mod.rs", "use super::client;", "plan -> client"),
        ("plan/a.rs", "use super::super::client;", "plan -> client"),
        (
            "plan/a.rs",
            "mod m { use super::super::super::client; }",
            "plan -> client",
        ),
        (
            "plan/a.rs",
            "use super::{super::{client::A}, b};",
            "plan -> client",
        ),
        ("plan/a.rs", "pub use crate as everything;", "plan -> *"),
        ("plan/a.rs", "use crate::*;", "plan -> *"),
        ("plan/a.rs", "use crate::{self as everything};", "plan -> *"),
        (
            "local/a.rs",
            "use crate::s3::op::GetObject;",
            "local -> s3::op",
        ),
        (
            "local/a.rs",
            "use crate::s3::{types, op};",
            "local -> s3::op",
        ),
        ("local/a.rs", "use crate::s3;", "local -> s3"),
        (
            "main.rs",
            "fn main() { s4cmd::client::run() }",
            "main -> client",
        ),
        ("new/a.rs", "use crate::s3;", "new -> s3"),
        ("s3/a.rs", "use crate::r#net::A;", "s3 -> net"),
    ];
    for (path, text, arrow) in cases {
        let found = arrows(&Source::parse(path, &format!("// one\n\n{text}")));
        let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [format!("src/{path}:3: {arrow}")], "{text}");
    }
}

#[test]
fn the_checker_lets_right_arrows_comments_strings_and_tests_pass() {
    let cases = [
        ("s3/op/a.rs", "use crate::s3::{encode, op::{self, b}};"),
        ("s3/op/a.rs", "use super::super::encode;"),
        ("s3/op/mod.rs", "mod m { use super::super::encode; }"),
        ("plan/mod.rs", "mod m { use super::*; }"),
        (
            "plan/a.rs",
            "// crate::net::A\n//! crate::net\n/// [`crate::net`]\n/* /* crate::net */ crate::net */",
        ),
        (
            "plan/a.rs",
            r##"const A: &str = "crate::net \" crate::net"; const B: &str = r#"" crate::net"#;"##,
        ),
        (
            "plan/a.rs",
            "fn f<'a>(a: &'a str) -> char { let _ = b'\"'; '\"' } // crate::net",
        ),
        (
            "plan/a.rs",
            "#[cfg(test)]\nmod tests { use crate::net::A; fn f() { { } } }",
        ),
        (
            "plan/a.rs",
            "#[cfg(test)]\n#[allow(unused)]\nuse crate::net::{A, B};",
        ),
        (
            "plan/a.rs",
            "#[cfg(all(test, unix))]\nfn f() -> crate::net::A { crate::net::a() }",
        ),
        (
            "plan/a.rs",
            "pub(crate) fn f() {} pub(in crate::plan) fn g() {}",
        ),
        (
            "local/a.rs",
            "use crate::{plan, s3::{payload::Payload, types::{ByteRange, ETag}}};",
        ),
        ("main.rs", "fn main() -> ExitCode { s4cmd::cli::run() }"),
        ("lib.rs", "pub mod net; pub use crate::net::A;"),
    ];
    for (path, text) in cases {
        let found = arrows(&Source::parse(path, text));
        assert!(found.is_empty(), "{text}: {}", show(&found));
    }
}

#[test]
fn the_checker_sees_impurities() {
    for text in [
        "use tokio::sync::Mutex;",
        "use hyper::Body;",
        "async fn f() {}",
        "fn f() { g(async move {}) }",
        "use std::{fmt, net::{IpAddr, TcpStream}};",
        "fn f() { std::env::var(\"A\"); }",
        "use std::time::{Duration, SystemTime};",
        "fn f() { let a = Instant::now(); }",
        "fn f() { let a = jiff::Timestamp::now(); }",
    ] {
        for path in ["s3/a.rs", "plan.rs", "plan/b/c.rs", "local/order.rs"] {
            let found = impurities(&Source::parse(path, text));
            assert!(!found.is_empty(), "{path}: {text}");
        }
        assert!(impurities(&Source::parse("local/walk.rs", text)).is_empty());
    }
    let pure = "use std::{fmt, time::Duration}; fn now(at: Timestamp) {} // tokio async hyper";
    assert!(impurities(&Source::parse("s3/a.rs", pure)).is_empty());
}

#[test]
fn the_checker_sees_effects_in_the_wrong_place() {
    for text in [
        "fn f() { println!(\"a\") }",
        "fn f() { eprint!(\"a\") }",
        "fn f() { writeln!(std::io::stderr(), \"a\"); }",
        "use std::io::{self, stdout};",
        "fn f() { io::stdout().lock(); }",
        "fn f() { std::process::exit(1) }",
        "use std::process::{Command, exit};",
        "fn f() { process::exit(1) }",
        "use std::env;",
        "fn f() { let _ = std::env::temp_dir(); }",
    ] {
        let found = outside_effects(&Source::parse("command/a.rs", text));
        assert_eq!(found.len(), 1, "{text}: {}", show(&found));
        for path in ["cli/a.rs", "cli/a/b.rs", "main.rs"] {
            assert!(
                outside_effects(&Source::parse(path, text)).is_empty(),
                "{text}"
            );
        }
    }
    let environment = Source::parse("credentials/environment.rs", "use std::env;");
    assert!(outside_effects(&environment).is_empty());
    let harmless =
        "fn f(exit: bool) { print(stdout); env!(\"A\"); std::process::Command::new(exit) }";
    assert!(outside_effects(&Source::parse("net/a.rs", harmless)).is_empty());
}

#[test]
fn the_checker_counts_code_without_tests_and_comments() {
    let code = "fn f() {}\n\n// note\n/* note\nnote */\n".repeat(LONGEST_FILE);
    let tests = "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n".repeat(9);
    assert!(length(&Source::parse("s3/a.rs", &format!("{code}{tests}"))).is_empty());
    let found = length(&Source::parse(
        "s3/a.rs",
        &format!("{code}const A: u8 = 1;\n{tests}"),
    ));
    assert_eq!(
        show(&found),
        "src/s3/a.rs:1: 501 lines of code, 500 are allowed"
    );
    let text = Source::parse("s3/a.rs", "const A: &str = \"one\ntwo\nthree\";");
    assert_eq!(text.lines_of_code(), 3);
}

/// Uses of modules that are not below.
fn arrows(source: &Source) -> Vec<Finding> {
    let from = source.module();
    if from == "lib" {
        return Vec::new();
    }
    let row = ARROWS.iter().find(|(module, _)| *module == from);
    let allowed = row.map_or(&[][..], |(_, below)| below);
    let mut findings = Vec::new();
    for path in source.crate_paths() {
        let Some(to) = path.segments.first() else {
            continue;
        };
        let inside = path.segments.get(1).map_or("", String::as_str);
        if *to == from {
            continue;
        }
        if !allowed.contains(&&**to) {
            findings.push(source.finding(path.line, format!("{from} -> {to}")));
        } else if from == "local" && to == "s3" && !LOCAL_SEES_OF_S3.contains(&inside) {
            let target = if inside.is_empty() {
                "s3".to_owned()
            } else {
                format!("s3::{inside}")
            };
            findings.push(source.finding(path.line, format!("local -> {target}")));
        }
    }
    findings.dedup_by_key(|finding| finding.to_string());
    findings
}

fn impurities(source: &Source) -> Vec<Finding> {
    if !source.is_in(PURE) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, token) in source.tokens.iter().enumerate() {
        let now = matches!(
            &*token.text,
            "Instant" | "Timestamp" | "SystemTime" | "Zoned"
        ) && source.follows(index + 1, &["::", "now"]);
        if now || matches!(&*token.text, "tokio" | "hyper" | "async") {
            findings.push(source.finding(token.line, format!("`{}`", token.text)));
        }
    }
    for path in source.std_paths() {
        let outside = path.begins_with(&["net"])
            || path.begins_with(&["env"])
            || path.begins_with(&["time", "SystemTime"]);
        if outside {
            findings.push(source.finding(path.line, path.to_string()));
        }
    }
    findings
}

fn outside_effects(source: &Source) -> Vec<Finding> {
    let prints = source.is_in(PRINTS);
    let exits = source.is_in(EXITS);
    let reads = source.is_in(READS_ENVIRONMENT);
    let mut findings = Vec::new();
    for (index, token) in source.tokens.iter().enumerate() {
        let macros = ["print", "println", "eprint", "eprintln", "dbg"];
        if !prints && macros.contains(&&*token.text) && source.follows(index + 1, &["!"]) {
            findings.push(source.finding(token.line, format!("{}!", token.text)));
        }
        // Behind `use std::io;` and `use std::process;`. Whole paths are looked at below.
        let relative = index == 0 || source.tokens[index - 1].text != "::";
        let stream = token.text == "io"
            && (source.follows(index + 1, &["::", "stdout"])
                || source.follows(index + 1, &["::", "stderr"]));
        if !prints && relative && stream {
            findings.push(source.finding(token.line, "io::stdout or io::stderr".to_owned()));
        }
        let exit = token.text == "process" && source.follows(index + 1, &["::", "exit"]);
        if !exits && relative && exit {
            findings.push(source.finding(token.line, "process::exit".to_owned()));
        }
    }
    for path in source.std_paths() {
        let stream = path.begins_with(&["io", "stdout"]) || path.begins_with(&["io", "stderr"]);
        let forbidden = (!prints && stream)
            || (!exits && path.begins_with(&["process", "exit"]))
            || (!reads && path.begins_with(&["env"]));
        if forbidden {
            findings.push(source.finding(path.line, path.to_string()));
        }
    }
    findings
}

fn length(source: &Source) -> Vec<Finding> {
    let lines = source.lines_of_code();
    if lines <= LONGEST_FILE {
        return Vec::new();
    }
    let text = format!("{lines} lines of code, {LONGEST_FILE} are allowed");
    vec![source.finding(1, text)]
}

/// Applies a rule to every source file.
fn findings(rule: fn(&Source) -> Vec<Finding>) -> Vec<Finding> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 1, "no sources in {}", root.display());
    let sources: Vec<_> = files
        .iter()
        .map(|file| {
            let path = file.strip_prefix(&root).unwrap().to_str().unwrap();
            Source::parse(path, &fs::read_to_string(file).unwrap())
        })
        .collect();
    let tests: BTreeSet<_> = sources.iter().flat_map(Source::test_files).collect();
    let counted = sources
        .iter()
        .filter(|source| !tests.contains(&source.path));
    counted.flat_map(rule).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn report(findings: &[Finding]) {
    assert!(findings.is_empty(), "\n{}", show(findings));
}

fn show(findings: &[Finding]) -> String {
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// A broken rule.
#[derive(Debug)]
struct Finding {
    path: String,
    line: usize,
    text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.path, self.line, self.text)
    }
}

/// A source file without comments, literals and tests.
struct Source {
    /// Below `src/`.
    path: String,
    tokens: Vec<Token>,
    /// What is under `#[cfg(test)]`.
    test_tokens: Vec<Token>,
}

/// A name, a lifetime, `::`, one other character, or a literal, which has no text.
#[derive(Debug, Clone)]
struct Token {
    text: String,
    line: usize,
    last_line: usize,
}

/// A path that is used, without what it begins with (`crate` or `std`).
#[derive(Debug)]
struct UsedPath {
    root: &'static str,
    segments: Vec<String>,
    line: usize,
}

impl UsedPath {
    fn begins_with(&self, segments: &[&str]) -> bool {
        self.segments.len() >= segments.len()
            && self.segments.iter().zip(segments).all(|(a, b)| a == b)
    }
}

impl fmt::Display for UsedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.root, self.segments.join("::"))
    }
}

impl Source {
    fn parse(path: &str, text: &str) -> Self {
        let (tokens, test_tokens) = without_tests(Lexer::new(text).tokens());
        Self {
            path: path.to_owned(),
            tokens,
            test_tokens,
        }
    }

    /// The module right below the root that the file belongs to.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.trim_end_matches(".rs")
    }

    /// How many modules deep the file is.
    fn depth(&self) -> usize {
        match &*self.path {
            "lib.rs" | "main.rs" => 0,
            path => path.trim_end_matches("/mod.rs").split('/').count(),
        }
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| match place.strip_suffix('/') {
            Some(folder) => self.module() == folder,
            None => self.path == *place,
        })
    }

    fn finding(&self, line: usize, text: String) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            text,
        }
    }

    fn text(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &token.text)
    }

    fn follows(&self, index: usize, texts: &[&str]) -> bool {
        texts
            .iter()
            .zip(index..)
            .all(|(text, index)| self.text(index) == *text)
    }

    fn lines_of_code(&self) -> usize {
        let lines = self
            .tokens
            .iter()
            .flat_map(|token| token.line..=token.last_line);
        lines.collect::<BTreeSet<_>>().len()
    }

    /// The files of modules that are declared under `#[cfg(test)]`.
    fn test_files(&self) -> Vec<String> {
        let folder = match &*self.path {
            "lib.rs" | "main.rs" => "",
            path => path.trim_end_matches("mod.rs").trim_end_matches(".rs"),
        };
        let folder = folder.trim_end_matches('/');
        let stem = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let declared = self
            .test_tokens
            .windows(3)
            .filter(|window| window[0].text == "mod" && window[2].text == ";");
        declared
            .flat_map(|window| {
                let name = &window[1].text;
                [format!("{stem}{name}.rs"), format!("{stem}{name}/mod.rs")]
            })
            .collect()
    }

    /// What is used of this crate, by whichever way the path gets to its root. A use of the root
    /// itself is a use of `*`.
    fn crate_paths(&self) -> Vec<UsedPath> {
        let mut paths = Vec::new();
        // For every open brace whether it is that of a module.
        let mut braces = Vec::new();
        let mut index = 0;
        while index < self.tokens.len() {
            match self.text(index) {
                "{" => {
                    let module = index >= 2 && self.text(index - 2) == "mod";
                    braces.push(module);
                }
                "}" => {
                    braces.pop();
                }
                "crate" | "s4cmd" => {
                    let root = self.text(index) == "s4cmd";
                    let begins = root || index == 0 || self.text(index - 1) != "(";
                    if self.text(index + 1) == "::" {
                        self.expand(index + 2, "crate", &[], 0, &mut paths);
                    } else if begins && !root {
                        paths.push(self.whole_crate(index));
                    }
                }
                // Others are in the middle of a path that begins with `super`.
                "super" if index == 0 || self.text(index - 1) != "::" => {
                    let modules = braces.iter().filter(|module| **module).count();
                    let climb = self.depth() + modules;
                    let before = paths.len();
                    index = self.expand(index, "crate", &[], climb, &mut paths);
                    let local = |path: &UsedPath| path.segments.is_empty();
                    let mut new = paths.split_off(before);
                    new.retain(|path| !local(path));
                    paths.extend(new);
                    continue;
                }
                _ => {}
            }
            index += 1;
        }
        for path in &mut paths {
            if matches!(
                path.segments.first().map(String::as_str),
                None | Some("self")
            ) {
                path.segments = vec!["*".to_owned()];
            }
        }
        paths
    }

    fn whole_crate(&self, index: usize) -> UsedPath {
        UsedPath {
            root: "crate",
            segments: vec!["*".to_owned()],
            line: self.tokens[index].line,
        }
    }

    fn std_paths(&self) -> Vec<UsedPath> {
        let mut paths = Vec::new();
        for index in 0..self.tokens.len() {
            if self.follows(index, &["std", "::"]) {
                self.expand(index + 2, "std", &[], 0, &mut paths);
            }
        }
        paths
    }

    /// Reads a path or a tree of paths from `index`, and says where it ends. `climb` is how many
    /// `super` it takes to get to the root; paths that do not get there are given empty.
    fn expand(
        &self,
        mut index: usize,
        root: &'static str,
        prefix: &[String],
        mut climb: usize,
        paths: &mut Vec<UsedPath>,
    ) -> usize {
        let mut segments = prefix.to_vec();
        let line = self.tokens.get(index).map_or(0, |token| token.line);
        loop {
            match self.text(index) {
                "{" => {
                    index += 1;
                    while !matches!(self.text(index), "}" | "") {
                        index = self.expand(index, root, &segments, climb, paths);
                        // Past `as name`.
                        while !matches!(self.text(index), "," | "}" | "") {
                            index += 1;
                        }
                        if self.text(index) == "," {
                            index += 1;
                        }
                    }
                    return index + 1;
                }
                "super" if climb > 0 && segments.is_empty() => climb -= 1,
                name if name == "*" || name.starts_with(is_name) => {
                    if climb == 0 {
                        segments.push(name.to_owned());
                    }
                }
                _ => break,
            }
            index += 1;
            if self.text(index) != "::" {
                break;
            }
            index += 1;
        }
        paths.push(UsedPath {
            root,
            segments,
            line,
        });
        index
    }
}

/// Parts the tokens into those of the program and those under `#[cfg(test)]`.
fn without_tests(tokens: Vec<Token>) -> (Vec<Token>, Vec<Token>) {
    let text = |index: usize| tokens.get(index).map_or("", |token: &Token| &*token.text);
    let follows = |index: usize, texts: &[&str]| {
        texts
            .iter()
            .zip(index..)
            .all(|(wanted, index)| text(index) == *wanted)
    };
    let (mut program, mut tests) = (Vec::new(), Vec::new());
    let mut index = 0;
    while index < tokens.len() {
        let is_test = follows(index, &["#", "[", "cfg", "(", "test", ")", "]"])
            || follows(index, &["#", "[", "cfg", "(", "all", "(", "test", ","]);
        let end = if is_test {
            item_end(&tokens, index)
        } else {
            index + 1
        };
        let part = if is_test { &mut tests } else { &mut program };
        part.extend_from_slice(&tokens[index..end]);
        index = end;
    }
    (program, tests)
}

/// One past the item that the attribute at `index` belongs to: past its `;` or its closing brace.
fn item_end(tokens: &[Token], mut index: usize) -> usize {
    let mut depth = 0_usize;
    let is_use = |index: usize| {
        tokens[index..]
            .iter()
            .find(|token| token.text == "use" || token.text == "{" || token.text == ";")
            .is_some_and(|token| token.text == "use")
    };
    let ends_with_semicolon = is_use(index);
    while index < tokens.len() {
        match &*tokens[index].text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && !ends_with_semicolon {
                    return index + 1;
                }
            }
            ";" | "," if depth == 0 => return index + 1,
            _ => {}
        }
        index += 1;
    }
    index
}

/// Takes Rust apart as far as the rules need it.
struct Lexer {
    characters: Vec<char>,
    at: usize,
    line: usize,
}

impl Lexer {
    fn new(text: &str) -> Self {
        Self {
            characters: text.chars().collect(),
            at: 0,
            line: 1,
        }
    }

    fn tokens(mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        while let Some(character) = self.peek(0) {
            let line = self.line;
            let text = match character {
                _ if character.is_whitespace() => {
                    self.bump();
                    continue;
                }
                '/' if self.peek(1) == Some('/') => {
                    self.skip_while(|character| character != '\n');
                    continue;
                }
                '/' if self.peek(1) == Some('*') => {
                    self.block_comment();
                    continue;
                }
                '"' => self.string(),
                '\'' => self.quote(),
                ':' if self.peek(1) == Some(':') => {
                    self.bump();
                    self.bump();
                    "::".to_owned()
                }
                _ if is_name(character) => self.name(),
                other => {
                    self.bump();
                    other.to_string()
                }
            };
            tokens.push(Token {
                text,
                line,
                last_line: self.line,
            });
        }
        tokens
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn bump(&mut self) {
        if self.peek(0) == Some('\n') {
            self.line += 1;
        }
        self.at += 1;
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.bump();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.peek(0).is_some() {
            let pair = (self.peek(0), self.peek(1));
            match pair {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                _ => {
                    self.bump();
                    continue;
                }
            }
            self.bump();
            self.bump();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) -> String {
        self.bump();
        while let Some(character) = self.peek(0) {
            self.bump();
            match character {
                '\\' => self.bump(),
                '"' => break,
                _ => {}
            }
        }
        String::new()
    }

    /// A character or a lifetime.
    fn quote(&mut self) -> String {
        let lifetime = self.peek(1).is_some_and(is_name) && self.peek(2) != Some('\'');
        self.bump();
        if lifetime {
            self.skip_while(is_name);
            return "'".to_owned();
        }
        if self.peek(0) == Some('\\') {
            self.bump();
        }
        self.bump();
        self.skip_while(|character| character != '\'');
        self.bump();
        String::new()
    }

    /// A name, a number, or a literal with a prefix.
    fn name(&mut self) -> String {
        let start = self.at;
        self.skip_while(is_name);
        let name: String = self.characters[start..self.at].iter().collect();
        match (&*name, self.peek(0)) {
            ("b" | "c", Some('"')) => self.string(),
            ("b", Some('\'')) => self.quote(),
            ("r" | "br" | "cr", Some('"' | '#')) => self.raw(),
            _ if name.starts_with(|first: char| first.is_ascii_digit()) => String::new(),
            _ => name,
        }
    }

    /// A raw string or a raw name.
    fn raw(&mut self) -> String {
        let start = self.at;
        self.skip_while(|character| character == '#');
        let hashes = self.at - start;
        if self.peek(0) != Some('"') {
            return self.name();
        }
        self.bump();
        while let Some(character) = self.peek(0) {
            self.bump();
            let closes = (0..hashes).all(|ahead| self.peek(ahead) == Some('#'));
            if character == '"' && closes {
                self.at += hashes;
                break;
            }
        }
        String::new()
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
