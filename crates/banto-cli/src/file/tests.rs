use std::path::Path;

use super::*;

/// What a text says as `banto.toml` in `/srv/shop`.
fn parsed(text: &str) -> Result<File, Faults> {
    File::parse(text, Path::new("/srv/shop/banto.toml"), None)
}

#[test]
fn smoke() {
    let file = parsed(
        r#"
service = "shop"
timezone = "Asia/Tokyo"
[[calendar]]
name = "jp"
days = [{ date = 2026-01-01, name = "New Year" }]
[[schedule]]
name = "redis:monitor"
run = ["php", "artisan", "redis:monitor"]
every = "5m"
days_off = { calendar = "jp" }
[[schedule]]
name = "x"
enqueue = { kind = "report.make", payload = { a = 1 } }
at = ["09:00", "17:30"]
weekdays = ["mon-fri"]
[[program]]
name = "web"
run = ["php", "x"]
probe = { http = "localhost:80/health" }
[worker]
queue = ["mail=3", "default=1"]
"#,
    )
    .unwrap_or_else(|faults| panic!("{faults}"));
    println!("{file:#?}");
    let faults = parsed("servce = 1\n[[schedule]]\nname = \"a b\"\nrun = \"ls -l\"\nevery = \"5x\"\n[[schedule]]\nname='y'\nnam = 3\n[worker]\nqueue=['a','a']\n = 3").unwrap_err();
    println!("{faults}");
}
