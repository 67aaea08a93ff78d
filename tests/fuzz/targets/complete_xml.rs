//! Answers that say that an object was made: of completed uploads and of copies. Taking a failure
//! for one of these loses data.

use s4cmd::s3::{
    error::AnswerError,
    op::{
        CompleteMultipartUpload, CopyObject, CopySource, CreateMultipartUpload, MetadataDirective,
        UploadPartCopy,
    },
    operation::Operation,
    properties::Properties,
    request::Condition,
    types::{ETag, PartNumber, UploadId},
};

use super::{
    answer::{Written, bare_tag},
    xml::{DEEPEST, Element},
};

pub fn run(data: &[u8]) {
    let written = Written::read(data);
    let root = Element::read(written.body);
    let upload_id = UploadId("U".into());
    let properties = Properties::default();
    let source = CopySource {
        bucket: "b",
        key: "k",
        version_id: None,
        if_match: None,
    };
    let complete = CompleteMultipartUpload {
        bucket: "b",
        key: "k",
        upload_id: &upload_id,
        parts: &[],
        condition: Condition::Always,
    };
    let copy = CopyObject {
        bucket: "b",
        key: "k",
        source,
        metadata: MetadataDirective::Copy,
        properties: &properties,
        condition: Condition::Always,
    };
    let copy_part = UploadPartCopy {
        bucket: "b",
        key: "k",
        upload_id: &upload_id,
        part_number: PartNumber::new(1).unwrap(),
        source,
        range: None,
    };
    let create = CreateMultipartUpload {
        bucket: "b",
        key: "k",
        metadata: &[],
        properties: &properties,
    };
    let tag = |tag: ETag| tag.as_str().to_owned();
    let check = Check {
        written: &written,
        root: root.as_ref(),
    };
    check.result(
        "CompleteMultipartUploadResult",
        "ETag",
        parsed(&complete, &written).map(|etag| etag.map(tag).unwrap_or_default()),
        |text| Some(bare_tag(text).map_or(String::new(), |_| text.to_owned())),
    );
    let non_empty = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    check.result(
        "CopyObjectResult",
        "ETag",
        parsed(&copy, &written).map(|output| tag(output.etag)),
        non_empty,
    );
    check.result(
        "CopyPartResult",
        "ETag",
        parsed(&copy_part, &written).map(|output| tag(output.etag)),
        non_empty,
    );
    check.result(
        "InitiateMultipartUploadResult",
        "UploadId",
        parsed(&create, &written).map(|id| id.0),
        non_empty,
    );
}

fn parsed<O: Operation>(operation: &O, written: &Written<'_>) -> Result<O::Output, AnswerError> {
    operation.parse(&written.answer())
}

struct Check<'a> {
    written: &'a Written<'a>,
    root: Option<&'a Element>,
}

impl Check<'_> {
    /// Only the right root with the element is a success, and then with what `meaning` makes of its
    /// text.
    fn result(
        &self,
        root: &str,
        element: &str,
        result: Result<String, AnswerError>,
        meaning: impl Fn(&str) -> Option<String>,
    ) {
        if !self.written.is_success() {
            let service = result.expect_err("a failure").service().cloned();
            assert_eq!(service.map(|error| error.status), Some(self.written.status));
            return;
        }
        if result.is_ok() {
            let body = std::str::from_utf8(self.written.body).expect("text");
            assert!(body.contains(root) && body.contains(element), "{body}");
        }
        let Some(document) = self.root else {
            return;
        };
        let is_right =
            document.name == root && document.depth() <= DEEPEST && document.are_plain(&[element]);
        let text = document.last(element).filter(|_| is_right);
        assert_eq!(result.as_ref().ok(), text.and_then(meaning).as_ref());
        // An error under a 200 is told as what it is.
        let code = document.last("Code").filter(|code| {
            let texts = ["Code", "Message", "Region", "RequestId"];
            let is_plain = document.are_plain(&texts) && document.depth() <= DEEPEST;
            document.name == "Error" && is_plain && !code.is_empty()
        });
        if let Some(code) = code {
            let error = result.expect_err("a failure");
            assert_eq!(error.service().map(|error| &*error.code), Some(code));
        }
    }
}
