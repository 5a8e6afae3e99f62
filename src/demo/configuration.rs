//! The demo's configuration, as an operator would write it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use super::{gateway, home::Home, home::SCRIPT_NAME};
use crate::settings::Listen;

/// Where the API listens when nothing else is said and the port is free.
const USUAL_API: u16 = 9967;
/// Where the gateway listens when nothing else is said and the port is free.
const USUAL_GATEWAY: u16 = 8080;

/// Where the demo is told to listen; `None`: the usual port of this machine, or any free one when that is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places {
    /// The API's listener.
    pub api: Option<SocketAddr>,
    /// The gateway's.
    pub gateway: Option<SocketAddr>,
}

impl Places {
    fn api(self) -> SocketAddr {
        self.api.unwrap_or_else(|| usual(USUAL_API))
    }

    fn gateway(self) -> SocketAddr {
        self.gateway.unwrap_or_else(|| usual(USUAL_GATEWAY))
    }
}

fn usual(port: u16) -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if TcpListener::bind(usual).is_ok() { usual } else { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
}

/// The whole configuration: the service over the database at `database`, in front of the bank core at `core`. Limits on
/// messages are those of a bank that is played with again and again, by one customer.
#[must_use]
pub fn written(home: &Home, database: &str, places: Places, core: SocketAddr) -> String {
    let quote = |text: &str| toml::Value::from(text).to_string();
    let (database, spool) = (quote(database), quote(&home.spool().display().to_string()));
    let listen = quote(&Listen::Tcp(places.api()).to_string());
    let channel = format!("script = \"{SCRIPT_NAME}\"\nenv = {{ SPOOL_DIR = {spool} }}\n");
    let service = format!(
        "[server]\nlisten = {listen}\nbank_name = \"Demo Bank\"\norigin = \"https://bank.example\"\n\
         [database]\nurl = {database}\n[keys]\nfile = \"keys.toml\"\n[log]\nlevel = \"warn\"\n\
         [channel.sms]\n{channel}[channel.email]\n{channel}\
         [limits]\naccount_per_hour = 200\naccount_per_day = 2000\naddress_per_hour = 200\naddress_per_day = 2000\n"
    );
    service + &gateway::identity(core) + &gateway::section(places.gateway(), core)
}
