//! Who is started after whom.
//!
//! Programs come out in an order in which each stands behind all it waits for, and else as they were given.

use std::collections::BTreeSet;

use banto_core::Name;

use super::Program;

/// Orders programs. All that is wrong at once: names given twice, names nobody has, circles. The texts fit after "could
/// not".
pub(crate) fn order(programs: Vec<Program>) -> Result<Vec<Program>, Vec<String>> {
    let mut names = BTreeSet::new();
    let twice = programs.iter().filter(|program| !names.insert(program.name.clone()));
    let mut faults: Vec<String> =
        twice.map(|program| format!("tell two programs named {} apart; rename one", program.name)).collect();
    for program in &programs {
        let unknown = program.after.iter().filter(|name| !names.contains(*name));
        faults.extend(
            unknown.map(|name| format!("start {} after {name}: there is no program of that name", program.name)),
        );
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut ordered: Vec<Program> = Vec::new();
    let mut left = programs;
    while !left.is_empty() {
        let stands = |name: &Name| ordered.iter().any(|before| before.name == *name);
        let Some(at) = left.iter().position(|program| program.after.iter().all(stands)) else {
            let names: Vec<&str> = left.iter().map(|program| program.name.as_str()).collect();
            return Err(vec![format!("order {}: they wait for each other", names.join(", "))]);
        };
        ordered.push(left.remove(at));
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use banto_process::Spec;

    use super::*;

    fn program(name: &str, after: &[&str]) -> Program {
        let after = after.iter().map(|name| Name::new(name).unwrap()).collect();
        Program { after, ..Program::new(Name::new(name).unwrap(), Spec::argv(["true"])) }
    }

    fn ordered(programs: &[(&str, &[&str])]) -> Result<Vec<String>, Vec<String>> {
        let programs = programs.iter().map(|(name, after)| program(name, after)).collect();
        Ok(order(programs)?.into_iter().map(|program| program.name.to_string()).collect())
    }

    #[test]
    fn each_stands_behind_what_it_waits_for_and_else_as_given() {
        let got =
            ordered(&[("web", &["db", "cache"]), ("worker", &["db"]), ("cache", &[]), ("db", &["cache"]), ("x", &[])]);
        assert_eq!(got.unwrap(), ["cache", "db", "web", "worker", "x"]);
        assert_eq!(ordered(&[]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn names_given_twice_or_nobodys_are_all_said_at_once() {
        let faults = ordered(&[("a", &["gone"]), ("a", &[]), ("b", &["lost"])]).unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert_eq!(faults[1], "start a after gone: there is no program of that name");
    }

    #[test]
    fn a_circle_is_said() {
        assert_eq!(
            ordered(&[("a", &["b"]), ("b", &["a"]), ("c", &[])]).unwrap_err(),
            ["order a, b: they wait for each other"]
        );
        assert!(ordered(&[("a", &["a"])]).is_err());
    }
}
