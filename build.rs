//! Statements and migrations are compiled in: a new file among them means a new build. So is what of the world's numbering
//! plans is asked about a telephone number: the program itself needs neither the plans nor what reads them.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

use phonenumber::{
    Metadata,
    metadata::{DATABASE, Descriptor, Descriptors},
};

/// What a number has at most, with its country code (ITU-T E.164). Some countries have longer ones for themselves.
const MOST_DIGITS: u16 = 15;

/// A country code has at most three digits.
const LONGEST_CODE: u16 = 999;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=sql");
    println!("cargo:rerun-if-changed=build.rs");
    let mut table = String::from("[\n");
    // By their codes: those of no country (satellites, freephone) have one name in common and hide each other in the list.
    for code in 1..=LONGEST_CODE {
        let Some(countries) = DATABASE.by_code(&code) else { continue };
        let lengths = countries.iter().fold(0, |bits, country| bits | lengths(country));
        let trunk_zero = countries.iter().all(|country| country.national_prefix() == Some("0"));
        writeln!(table, "    Plan {{ code: {code}, lengths: {lengths:#06x}, trunk_zero: {trunk_zero} }},")?;
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("numbering_plans.rs"), table)?;
    Ok(())
}

/// The lengths of numbers of every kind that can be called from abroad. What is short for neighbours alone is none.
fn lengths(country: &Metadata) -> u16 {
    let kinds = [
        Descriptors::fixed_line,
        Descriptors::mobile,
        Descriptors::toll_free,
        Descriptors::premium_rate,
        Descriptors::shared_cost,
        Descriptors::personal_number,
        Descriptors::voip,
        Descriptors::pager,
        Descriptors::uan,
        Descriptors::voicemail,
    ];
    let found = kinds.iter().filter_map(|kind| kind(country.descriptors()));
    let international = found.flat_map(Descriptor::possible_length).filter(|length| **length < MOST_DIGITS);
    international.fold(0, |bits, length| bits | 1 << length)
}
