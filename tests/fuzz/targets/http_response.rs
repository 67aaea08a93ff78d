//! Whole answers as bytes on a connection, through the real client.
//!
//! The first byte says which operation is carried out, the second one how the connection behaves;
//! the rest is what comes on the connections, one behind the other with a separator between.

use std::{fmt::Debug, sync::Arc, time::Duration};

use bytes::Bytes;
use s4cmd::{
    client::{Client, ClientError, ClientOptions, Mutations, RetryPolicy, Traffic},
    net::{ConnectOptions, Dialer, HttpClient},
    s3::{
        api_option::ApiOptions,
        endpoint::{Addressing, Endpoint},
        op::{
            CompleteMultipartUpload, CopyObject, CopySource, DeleteObject, DeleteObjects,
            GetObject, GetObjectOutput, HeadObject, ListObjectsV2, MetadataDirective, PutObject,
            UploadPart,
        },
        operation::{Answer, Operation},
        payload::{Payload, PayloadHash},
        properties::Properties,
        request::{Condition, Role},
        types::{ByteRange, ETag, PartNumber, UploadId},
    },
};
use tokio::{runtime::Runtime, time::Instant};

use super::input;

mod reading;
mod wire;

use reading::Reading;
use wire::{End, Script, Wire};

pub fn run(data: &[u8]) {
    let Some((&[operation, behaviour], rest)) = data.split_first_chunk() else {
        return;
    };
    let script = Script::new(behaviour, rest.split(|byte| *byte == input::FIELD));
    WORLD.with(|world| {
        world.wire.play(script.clone());
        let client = world.client(behaviour & RETRIES != 0);
        let case = Case {
            client,
            script,
            is_single: behaviour & RETRIES == 0,
            asks_more: operation % OPERATIONS >= FIRST_OF_SEVERAL,
        };
        world.runtime.block_on(case.run(operation % OPERATIONS));
        assert!(world.wire.connections() <= MOST_CONNECTIONS);
    });
}

thread_local! {
    static WORLD: World = World::new();
}

/// What is made once: connections of one input are not used by the next one.
struct World {
    runtime: Runtime,
    http: HttpClient,
    wire: Arc<Wire>,
}

impl World {
    fn new() -> Self {
        let wire = Arc::new(Wire::default());
        let dialed = Arc::clone(&wire);
        let options = ConnectOptions {
            dialer: Some(Dialer::new(move |_| dialed.connect())),
            ..ConnectOptions::default()
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            // Time stands still while there is anything to do, and then leaps.
            runtime: runtime.enable_time().start_paused(true).build().unwrap(),
            http: HttpClient::new(&options).unwrap(),
            wire,
        }
    }

    fn client(&self, retries: bool) -> Client {
        let endpoint = Endpoint::custom("http://h", "us-east-1", Addressing::Path).unwrap();
        let options = ClientOptions {
            endpoint,
            credentials: None,
            retry: RetryPolicy {
                rounds: u32::from(retries),
                round_delay: Duration::from_secs(10),
            },
            max_requests: 4,
            max_requests_near: 4,
            read_ahead: 0,
            request_rate: None,
            traffic: Traffic::default(),
            mutations: Mutations::Allowed,
            api_options: ApiOptions::default(),
            observer: None,
        };
        Client::new(self.http.clone(), options)
    }
}

struct Case {
    client: Client,
    script: Script,
    /// Nothing is tried twice.
    is_single: bool,
    /// The operation makes several requests, so that not only the first answer matters.
    asks_more: bool,
}

impl Case {
    async fn run(&self, operation: u8) {
        let start = Instant::now();
        let work = tokio::time::timeout(LONGEST, self.carry_out(operation));
        work.await.expect("an end in bounded time");
        let took = start.elapsed();
        assert!(!self.is_single || took <= LONGEST_SINGLE, "{took:?}");
        // Until the pool has closed what is idle.
        tokio::time::sleep(Duration::from_secs(10)).await;
    }

    async fn carry_out(&self, operation: u8) {
        let range = ByteRange::new(2, 7);
        let tag = ETag::new("\"e\"");
        let upload_id = UploadId("U".into());
        let complete = CompleteMultipartUpload {
            bucket: "b",
            key: "k",
            upload_id: &upload_id,
            parts: &[],
            condition: Condition::Always,
        };
        let none = Properties::default();
        let put = |condition| PutObject {
            bucket: "b",
            key: "k",
            metadata: &[],
            properties: &none,
            content_md5: Some(MD5_OF_BYTES),
            payload: Payload::Bytes(Bytes::from_static(b"bytes")),
            payload_hash: PayloadHash::Unsigned,
            condition,
        };
        match operation {
            0 => self.get(None, None).await,
            1 => self.get(range, None).await,
            2 => self.get(range, Some(&tag)).await,
            3 => self.call(&head(Role::Source)).await,
            4 => self.call(&list()).await,
            5 => self.call(&put(Condition::Always)).await,
            6 => self.call(&complete).await,
            7 => {
                let part = UploadPart {
                    bucket: "b",
                    key: "k",
                    upload_id: &upload_id,
                    part_number: PartNumber::new(1).unwrap(),
                    content_md5: None,
                    payload: Payload::Bytes(Bytes::from_static(b"bytes")),
                    payload_hash: PayloadHash::Unsigned,
                };
                self.call(&part).await;
            }
            8 => {
                let delete = DeleteObject {
                    bucket: "b",
                    key: "k",
                    role: Role::Source,
                    condition: Condition::Always,
                };
                self.call(&delete).await;
            }
            9 => {
                let keys = ["k".to_owned(), "l".to_owned()];
                let delete = DeleteObjects {
                    bucket: "b",
                    keys: &keys,
                };
                self.call(&delete).await;
            }
            10 => {
                let copy = CopyObject {
                    bucket: "b",
                    key: "k",
                    source: CopySource {
                        bucket: "b",
                        key: "j",
                        version_id: None,
                        if_match: None,
                    },
                    metadata: MetadataDirective::Copy,
                    properties: &Properties::default(),
                    condition: Condition::Always,
                };
                self.call(&copy).await;
            }
            11 => self.settled_put(&put(Condition::New)).await,
            12 => self.settled_complete(&complete).await,
            _ => self.listing().await,
        }
    }

    /// Reads an object or a range of it to its end.
    async fn get(&self, range: Option<ByteRange>, if_match: Option<&ETag>) {
        let operation = GetObject {
            bucket: "b",
            key: "k",
            role: Role::Source,
            range,
            if_match,
        };
        let mut stream = match self.client.open(&operation).await {
            Ok(stream) => stream,
            Err(error) => return self.check_failure(&operation, &error),
        };
        let announced = stream.head().content_length;
        assert!(range.is_none_or(|range| range.len() == announced));
        let mut content = Vec::new();
        let read = loop {
            match stream.next().await {
                Ok(Some(bytes)) => content.extend_from_slice(&bytes),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            assert!(content.len() as u64 <= announced, "more than announced");
        };
        if read.is_err() {
            assert!(!self.is_well_formed(&operation));
            return;
        }
        assert_eq!(content.len() as u64, announced, "less than announced");
        if self.is_single {
            let reading = self.readings(false).next().expect("an answer");
            let parsed = reading.parsed(&operation).expect("a success");
            assert_eq!(format!("{parsed:?}"), format!("{:?}", stream.head()));
            assert!(reading.body.starts_with(&content));
        } else {
            self.check_pieces(&operation, stream.head(), &content);
        }
    }

    /// What came in several answers is made of beginnings of their bodies, one behind the other:
    /// the first one an answer to what was asked, and the others to what was still to come of the
    /// same version.
    fn check_pieces(&self, asked: &GetObject<'_>, head: &GetObjectOutput, content: &[u8]) {
        let first = format!("{head:?}");
        let start = asked.range.map_or(0, |range| range.start);
        let end = start + head.content_length;
        let continues = |reading: &Reading, from: usize| {
            let rest = GetObject {
                role: Role::Source,
                range: ByteRange::new(start + from as u64, end),
                if_match: head.object.etag.as_ref(),
                ..*asked
            };
            reading.parsed(&rest).is_some()
        };
        let mut has_begun = false;
        let mut ends = vec![false; content.len() + 1];
        ends[0] = true;
        for reading in self.readings(false) {
            let begins = reading.parsed(asked).map(|head| format!("{head:?}"));
            let begins = begins.as_ref() == Some(&first);
            let before = ends.clone();
            for from in (0..=content.len()).filter(|from| before[*from]) {
                if begins && from == 0 || has_begun && continues(&reading, from) {
                    let pairs = content[from..].iter().zip(&reading.body);
                    let common = pairs.take_while(|(one, other)| one == other).count();
                    ends[from..=from + common].fill(true);
                }
            }
            has_begun |= begins;
        }
        assert!(has_begun, "nobody said so");
        assert_eq!(ends.last(), Some(&true), "bytes that no answer had");
    }

    /// Carries out an operation without a stream.
    async fn call<O: Operation<Output: Debug>>(&self, operation: &O) {
        match self.client.call(operation).await {
            Err(error) => self.check_failure(operation, &error),
            Ok(output) => self.check_success(operation, &format!("{output:?}")),
        }
    }

    fn check_success<O: Operation<Output: Debug>>(&self, operation: &O, output: &str) {
        assert!(
            self.has_answer(operation, |parsed| format!("{parsed:?}") == output),
            "{output}"
        );
    }

    /// Whether a whole answer is a success with such an output.
    fn has_answer<O: Operation>(&self, operation: &O, fits: impl Fn(&O::Output) -> bool) -> bool {
        let whole = self
            .readings(is_head(operation))
            .filter(|reading| reading.is_whole);
        let mut outputs = whole.filter_map(|reading| reading.parsed(operation));
        outputs.any(|output| fits(&output))
    }

    /// A failure has its reason: the answer is not one that nobody could object to.
    fn check_failure<O: Operation>(&self, operation: &O, error: &ClientError) {
        assert!(!error.to_string().is_empty());
        assert!(!self.is_well_formed(operation), "{error}");
        if let Some(service) = error.service() {
            let mut readings = self.readings(is_head(operation));
            assert!(readings.any(|reading| reading.status == service.status));
        }
    }

    /// Whether the first answer is of the plainest form, and a success.
    fn is_well_formed<O: Operation>(&self, operation: &O) -> bool {
        let is_quiet = self.script.answers_first || self.script.end == End::Reset;
        let Some(part) = self.script.parts().next().filter(|_| !is_quiet) else {
            return false;
        };
        let plain = reading::plain(part, is_head(operation));
        plain.is_some_and(|reading| reading.parsed(operation).is_some())
    }

    /// The answers, as the plain reader has them.
    fn readings(&self, is_head: bool) -> impl Iterator<Item = Reading> {
        let closes = self.script.end == End::Closed;
        let used = match self.is_single && !self.asks_more {
            // What came before the question may have been nothing; then there is one more.
            true => 1 + usize::from(self.script.answers_first),
            false => usize::MAX,
        };
        let parts = self.script.parts().take(used);
        parts.filter_map(move |part| Reading::of(part, is_head, closes))
    }

    /// An upload under a condition, whose answer may be lost: it succeeded only if the server says
    /// so, or has these very bytes.
    async fn settled_put(&self, put: &PutObject<'_>) {
        let Ok(output) = self.client.put_object(put).await else {
            return;
        };
        let text = format!("{output:?}");
        let is_told = self.has_answer(put, |parsed| format!("{parsed:?}") == text);
        let is_there = self.has_answer(&head(Role::Target), |object| {
            object.size == put.payload.len() && object.content_md5() == put.content_md5
        });
        assert!(is_told || is_there);
    }

    /// The same of the end of a multipart upload.
    async fn settled_complete(&self, complete: &CompleteMultipartUpload<'_>) {
        let tag = ETag::new("\"e-1\"");
        let client = &self.client;
        let completed =
            client.complete_multipart_upload(complete, Some(&tag), 5, Some(&MD5_OF_BYTES));
        let Ok(etag) = completed.await else {
            return;
        };
        let text = format!("{etag:?}");
        let is_told = self.has_answer(complete, |parsed| format!("{parsed:?}") == text);
        let is_there = self.has_answer(&head(Role::Target), |object| {
            let is_same =
                object.etag.as_ref() == Some(&tag) || object.metadata_md5() == Some(MD5_OF_BYTES);
            object.size == 5 && is_same
        });
        assert!(is_told || is_there);
    }

    /// A listing ends, does not go in a circle, and all that it gives was asked for.
    async fn listing(&self) {
        let mut lister = self.client.list("b", "p", Some("/"));
        let mut pages = 0;
        let mut last = None;
        while let Ok(Some(page)) = lister.next_page().await {
            pages += 1;
            assert!(pages <= self.script.parts().count(), "too many pages");
            let keys = page.objects.iter().map(|object| &object.key);
            let mut names = keys.chain(&page.prefixes);
            assert!(names.all(|name| name.starts_with('p')));
            let objects = format!("{:?}", page.objects);
            let is_told =
                self.has_answer(&list(), |other| format!("{:?}", other.objects) == objects);
            assert!(is_told, "objects that no answer had");
            let again = last.replace(page.clone());
            assert!(again != Some(page) || !again.is_some_and(|page| page.truncated));
        }
    }
}

fn head(role: Role) -> HeadObject<'static> {
    HeadObject {
        bucket: "b",
        key: "k",
        role,
        checksums: false,
    }
}

fn list() -> ListObjectsV2<'static> {
    ListObjectsV2 {
        bucket: "b",
        prefix: "p",
        delimiter: None,
        continuation_token: None,
        start_after: None,
        url_encoding: true,
    }
}

fn is_head<O: Operation>(operation: &O) -> bool {
    operation.request().unwrap().method == http::Method::HEAD
}

impl Reading {
    fn parsed<O: Operation>(&self, operation: &O) -> Option<O::Output> {
        // A tag with a tab in it cannot be sent back.
        let request = operation.request().ok()?;
        let kind = s4cmd::s3::operation::OperationKind::GetObject;
        let streams = request.operation == kind && self.status.is_success();
        let answer = Answer {
            status: self.status,
            headers: &self.headers,
            body: if streams { &[] } else { &self.body },
        };
        operation.parse(&answer).ok()
    }
}

const OPERATIONS: u8 = 14;
/// The operations from here on make several requests.
const FIRST_OF_SEVERAL: u8 = 11;
/// A bit of the second byte; the others are those of [`Script`].
const RETRIES: u8 = 0x10;
/// Two rounds of attempts for each piece of an object, each after the longest silence.
const LONGEST: Duration = Duration::from_secs(100_000);
/// The longest silence before the answer, and between two pieces of it.
const LONGEST_SINGLE: Duration = Duration::from_secs(700);
const MOST_CONNECTIONS: usize = 1000;
const MD5_OF_BYTES: [u8; 16] = [
    0x4b, 0x3a, 0x62, 0x18, 0xbb, 0x3e, 0x3a, 0x73, 0x03, 0xe8, 0xa1, 0x71, 0xa6, 0x0f, 0xcf, 0x92,
];
