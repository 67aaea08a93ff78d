//! What `--stats` tells at the end: what became of all names, and what that took.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::command::{Session, layout::human, record::Record};

/// Tells it: in three lines, or as one object.
pub(super) fn tell(session: &Session, took: Duration) {
    let stats = Stats { session, took };
    for part in [
        Part::Names(&stats),
        Part::Requests(&stats),
        Part::Bytes(&stats),
    ] {
        session.output.remark(&part);
    }
}

struct Stats<'a> {
    session: &'a Session,
    took: Duration,
}

/// One of the lines.
enum Part<'a> {
    /// What became of all names; as an object, everything.
    Names(&'a Stats<'a>),
    Requests(&'a Stats<'a>),
    Bytes(&'a Stats<'a>),
}

impl Record for Part<'_> {
    fn text(&self) -> String {
        match self {
            Self::Names(stats) => stats.session.tally.to_string(),
            Self::Requests(stats) => stats.requests(),
            Self::Bytes(stats) => stats.bytes(),
        }
    }

    fn json(&self) -> Option<Value> {
        match self {
            Self::Names(stats) => Some(stats.object()),
            Self::Requests(_) | Self::Bytes(_) => None,
        }
    }
}

impl Stats<'_> {
    fn requests(&self) -> String {
        let traffic = &self.session.traffic;
        let requests = traffic.requests();
        let requests: Vec<String> = requests
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        let requests = match &*requests {
            [] => "none".to_owned(),
            some => some.join(", "),
        };
        format!("requests: {requests}; {} retried", traffic.retries())
    }

    fn bytes(&self) -> String {
        let [sent, received] = self.moved();
        let seconds = self.took.as_secs_f64();
        let rate = sent.saturating_add(received) as f64 / seconds.max(SHORTEST);
        format!(
            "{} sent, {} received in {seconds:.2} s, {}/s",
            human(sent),
            human(received),
            human(rate as u64)
        )
    }

    /// Bytes on the wire: those of the objects, and all that was said about them.
    fn moved(&self) -> [u64; 2] {
        let line = self.session.client.line();
        [line.sent().bytes(), line.received().bytes()]
    }

    fn object(&self) -> Value {
        let traffic = &self.session.traffic;
        let requests = traffic.requests();
        let requests: Map<_, _> = requests
            .map(|(kind, count)| (kind.name().to_owned(), count.into()))
            .collect();
        let [sent, received] = self.moved();
        let mut stats = json!({
            "type": "stats",
            "requests": requests,
            "retries": traffic.retries(),
            "sent": sent,
            "received": received,
            "seconds": self.took.as_secs_f64(),
        });
        if let Value::Object(fields) = &mut stats {
            let names = self.session.tally.by_name();
            fields.extend(names.map(|(name, count)| (name.to_owned(), count.into())));
        }
        stats
    }
}

/// Seconds: nothing is divided by less.
const SHORTEST: f64 = 0.001;
