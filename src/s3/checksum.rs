//! The sums that S3 keeps of objects.

use crate::s3::{
    encode,
    types::{ETag, Md5Digest, composite},
};

/// The ETag that S3 gives to a multipart upload: the MD5 of its parts' MD5s, and their number.
#[derive(Debug, Clone, Default)]
pub struct CompositeETag {
    parts: Vec<Md5Digest>,
}

impl CompositeETag {
    /// Adds the next part, in order.
    pub fn add(&mut self, part: &Md5Digest) {
        self.parts.push(*part);
    }

    /// The tag of the parts added so far, in quotes.
    pub fn finish(self) -> ETag {
        let digest = encode::hex(&composite(&self.parts));
        ETag::new(format!("\"{digest}-{}\"", self.parts.len()))
    }
}

#[cfg(test)]
mod tests {
    use md5::{Digest as _, Md5};

    use super::*;

    #[test]
    fn composite_tag_is_the_md5_of_md5s() {
        let mut tag = CompositeETag::default();
        tag.add(&Md5::digest(b"a").into());
        tag.add(&Md5::digest(b"b").into());
        // md5(md5("a") || md5("b")), computed with md5sum.
        assert_eq!(
            tag.finish().as_str(),
            "\"96e024ba2074fe77e8e965ba43a704be-2\""
        );
    }
}
