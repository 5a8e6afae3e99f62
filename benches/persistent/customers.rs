//! The customers on whose behalf challenges are requested: enough of them that nobody's limits are in the way and hardly
//! anybody comes twice in a round.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, anyhow, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use tanager::{
    app::{Overrides, parts},
    domain::{caller::Scope, username::Username},
    service::{Service, TokenRequest},
    settings::Settings,
};

/// How many there are.
pub const COUNT: usize = 10_000;
/// How many are made known at once.
const AT_ONCE: usize = 16;
/// How far apart the beginnings of two runs are: more requests than one of them is likely to make.
const STRIDE: usize = 3_700;

/// A file with a customer a line: name and access token.
pub struct Customers {
    pub file: PathBuf,
}

impl Customers {
    /// Makes all of them, by the program and through the library, as `configuration` says.
    pub fn make(directory: &Path, configuration: &Path) -> Result<Self> {
        let table = directory.join("customers.csv");
        let mut rows = String::from("username,phone,email,tan_channels,language\n");
        for number in 0..COUNT {
            writeln!(rows, "customer{number},+4179{number:07},,sms,en")?;
        }
        fs::write(&table, rows)?;
        let mut import = Command::new(env!("CARGO_BIN_EXE_tanager"));
        import.args(["account", "import"]).arg(&table).arg("--config").arg(configuration);
        let imported = import.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        ensure!(imported.success(), "the customers could not be imported");
        let file = directory.join("customers.txt");
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        fs::write(&file, runtime.block_on(log_in(configuration))?)?;
        Ok(Self { file })
    }

    /// The customer with whom the run of that number begins.
    pub const fn beginning(run: usize) -> usize {
        run * STRIDE % COUNT
    }
}

async fn log_in(configuration: &Path) -> Result<String> {
    let settings = Settings::load(configuration, std::iter::empty()).map_err(|troubles| anyhow!("{troubles}"))?;
    let service = parts::service(&settings, &Overrides::default()).await?;
    let lines = stream::iter(0..COUNT).map(|number| line(&service, number)).buffered(AT_ONCE);
    Ok(lines.try_collect::<Vec<String>>().await?.concat())
}

async fn line(service: &Service, number: usize) -> Result<String> {
    let username = Username::parse(&format!("customer{number}")).ok().context("no username")?;
    let wish = TokenRequest { scope: Scope::ReadWrite, duration: None, description: None, operations: Vec::new() };
    let minted = service.issue_token("bench", Some(&username), &wish).await?;
    Ok(format!("{} {}\n", username.as_str(), minted.secret.reveal()))
}
