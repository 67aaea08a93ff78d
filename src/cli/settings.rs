//! What the command line, the environment and the files mean together. Nothing is sent yet.

use std::{collections::BTreeSet, num::NonZeroU64, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    cli::{args::Args, limits, prompt, side::Side, size::LEAST_MEMORY},
    client::{Mutations, RetryPolicy},
    command::{Failure, Options, Work},
    credentials::{Access, Ask, Environment, Provider, is_open},
    net::{ConnectOptions, Identity, Proxies, ProxyVariables, TlsOptions},
    s3::endpoint::{Endpoint, Scheme},
    transfer::TransferOptions,
};

/// Everything resolved.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) endpoint: Endpoint,
    pub(super) credentials: Option<Provider>,
    /// Both of the sources of copies, if those are somewhere else.
    pub(super) source: Option<(Endpoint, Option<Provider>)>,
    pub(super) connect: ConnectOptions,
    pub(super) retry: RetryPolicy,
    pub(super) read_ahead: u64,
    pub(super) request_rate: Option<NonZeroU64>,
    /// How many requests at once a server that is near gets.
    pub(super) requests_near: usize,
    /// Of how many jobs at once.
    pub(super) work: Work,
    pub(super) verbose: bool,
    pub(super) debug: bool,
    /// What the user should know before anything is sent.
    pub(super) warnings: Vec<String>,
}

impl Settings {
    /// Resolves. The command line wins over the environment, and that over files.
    ///
    /// # Errors
    /// Something given makes no sense, or there are no credentials.
    pub(super) fn resolve(args: &Args, environment: &Environment) -> Result<Self, Failure> {
        let main = Side::main(args, environment)?;
        let others = Side::of_sources(args, environment)?;
        let sides = || [Some(&main), others.as_ref()].into_iter().flatten();
        sides().try_for_each(|side| check_keys(args, &side.endpoint))?;
        let is_elsewhere = |side: &Side| {
            args.sync.is_for_somebody_else() || !side.endpoint.is_same_service(&main.endpoint)
        };
        let relay = others.as_ref().is_some_and(is_elsewhere);
        let tls = TlsOptions {
            ca_bundle: args
                .ca_bundle
                .clone()
                .or_else(|| environment.get("AWS_CA_BUNDLE").map(PathBuf::from))
                .or_else(|| sides().find_map(|side| side.ca_bundle.clone()))
                .or_else(|| sides().find_map(|side| side.habits.ca_bundle.clone())),
            ignore_certificate: args.ignore_certificate
                || sides().any(|side| side.habits.ignore_certificate),
            identity: identity(args).or_else(|| {
                let own = sides().find_map(|side| side.habits.client_certificate.clone());
                own.map(|(certificate, key)| Identity { certificate, key })
            }),
        };
        let (jobs, requests_near) = threads(args, environment)?;
        let proxy = sides().find_map(|side| side.habits.proxy.as_deref());
        let connect = ConnectOptions {
            tls: Some(tls),
            proxies: proxies(environment, proxy)?,
            rates: args.limit_rate.unwrap_or_default(),
            ..ConnectOptions::default()
        };
        let provider = |side: &Side| {
            let access = Access {
                connect: connect.clone(),
                region: side.endpoint.region().to_owned(),
                ask: Ask::new(prompt::ask),
            };
            let source = side.credentials.clone();
            source.map(|source| Provider::new(source, access))
        };
        let credentials = provider(&main);
        let source = match (&others, &args.sync.source_region) {
            (Some(side), _) if args.sync.is_for_somebody_else() => {
                Some((side.endpoint.clone(), provider(side)))
            }
            // Who asks is the same, and is to be asked for credentials once.
            (Some(side), _) => Some((side.endpoint.clone(), credentials.clone())),
            (None, Some(region)) => Some((main.in_region(region)?, credentials.clone())),
            (None, None) => None,
        };
        let is_https = sides().any(|side| side.endpoint.scheme() == Scheme::Https);
        let (rounds, round_delay) = (
            u32::try_from(args.retry).unwrap_or(u32::MAX),
            Duration::from_secs(args.retry_delay.min(u32::MAX.into())),
        );
        let read_ahead = (args.max_memory - LEAST_MEMORY) / OF_LISTINGS;
        let key_of_client = args.client_key.as_ref().or(args.client_cert.as_ref());
        let keys = [
            args.sync.sse_c_key.as_ref(),
            args.sync.sse_c_source_key.as_ref(),
        ];
        let keys = keys.into_iter().chain([key_of_client]);
        let keys = keys.flatten().filter(|path| is_open(path));
        let open_files = sides().flat_map(|side| &side.open_files).chain(keys);
        let open_files: BTreeSet<_> = open_files.collect();
        let warnings = open_files.into_iter().map(|path| {
            let path = path.display();
            format!("{path} has secrets and others can read it: chmod 600 {path}")
        });
        let is_old = sides().any(|side| side.habits.signature_v2);
        let old = is_old.then(|| {
            "signature_v2 in the s3cfg is not supported: requests are signed with version 4"
                .to_owned()
        });
        Ok(Self {
            warnings: warnings.chain(old).collect(),
            endpoint: main.endpoint.clone(),
            credentials,
            source,
            connect: ConnectOptions {
                // Plain HTTP should not wait until some hundred certificates are read.
                tls: connect.tls.clone().filter(|_| is_https),
                ..connect.clone()
            },
            retry: RetryPolicy {
                rounds,
                round_delay,
            },
            read_ahead,
            request_rate: args.limit_requests,
            requests_near,
            work: Work {
                mutations: mutations(args),
                api_options: args.api_options.clone(),
                transfer: TransferOptions {
                    jobs,
                    split_size: args.multipart_split_size,
                    max_single_upload: args.max_singlepart_upload_size,
                    max_single_download: args.max_singlepart_download_size,
                    max_single_copy: args.max_singlepart_copy_size,
                    md5: !args.no_md5,
                    media_types: !args.sync.no_guess_mime_type
                        && !main.habits.guesses_no_media_types,
                    default_media_type: main.habits.media_type.as_deref().map(Arc::from),
                    preserve: args.sync.preserve,
                    verify: !args.no_verify,
                    relay,
                    resume: args.sync.resume,
                    delete_batch: batch_size(args)?,
                    buffers: args.max_memory - read_ahead,
                },
                options: options(args),
            },
            verbose: args.output.verbose,
            debug: args.output.debug,
        })
    }

    /// What a line of a script is to do by its own options, and by what was said once for all of
    /// them.
    ///
    /// # Errors
    /// The two do not go together.
    pub(super) fn work_of(&self, line: &Args) -> Result<Work, Failure> {
        let transfer = &self.work.transfer;
        let (resume, verify) = (line.sync.resume, line.sync.verifies());
        let conflict = match (transfer.md5, transfer.verify) {
            (false, _) if resume => Some("--resume cannot be used with --no-md5"),
            (_, false) if verify => Some("--verify cannot be used with --no-verify"),
            _ => None,
        };
        if let Some(text) = conflict {
            return Err(Failure::InvalidArgument(text.to_owned()));
        }
        let source = self.source.as_ref().map(|(endpoint, _)| endpoint);
        for endpoint in [Some(&self.endpoint), source].into_iter().flatten() {
            check_keys(line, endpoint)?;
        }
        Ok(Work {
            mutations: match self.work.mutations {
                Mutations::Allowed => mutations(line),
                Mutations::Forbidden => Mutations::Forbidden,
            },
            api_options: line.api_options.clone(),
            transfer: TransferOptions {
                media_types: transfer.media_types && !line.sync.no_guess_mime_type,
                preserve: line.sync.preserve,
                resume,
                ..transfer.clone()
            },
            options: options(line),
        })
    }
}

/// What the command line says of the client's own certificate.
fn identity(args: &Args) -> Option<Identity> {
    let certificate = args.client_cert.clone()?;
    Some(Identity {
        key: args.client_key.clone().unwrap_or(certificate.clone()),
        certificate,
    })
}

fn mutations(args: &Args) -> Mutations {
    let is_written_down = args.sync.emit_batch_manifest.is_some() || args.sync.plan.is_some();
    if args.dry_run || is_written_down {
        Mutations::Forbidden
    } else {
        Mutations::Allowed
    }
}

fn options(args: &Args) -> Options {
    Options {
        recursive: args.recursive,
        force: args.force,
        sync_check: args.sync_check,
        show_directory: args.show_directory,
        ignore_empty_source: args.ignore_empty_source,
        no_overwrite: args.sync.no_overwrite,
        method: args.sync.method(),
        modified: args.modified,
        older_than: args.sync.older_than,
        rules: Arc::clone(&args.rules),
        links: args.sync.links(),
        case_conflict: args.sync.case_conflict(),
        delete: args.delete_removed.then(|| args.sync.delete_options()),
        verify: args.sync.verifies(),
        report: args.sync.report.clone(),
        plan: args.sync.plan.clone(),
        manifest: args.sync.emit_batch_manifest.clone(),
        stats: args.output.stats,
        layout: args.output.layout(),
        acl: args.sync.acl_change(),
        grant: args.sync.grant(),
    }
}

/// Source: S3 API Reference, DeleteObjects: at most 1,000 keys.
fn batch_size(args: &Args) -> Result<usize, Failure> {
    let size = args.batch_delete_size;
    if let Some(size) = usize::try_from(size)
        .ok()
        .filter(|size| (1..=1000).contains(size))
    {
        return Ok(size);
    }
    let text = format!("--batch-delete-size must be a number from 1 to 1000, not \"{size}\"");
    Err(Failure::InvalidArgument(text))
}

/// Transfers at once, and requests at once to a server that is near.
///
/// Compat: four for each CPU unless `S4CMD_NUM_THREADS` or `-c` says otherwise; but not fewer than a
/// line that is long can use, as the client has fewer requests under way where more are not faster.
fn threads(args: &Args, environment: &Environment) -> Result<(usize, usize), Failure> {
    let invalid = |name: &str, value: &str| {
        let text = format!("{name} must be a number from 1 to {MAX_THREADS}, not \"{value}\"");
        Failure::InvalidArgument(text)
    };
    let (name, threads) = match (args.num_threads, environment.get("S4CMD_NUM_THREADS")) {
        (Some(threads), _) => (
            "--num-threads",
            usize::try_from(threads).unwrap_or(usize::MAX),
        ),
        (None, Some(text)) => {
            let name = "S4CMD_NUM_THREADS";
            (name, text.parse().map_err(|_| invalid(name, text))?)
        }
        (None, None) => {
            let of_cores = (limits::cores() * 4).min(MAX_THREADS);
            return Ok((of_cores.max(DEFAULT_THREADS), of_cores.max(DEFAULT_NEAR)));
        }
    };
    if (1..=MAX_THREADS).contains(&threads) {
        return Ok((threads, threads));
    }
    Err(invalid(name, &threads.to_string()))
}

/// Keys to encrypt with are in headers, for everybody on the way to read if that is not encrypted.
fn check_keys(args: &Args, endpoint: &Endpoint) -> Result<(), Failure> {
    let keys = ["API-SSECustomerKey", "API-CopySourceSSECustomerKey"];
    let key = keys.iter().find(|key| args.api_options.has(key));
    match key {
        Some(key) if endpoint.scheme() == Scheme::Http && !endpoint.is_loopback() => {
            let text = format!("--{key} would be sent in plain text to {endpoint}: use https");
            Err(Failure::InvalidArgument(text))
        }
        _ => Ok(()),
    }
}

/// The usual variables, in capital or small letters. A program that a web server runs has the
/// `Proxy` header of a stranger's request in `HTTP_PROXY`.
///
/// Source: <https://httpoxy.org>.
fn proxies(environment: &Environment, of_s3cfg: Option<&str>) -> Result<Proxies, Failure> {
    let is_cgi = environment.get("REQUEST_METHOD").is_some();
    let http: &[&str] = if is_cgi {
        &["http_proxy"]
    } else {
        &["http_proxy", "HTTP_PROXY"]
    };
    let https = environment.first(&["https_proxy", "HTTPS_PROXY"]);
    let all = environment.first(&["all_proxy", "ALL_PROXY"]);
    let http = environment.first(http);
    Proxies::new(&ProxyVariables {
        http,
        https,
        // The environment is nearer.
        all: all.or(of_s3cfg.filter(|_| http.is_none() && https.is_none())),
        none: environment.first(&["no_proxy", "NO_PROXY"]),
    })
    .map_err(|error| Failure::InvalidArgument(error.to_string()))
}

/// One part in so many of what is above the least is for pages of listings. They are not of the pool
/// of transfers: those that hold pages wait for transfers, which would wait for them.
const OF_LISTINGS: u64 = 6;
/// Every one is a connection and an open file.
const MAX_THREADS: usize = 1024;
/// As many as 400 small objects had use for over a link of 50 ms (benches/link/run).
const DEFAULT_THREADS: usize = 256;
/// With more, a server on the same machine was hardly faster, and this program larger.
const DEFAULT_NEAR: usize = 64;

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::args::{self, Parsed};

    fn resolve(line: &[&str], variables: [(&str, &str); 3]) -> Result<Settings, String> {
        let words = ["s4cmd", "ls", "--access-key", "a", "--secret-key", "s"];
        let arguments = words.iter().chain(line).map(OsString::from).collect();
        let environment = Environment::from(variables);
        let Parsed::Run(args) = args::parse(arguments, &environment) else {
            panic!()
        };
        Settings::resolve(&args, &environment).map_err(|failure| failure.to_string())
    }

    const NONE: (&str, &str) = ("", "");

    #[test]
    fn the_endpoint_comes_from_the_nearest_source() {
        let environment = [
            ("AWS_ENDPOINT_URL", "http://e:1"),
            ("AWS_REGION", "eu-west-1"),
            NONE,
        ];
        let settings = resolve(&[], environment).unwrap();
        assert_eq!(settings.endpoint.to_string(), "http://e:1");
        assert_eq!(settings.endpoint.region(), "eu-west-1");
        let flags = ["--endpoint-url", "http://f:2", "--region", "x"];
        let settings = resolve(&flags, environment).unwrap();
        assert_eq!(settings.endpoint.to_string(), "http://f:2");
        assert_eq!(settings.endpoint.region(), "x");
        let settings = resolve(&[], [NONE; 3]).unwrap();
        assert_eq!(
            settings.endpoint.to_string(),
            "https://s3.us-east-1.amazonaws.com"
        );
    }

    #[test]
    fn bad_values_are_named() {
        let error = resolve(&["-c", "0"], [NONE; 3]).unwrap_err();
        assert!(
            error.contains("--num-threads") && error.contains("\"0\""),
            "{error}"
        );
        let error = resolve(&[], [("S4CMD_NUM_THREADS", "many"), NONE, NONE]).unwrap_err();
        assert!(
            error.contains("S4CMD_NUM_THREADS") && error.contains("many"),
            "{error}"
        );
        let error = resolve(&["--endpoint-url", "ftp://x"], [NONE; 3]).unwrap_err();
        assert!(error.contains("ftp://x"), "{error}");
    }
}
