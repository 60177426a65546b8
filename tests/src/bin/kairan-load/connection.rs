//! A bare HTTP/1.1 connection, plain or TLS: the generator must cost less than what it measures.

use crate::{Failure, server::Server};
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use std::sync::Arc;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// Anything that carries bytes both ways.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// One kept-alive connection.
pub struct Connection {
    wire: Box<dyn Wire>,
    buffer: Vec<u8>,
    out: Vec<u8>,
}

/// The generator looks at speed, not at who answers: it started the server itself.
#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ED25519, SignatureScheme::RSA_PSS_SHA256]
    }
}

fn tls() -> Result<ClientConfig, Failure> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer))
        .with_no_client_auth();
    Ok(config)
}

impl Connection {
    /// Opens one to the server.
    pub async fn open(server: &Server) -> Result<Self, Failure> {
        let stream = TcpStream::connect(server.address).await?;
        stream.set_nodelay(true)?;
        let wire: Box<dyn Wire> = match server.scheme {
            crate::server::Scheme::Plain => Box::new(stream),
            crate::server::Scheme::Tls => {
                let connector = tokio_rustls::TlsConnector::from(Arc::new(tls()?));
                Box::new(connector.connect(ServerName::try_from("localhost")?, stream).await?)
            }
        };
        Ok(Self { wire, buffer: Vec::with_capacity(16 * 1024), out: Vec::with_capacity(4 * 1024) })
    }

    /// `POST /v1/sync`; the answer's status and body. `gzip` asks for a compressed one and leaves it so.
    pub async fn sync(&mut self, token: &str, body: &str, gzip: bool) -> Result<(u16, Vec<u8>), Failure> {
        self.out.clear();
        let accept = if gzip { "accept-encoding: gzip\r\n" } else { "" };
        self.out.extend_from_slice(
            format!(
                "POST /v1/sync HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n{accept}content-length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        self.wire.write_all(&self.out).await?;
        self.answer().await
    }

    /// `GET /v1/live`; returns once the head of the answer is there.
    pub async fn listen(&mut self, token: &str) -> Result<u16, Failure> {
        let head = format!(
            "GET /v1/live HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
        );
        self.wire.write_all(head.as_bytes()).await?;
        let end = self.head().await?;
        let status = status(&self.buffer[..end])?;
        self.buffer.drain(..end);
        Ok(status)
    }

    /// Waits until a poke came in on a listening connection.
    pub async fn poked(&mut self) -> Result<(), Failure> {
        loop {
            if find(&self.buffer, b"event: poke").or_else(|| find(&self.buffer, b"event:poke")).is_some() {
                self.buffer.clear();
                return Ok(());
            }
            // Listeners are many: each holds a small buffer only while something is there.
            let mut bytes = [0_u8; 512];
            let read = self.wire.read(&mut bytes).await?;
            if read == 0 {
                return Err("the live stream ended".into());
            }
            self.buffer.extend_from_slice(&bytes[..read]);
        }
    }

    /// Gives back what a quiet listener does not need.
    pub fn shrink(&mut self) {
        self.buffer = Vec::new();
        self.out = Vec::new();
    }

    async fn more(&mut self) -> Result<(), Failure> {
        if self.wire.read_buf(&mut self.buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }

    async fn head(&mut self) -> Result<usize, Failure> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                return Ok(end + 4);
            }
            self.more().await?;
        }
    }

    async fn answer(&mut self) -> Result<(u16, Vec<u8>), Failure> {
        let end = self.head().await?;
        let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        let status = status(&self.buffer[..end])?;
        self.buffer.drain(..end);
        if let Some(length) = head.lines().find_map(|line| line.strip_prefix("content-length: ")) {
            let length: usize = length.trim().parse()?;
            while self.buffer.len() < length {
                self.more().await?;
            }
            return Ok((status, self.buffer.drain(..length).collect()));
        }
        let mut body = Vec::new();
        loop {
            let line = loop {
                match find(&self.buffer, b"\r\n") {
                    Some(end) => break end,
                    None => self.more().await?,
                }
            };
            let size = usize::from_str_radix(std::str::from_utf8(&self.buffer[..line])?.trim(), 16)?;
            while self.buffer.len() < line + 2 + size + 2 {
                self.more().await?;
            }
            body.extend_from_slice(&self.buffer[line + 2..line + 2 + size]);
            self.buffer.drain(..line + 2 + size + 2);
            if size == 0 {
                return Ok((status, body));
            }
        }
    }
}

fn status(head: &[u8]) -> Result<u16, Failure> {
    let text = std::str::from_utf8(head.get(9..12).ok_or("a short answer")?)?;
    Ok(text.parse()?)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
