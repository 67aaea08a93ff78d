//! Error documents, and what is printed of them.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use s4cmd::{
    client::ClientError,
    command::{Failure, Output, Stream},
    s3::{
        error::{AnswerError, ServiceError},
        operation::OperationKind,
    },
};

use super::{
    answer::Written,
    xml::{DEEPEST, Element},
};

pub fn run(data: &[u8]) {
    let written = Written::read(data);
    let operation = OperationKind::ALL[data.len() % OperationKind::ALL.len()];
    let error = ServiceError::from_answer(operation, &written.answer());
    assert_eq!((error.operation, error.status), (operation, written.status));
    assert!(!error.code.is_empty());
    let texts = [&error.code, &error.message];
    let longest = data.len() + "Network Authentication Required".len();
    assert!(texts.iter().all(|text| text.len() <= longest));
    if let Some(root) = Element::read(written.body) {
        check_document(&written, &error, &root);
    }
    check_classes(&error);
    check_print(&error);
}

/// What the slow reader finds is what is told; without a code it is the status that is told.
fn check_document(written: &Written<'_>, error: &ServiceError, root: &Element) {
    let texts = ["Code", "Message", "Region", "RequestId"];
    let is_error = root.name == "Error" && root.depth() <= DEEPEST && root.are_plain(&texts);
    let code = root
        .last("Code")
        .filter(|code| is_error && !code.is_empty());
    let Some(code) = code else {
        assert_eq!(error.code, written.status.as_u16().to_string());
        return;
    };
    assert_eq!(error.code, code);
    assert_eq!(error.message, root.last("Message").unwrap_or_default());
    for (element, header, told) in [
        ("Region", "x-amz-bucket-region", &error.region),
        ("RequestId", "x-amz-request-id", &error.request_id),
    ] {
        let expected = root.last(element).map(str::to_owned);
        assert_eq!(*told, expected.or_else(|| written.header(header)));
    }
}

/// Retries never follow on what is final, and nothing that was turned away counts as done.
fn check_classes(error: &ServiceError) {
    let status = error.status.as_u16();
    if error.is_throttling() && status != 501 {
        assert!(error.is_transient());
    }
    if error.was_turned_away() {
        assert!(error.is_throttling());
    }
    if status == 501 && !error.was_turned_away() {
        assert!(!error.is_transient());
    }
    if status == 404 {
        assert!(error.is_not_found());
    }
}

/// On a terminal no control character of the server's is obeyed, and a failure is one line.
fn check_print(error: &ServiceError) {
    let failure = Failure::from(ClientError::Answer {
        error: AnswerError::from(Box::new(error.clone())),
        ambiguous: false,
    });
    for is_terminal in [true, false] {
        let sink = Sink::default();
        let streams = [Sink::default(), sink.clone()].map(|sink| Stream::new(sink, is_terminal));
        let [out, err] = streams;
        let output = Output::new(out, err);
        output.failure(&failure);
        output.finish(|| false);
        drop(output);
        let printed = String::from_utf8(sink.0.lock().unwrap().clone()).expect("text");
        let line = printed.strip_suffix('\n').expect("a line");
        assert!(!line.contains(['\n', '\r']), "{line:?}");
        let is_harmful = |character: char| character.is_control() && character != '\t';
        assert!(!is_terminal || !line.contains(is_harmful), "{line:?}");
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
