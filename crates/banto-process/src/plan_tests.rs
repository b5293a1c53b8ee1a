//! What a plan holds, beside the tests with real programs.

use super::*;

#[test]
fn a_shell_is_used_only_when_it_is_asked_for_by_name() {
    let argv = plan(&Spec::argv(["sh", "a b", "; c"])).unwrap().argv;
    assert_eq!(argv, ["sh", "a b", "; c"]);
    let shell = plan(&Spec::shell("a b; c")).unwrap();
    assert_eq!((shell.argv, shell.program), (["/bin/sh", "-c", "a b; c"].map(str::to_owned).into(), "/bin/sh".into()));
}

#[test]
fn nothing_to_run_is_a_fault() {
    let faults = plan(&Spec::argv(Vec::<String>::new())).unwrap_err();
    assert_eq!(faults.to_string(), "run : could not find the program: its name is empty; name one");
}

#[test]
fn a_directory_that_is_none_is_a_fault() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let spec = Spec { dir: Some(file.path().into()), ..Spec::argv(["sh"]) };
    assert!(plan(&spec).unwrap_err().list[0].ends_with("it is no directory"));
}

#[test]
fn arguments_are_never_shown() {
    let spec = Spec {
        env: crate::Env { set: [("KEY".into(), "s3cret".into())].into(), ..Default::default() },
        ..Spec::argv(["no-such", "--key=s3cret"])
    };
    let shown = format!("{spec:?} {} {:?}", spec.check().unwrap_err(), Spec::shell("KEY=s3cret x"));
    assert!(!shown.contains("s3cret"), "{shown}");
}
