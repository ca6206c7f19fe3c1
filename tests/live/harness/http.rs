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
use url::Url;

use super::ledger::Ledger;

/// Sends the harness's own requests, over https where the URL says so, and notes what Appwrite answers of its limits.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Where Appwrite is, without a slash at the end.
    endpoint: String,
    pub(crate) ledger: Ledger,
}

impl Http {
    /// A client that trusts what the platform trusts.
    pub(crate) fn new(endpoint: &Url) -> Result<Self, String> {
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|error| format!("TLS could not be set up: {error}"))?
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            endpoint: endpoint.as_str().trim_end_matches('/').to_owned(),
            ledger: Ledger::default(),
        })
    }

    /// Sends `request`, and reads the whole answer.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let (method, url) = (request.method().clone(), request.uri().to_string());
        let answer = self.client.request(request.map(Full::new)).await.map_err(|error| explained(&error))?;
        let (head, body) = answer.into_parts();
        if let Some(path) = url.strip_prefix(&self.endpoint) {
            let path = path.split('?').next().unwrap_or_default();
            self.ledger.note(&method, path, head.status.as_u16(), &head.headers);
        }
        let body = body.collect().await.map_err(|error| explained(&error))?.to_bytes();
        Ok(Response::from_parts(head, body))
    }
}

/// An error with its causes, because hyper's own text says only that something failed, and what to do about it.
fn explained(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    if text.contains("certificate") {
        text.push_str(
            ". This machine does not trust the server's certificate. If the server has a certificate authority of its own, add that \
             to the trusted ones of the machine, or on Linux name its file in SSL_CERT_FILE",
        );
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
