//! Where credentials come from: each source against a service that is emulated, in a run that
//! outlives what it issues.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    run::{Run, Running, World},
    server::{Action, Config, Fault, S3Server},
};

/// A request to a service.
#[derive(Debug, Clone)]
struct Asked {
    /// Method and target.
    line: String,
    /// In small letters, `name: value`.
    headers: Vec<String>,
    body: String,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter_map(|line| line.split_once(": "));
        values.find_map(|(other, value)| (other == name).then_some(value))
    }
}

type Answer = dyn Fn(&Asked) -> (u16, String) + Send + Sync;

/// Something that answers by HTTP on loopback, and remembers what it was asked.
struct Service {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Service {
    fn start(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer): (_, Arc<Answer>) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || while serve(&stream, &*answer, &kept).is_some() {});
            }
        });
        Self { port, asked }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut stream: &TcpStream, answer: &Answer, kept: &Mutex<Vec<Asked>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.remove(0).replace(" HTTP/1.1", "");
    let headers = lines.iter().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| format!("{}: {value}", name.to_lowercase()));
    let mut asked = Asked {
        line,
        headers: headers.collect(),
        body: String::new(),
    };
    let len = asked
        .header("content-length")
        .map_or(0, |len| len.parse().unwrap());
    reader.take(len).read_to_string(&mut asked.body).ok()?;
    let (status, document) = answer(&asked);
    kept.lock().unwrap().push(asked);
    let len = document.len();
    let head = format!("HTTP/1.1 {status} Said\r\nContent-Length: {len}\r\n\r\n");
    stream.write_all((head + &document).as_bytes()).ok()
}

/// Credentials that end in two seconds, the next ones each time, in the form of a service.
#[derive(Clone, Default)]
struct Issuer {
    issued: Arc<AtomicUsize>,
}

impl Issuer {
    /// A token, and when it ends.
    fn next(&self) -> (String, Timestamp) {
        let number = self.issued.fetch_add(1, Ordering::Relaxed) + 1;
        let end = Timestamp::now() + SignedDuration::from_secs(2);
        (format!("token-{number}"), end)
    }

    fn json(&self) -> String {
        let (token, end) = self.next();
        format!(
            r#"{{"Code": "Success", "AccessKeyId": "testkey", "SecretAccessKey": "testsecret",
                "Token": "{token}", "Expiration": "{end}"}}"#
        )
    }

    fn sso(&self) -> String {
        let (token, end) = self.next();
        let end = end.as_millisecond();
        format!(
            r#"{{"roleCredentials": {{"accessKeyId": "testkey", "secretAccessKey": "testsecret",
                "sessionToken": "{token}", "expiration": {end}}}}}"#
        )
    }

    fn role(&self, action: &str) -> String {
        let (token, end) = self.next();
        format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
             <Credentials><AccessKeyId>testkey</AccessKeyId>\
             <SecretAccessKey>testsecret</SecretAccessKey><SessionToken>{token}</SessionToken>\
             <Expiration>{end}</Expiration></Credentials></{action}Result></{action}Response>"
        )
    }
}

/// A world without credentials, whose server takes every token.
fn world() -> World {
    let mut world = World::with(Config {
        any_token: true,
        ..Config::default()
    });
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        world.set(name, "");
    }
    for name in 0..6 {
        world.file(&format!("d/{name}"), "x");
    }
    world
}

/// Runs for three seconds, and gives the tokens in the order of their first use.
#[track_caller]
fn tokens_of_a_long_run(world: &World) -> Vec<String> {
    let run = world.run("put -r d s3://bucket/ -c 1 --limit-requests 4");
    assert!(run.status.success(), "{run:#?}");
    assert_eq!(run.stderr, "");
    let mut tokens: Vec<String> = Vec::new();
    for seen in world.server.requests() {
        let token = seen.header("x-amz-security-token").to_owned();
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    tokens
}

#[track_caller]
fn outlives_what_is_issued(world: &World) {
    let tokens = tokens_of_a_long_run(world);
    assert!(tokens.len() > 1, "{tokens:?}");
    for (index, token) in tokens.iter().enumerate() {
        assert_eq!(*token, format!("token-{}", index + 1), "{tokens:?}");
    }
}

#[track_caller]
fn fails_with(run: &Run, text: &str) {
    assert_eq!(run.status.code(), Some(1), "{run:#?}");
    assert!(run.stderr.contains(text), "{text}: {run:#?}");
    assert_eq!(run.stderr.lines().count(), 1, "{run:#?}");
}

#[test]
fn the_agent_of_a_container_gives_them() {
    let issuer = Issuer::default();
    let service = Service::start(move |asked| match asked.header("authorization") {
        Some("Bearer x") => (200, issuer.json()),
        _ => (401, String::new()),
    });
    let mut world = world();
    world.file("token", "Bearer x\n");
    let url = format!("{}/v1/credentials", service.url());
    world.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    fails_with(&world.run("ls"), "it answered 401");
    world.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer old");
    let path = world.path("token").to_str().unwrap().to_owned();
    world.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    outlives_what_is_issued(&world);
    assert_eq!(service.asked()[0].line, "GET /v1/credentials");
}

/// A metadata service. `version` is 1 or 2.
fn instance(version: u32) -> Service {
    let issuer = Issuer::default();
    Service::start(move |asked| {
        let token = asked.header("x-aws-ec2-metadata-token");
        match &*asked.line {
            "PUT /latest/api/token" if version == 2 => {
                let ttl = asked.header("x-aws-ec2-metadata-token-ttl-seconds");
                assert_eq!(ttl, Some("21600"));
                (200, "metadata-token".to_owned())
            }
            "PUT /latest/api/token" => (405, String::new()),
            _ if version == 2 && token != Some("metadata-token") => (401, String::new()),
            "GET /latest/meta-data/iam/security-credentials/" => (200, "my-role".to_owned()),
            "GET /latest/meta-data/iam/security-credentials/my-role" => (200, issuer.json()),
            _ => (404, String::new()),
        }
    })
}

#[test]
fn the_instance_gives_them_in_both_versions() {
    for version in [1, 2] {
        let service = instance(version);
        let mut world = world();
        world.set("AWS_EC2_METADATA_DISABLED", "false");
        world.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url());
        outlives_what_is_issued(&world);
        world.set("AWS_EC2_METADATA_V1_DISABLED", "true");
        let run = world.run("ls");
        match version {
            1 => fails_with(&run, "it answered 405"),
            _ => assert!(run.status.success(), "{run:#?}"),
        }
        world.set("AWS_EC2_METADATA_DISABLED", "true");
        fails_with(&world.run("ls"), "[Invalid Argument] no credentials: ");
    }
}

#[test]
fn where_is_no_instance_there_are_no_credentials() {
    let mut world = world();
    // What other clouds have at the same address.
    for status in [400, 403, 404] {
        let service = Service::start(move |_| (status, String::new()));
        world.set("AWS_EC2_METADATA_DISABLED", "false");
        world.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url());
        fails_with(&world.run("ls"), "[Invalid Argument] no credentials: ");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    world.set("AWS_EC2_METADATA_DISABLED", "false");
    let url = format!("http://127.0.0.1:{port}");
    world.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
    fails_with(&world.run("ls"), "[Invalid Argument] no credentials: ");
}

#[test]
fn a_program_gives_them() {
    let world = world();
    let script = "n=$(($(cat n 2>/dev/null || echo 0) + 1)); echo $n > n; \
        end=$(date -u -d '2 seconds' +%Y-%m-%dT%H:%M:%SZ); \
        printf '{\"Version\": 1, \"AccessKeyId\": \"testkey\", \
        \"SecretAccessKey\": \"testsecret\", \"SessionToken\": \"token-%s\", \
        \"Expiration\": \"%s\"}' $n $end";
    world.file("issue", script);
    let config = "[default]\ncredential_process = sh issue\n";
    world.home_file(".aws/config", config);
    outlives_what_is_issued(&world);
    world.home_file(".aws/config", "[default]\ncredential_process = exit 7\n");
    fails_with(
        &world.run("ls"),
        "credential_process: it ended with exit status: 7",
    );
}

/// A token service that issues credentials for everybody.
fn token_service() -> Service {
    let issuer = Issuer::default();
    Service::start(move |asked| {
        let action = asked
            .body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="));
        (200, issuer.role(action.unwrap()))
    })
}

#[test]
fn a_role_is_taken_on_with_the_keys_of_another_profile() {
    let service = token_service();
    let mut world = world();
    world.set("AWS_ENDPOINT_URL_STS", service.url());
    world.set("AWS_PROFILE", "work");
    let config = "[profile work]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n\
        role_session_name = me\nexternal_id = a/b\nduration_seconds = 900\n\
        [profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n";
    world.home_file(".aws/config", config);
    outlives_what_is_issued(&world);
    let asked = &service.asked()[0];
    assert_eq!(asked.line, "POST /");
    assert_eq!(
        asked.body,
        "Action=AssumeRole&DurationSeconds=900&ExternalId=a%2Fb&\
         RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me&Version=2011-06-15"
    );
    let authorization = asked.header("authorization").unwrap();
    assert!(
        authorization.contains("Credential=BASE/"),
        "{authorization}"
    );
    assert!(
        authorization.contains("/us-east-1/sts/aws4_request"),
        "{authorization}"
    );
}

#[test]
fn a_role_is_taken_on_with_another_role() {
    let service = token_service();
    let mut world = world();
    world.set("AWS_ENDPOINT_URL_STS", service.url());
    world.set("BASE_KEYS", "");
    let config = "[profile outer]\nrole_arn = outer\nsource_profile = inner\n\
        [profile inner]\nrole_arn = inner\nsource_profile = inner\n\
        aws_access_key_id = BASE\naws_secret_access_key = s\n";
    world.home_file(".aws/config", config);
    let run = world.run("ls --profile outer");
    assert!(run.status.success(), "{run:#?}");
    let asked = service.asked();
    let roles = asked.iter().map(|asked| {
        let role = asked
            .body
            .split('&')
            .find_map(|pair| pair.strip_prefix("RoleArn="));
        let token = asked.header("x-amz-security-token");
        (role.unwrap(), token)
    });
    let expected = [("inner", None), ("outer", Some("token-1"))];
    assert_eq!(roles.collect::<Vec<_>>(), expected);
    let of_s3 = world.server.requests();
    assert_eq!(of_s3[0].header("x-amz-security-token"), "token-2");
}

#[test]
fn a_role_is_taken_on_with_what_the_machine_has() {
    let sts = token_service();
    let container = Issuer::default();
    let agent = Service::start(move |_| (200, container.json()));
    let metadata = instance(2);
    for source in ["Environment", "EcsContainer", "Ec2InstanceMetadata"] {
        let mut world = world();
        world.set("AWS_ENDPOINT_URL_STS", sts.url());
        world.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url());
        world.set("AWS_EC2_METADATA_DISABLED", "false");
        world.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url());
        world.set("AWS_ACCESS_KEY_ID", "OFENVIRONMENT");
        world.set("AWS_SECRET_ACCESS_KEY", "s");
        let config = format!("[profile p]\nrole_arn = r\ncredential_source = {source}\n");
        world.home_file(".aws/config", &config);
        let run = world.run("ls --profile p");
        assert!(run.status.success(), "{run:#?}");
        let asked = sts.asked();
        let authorization = asked.last().unwrap().header("authorization").unwrap();
        let expected = match source {
            "Environment" => "Credential=OFENVIRONMENT/",
            _ => "Credential=testkey/",
        };
        assert!(
            authorization.contains(expected),
            "{source}: {authorization}"
        );
    }
    assert_eq!(agent.asked().len(), 1);
    assert_eq!(metadata.asked().len(), 3);
}

#[test]
fn a_web_identity_gives_them() {
    let service = token_service();
    let mut world = world();
    world.set("AWS_ENDPOINT_URL_STS", service.url());
    world.set("AWS_ROLE_ARN", "r");
    world.set("AWS_ROLE_SESSION_NAME", "pod");
    world.file("token", "a.b.c\n");
    let path = world.path("token").to_str().unwrap().to_owned();
    world.set("AWS_WEB_IDENTITY_TOKEN_FILE", &*path);
    outlives_what_is_issued(&world);
    let asked = &service.asked()[0];
    assert_eq!(
        asked.body,
        "Action=AssumeRoleWithWebIdentity&RoleArn=r&RoleSessionName=pod&Version=2011-06-15&\
         WebIdentityToken=a.b.c"
    );
    assert_eq!(asked.header("authorization"), None, "the token is enough");
    // A profile that says the same.
    world.set("AWS_WEB_IDENTITY_TOKEN_FILE", "");
    let config = format!("[default]\nrole_arn = r2\nweb_identity_token_file = {path}\n");
    world.home_file(".aws/config", &config);
    assert!(world.run("ls").status.success());
    let body = service.asked().pop().unwrap().body;
    assert!(body.contains("RoleArn=r2"), "{body}");
    fs::remove_file(&path).unwrap();
    fails_with(&world.run("ls"), &format!("the role r2: \"{path}\""));
}

#[test]
fn whoever_signed_in_has_them() {
    let issuer = Issuer::default();
    let service = Service::start(move |asked| match asked.header("x-amz-sso_bearer_token") {
        Some("sso-token") => (200, issuer.sso()),
        _ => (401, String::new()),
    });
    let mut world = world();
    world.set("AWS_ENDPOINT_URL_SSO", service.url());
    let config = "[default]\nsso_session = my-sso\nsso_account_id = 123\nsso_role_name = Admin\n\
        [sso-session my-sso]\nsso_region = eu-west-1\nsso_start_url = https://x\n";
    world.home_file(".aws/config", config);
    fails_with(
        &world.run("ls"),
        "sign in first: aws sso login --profile default",
    );
    // SHA-1 of "my-sso".
    let cache = ".aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json";
    let token = |token: &str| {
        let text = format!(r#"{{"accessToken": "{token}", "expiresAt": "2999-01-01T00:00:00Z"}}"#);
        world.home_file(cache, &text);
    };
    token("sso-token");
    outlives_what_is_issued(&world);
    let line = &service.asked()[0].line;
    assert_eq!(
        line,
        "GET /federation/credentials?account_id=123&role_name=Admin"
    );
    token("revoked");
    fails_with(
        &world.run("ls"),
        "sign in first: aws sso login --profile default",
    );
}

#[test]
fn two_servers_for_the_same_user_are_asked_for_once() {
    let issuer = Issuer::default();
    let agent = Service::start(move |_| (200, issuer.json()));
    let mut world = world();
    world.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url());
    let other = S3Server::start_with(Config {
        any_token: true,
        ..Config::default()
    });
    other.store().put("bucket", "k", "content");
    let url = other.endpoint();
    let run = world.run(&format!(
        "cp s3://bucket/k s3://bucket/ --source-endpoint-url {url}"
    ));
    assert!(run.status.success(), "{run:#?}");
    assert_eq!(agent.asked().len(), 1);
}

#[test]
fn a_token_that_the_server_takes_no_more_is_replaced() {
    let issuer = Issuer::default();
    let agent = Service::start(move |_| (200, issuer.json()));
    let mut world = world();
    world.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url());
    let expired = Action::Status {
        status: 400,
        code: "ExpiredToken",
    };
    world
        .server
        .faults()
        .push(Fault::once("PutObject", expired.clone()));
    let run = world.run("put -r d s3://bucket/ -c 1");
    assert!(run.status.success(), "{run:#?}");
    assert_eq!(agent.asked().len(), 2);
    // Twice in a row is no accident.
    world
        .server
        .faults()
        .push(Fault::always("PutObject", expired));
    let run = world.run("put -r -f d s3://bucket/ -c 1");
    assert_eq!(run.status.code(), Some(1), "{run:#?}");
    assert!(run.stderr.contains("ExpiredToken"), "{run:#?}");
    assert!(
        world.server.requests_of("PutObject").len() < 12,
        "it goes on"
    );
}

#[test]
fn a_refusal_is_one_line_whatever_there_is_to_do() {
    let service = Service::start(|_| {
        let document = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
            <Message>not you</Message></Error></ErrorResponse>";
        (403, document.to_owned())
    });
    let mut world = world();
    world.set("AWS_ENDPOINT_URL_STS", service.url());
    let keys = "aws_access_key_id = a\naws_secret_access_key = s\n";
    let config = format!(
        "[default]\nrole_arn = arn:r\nsource_profile = default\n{keys}\
         [profile circle]\nrole_arn = r\nsource_profile = back\n\
         [profile back]\nrole_arn = r\nsource_profile = circle\n\
         [profile half]\nrole_arn = r\n"
    );
    world.home_file(".aws/config", &config);
    fails_with(
        &world.run("put -r d s3://bucket/"),
        "[Invalid Argument] no credentials from the role arn:r: 127.0.0.1: not you (AccessDenied)",
    );
    assert!(world.server.requests().is_empty());
    let run = world.run("ls --profile circle");
    fails_with(
        &run,
        "\"circle\" gives no credentials: its source_profile leads back to it",
    );
    let chain: String = (0..10_000)
        .map(|n| {
            format!(
                "[profile p{n}]\nrole_arn = r\nsource_profile = p{}\n",
                n + 1
            )
        })
        .collect();
    world.home_file(".aws/config", &chain);
    fails_with(&world.run("ls --profile p0"), "too many roles");
    world.home_file(".aws/config", &config);
    let run = world.run("ls --profile half");
    fails_with(&run, "neither source_profile nor credential_source");
}

#[test]
fn the_code_of_an_mfa_device_is_asked_for_at_the_terminal() {
    let service = token_service();
    let mut world = world();
    world.set("AWS_ENDPOINT_URL_STS", service.url());
    let config = "[default]\nrole_arn = r\nsource_profile = default\nmfa_serial = arn:mfa\n\
        aws_access_key_id = a\naws_secret_access_key = s\n";
    world.home_file(".aws/config", config);
    let mut alone = world.command_of("/usr/bin/setsid");
    alone.args(["--wait", env!("CARGO_BIN_EXE_s4cmd"), "ls"]);
    fails_with(
        &Running::spawn(&mut alone).wait(),
        "there is no terminal to ask for it",
    );
    // With a terminal of its own, and a user who types.
    let line = format!("{} ls", env!("CARGO_BIN_EXE_s4cmd"));
    let mut terminal: Command = world.command_of("/usr/bin/script");
    terminal.args(["-qec", &line, "/dev/null"]);
    let mut child = terminal
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"123456\n").unwrap();
    let mut shown = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut shown)
        .unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(
        shown.contains("Code of the MFA device arn:mfa: "),
        "{shown}"
    );
    assert!(shown.contains("s3://bucket"), "{shown}");
    let body = &service.asked()[0].body;
    assert!(
        body.contains("&SerialNumber=arn%3Amfa&TokenCode=123456&"),
        "{body}"
    );
}
