//! All that real servers do otherwise than S3, as far as it shows through the program.
//!
//! A test asks [`World::differs`](crate::world::World::differs) for a row and then asserts what
//! such a server does instead. A row that no test asks for is never constructed, which is an error
//! here; a server that is mended fails the test that knows it otherwise.
#![deny(dead_code)]

use crate::world::Server::{self, Moto, Radosgw, SeaweedFs};

/// The rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    SlashesAreMerged,
    DotsAreRefused,
    BackslashesAreSlashes,
    ComponentsAreAtMost255Bytes,
    DataOfFoldersIsLost,
    NewlinesAreNotFound,
    FoldersAreNotCopied,
    FoldersOutliveTheirFiles,
    BucketsMayBeMadeAgain,
    NamesOfBucketsAreNotChecked,
    UploadsAreAllOf2010,
    SignedUrlsAreAnError,
    ListsInDocumentsAreNotKept,
}

impl Difference {
    /// The servers that do it, and what it is.
    pub fn row(self) -> (&'static [Server], &'static str) {
        match self {
            Self::SlashesAreMerged => (
                &[SeaweedFs],
                "`a//b` is stored as `a/b` and a slash in front is lost: keys are file paths",
            ),
            Self::DotsAreRefused => (
                &[SeaweedFs],
                "components `.` and `..` are refused: keys are file paths",
            ),
            Self::BackslashesAreSlashes => (
                &[SeaweedFs],
                "`a\\b` is stored as `a/b`: keys are file paths",
            ),
            Self::ComponentsAreAtMost255Bytes => (
                &[SeaweedFs],
                "a component of more than 255 bytes is refused: it is the name of a file",
            ),
            Self::DataOfFoldersIsLost => (
                &[SeaweedFs],
                "an object whose key ends in a slash reads back empty: it is a directory",
            ),
            Self::NewlinesAreNotFound => (
                &[Moto],
                "a key with a newline is 404: its router takes paths of one line",
            ),
            Self::FoldersAreNotCopied => (
                &[SeaweedFs],
                "the marker of a folder is not found as the source of a copy: it is a directory",
            ),
            Self::FoldersOutliveTheirFiles => (
                &[SeaweedFs],
                "directories are listed for a while after their last object: they are real ones",
            ),
            Self::BucketsMayBeMadeAgain => (
                &[Moto, Radosgw],
                "to make a bucket of one's own again succeeds, as it does at AWS in us-east-1",
            ),
            Self::UploadsAreAllOf2010 => (
                &[Moto],
                "all multipart uploads are listed with the same time, of 2010",
            ),
            Self::SignedUrlsAreAnError => (
                &[Moto],
                "a URL with a signature is answered with 500, also one of boto3, if rights are checked",
            ),
            Self::ListsInDocumentsAreNotKept => (
                &[Moto],
                "the body of PutObjectAcl is accepted and ignored: only headers count",
            ),
            Self::NamesOfBucketsAreNotChecked => {
                (&[Moto], "a bucket may have capital letters and underscores")
            }
        }
    }
}
