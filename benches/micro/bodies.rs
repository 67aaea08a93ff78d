//! Requests whose bodies are XML.

use std::hint::black_box;

use bytes::Bytes;
use s4cmd::s3::{
    op::{CompleteMultipartUpload, CompletedPart, DeleteObjects},
    operation::Operation,
    payload::Payload,
    request::Condition,
    types::{ETag, PartNumber, UploadId},
    xml::Writer,
};

use crate::{
    benchmark::{Benchmark, Iteration},
    keys::keys,
};

/// The most that one request can have.
const KEYS: usize = 1_000;
const PARTS: usize = 10_000;

/// The names to delete, and the hashes of the document.
pub(crate) const DELETE: Benchmark = Benchmark {
    name: "delete-request",
    item: "key",
    items: KEYS,
    is_pure: true,
    prepare: prepare_delete,
};

/// The parts of an upload, and the hash of the document.
pub(crate) const COMPLETE: Benchmark = Benchmark {
    name: "complete-request",
    item: "part",
    items: PARTS,
    is_pure: true,
    prepare: prepare_complete,
};

/// The writer, without the hashes that requests take.
pub(crate) const WRITE: Benchmark = Benchmark {
    name: "write-xml",
    item: "key",
    items: KEYS,
    is_pure: true,
    prepare: prepare_write,
};

fn prepare_delete() -> Iteration {
    let keys = keys(KEYS);
    repeated("<Key>", move || {
        let keys = black_box(&*keys);
        let bucket = "bucket";
        body(&DeleteObjects { bucket, keys })
    })
}

fn prepare_complete() -> Iteration {
    let upload_id = UploadId("2~VXBsb2FkSWQ".to_owned());
    let part = |number: usize| CompletedPart {
        part_number: PartNumber::new(number as u64).expect("a part number"),
        etag: ETag::new(format!("\"{number:032x}\"")),
    };
    let parts: Vec<_> = (1..=PARTS).map(part).collect();
    repeated("<Part>", move || {
        body(&CompleteMultipartUpload {
            bucket: "bucket",
            key: "key",
            upload_id: &upload_id,
            parts: black_box(&parts),
            condition: Condition::Always,
        })
    })
}

fn prepare_write() -> Iteration {
    let keys = keys(KEYS);
    repeated("<Key>", move || {
        let document = Writer::document("Delete", |writer| {
            for key in black_box(&keys) {
                writer.element("Object", |writer| writer.text("Key", key));
            }
        });
        document.into()
    })
}

/// Makes a document over and over again. Looking for its items takes longer than writing them, so
/// that is done once, and then all that are made have to be the same.
fn repeated(tag: &'static str, mut make: impl FnMut() -> Bytes + 'static) -> Iteration {
    let first = make();
    let text = str::from_utf8(&first).expect("text");
    let items = text.matches(tag).count();
    Box::new(move || if make() == first { items } else { 0 })
}

fn body(operation: &impl Operation) -> Bytes {
    let request = operation.request().expect("a request");
    match request.payload {
        Payload::Bytes(body) => body,
        _ => Bytes::new(),
    }
}
