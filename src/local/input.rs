use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    sync::Arc,
};

use bytes::Bytes;

use crate::{
    counter::Counter,
    local::{Digests, Hasher},
    s3::payload::{FileIdentity, FileRegion},
};

/// The next bytes of the standard input: so many, or fewer at its end.
///
/// A reader that waits for somebody cannot be stopped: it ends with the process.
///
/// # Errors
/// The input cannot be read.
pub async fn read_input(len: usize) -> io::Result<Bytes> {
    on_thread(move || {
        let mut bytes = Vec::with_capacity(len);
        io::stdin()
            .lock()
            .take(len as u64)
            .read_to_end(&mut bytes)?;
        Ok(Bytes::from(bytes))
    })
    .await
}

/// The same, by way of a file without a name in the directory for temporary files, for more than
/// can be held. Gives its sums as well.
///
/// # Errors
/// The input cannot be read, or there is no room for it.
pub async fn spool_input(len: u64, with_sha256: bool) -> io::Result<(FileRegion, Digests)> {
    on_thread(move || {
        let mut file = tempfile::tempfile()?;
        let mut hasher = Hasher::new(with_sha256);
        let mut chunk = vec![0; CHUNK];
        let mut input = io::stdin().lock().take(len);
        let mut len = 0;
        loop {
            let read = match input.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let bytes = chunk.get(..read).unwrap_or_default();
            hasher.update(bytes);
            file.write_all(bytes).map_err(no_room)?;
            len += read as u64;
        }
        Ok((region(file, len)?, hasher.finish()))
    })
    .await
}

fn region(file: File, len: u64) -> io::Result<FileRegion> {
    let identity = FileIdentity::of(&file.metadata()?);
    Ok(FileRegion {
        file: Arc::new(file),
        offset: 0,
        len,
        identity,
        sent: Counter::default(),
    })
}

fn no_room(error: io::Error) -> io::Error {
    let text = format!("{error}, in the directory for temporary files (TMPDIR)");
    io::Error::new(error.kind(), text)
}

async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(io::Error::other(error)),
        },
    }
}

/// What is held of what goes through a file.
const CHUNK: usize = 256 * 1024;
