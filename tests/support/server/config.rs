//! How a server behaves when no fault is scripted.

/// The settings of one server; start from `Config::default()`.
#[derive(Clone)]
pub struct Config {
    pub access_key: String,
    pub secret_key: String,
    /// With a token, every request must carry exactly it; without, none may.
    pub session_token: Option<String>,
    /// True: every token is taken.
    pub any_token: bool,
    pub region: String,
    pub tls: bool,
    /// Whether clients have to show a certificate of its authority with TLS.
    pub asks_clients: bool,
    /// What it shows of itself with TLS.
    pub certificate: Certificate,
    /// False: unsigned requests are served too (signed ones are still verified).
    pub require_auth: bool,
    /// Upper limit of one page of any listing.
    pub max_keys: usize,
    /// False: ListObjectsV2 is answered with 501, as by old servers.
    pub list_v2: bool,
    /// The order of listings.
    pub order: Order,
    /// What is made of `start-after`.
    pub start_after: StartAfter,
    /// What listings say behind the seconds of a time; headers have none.
    pub listed_millis: u16,
    /// Least size of all parts but the last.
    pub min_part_size: u64,
    /// True: of uploaded bytes only size and MD5 are kept, downloads are zeros.
    pub discard_bodies: bool,
    /// False: Content-MD5 is ignored, as some stores do.
    pub checks_md5: bool,
    /// `bucket.DOMAIN` as Host selects the bucket.
    pub virtual_host_domain: Option<String>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            access_key: "testkey".into(),
            secret_key: "testsecret".into(),
            session_token: None,
            any_token: false,
            region: "us-east-1".into(),
            tls: false,
            asks_clients: false,
            certificate: Certificate::Good,
            require_auth: true,
            max_keys: 1000,
            list_v2: true,
            order: Order::Keys,
            start_after: StartAfter::Taken,
            listed_millis: 0,
            min_part_size: 5 << 20,
            discard_bodies: false,
            checks_md5: true,
            virtual_host_domain: Some("localhost".into()),
        }
    }
}

/// The certificate of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// Of the server's own authority.
    Good,
    /// The same, and over.
    Expired,
    /// Of nobody.
    SelfSigned,
}

/// In which order a store lists its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// That of their bytes, as S3.
    Keys,
    /// That of a walk of directories: `a/b` stands before `a-b`.
    Directories,
    /// That of their bytes, but the last key stands behind so many others.
    LastAfter(usize),
}

/// What a store makes of a listing that is to begin behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAfter {
    /// It begins there.
    Taken,
    /// It shows what is behind it by the order of bytes, whatever the order of the listing.
    ByBytes,
    /// It begins one key too late.
    Late,
    /// It begins at the beginning.
    Ignored,
    /// It answers with an error, as directory buckets.
    Refused,
}
