//! Sockets: accepts them, lets hyper speak HTTP, plays scripts.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Shared;
use super::handler;
use super::pipe::Pipe;
use super::script::{Cut, Script};
use super::wire::Wire;

/// Accepts connections for ever.
pub async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: others must close theirs first.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream, tls.clone(), Arc::clone(&shared)));
    }
}

/// Serves one socket to its end.
async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let number = next_number(&shared);
    let wire = match tls {
        None => Wire::Plain(stream),
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => Wire::Tls(Box::new(stream)),
            Err(_) => return,
        },
    };
    serve_wire(wire, number, shared).await;
}

/// Serves one connection in memory to its end.
pub async fn serve_pipe(pipe: Pipe, shared: Arc<Shared>) {
    let number = next_number(&shared);
    serve_wire(Wire::Memory(pipe), number, shared).await;
}

fn next_number(shared: &Shared) -> u64 {
    shared.connections.fetch_add(1, Ordering::Relaxed) + 1
}

async fn serve_wire(wire: Wire, number: u64, shared: Arc<Shared>) {
    let service =
        service_fn(move |request| Box::pin(handler::serve(Arc::clone(&shared), number, request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(wire), service);
    let end = (&mut connection).await;
    if let Some(script) = end.err().and_then(script_of) {
        script.play(connection.into_parts().io.into_inner()).await;
    }
}

/// The script that made a connection fail, if that was the reason.
fn script_of(error: hyper::Error) -> Option<Script> {
    let Cut(script) = error.source()?.downcast_ref()?;
    Some(script.clone())
}
