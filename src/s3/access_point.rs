//! Access points of Amazon S3, which stand where a bucket stands.

use crate::s3::endpoint::{AwsHosts, aws_domain, check_region};

/// An access point by its ARN: `arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME`.
///
/// Source: S3 User Guide, "Referencing access points with ARNs, access point aliases, or
/// virtual-hosted-style URIs". An alias is used as the name of a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessPoint<'a> {
    /// Where it is, whatever other requests are for.
    pub region: &'a str,
    account: &'a str,
    name: &'a str,
}

impl<'a> AccessPoint<'a> {
    /// What stands where a bucket stands; `None` if it is no ARN.
    ///
    /// # Errors
    /// Another ARN, with what is wrong.
    pub fn parse(bucket: &'a str) -> Option<Result<Self, &'static str>> {
        let arn = bucket.strip_prefix("arn:")?;
        Some(Self::read(arn))
    }

    fn read(arn: &'a str) -> Result<Self, &'static str> {
        let mut fields = arn.splitn(5, ':');
        let mut field = || fields.next().unwrap_or_default();
        let (partition, service, region, account, resource) =
            (field(), field(), field(), field(), field());
        let name = resource.strip_prefix("accesspoint");
        let name = name.and_then(|name| name.strip_prefix(['/', ':']));
        let Some(name) = name.filter(|_| partition.starts_with("aws") && service == "s3") else {
            return Err("only the ARNs of access points of S3 are places for objects");
        };
        if region.is_empty() {
            return Err(
                "access points of several regions need another kind of signature (SigV4A): \
                 name one of their buckets",
            );
        }
        let label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = (3..=50).contains(&name.len())
            && name.bytes().all(label)
            && !name.starts_with('-')
            && !name.ends_with('-');
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if !is_name || !is_account || check_region(region).is_err() {
            return Err("an access point is arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME");
        }
        Ok(Self {
            region,
            account,
            name,
        })
    }

    /// The host that stands for it.
    pub(super) fn host(&self, hosts: AwsHosts) -> String {
        let service = if hosts.fips {
            "s3-accesspoint-fips"
        } else {
            "s3-accesspoint"
        };
        let stack = if hosts.dualstack { ".dualstack" } else { "" };
        let (region, domain) = (self.region, aws_domain(self.region));
        format!(
            "{}-{}.{service}{stack}.{region}.{domain}",
            self.name, self.account
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_which_host() {
        for (arn, dualstack, fips, host) in [
            (
                "arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap",
                false,
                false,
                "my-ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com",
            ),
            (
                "arn:aws:s3:us-west-2:123456789012:accesspoint:my-ap",
                true,
                false,
                "my-ap-123456789012.s3-accesspoint.dualstack.us-west-2.amazonaws.com",
            ),
            (
                "arn:aws-us-gov:s3:us-gov-east-1:123456789012:accesspoint/my-ap",
                true,
                true,
                "my-ap-123456789012.s3-accesspoint-fips.dualstack.us-gov-east-1.amazonaws.com",
            ),
            (
                "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/my-ap",
                false,
                false,
                "my-ap-123456789012.s3-accesspoint.cn-north-1.amazonaws.com.cn",
            ),
        ] {
            let point = AccessPoint::parse(arn).unwrap().unwrap();
            let hosts = AwsHosts {
                dualstack,
                fips,
                accelerate: false,
            };
            assert_eq!(point.host(hosts), host);
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        assert_eq!(AccessPoint::parse("bucket"), None);
        for (arn, reason) in [
            ("arn:aws:s3:::bucket", "only the ARNs of access points"),
            ("arn:", "only the ARNs of access points"),
            (
                "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1/accesspoint/ap",
                "only the ARNs of access points",
            ),
            (
                "arn:aws:s3::123456789012:accesspoint/m.mrap",
                "several regions",
            ),
            ("arn:aws:s3:us-west-2:1:accesspoint/my-ap", "ACCOUNT"),
            (
                "arn:aws:s3:us-west-2:123456789012:accesspoint/evil.example",
                "NAME",
            ),
            ("arn:aws:s3:x.y:123456789012:accesspoint/my-ap", "REGION"),
        ] {
            let error = AccessPoint::parse(arn).unwrap().unwrap_err();
            assert!(error.contains(reason), "{arn}: {error}");
        }
    }
}
