//! What a large body costs in memory, up and down.

use std::{
    fs,
    io::{BufRead, BufReader, Write, copy, repeat, sink},
    net::{SocketAddr, TcpStream},
};

use anyhow::{Context, Result, ensure};
use std::io::Read as _;

use super::{core::LARGE, programs::Bench};

/// What the gateway's process takes before it has served anything, in bytes.
pub fn idle(bench: &Bench) -> Result<u64> {
    memory(bench.large().1, "VmRSS:")
}

/// What the gateway's process grew by at the most, for each direction, in bytes.
pub fn measure(bench: &Bench) -> Result<[(&'static str, u64); 2]> {
    let (gateway, process) = bench.large();
    download(gateway, 1 << 20)?; // what is allocated once is there
    Ok([("download", grown(process, || download(gateway, LARGE))?), ("upload", grown(process, || upload(gateway))?)])
}

fn grown(process: u32, body: impl FnOnce() -> Result<()>) -> Result<u64> {
    fs::write(format!("/proc/{process}/clear_refs"), "5").context("the peak could not be forgotten")?;
    let before = memory(process, "VmRSS:")?;
    body()?;
    Ok(memory(process, "VmHWM:")?.saturating_sub(before))
}

fn memory(process: u32, row: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(row)).context("no such row")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}

fn download(gateway: SocketAddr, most: u64) -> Result<()> {
    let mut client = TcpStream::connect(gateway)?;
    write!(client, "GET /large HTTP/1.1\r\nHost: bank\r\n\r\n")?;
    let mut reader = BufReader::new(client);
    status(&mut reader)?;
    let read = copy(&mut reader.take(most), &mut sink())?;
    ensure!(read == most, "the body ended after {read} bytes");
    Ok(())
}

fn upload(gateway: SocketAddr) -> Result<()> {
    let mut client = TcpStream::connect(gateway)?;
    write!(client, "POST /large HTTP/1.1\r\nHost: bank\r\nContent-Length: {LARGE}\r\n\r\n")?;
    copy(&mut repeat(b'x').take(LARGE), &mut client)?;
    status(&mut BufReader::new(client))
}

/// Reads a head, which must be that of a 200.
fn status(reader: &mut impl BufRead) -> Result<()> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    ensure!(line.starts_with("HTTP/1.1 200"), "the gateway said {line:?}");
    while line.len() > 2 {
        line.clear();
        reader.read_line(&mut line)?;
    }
    Ok(())
}
