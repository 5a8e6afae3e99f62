//! What the demo prints: all that a reader needs to begin.

use std::{fmt, net::SocketAddr, path::PathBuf};

use super::bank::customers::{CUSTOMERS, Customer};

/// What there is, and where. It tells tokens and passwords: they are the demo's, and meant to be told.
pub struct Introduction {
    /// The gateway in front of the bank core.
    pub gateway: SocketAddr,
    /// The bank core itself.
    pub core: SocketAddr,
    /// The service's own API.
    pub api: SocketAddr,
    /// A token of scope `admin`.
    pub admin: String,
    /// A token of scope `service`.
    pub service: String,
    /// Where messages are written to.
    pub messages: PathBuf,
}

impl fmt::Display for Introduction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "Tanager demo\n")?;
        self.places(out)?;
        customers(out)?;
        self.first_call(out)?;
        self.walk(out)?;
        write!(out, "Ready. Ctrl-C stops everything.")
    }
}

impl Introduction {
    fn places(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gateway, core, api, admin, service, messages } = self;
        writeln!(out, "  Bank (through the gateway)  http://{gateway}")?;
        writeln!(out, "  Bank core, unprotected      http://{core}")?;
        writeln!(out, "  Tanager's API               http://{api}")?;
        writeln!(out, "  API to browse               http://{api}/docs")?;
        writeln!(out, "  Admin token                 {admin}")?;
        writeln!(out, "  Service token               {service}")?;
        writeln!(out, "  Messages                    {}\n", messages.display())
    }

    fn first_call(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (gateway, [Customer { username, password, .. }, ..]) = (self.gateway, &CUSTOMERS);
        writeln!(out, "A first call: log in through the gateway, then read the account.\n")?;
        writeln!(out, "  BANK=http://{gateway}")?;
        writeln!(out, "  TOKEN=$(curl -s $BANK/accounts/{username}/token -u {username}:{password} \\")?;
        writeln!(out, "    -d '{{\"scope\":\"readwrite\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')")?;
        writeln!(out, "  curl -s $BANK/accounts/{username} -H \"Authorization: Bearer $TOKEN\"\n")
    }

    fn walk(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gateway, api, admin, service, messages, .. } = self;
        writeln!(out, "The whole of it, call by call: TANs, transfers, and what an attacker gets:\n")?;
        writeln!(out, "  scripts/walkthrough --gateway http://{gateway} --api http://{api} \\")?;
        writeln!(out, "    --admin-token {admin} \\\n    --service-token {service} \\")?;
        writeln!(out, "    --spool {}\n", messages.display())
    }
}

/// Whose name and password open what.
fn customers(out: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(out, "  {:<10} {:<20} {:<24} holds at the beginning", "Customer", "Password", "IBAN")?;
    for customer in &CUSTOMERS {
        let Customer { username, password, iban, .. } = customer;
        writeln!(out, "  {username:<10} {password:<20} {iban:<24} {}", customer.opening())?;
    }
    writeln!(out)
}
