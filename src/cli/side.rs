//! One end of the way: which server, and who asks it.

use std::path::PathBuf;

use crate::{
    cli::args::{AddressingStyle, Args},
    command::Failure,
    credentials::{self, Environment, Flags, Habits, Source, is_true},
    s3::endpoint::{Addressing, AwsHosts, Endpoint},
};

/// A server, and where the credentials for it are to be had.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) endpoint: Endpoint,
    /// `None` only where nothing is signed.
    pub(super) credentials: Option<Source>,
    /// The CA bundle of the profile.
    pub(super) ca_bundle: Option<PathBuf>,
    /// Files with secrets that others can read.
    pub(super) open_files: Vec<PathBuf>,
    /// What else the s3cfg says.
    pub(super) habits: Habits,
}

impl Side {
    /// The end that everything is about but the sources of copies from somewhere else.
    pub(super) fn main(args: &Args, environment: &Environment) -> Result<Self, Failure> {
        let url = args.endpoint_url.as_deref();
        let url = url.or_else(|| url_of(environment));
        Self::find(
            &flags(args),
            environment,
            args,
            (url, args.region.as_deref()),
        )
    }

    /// Where the sources of copies are, if that is another server or they are for somebody else.
    ///
    /// Another profile has its own endpoint, or that of AWS: the one that is said for the target is
    /// not meant for its keys.
    pub(super) fn of_sources(
        args: &Args,
        environment: &Environment,
    ) -> Result<Option<Self>, Failure> {
        let sync = &args.sync;
        let region = sync.source_region.as_deref().or(args.region.as_deref());
        let url = sync.source_endpoint_url.as_deref();
        let mut flags = flags(args);
        flags.no_sign_request |= sync.source_no_sign_request;
        let (url, region) = if let Some(profile) = &sync.source_profile {
            flags = Flags {
                profile: Some(profile.clone()),
                no_sign_request: sync.source_no_sign_request,
                ..Flags::default()
            };
            (url, sync.source_region.as_deref())
        } else if url.is_some() {
            (url, region)
        } else if sync.source_no_sign_request {
            let url = args.endpoint_url.as_deref();
            (url.or_else(|| url_of(environment)), region)
        } else {
            return Ok(None);
        };
        Self::find(&flags, environment, args, (url, region)).map(Some)
    }

    /// The same end in another region.
    pub(super) fn in_region(&self, region: &str) -> Result<Endpoint, Failure> {
        let endpoint = self.endpoint.in_region(region);
        endpoint.ok_or_else(|| {
            Failure::InvalidArgument(format!("\"{region}\" is not the name of a region"))
        })
    }

    fn find(
        flags: &Flags,
        environment: &Environment,
        args: &Args,
        (url, region): (Option<&str>, Option<&str>),
    ) -> Result<Self, Failure> {
        let found = credentials::resolve(flags, environment)
            .map_err(|error| Failure::InvalidArgument(error.to_string()))?;
        let region = region
            .or_else(|| environment.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]))
            .or(found.region.as_deref())
            .unwrap_or("us-east-1");
        let url = url.or(found.endpoint_url.as_deref());
        let is_true = |variable: &str| environment.get(variable).is_some_and(is_true);
        let hosts = AwsHosts {
            dualstack: args.dualstack
                || is_true("AWS_USE_DUALSTACK_ENDPOINT")
                || found.hosts.dualstack,
            fips: args.fips || is_true("AWS_USE_FIPS_ENDPOINT") || found.hosts.fips,
            accelerate: args.accelerate || found.hosts.accelerate,
        };
        let addressing = match args.addressing_style {
            AddressingStyle::Auto => found.addressing,
            AddressingStyle::Path => Some(Addressing::Path),
            AddressingStyle::Virtual => Some(Addressing::VirtualHost),
        };
        Ok(Self {
            endpoint: endpoint(url, region, addressing, hosts)?,
            credentials: found.source,
            ca_bundle: found.ca_bundle,
            open_files: found.open_files,
            habits: found.habits,
        })
    }
}

fn flags(args: &Args) -> Flags {
    Flags {
        access_key: args.access_key.clone(),
        secret_key: args.secret_key.clone(),
        session_token: args.session_token.clone(),
        s3cfg: args.config.clone(),
        profile: args.profile.clone(),
        no_sign_request: args.no_sign_request,
    }
}

fn url_of(environment: &Environment) -> Option<&str> {
    environment.first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
}

/// In the host at AWS, in the path elsewhere, if nobody says how buckets are addressed.
fn endpoint(
    url: Option<&str>,
    region: &str,
    addressing: Option<Addressing>,
    hosts: AwsHosts,
) -> Result<Endpoint, Failure> {
    let endpoint = match url {
        Some(url) => Endpoint::custom(url, region, addressing.unwrap_or(Addressing::Path)),
        None => Endpoint::aws(region, hosts).map(|endpoint| {
            endpoint.with_addressing(addressing.unwrap_or(Addressing::VirtualHost))
        }),
    };
    endpoint.map_err(|error| Failure::InvalidArgument(error.to_string()))
}
