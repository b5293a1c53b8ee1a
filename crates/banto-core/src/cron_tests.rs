//! Tests of cron expressions: what is read, what is refused, and which local times match.

use super::*;

#[test]
fn probe() {
    for text in [
        "*/5 * * * *",
        "0 9 * * 1-5",
        "@daily",
        "0 0 L * *",
        "*/10 * * * * *",
        "0 0 1,15 * 5",
        "30 4 1W * *",
        "0 0 * * 1#2 ",
        "0 0 */2 * 1",
        "0 0 1 1 * 0 2030",
        "0 */6 * * *",
        "5/15 * * * *",
    ] {
        println!("{text:20} {:?}", Cron::new(text).map(|cron| cron.words()));
    }
    for text in [
        "61 * * * *",
        "",
        "* * *",
        "0 0 30 2 *",
        "@reboot",
        "a b c d e",
        "0 0 * * 8",
        "*/0 * * * *",
        "22-2 * * * *",
        ", * * * *",
        "0 0 1 1 * 0 1900",
        "0\u{0} 1 1 * *",
    ] {
        println!("{}", Cron::new(text).unwrap_err());
    }
    println!("{}", crate::Zone::new("Berlin").unwrap_err());
    println!("{}", crate::Zone::new("Europe/Berln").unwrap_err());
    println!("{}", crate::Zone::new("JST").unwrap_err());
    println!("{:?}", crate::Zone::new("europe/berlin"));
    println!("{:?}", crate::Zone::new("EST5EDT"));
    println!("{:?}", crate::Zone::new("etc/utc"));
    println!("{:?}", crate::Zone::new("Etc/Unknown"));
    println!("{:?}", crate::Zone::new("utc"));
}
