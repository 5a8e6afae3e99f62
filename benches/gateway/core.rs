//! An upstream for large bodies: it swallows what is posted, and gives what is asked for, without keeping any of it.

use std::{
    io::{BufRead, BufReader, Read, Write, copy, repeat, sink},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use anyhow::Result;

/// The size of the bodies, in bytes.
pub const LARGE: u64 = 1 << 30;

/// A listening upstream. Its threads end with the program.
pub struct Core {
    pub address: SocketAddr,
}

impl Core {
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || serve(client));
            }
        });
        Ok(Self { address })
    }
}

/// One request a connection: what matters is the body.
fn serve(client: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let swallowed = copy(&mut reader.take(length), &mut sink())?;
    let given = if swallowed == 0 { LARGE } else { 0 };
    let mut client = client;
    write!(client, "HTTP/1.1 200 OK\r\nContent-Length: {given}\r\nConnection: close\r\n\r\n")?;
    copy(&mut repeat(b'x').take(given), &mut client)?;
    Ok(())
}
