//! One HTTP/2 connection for all shapes of an origin, where its TLS offers that.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;

/// Where the platform's verifier reads whom to trust, once in a process.
const TRUSTED: &str = "SSL_CERT_FILE";

#[tokio::test]
async fn shapes_of_one_origin_share_an_http_2_connection() {
    const NAME: &str = "client::tests::http2::shapes_of_one_origin_share_an_http_2_connection";
    const KEY: &str = "SHAPEGEN_TEST_KEY";
    let Ok(key) = std::env::var(KEY) else {
        // In a process of its own, which trusts this certificate.
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let trusted = folder.path().join("trusted.pem");
        std::fs::write(&trusted, made.cert.pem()).unwrap();
        let key = made.signing_key.serialize_der().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let ran = alone.args(["--exact", NAME]).env(TRUSTED, trusted).env(KEY, key).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
        return;
    };
    let der: Vec<u8> = (0..key.len()).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap()).collect();
    let pem = std::fs::read_to_string(std::env::var(TRUSTED).unwrap()).unwrap();
    let certificate =
        <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_slice(pem.as_bytes());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(der));
    let mut config = config.with_no_client_auth().with_single_cert(vec![certificate.unwrap()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (accepted, asked) = (connections.clone(), requests.clone());
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            accepted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve_http_2(acceptor.clone(), socket, asked.clone()));
        }
    });

    let client = ClientBuilder::<NoteClient>::new(format!("https://localhost:{port}")).build().unwrap().0;
    let (notes, ours, last) =
        (client.collection::<Note>(()), client.collection::<OurNote>(()), client.collection::<older::LastNote>(()));
    within(notes.fresh()).await.unwrap();
    within(ours.fresh()).await.unwrap();
    // The third shape's answer is no subset: it asks again and again, on the same connection.
    until(|| requests.load(Ordering::SeqCst) > 6).await;
    assert_eq!((notes.snapshot().len(), connections.load(Ordering::SeqCst)), (1, 1));
    drop(last);
}

/// Answers each shape once; live requests have no answer.
async fn serve_http_2(acceptor: TlsAcceptor, socket: TcpStream, asked: Arc<AtomicUsize>) {
    let mut connection = h2::server::handshake(acceptor.accept(socket).await.unwrap()).await.unwrap();
    let mut held = Vec::new();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        asked.fetch_add(1, Ordering::SeqCst);
        if request.uri().query().is_some_and(|query| query.contains("live=true")) {
            held.push(respond);
            continue;
        }
        let head = ::http::Response::builder()
            .header("electric-handle", "h")
            .header("electric-offset", "1_0")
            .header("electric-up-to-date", "")
            .header("electric-schema", r#"{"id":{"type":"int8"}}"#);
        let body = format!("[{},{}]", tagged(1, "insert", "a"), r#"{"headers":{"control":"up-to-date"}}"#);
        let mut send = respond.send_response(head.body(()).unwrap(), false).unwrap();
        send.send_data(Bytes::from(body), true).unwrap();
    }
}
