//! Addresses, and that nothing secret in one is ever shown.

#[cfg(feature = "tls")]
use super::SslMode;
use super::{Durability, Options};

fn refused(address: &str) -> String {
    address.parse::<Options>().unwrap_err().to_string()
}

#[test]
fn an_address_is_read_and_shown_without_its_secrets() {
    let address =
        "postgres://ann:s3cr3t@db.example:6432/app?schema=jobs&durability=async&connections=2&application_name=x";
    let options: Options = address.parse().unwrap();
    assert_eq!((options.schema.as_str(), options.connections), ("jobs", 2));
    assert_eq!(options.durability, Durability::Async);
    assert_eq!(options.place(), "postgres://db.example:6432/app?schema=jobs");
    for shown in [options.to_string(), format!("{options:?}")] {
        assert!(!shown.contains("s3cr3t") && !shown.contains("ann"), "{shown}");
    }
    assert_eq!("postgresql://h/d".parse::<Options>().unwrap().schema, "banto");
}

#[test]
fn what_cannot_be_meant_is_refused_without_showing_secrets() {
    for address in [
        "postgres://u:s3cr3t@h/d?shcema=x",
        "postgres://u:s3cr3t@h/d?schema=Jobs",
        "postgres://u:s3cr3t@h/d?schema=a;drop",
        "postgres://u:s3cr3t@h/d?schema=pg_catalog",
        "postgres://u:s3cr3t@h/d?schema=",
        "postgres://u:s3cr3t@h/d?connections=0",
        "postgres://u:s3cr3t@h/d?durability=s3cr3t!",
        "postgres://u:s3cr3t@h:port/d",
        #[cfg(not(feature = "tls"))]
        "postgres://u:s3cr3t@h/d?sslmode=require",
        "postgres://u:half?s3cr3t@h/d",
        "postgres://u:half@:s3cr3t@h/d",
        "postgres://u:6?schema=:s3cr3t@h/d",
        "postgres://",
        "redis://:s3cr3t@h",
        "nonsense",
    ] {
        let said = refused(address);
        assert!(!said.contains("s3cr3t@") && !said.contains(":s3cr3t"), "{address}: {said}");
    }
    assert!(refused("postgres://h/d?schema=Jobs").contains("allowed are schema=NAME"));
    assert!(refused(&format!("postgres://h/d?schema={}", "x".repeat(49))).contains("allowed are"));
}

#[cfg(feature = "tls")]
#[test]
fn every_mode_that_asks_for_tls_checks_everything_and_none_may_go_in_the_clear() {
    let mode = |address: &str| address.parse::<Options>().unwrap().config.get_ssl_mode();
    for word in ["require", "verify-ca", "verify-full"] {
        assert_eq!(mode(&format!("postgres://h/d?sslmode={word}")), SslMode::Require);
    }
    assert_eq!(mode("postgres://h/d?sslmode=disable"), SslMode::Disable);
    for word in ["prefer", "allow", "", "Require"] {
        assert!(refused(&format!("postgres://h/d?sslmode={word}")).contains("sslmode=disable|require"), "{word}");
    }
    assert!(refused("postgres://h/d?sslrootcert=a.pem").contains("add sslmode=require"));
    let own = "postgres://h/d?sslmode=require&sslrootcert=";
    assert_eq!(format!("{own}a.pem").parse::<Options>().unwrap().sslrootcert, Some("a.pem".into()));
    assert_eq!(format!("{own}system").parse::<Options>().unwrap().sslrootcert, None);
    for (written, path) in [("my%20ca%2B1.pem", "my ca+1.pem"), ("%C3%A9.pem", "é.pem"), ("a+b.pem", "a+b.pem")] {
        assert_eq!(format!("{own}{written}").parse::<Options>().unwrap().sslrootcert, Some(path.into()), "{written}");
    }
    for odd in ["100%.pem", "%2", "%+2.pem", "%ff.pem", "%é1.pem"] {
        assert!(refused(&format!("{own}{odd}")).contains("sslrootcert=PATH"), "{odd}");
    }
}
