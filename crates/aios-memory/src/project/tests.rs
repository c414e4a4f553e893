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
        assert_eq!(normalized(url, Path::new("/")), "example.com/ada/site", "{url}");
    }
    // Paths distinguish case, as most hosts do.
    let other = normalized("https://example.com/ada/Site", Path::new("/"));
    assert_ne!(other, "example.com/ada/site");
    for (url, id) in [
        ("ssh://git@ssh.github.com:443/Ada/Proj.git", "github.com/Ada/Proj"),
        ("ssh://git@altssh.gitlab.com:443/ada/proj", "gitlab.com/ada/proj"),
        ("ssh://git@altssh.bitbucket.org:443/ada/proj", "bitbucket.org/ada/proj"),
        ("../gone/r1", "path:/gone/r1"),
        ("./a:b", "path:/checkout/a:b"),
        ("r1", "path:/checkout/r1"),
    ] {
        assert_eq!(normalized(url, Path::new("/checkout")), id, "{url}");
    }
}

#[test]
fn a_relative_remote_begins_at_the_repository() {
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap();
    for name in ["a", "b"] {
        let repository = root.join(name).join("r");
        fs::create_dir_all(&repository).unwrap();
        run(&repository, &["init", "-q"]);
        run(&repository, &["commit", "-q", "--allow-empty", "-m", "first"]);
        run(&repository, &["remote", "add", "origin", "../r1"]);
        let id = format!("path:{}", root.join(name).join("r1").display());
        assert_eq!(Project::of(&repository).unwrap().id, id);
        let worktree = root.join(name).join("deeper/worktree");
        run(&repository, &["worktree", "add", "-q", worktree.to_str().unwrap()]);
        assert_eq!(Project::of(&worktree).unwrap().id, id);
    }
}

#[test]
fn an_abbreviated_remote_is_the_project_of_its_whole_url() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["init", "-q"]);
    run(dir.path(), &["config", "url.https://example.com/ada/.insteadOf", "ex:"]);
    run(dir.path(), &["remote", "add", "origin", "ex:site"]);
    assert_eq!(Project::of(dir.path()).unwrap().id, "example.com/ada/site");
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
