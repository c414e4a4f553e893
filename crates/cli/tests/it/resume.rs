//! `resume`: the interrupted tasks, as text and as JSON, of one user.

use aios_memory::{
    AgentMemory, Config, Id,
    work::NewTask,
    working::{Goal, ToolCall},
};

use crate::program::Program;

#[test]
fn interrupted_tasks_are_listed_for_their_user() {
    let program = Program::new();
    let ended = program.run(&["resume"]);
    assert_eq!((ended.code, &*ended.stdout), (0, ""), "{ended:?}");
    assert!(ended.stderr.contains("no interrupted tasks"), "{ended:?}");
    assert_eq!(program.json(&["resume"])["tasks"].as_array().unwrap().len(), 0);

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let memory = AgentMemory::open(Config::at(program.data_dir())).await.unwrap();
        let ada = memory.for_user("ada").unwrap();
        let goal = ada.working().goals().put(Goal::new("Tidy the archive")).await.unwrap();
        let task = NewTask::new("Sort the\u{1b}[31m letters").with_id(Id::new("t").unwrap());
        let work = ada.work().begin(task.with_goal(goal.id).idempotent()).await.unwrap();
        work.tool_call(ToolCall { success: true, ..ToolCall::new("read") }).await.unwrap();
        drop(work);
        memory.shutdown().await.unwrap();
    });

    assert_eq!(program.json(&["resume"])["tasks"].as_array().unwrap().len(), 0, "it is ada's");
    let ended = program.run(&["--user", "ada", "resume"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    for part in ["letters", "[task/t]", "goal: Tidy the archive", "last step: read (done)", "again"]
    {
        assert!(ended.stdout.contains(part), "{part}: {ended:?}");
    }
    assert!(!ended.stdout.contains('\u{1b}'), "{ended:?}");
    let task = &program.json(&["--user", "ada", "resume"])["tasks"][0];
    assert_eq!(
        (&task["task"]["key"], &task["is_idempotent"]),
        (&"task/t".into(), &true.into()),
        "{task}"
    );
    assert_eq!(task["last_call"]["tool_name"], "read");
    let all = program.json(&["--all-users", "resume"]);
    assert_eq!(all["tasks"].as_array().unwrap().len(), 1);
    let read_only = program.json(&["--user", "ada", "--read-only", "resume"]);
    assert_eq!(read_only["tasks"].as_array().unwrap().len(), 1);
}
