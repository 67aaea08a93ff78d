//! The stored buckets, objects and open uploads.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;
use jiff::Timestamp;

use super::digest::etag_of;
use super::error::{Result, S3Error};
use super::object::{Headers, Object};
use super::payload::Payload;
use super::time::Clock;

/// Everything a server stores. The methods are for tests; operations lock it as a whole.
#[derive(Default)]
pub struct Store {
    buckets: Mutex<Buckets>,
    foreign: Mutex<Vec<(String, String, Foreign)>>,
}

/// What a fault did to an object, in the name of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// Somebody else wrote these bytes.
    Written(Bytes),
    /// Somebody else removed it.
    Removed,
    /// The server stored these bytes in place of those that came.
    Damaged(Bytes),
}

/// All buckets by name.
pub type Buckets = BTreeMap<String, Bucket>;

/// One bucket.
pub struct Bucket {
    pub created: Timestamp,
    /// The region that was asked for; empty for the first region, as S3 reports it.
    pub location: String,
    pub objects: BTreeMap<String, Object>,
    /// What is read by its key and version id only.
    pub versions: BTreeMap<(String, String), Object>,
    /// Open multipart uploads by id.
    pub uploads: BTreeMap<String, Upload>,
    /// Access control lists that were set, by key; of the bucket itself by none.
    pub acls: BTreeMap<Option<String>, Bytes>,
    pub policy: Option<Bytes>,
}

/// An open multipart upload.
#[derive(Clone)]
pub struct Upload {
    pub key: String,
    pub initiated: Timestamp,
    pub headers: Headers,
    pub parts: BTreeMap<u32, Part>,
}

/// One part of an open multipart upload.
#[derive(Clone)]
pub struct Part {
    pub payload: Payload,
    pub md5: [u8; 16],
    pub etag: String,
    pub last_modified: Timestamp,
}

/// What tests see of an open multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpload {
    pub id: String,
    pub key: String,
    /// Number and size of each part.
    pub parts: Vec<(u32, u64)>,
    pub headers: Headers,
}

impl Store {
    /// Locks everything.
    pub fn lock(&self) -> MutexGuard<'_, Buckets> {
        // A test that failed while it held the lock must not fail all others.
        self.buckets
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Does something with one bucket, as an operation.
    pub fn with<T>(&self, name: &str, act: impl FnOnce(&mut Bucket) -> Result<T>) -> Result<T> {
        let mut buckets = self.lock();
        let bucket = buckets.get_mut(name);
        act(bucket.ok_or_else(|| S3Error::no_such_bucket(name))?)
    }

    /// Makes a bucket, unless it exists.
    pub fn create_bucket(&self, name: &str) {
        let new = || Bucket::new(Clock::default().now(), "");
        self.lock().entry(name.to_owned()).or_insert_with(new);
    }

    /// The names of all buckets.
    pub fn buckets(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Stores an object without headers; gives its ETag.
    pub fn put(&self, bucket: &str, key: &str, body: impl Into<Bytes>) -> String {
        self.put_with(bucket, key, body, &[])
    }

    /// Stores an object with headers, named in any case; gives its ETag.
    pub fn put_with(
        &self,
        bucket: &str,
        key: &str,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> String {
        let body = body.into();
        let etag = etag_of(&body);
        let headers = headers
            .iter()
            .map(|(n, v)| (n.to_ascii_lowercase(), (*v).to_owned()));
        let payload = Payload::Bytes(body);
        let now = Clock::default().now();
        let object = Object::new(&payload, etag.clone(), now, headers.collect());
        self.insert(bucket, key, object);
        etag
    }

    /// Stores an object of zeros that takes no memory; gives its (made-up) ETag.
    pub fn put_zeros(&self, bucket: &str, key: &str, size: u64) -> String {
        let etag = super::digest::opaque_etag();
        let payload = Payload::Zeros(size);
        let object = Object::new(
            &payload,
            etag.clone(),
            Clock::default().now(),
            Headers::new(),
        );
        self.insert(bucket, key, object);
        etag
    }

    /// Stores an object exactly as given: any ETag, date and headers.
    pub fn insert(&self, bucket: &str, key: &str, object: Object) {
        self.create_bucket(bucket);
        let mut buckets = self.lock();
        let bucket = buckets.get_mut(bucket).expect("just created");
        bucket.objects.insert(key.to_owned(), object);
    }

    /// Overwrites the bytes of an object and keeps its headers; gives the new ETag.
    pub fn replace(&self, bucket: &str, key: &str, body: impl Into<Bytes>) -> String {
        let headers = self
            .get(bucket, key)
            .map(|object| object.headers)
            .unwrap_or_default();
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.put_with(bucket, key, body, &headers)
    }

    /// A copy of an object.
    pub fn get(&self, bucket: &str, key: &str) -> Option<Object> {
        self.lock().get(bucket)?.objects.get(key).cloned()
    }

    /// The bytes of an object that must exist.
    pub fn body(&self, bucket: &str, key: &str) -> Bytes {
        let object = self.get(bucket, key);
        object
            .unwrap_or_else(|| panic!("no object {bucket}/{key}"))
            .body
    }

    /// Deletes an object, of which a version stays.
    pub fn outdate(&self, bucket: &str, key: &str, version: &str) {
        let mut buckets = self.lock();
        let bucket = buckets.get_mut(bucket).expect("a bucket");
        let object = bucket.objects.remove(key).expect("an object");
        let name = (key.to_owned(), version.to_owned());
        bucket.versions.insert(name, object);
    }

    /// Removes an object; true if there was one.
    pub fn remove(&self, bucket: &str, key: &str) -> bool {
        let mut buckets = self.lock();
        let bucket = buckets.get_mut(bucket);
        bucket.is_some_and(|bucket| bucket.objects.remove(key).is_some())
    }

    /// Notes what a fault did to an object.
    pub fn note_foreign(&self, bucket: &str, key: &str, foreign: Foreign) {
        let mut all = self.foreign.lock().unwrap();
        all.push((bucket.to_owned(), key.to_owned(), foreign));
    }

    /// What faults did to objects, each with its bucket and key, in order.
    pub fn foreign(&self) -> Vec<(String, String, Foreign)> {
        self.foreign.lock().unwrap().clone()
    }

    /// Forgets what faults did to objects.
    pub fn forget_foreign(&self) {
        self.foreign.lock().unwrap().clear();
    }

    /// The keys of a bucket in order; none if it does not exist.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let buckets = self.lock();
        let bucket = buckets.get(bucket);
        bucket
            .map(|b| b.objects.keys().cloned().collect())
            .unwrap_or_default()
    }

    /// Forgets all open multipart uploads of a bucket.
    pub fn forget_uploads(&self, bucket: &str) {
        if let Some(bucket) = self.lock().get_mut(bucket) {
            bucket.uploads.clear();
        }
    }

    /// The open multipart uploads of a bucket.
    pub fn uploads(&self, bucket: &str) -> Vec<OpenUpload> {
        let buckets = self.lock();
        let uploads = buckets.get(bucket).into_iter().flat_map(|b| &b.uploads);
        uploads.map(|(id, upload)| upload.describe(id)).collect()
    }
}

impl Bucket {
    pub fn new(created: Timestamp, location: &str) -> Bucket {
        Bucket {
            created,
            location: location.to_owned(),
            objects: BTreeMap::new(),
            versions: BTreeMap::new(),
            uploads: BTreeMap::new(),
            acls: BTreeMap::new(),
            policy: None,
        }
    }

    /// An object that must exist, in the version that is asked for.
    pub fn version(&self, key: &str, version: Option<&str>) -> Result<&Object> {
        let Some(version) = version.filter(|version| *version != "null") else {
            return self.object(key);
        };
        let kept = self.versions.get(&(key.to_owned(), version.to_owned()));
        kept.ok_or_else(|| {
            let message = "The specified version does not exist.";
            S3Error::new(404, "NoSuchVersion", message).with("VersionId", version)
        })
    }

    /// An object that must exist.
    pub fn object(&self, key: &str) -> Result<&Object> {
        self.objects
            .get(key)
            .ok_or_else(|| S3Error::no_such_key(key))
    }

    /// An open upload of that key.
    pub fn upload(&mut self, id: &str, key: &str) -> Result<&mut Upload> {
        let upload = self.uploads.get_mut(id).filter(|upload| upload.key == key);
        upload.ok_or_else(|| S3Error::no_such_upload(id))
    }
}

impl Upload {
    fn describe(&self, id: &str) -> OpenUpload {
        OpenUpload {
            id: id.to_owned(),
            key: self.key.clone(),
            parts: self
                .parts
                .iter()
                .map(|(n, part)| (*n, part.payload.len()))
                .collect(),
            headers: self.headers.clone(),
        }
    }
}
