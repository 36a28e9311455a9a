//! HTTP/2 by hand: frames that a well-behaved client would never leave it at.

use countersign_server::config::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::probe::PATIENCE;
use crate::site::{Scene, scene, server};

/// The preface (RFC 9113, section 3.4) and an empty SETTINGS frame.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A PING frame.
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";

const SETTINGS: u8 = 4;
const MAX_CONCURRENT_STREAMS: u16 = 3;

async fn connected(scene: &Scene) -> TcpStream {
    let mut client = TcpStream::connect(scene.at.public).await.expect("the server listens");
    client.write_all(HELLO).await.expect("sent");
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_only_pings_is_closed() {
    let scene = scene(Server { idle_timeout_s: 1, ..server() }).await;
    let (mut reader, mut writer) = connected(&scene).await.into_split();
    let pings = async {
        loop {
            if writer.write_all(PING).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let mut answers = Vec::new();
    let end = timeout(PATIENCE, async {
        tokio::select! {
            // A reset is as good an end.
            read = reader.read_to_end(&mut answers) => drop(read),
            () = pings => {}
        }
    });
    end.await.expect("the server closes in time");
    assert!(answers.windows(8).any(|part| part == b"abcdefgh"), "it was alive: PINGs were answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_have_32_streams() {
    let scene = scene(server()).await;
    let mut client = connected(&scene).await;
    let mut head = [0; 9];
    client.read_exact(&mut head).await.expect("a frame");
    assert_eq!(head[3], SETTINGS);
    let mut settings = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
    client.read_exact(&mut settings).await.expect("its payload");
    let streams = settings.chunks_exact(6).find_map(|setting| {
        let name = u16::from_be_bytes([setting[0], setting[1]]);
        let value = u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
        (name == MAX_CONCURRENT_STREAMS).then_some(value)
    });
    assert_eq!(streams, Some(32));
}
