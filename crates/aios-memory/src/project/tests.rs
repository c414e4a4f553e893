//! Ids of projects.

use super::*;

fn run(dir: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    let ran = Command::new("git").arg("-C").arg(dir).args(identity).args(arguments).output();
    assert!(ran.unwrap().status.success(), "git {arguments:?}");
}

#[test]
fn all_urls_of_a_remote_give_one_project() {
    for url in [
        "git@Example.com:ada/site.git",
        "ssh://git@example.com:22/ada/site.git",
        "https://example.com/ada/site/",
        "https://token@example.com/ada/site.git",
        "git://example.com/ada/site",
    ] {
        assert_eq!(normalized(url), "example.com/ada/site", "{url}");
    }
    assert_ne!(normalized("https://example.com/ada/Site"), "example.com/ada/site");
}

#[test]
fn a_project_is_its_remote_else_its_first_commit_else_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap();
    let below = root.join("src");
    fs::create_dir(&below).unwrap();
    assert_eq!(Project::of(&below).unwrap().id, format!("path:{}", below.display()));

    run(&root, &["init", "-q"]);
    assert_eq!(Project::of(&below).unwrap().id, format!("path:{}", root.display()));

    run(&root, &["commit", "-q", "--allow-empty", "-m", "first"]);
    run(&root, &["commit", "-q", "--allow-empty", "-m", "second"]);
    let by_commit = Project::of(&below).unwrap();
    assert!(by_commit.id.starts_with("commit:"), "{}", by_commit.id);

    // A worktree is the same project.
    let other = tempfile::tempdir().unwrap();
    let worktree = other.path().join("worktree");
    run(&root, &["worktree", "add", "-q", worktree.to_str().unwrap()]);
    assert_eq!(Project::of(&worktree).unwrap().id, by_commit.id);

    run(&root, &["remote", "add", "origin", "git@example.com:ada/site.git"]);
    assert_eq!(Project::of(&below).unwrap().id, "example.com/ada/site");
    assert_eq!(Project::of(&worktree).unwrap().id, "example.com/ada/site");
}

#[test]
fn a_path_that_is_not_there_is_refused() {
    assert!(Project::of(Path::new("/does/not/exist")).is_err());
}
