//! Only `crates/banto-store/src/clock.rs` reads the time; everything else is given it.
//!
//! For tests and the simulator, which move the clock by hand: a second reader would not follow. It looks at the crates
//! and the application, their tests apart; the proofs and xtask measure real machines and read what they like.

use super::Finding;
use crate::rust::{Kind, Token};
use crate::tree::{File, Tree};

/// The rule's name.
pub const NAME: &str = "clock";

const CLOCK: &str = "crates/banto-store/src/clock.rs";
const READERS: [&str; 8] = ["SystemTime", "Instant", "Timestamp", "Zoned", "Utc", "Local", "OffsetDateTime", "Uuid"];
const READS: [&str; 4] = ["now", "now_v7", "now_v6", "now_v1"];
/// How SQL asks for the time.
const SQL: [&str; 7] =
    ["current_timestamp", "current_time", "current_date", "'now'", "unixepoch()", "julianday()", "now()"];

/// Every other reader of a clock.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let given =
        |file: &&File| (file.path.starts_with("crates/") || file.path.starts_with("apps/")) && file.path != CLOCK;
    let sources = tree.sources().filter(given).flat_map(rust);
    let scripts = tree.files.iter().filter(given).filter(|file| file.path.ends_with(".sql")).flat_map(sql);
    sources.chain(scripts).collect()
}

fn rust(file: &File) -> Vec<Finding> {
    let is_test = file.test_line();
    let tokens = file.tokens();
    let code: Vec<&Token<'_>> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let calls = code.windows(4).filter_map(|four| match four {
        [kind, _, _, read] if spells(four, "::") && READERS.contains(&kind.text) && READS.contains(&read.text) => {
            Some(read.line)
        }
        [dot, read, open, close] if [dot.text, read.text, open.text, close.text] == [".", "elapsed", "(", ")"] => {
            Some(read.line)
        }
        _ => None,
    });
    let texts = tokens.iter().filter(|token| token.kind == Kind::Text && asks(token.text)).map(|token| token.line);
    let lines = calls.chain(texts).filter(|line| !is_test(*line));
    lines.map(|line| Finding::at(NAME, file, line, text())).collect()
}

fn spells(four: &[&Token<'_>], between: &str) -> bool {
    four.iter().skip(1).take(2).map(|token| token.text).collect::<String>() == between
}

fn sql(file: &File) -> Vec<Finding> {
    let lines = (1..).zip(file.text.lines()).filter(|(_, line)| asks(line));
    lines.map(|(line, _)| Finding::at(NAME, file, line, text())).collect()
}

fn asks(sql: &str) -> bool {
    let sql = sql.to_lowercase();
    SQL.iter().any(|ask| sql.contains(ask))
}

fn text() -> String {
    format!("reads the clock: take the time as an argument, or ask {CLOCK}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::tree;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&tree(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn every_way_to_read_the_time_is_caught() {
        for read in [
            "let t = std::time::SystemTime::now();",
            "let t = Instant :: now ();",
            "let f = jiff::Timestamp::now;",
            "let id = Uuid::now_v7();",
            "let d = started.elapsed();",
            "db.run(\"select unixepoch()\");",
            "db.run(r\"insert into t values (CURRENT_TIMESTAMP)\");",
        ] {
            assert_eq!(lines("crates/a/src/x.rs", &format!("//! x\n{read}")), [2], "{read}");
        }
        assert_eq!(lines("crates/a/migrations/1.sql", "x\ncreate t default current_timestamp"), [2]);
    }

    #[test]
    fn the_clock_itself_tests_proofs_and_words_pass() {
        let read = "let t = SystemTime::now();";
        for path in [CLOCK, "crates/a/tests/x.rs", "proof/bench/src/main.rs", "xtask/src/run.rs"] {
            assert_eq!(lines(path, read), [0; 0], "{path}");
        }
        let good = "// SystemTime::now()\nfn f(now: Time) { store.now(); let text = \"right now\"; }\n#[cfg(test)]\nmod tests { fn t() { Instant::now(); } }";
        assert_eq!(lines("crates/a/src/x.rs", good), [0; 0]);
    }
}
