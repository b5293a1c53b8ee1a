//! What may be typed of limits.

use std::str::FromStr;

use clap::Args;

/// What is still well.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Memory in use, in percent of the server's maxmemory.
    #[arg(long, value_name = "PERCENT", default_value_t = 80.0, value_parser = percent)]
    pub memory: f64,
    /// What memory is measured against when the server has no maxmemory (512M, 2G); else the machine's memory is.
    #[arg(long, value_name = "SIZE")]
    pub memory_limit: Option<Bytes>,
    /// Lookups that found something, in percent, at least.
    #[arg(long, value_name = "PERCENT", default_value_t = 70.0, value_parser = percent)]
    pub hit_rate: f64,
    /// Fewer lookups than these since the look before are no ground to judge the hit rate.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub lookups_min: u64,
    /// Keys that were evicted since the look before.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub evictions: u64,
    /// Connections that were rejected since the look before.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub rejected: u64,
    /// Clients, in percent of the server's maxclients.
    #[arg(long, value_name = "PERCENT", default_value_t = 80.0, value_parser = percent)]
    pub clients: f64,
    /// Commands that went into the slow log since the look before.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub slow: u64,
    /// Minutes since the last save while there are changes that are not saved; not judged when left out.
    #[arg(long, value_name = "MINUTES")]
    pub save_age: Option<u64>,
    /// Replicas that should be online.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub replicas: u64,
    /// Seconds that a replica may lag behind.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub replica_lag: u64,
}

fn percent(typed: &str) -> Result<f64, String> {
    let number = typed.parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "allowed are the numbers from 0 to 100".to_owned())
}

/// A size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(typed: &str) -> Result<Bytes, String> {
        let digits = typed.trim_end_matches(|c: char| !c.is_ascii_digit());
        let factor = match typed.strip_prefix(digits).unwrap_or_default().to_ascii_uppercase().as_str() {
            "" | "B" => Some(1),
            "K" | "KB" | "KIB" => Some(1 << 10),
            "M" | "MB" | "MIB" => Some(1 << 20),
            "G" | "GB" | "GIB" => Some(1 << 30),
            _ => None,
        };
        let bytes = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
        let bytes = bytes.filter(|bytes| *bytes > 0).map(Bytes);
        bytes.ok_or_else(|| "allowed are bytes as a whole number over 0, also with K, M or G behind it".to_owned())
    }
}

/// A size for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (typed, bytes) in [("512", 512), ("512M", 512 << 20), ("2g", 2 << 30), ("1KiB", 1024), ("7B", 7)] {
            assert_eq!(typed.parse(), Ok(Bytes(bytes)), "{typed}");
        }
        for wrong in ["", "M", "0", "1.5G", "-1", "1T", "1 M", "99999999999G", "１K"] {
            assert!(wrong.parse::<Bytes>().unwrap_err().contains("allowed"), "{wrong}");
        }
        assert_eq!([size(7), size(1536), size(512 << 20), size(3 << 30)], ["7 B", "1.5 KiB", "512.0 MiB", "3.0 GiB"]);
    }

    #[test]
    fn a_percentage_is_from_0_to_100() {
        assert_eq!(percent("99.5"), Ok(99.5));
        for wrong in ["", "x", "-1", "101", "NaN", "inf"] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
    }
}
