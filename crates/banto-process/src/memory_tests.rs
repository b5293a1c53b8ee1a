//! Where cgroups are, on machines of several kinds; what a cgroup does is shown with real programs.

use super::*;

fn at(cgroups: &str, mounts: &str) -> Option<(PathBuf, u8)> {
    place(cgroups, mounts).map(|place| (place.dir, place.version))
}

#[test]
fn version_two_under_systemd_and_in_a_container() {
    let mounts = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    assert_eq!(
        at("0::/system.slice/banto.service\n", mounts),
        Some(("/sys/fs/cgroup/system.slice/banto.service".into(), 2))
    );
    assert_eq!(at("0::/\n", mounts), Some(("/sys/fs/cgroup/".into(), 2)));
}

#[test]
fn version_one_goes_first_because_it_has_the_controller() {
    let mounts = "31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                  32 24 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    assert_eq!(at("4:memory:/app\n0::/\n", mounts), Some(("/sys/fs/cgroup/memory/app".into(), 1)));
}

#[test]
fn a_mount_of_a_part_of_the_tree_begins_at_that_part() {
    let mounts = "31 24 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
    assert_eq!(at("4:memory:/docker/abc\n", mounts), Some(("/sys/fs/cgroup/memory/".into(), 1)));
}

#[test]
fn no_cgroups_are_no_place() {
    assert_eq!(at("", ""), None);
    assert_eq!(at("0::/\n", "1 2 0:3 / /proc rw - proc proc rw\n"), None);
}

#[test]
fn a_folder_without_the_controller_is_no_cgroup_and_is_taken_away_again() {
    let dir = tempfile::tempdir().unwrap();
    for version in [1, 2] {
        let place = Place { dir: dir.path().into(), version };
        assert!(Cgroup::make(&place, 1 << 20).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[test]
fn kills_are_read_in_the_words_of_both_versions() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("memory.events"), "low 0\noom 3\noom_kill 2\noom_group_kill 1\n").unwrap();
    std::fs::write(dir.path().join("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n").unwrap();
    let kills = |version| Place { dir: dir.path().into(), version }.kills();
    assert_eq!((kills(2), kills(1)), (2, 5));
    assert_eq!(Place { dir: "/no/such".into(), version: 2 }.kills(), 0);
}

#[test]
fn without_a_cgroup_the_address_space_holds() {
    let limit = Limit { max_bytes: Some(1 << 20), cgroup: None, nearby: 0 };
    assert_eq!((limit.held(), limit.address_space_max_bytes()), (Held::AddressSpace, Some(1 << 20)));
    let none = Limit { max_bytes: None, cgroup: None, nearby: 0 };
    assert_eq!((none.held(), none.address_space_max_bytes()), (Held::None, None));
}
