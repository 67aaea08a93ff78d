//! Where things are: a local path or a place in S3.

use std::fmt;

/// A place in S3: a bucket, a key, or a pattern of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Url {
    /// The bucket; never empty.
    pub bucket: String,
    /// What follows the bucket and one slash; empty for the bucket itself.
    pub key: String,
}

impl S3Url {
    /// Reads `s3://bucket[/key]`, where the bucket may be the ARN of an access point, or `s3n://...`; `None` for anything else.
    ///
    /// Compat: the scheme is lower case only, exactly one slash is removed behind the bucket. The
    /// key is taken whole, whatever is in it: the original lost everything behind a line break.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text
            .strip_prefix("s3://")
            .or_else(|| text.strip_prefix("s3n://"))?;
        let (bucket, key) = match access_point(rest) {
            Some(end) => (&rest[..end], rest[end..].strip_prefix('/').unwrap_or("")),
            None => rest.split_once('/').unwrap_or((rest, "")),
        };
        if bucket.is_empty() {
            return None;
        }
        Some(Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    }

    /// The same bucket with another key.
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self {
            bucket: self.bucket.clone(),
            key: key.into(),
        }
    }

    /// Whether this names a directory as a target: the bucket, or a key with a slash at its end.
    pub fn is_directory(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// A key below this place: `name` behind exactly one slash.
    pub fn join(&self, name: &str) -> Self {
        if self.is_directory() {
            return self.with_key(format!("{}{name}", self.key));
        }
        self.with_key(format!("{}/{name}", self.key))
    }
}

impl fmt::Display for S3Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// A place in S3 that something is written to. A slash at its end says that it is a directory,
/// also the one behind a bucket, which its key does not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Target {
    /// The place.
    pub url: S3Url,
    /// Whether it ends in a slash.
    pub slash: bool,
}

impl S3Target {
    /// As [`S3Url::parse`].
    pub fn parse(text: &str) -> Option<Self> {
        let slash = text.ends_with('/');
        S3Url::parse(text).map(|url| Self { url, slash })
    }

    /// Whether several sources can go here.
    ///
    /// Differs: for the original only the slash makes a directory, and a bucket without one was
    /// an object without a name.
    pub fn takes_many(&self) -> bool {
        self.slash || self.url.key.is_empty()
    }

    /// Where a file or an object with this name goes.
    pub fn of_object(&self, name: &str, is_alone: bool) -> S3Url {
        if self.takes_name(false, is_alone) {
            return self.url.join(name);
        }
        self.url.clone()
    }

    /// Where the contents of a directory with this name go: a place whose key is empty or ends in
    /// a slash. Nothing is special about any name.
    ///
    /// Compat: the slash of the target decides whether the name is part of the keys; without it
    /// the contents of a single directory go to the root of a bucket.
    pub fn of_directory(&self, name: &str, is_alone: bool) -> S3Url {
        let base = self.url.join("");
        if self.takes_name(true, is_alone) {
            return base.with_key(format!("{}{name}/", base.key));
        }
        base
    }

    /// Whether a source keeps its own name.
    fn takes_name(&self, is_directory: bool, is_alone: bool) -> bool {
        self.slash || self.url.key.is_empty() && !(is_directory && is_alone)
    }
}

/// An operand of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A path, as given.
    Local(String),
    /// A place in S3.
    S3(S3Url),
}

impl Location {
    /// Everything that is not an S3 URL is a path.
    pub fn parse(text: &str) -> Self {
        match S3Url::parse(text) {
            Some(url) => Self::S3(url),
            None => Self::Local(text.to_owned()),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => f.write_str(path),
            Self::S3(url) => url.fmt(f),
        }
    }
}

/// Where the ARN of an access point ends, which has a slash of its own.
fn access_point(rest: &str) -> Option<usize> {
    const BEFORE_NAME: &str = ":accesspoint/";
    let slash = rest.find('/').filter(|_| rest.starts_with("arn:"))?;
    let name = slash + 1;
    let end = rest[name..].find('/').map_or(rest.len(), |at| name + at);
    rest[..name].ends_with(BEFORE_NAME).then_some(end)
}

/// The last component of a path or key: `b` of `a/b/`.
pub fn basename(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, String)> {
        S3Url::parse(text).map(|url| (url.bucket, url.key))
    }

    #[test]
    fn urls_lose_exactly_one_slash() {
        let pair = |bucket: &str, key: &str| Some((bucket.to_owned(), key.to_owned()));
        assert_eq!(parsed("s3://b"), pair("b", ""));
        assert_eq!(parsed("s3://b/"), pair("b", ""));
        assert_eq!(parsed("s3://b//k"), pair("b", "/k"));
        assert_eq!(parsed("s3n://b/a/b/"), pair("b", "a/b/"));
        assert_eq!(parsed("s3://b/a\nb"), pair("b", "a\nb"));
        let arn = "arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap";
        assert_eq!(parsed(&format!("s3://{arn}")), pair(arn, ""));
        assert_eq!(parsed(&format!("s3://{arn}/d/k")), pair(arn, "d/k"));
        let colon = arn.replace('/', ":");
        assert_eq!(parsed(&format!("s3://{colon}/d/k")), pair(&colon, "d/k"));
        for bad in ["s3://", "s3:///k", "S3://b", "file", "/s3://b", ""] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn joining_puts_one_slash() {
        let join = |url: &str, name: &str| S3Url::parse(url).unwrap().join(name).to_string();
        assert_eq!(join("s3://b", "n"), "s3://b/n");
        assert_eq!(join("s3://b/d/", "n"), "s3://b/d/n");
        assert_eq!(join("s3://b/d", "n"), "s3://b/d/n");
    }

    #[test]
    fn the_slash_of_a_target_decides_about_names() {
        let of = |text: &str, is_directory, is_alone| {
            let target = S3Target::parse(text).unwrap();
            let url = if is_directory {
                target.of_directory("n", is_alone)
            } else {
                target.of_object("n", is_alone)
            };
            url.to_string()
        };
        assert_eq!(of("s3://b/x", false, true), "s3://b/x");
        assert_eq!(of("s3://b/x/", false, true), "s3://b/x/n");
        assert_eq!(of("s3://b/x", true, true), "s3://b/x/");
        assert_eq!(of("s3://b/x/", true, true), "s3://b/x/n/");
        assert_eq!(of("s3://b", true, true), "s3://b/");
        assert_eq!(of("s3://b/", true, true), "s3://b/n/");
        assert_eq!(of("s3://b", false, true), "s3://b/n");
        assert_eq!(of("s3://b", true, false), "s3://b/n/");
        let root = S3Target::parse("s3://b/x/").unwrap();
        assert_eq!(root.of_directory("", true).key, "x//");
    }

    #[test]
    fn basenames_ignore_the_final_slash() {
        assert_eq!(basename("a/b/"), "b");
        assert_eq!(basename("b"), "b");
        assert_eq!(basename("/"), "");
    }
}
