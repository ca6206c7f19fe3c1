//! HTTP for the harness, so that nothing it does goes through the transport under test: a client, and servers on loopback.

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::{net::TcpListener, task::JoinHandle};

/// Sends the harness's own requests, over https where the URL says so.
#[derive(Clone)]
pub(crate) struct Http(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Http {
    /// A client that trusts what the platform trusts.
    pub(crate) fn new() -> Result<Self, String> {
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|error| format!("TLS could not be set up: {error}"))?
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// Sends `request`, and reads the whole answer.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let answer = self.0.request(request.map(Full::new)).await.map_err(|error| chain(&error))?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| chain(&error))?.to_bytes();
        Ok(Response::from_parts(head, body))
    }
}

/// An error with its causes: hyper's own text says only that something failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A server on a port of its own; it ends when this is dropped.
pub(crate) struct Served {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Served {
    /// `http://127.0.0.1:PORT`
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers every request with `answer`; `None` breaks the connection in place of an answer.
pub(crate) async fn serve<A, F>(answer: A) -> io::Result<Served>
where
    A: Fn(Request<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let answer = answer.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| answered(request, answer.clone()));
                // A client that goes away in the middle is part of what is tested.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Ok(Served { address, task })
}

async fn answered<A, F>(request: Request<Incoming>, answer: A) -> Result<Response<Full<Bytes>>, io::Error>
where
    A: Fn(Request<Bytes>) -> F,
    F: Future<Output = Option<Response<Bytes>>>,
{
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let answer = answer(Request::from_parts(head, body)).await;
    answer.map(|answer| answer.map(Full::new)).ok_or_else(|| io::ErrorKind::ConnectionReset.into())
}

/// An answer with a JSON body.
pub(crate) fn json(status: u16, body: &serde_json::Value) -> Response<Bytes> {
    typed(status, "application/json", body.to_string())
}

/// An answer with a body of that type.
pub(crate) fn typed(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}
